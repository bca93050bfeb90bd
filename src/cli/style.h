/* SPDX-License-Identifier: Apache-2.0 */
/* What the terminal can show, and the pieces that every readable answer is made of. */
#ifndef CLI_STYLE_H
#define CLI_STYLE_H

#include <stdbool.h>
#include <stddef.h>

#include <jansson.h>

#include "text.h"

enum { CLI_WIDTH = 100 };

typedef struct style {
    bool utf8, colour;
} style;

typedef enum tone { TONE_PLAIN, TONE_HEAD, TONE_GOOD, TONE_BAD, TONE_DOUBT, TONE_DIM } tone;

/** UTF-8 as the locale says; colour on a terminal only, unless NO_COLOR is set or TERM is dumb. */
style style_of_stdout(void);
void style_put(cli_text *t, const style *s, tone as, const char *what);
/** A section's title on a line of its own, after an empty line. */
void style_section(cli_text *t, const style *s, const char *title);

/** A column of a table. The last one of a table is wrapped, the others are as wide as their widest
 *  cell. */
typedef struct table_column {
    const char *title;
    bool right; /* figures */
} table_column;

/** Aligned columns. rows: a list of lists of texts. */
void style_table(cli_text *t, const style *s, const table_column *columns, size_t count, const json_t *rows);

#endif
