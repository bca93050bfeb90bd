/* SPDX-License-Identifier: Apache-2.0 */
/* Growing text, and the few ways in which the command writes figures. No floating point and no locale:
 * the same plan is the same report everywhere. */
#ifndef CLI_TEXT_H
#define CLI_TEXT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#if defined(__GNUC__)
#define CLI_PRINTF(format_at, first) __attribute__((format(printf, format_at, first)))
#else
#define CLI_PRINTF(format_at, first)
#endif

/** Starts as {0}. Once there was no memory everything more is dropped and `failed` stays set, so that
 *  only the end needs a check. */
typedef struct cli_text {
    char *at; /* NUL-terminated; NULL while empty */
    size_t length, room;
    bool failed;
} cli_text;

void text_free(cli_text *t);
void text_put(cli_text *t, const char *s);
void text_put_bytes(cli_text *t, const char *s, size_t n);
void text_put_char(cli_text *t, char c);
void text_put_times(cli_text *t, const char *s, size_t times);
/** Takes the blanks off the end. */
void text_trim(cli_text *t);
void text_format(cli_text *t, const char *format, ...) CLI_PRINTF(2, 3);
/** s for a terminal: control characters become '?', so that no file can send escape sequences. */
void text_put_plain(cli_text *t, const char *s);
/** Bytes as GiB with two decimals, rounded to nearest: "27.51". */
void text_put_gib(cli_text *t, uint64_t bytes);
/** A count with separators: "131,072". */
void text_put_count(cli_text *t, uint64_t count);
/** Words of s up to column `width`, later lines indented by `indent`; the first starts at `column`.
 *  Ends with a newline. A word that is longer than a line stays whole. */
void text_put_wrapped(cli_text *t, const char *s, size_t column, size_t indent, size_t width);
/** The text, never NULL. */
const char *text_get(const cli_text *t);

/** Columns that a terminal needs for s: one for each code point. */
size_t text_columns(const char *s);
bool text_has_control(const char *s);
/** Digits only; false for anything else or more than 2^53-1, the largest number of the contract. */
bool text_to_u64(const char *s, uint64_t *out);
/** Edits between two names, for "did you mean"; cut off at 64 characters. */
size_t text_distance(const char *a, const char *b);

#endif
