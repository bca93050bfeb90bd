/* SPDX-License-Identifier: Apache-2.0 */
/* The words of a command. */
#ifndef VP_LAUNCH_WORDS_H
#define VP_LAUNCH_WORDS_H

#include "launch/remarks.h"

enum { VP_MAX_WORDS = 10512 }; /* as many as vp_launch_argv() makes */

typedef struct vp_word {
    const char *text;
    bool expands; /* a shell or Kubernetes would put something else here: its value is not known */
} vp_word;

typedef struct vp_words {
    vp_word *at; /* in the arena */
    uint32_t count;
} vp_words;

/** Splits a command as a POSIX shell does: quotes, backslashes, continued lines, comments. Nothing is
 *  expanded and nothing is run: variables, substitutions, pipes and redirections become remarks. Of several
 *  commands the first that speaks of vLLM is taken. False when the arena is too small. */
bool vp_shell_words(vp_str text, vp_arena *arena, vp_words *out, vp_remarks *remarks);

/** Whether Kubernetes would expand the word: it holds $(NAME). */
bool vp_word_expands(const char *text);
/** The part behind the last '/'. */
const char *vp_word_base(const char *text);
/** Whether a word names vLLM as a program or a module, or an image of it. */
bool vp_word_is_vllm(const char *text);

#endif
