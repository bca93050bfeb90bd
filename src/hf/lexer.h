/* SPDX-License-Identifier: Apache-2.0 */
/* The words of JSON, read one by one from text that stays where it is. For headers of 100 MB, of
 * which a tree would be ten times as large. */
#ifndef VP_HF_LEXER_H
#define VP_HF_LEXER_H

#include <stdbool.h>
#include <stdint.h>

#include "base/vp_text.h"

typedef struct vp_lexer {
    vp_str text;
    size_t at;
} vp_lexer;

/** The next character that is not white space, or '\0' at the end; it is not taken. */
char vp_lexer_peek(vp_lexer *lexer);
/** Takes c if it comes next. */
bool vp_lexer_take(vp_lexer *lexer, char c);
/** A string: its unescaped text goes to `out`. False when it is not a string, longer than room, not
 *  well formed, or holds U+0000. The text as a whole must be UTF-8. */
bool vp_lexer_string(vp_lexer *lexer, char *out, size_t room, size_t *length);
/** The same for a string of any length that nobody wants. */
bool vp_lexer_skip_string(vp_lexer *lexer);
/** A whole number that is not negative, as JSON writes it. */
bool vp_lexer_u64(vp_lexer *lexer, uint64_t *out);

#endif
