/* SPDX-License-Identifier: Apache-2.0 */
/* A plan as a page for people. Figures come from the plan only; null is "not known", never 0. */
#ifndef CLI_REPORT_H
#define CLI_REPORT_H

#include <stdbool.h>
#include <stdint.h>

#include <jansson.h>

#include "style.h"
#include "text.h"

/** The page. why: every method, setting and interval instead of those that decided. */
void report_render(cli_text *t, const style *s, const json_t *plan, bool why);
/** Its part about memory. */
void report_memory(cli_text *t, const style *s, const json_t *plan, bool why);

/** The page of explain. */
void report_log(cli_text *t, const style *s, const json_t *answer);

/** The whole number at a member; false when it is null or not there. */
bool figure(const json_t *object, const char *name, uint64_t *out);
/** A member's text, or NULL. */
const char *member_text(const json_t *object, const char *name);
/** The figure, or "not known". */
void put_amount(cli_text *t, const json_t *object, const char *name); /* "1.23 GiB" */
void put_figure_gib(cli_text *t, const json_t *object, const char *name);
void put_figure_count(cli_text *t, const json_t *object, const char *name);
/** A row for style_table() from texts that are released here. */
void add_row(json_t *rows, cli_text *cells, size_t count);

#endif
