/* SPDX-License-Identifier: Apache-2.0 */
/* Where vLLM's own arguments begin in a command, and what stands before them. */
#ifndef VP_LAUNCH_COMMAND_LINE_H
#define VP_LAUNCH_COMMAND_LINE_H

#include "launch/words.h"

enum { VP_MAX_VARIABLES = 64 };

typedef enum vp_entry {
    VP_ENTRY_NONE,   /* no vLLM server was found */
    VP_ENTRY_SERVE,  /* vllm serve */
    VP_ENTRY_MODULE, /* python -m vllm.entrypoints.openai.api_server */
    VP_ENTRY_IMAGE,  /* no program is named: that of a container image */
} vp_entry;

/** A variable that the command sets for the server. */
typedef struct vp_variable {
    uint32_t index;   /* of the word NAME=VALUE, or of the option that holds it */
    const char *text; /* NAME=VALUE, or NAME alone: taken from the caller's environment */
} vp_variable;

typedef struct vp_command_line {
    vp_words given; /* as they were written; those of the inner command after sh -c */
    vp_words words;
    vp_entry entry;
    uint32_t first;    /* the first argument of the server */
    const char *image; /* of a container, or NULL */
    uint32_t image_index;
    const char *release; /* what the image's tag says, or NULL */
    vp_variable variables[VP_MAX_VARIABLES];
    uint32_t variable_count;
} vp_command_line;

/** Looks through wrappers (env, nohup, uv run, ...), docker run, and sh -c; a list of arguments alone, as in
 *  the args of a container, counts for those of an image. False when the arena is too small. */
bool vp_command_find(const vp_words *words, vp_arena *arena, vp_command_line *out, vp_remarks *remarks);

/** The value of a variable; NULL when the command does not set it. */
const char *vp_command_variable(const vp_command_line *line, const char *name);
/** Whether a variable of this name holds a secret. */
bool vp_variable_is_secret(const char *text);

#endif
