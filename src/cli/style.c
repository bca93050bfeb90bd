/* SPDX-License-Identifier: Apache-2.0 */
#define _POSIX_C_SOURCE 200809L
#include "style.h"

#include <langinfo.h>
#include <locale.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

style style_of_stdout(void)
{
    /* the character set only: a locale's decimal comma has no business in a command line */
    setlocale(LC_CTYPE, "");
    const char *refused = getenv("NO_COLOR");
    const char *terminal = getenv("TERM");
    bool dumb = !terminal || strcmp(terminal, "dumb") == 0;
    return (style){
        .utf8 = strcmp(nl_langinfo(CODESET), "UTF-8") == 0,
        .colour = isatty(STDOUT_FILENO) && !dumb && !(refused && *refused),
    };
}

void style_put(cli_text *t, const style *s, tone as, const char *what)
{
    static const char *const start[] = {"", "\033[1m", "\033[32m", "\033[31m", "\033[33m", "\033[2m"};
    bool coloured = s->colour && as != TONE_PLAIN;
    if (coloured) text_put(t, start[as]);
    text_put_plain(t, what);
    if (coloured) text_put(t, "\033[0m");
}

void style_section(cli_text *t, const style *s, const char *title)
{
    text_put_char(t, '\n');
    style_put(t, s, TONE_HEAD, title);
    text_put_char(t, '\n');
}

enum { MOST_COLUMNS = 16, INDENT = 2, GAP = 2 };

static const char *cell(const json_t *row, size_t i)
{
    const char *s = json_string_value(json_array_get(row, i));
    return s ? s : "";
}

static void put_cell(cli_text *t, const char *s, size_t width, bool right)
{
    size_t columns = text_columns(s);
    size_t blank = columns < width ? width - columns : 0;
    if (right) text_put_times(t, " ", blank);
    text_put_plain(t, s);
    if (!right) text_put_times(t, " ", blank);
}

/** Titles, dimmed. Returns the column at which the last one begins. */
static size_t put_titles(cli_text *t, const style *s, const table_column *columns, size_t count,
                         const size_t *width)
{
    cli_text line = {0};
    size_t last = INDENT;
    for (size_t c = 0; c < count; c++) {
        bool end = c + 1 == count;
        if (!end) last += width[c] + GAP;
        text_put_times(&line, " ", c == 0 ? INDENT : GAP);
        put_cell(&line, columns[c].title, end && !columns[c].right ? 0 : width[c], columns[c].right);
    }
    style_put(t, s, TONE_DIM, text_get(&line));
    text_put_char(t, '\n');
    t->failed |= line.failed;
    text_free(&line);
    return last;
}

static void put_row(cli_text *t, const table_column *columns, size_t count, const size_t *width, size_t last,
                    const json_t *row)
{
    for (size_t c = 0; c + 1 < count; c++) {
        text_put_times(t, " ", c == 0 ? INDENT : GAP);
        put_cell(t, cell(row, c), width[c], columns[c].right);
    }
    const char *end = cell(row, count - 1);
    if (*end)
        text_put_times(t, " ", count == 1 ? INDENT : GAP);
    else
        text_trim(t);
    if (*end && columns[count - 1].right) {
        put_cell(t, end, width[count - 1], true);
        text_put_char(t, '\n');
    } else {
        text_put_wrapped(t, end, last, last, CLI_WIDTH);
    }
}

void style_table(cli_text *t, const style *s, const table_column *columns, size_t count, const json_t *rows)
{
    size_t width[MOST_COLUMNS];
    if (count > MOST_COLUMNS) count = MOST_COLUMNS;
    size_t i;
    json_t *row;
    for (size_t c = 0; c < count; c++) {
        width[c] = text_columns(columns[c].title);
        json_array_foreach(rows, i, row)
        {
            size_t n = text_columns(cell(row, c));
            if (n > width[c]) width[c] = n;
        }
    }
    size_t last = put_titles(t, s, columns, count, width);
    json_array_foreach(rows, i, row) put_row(t, columns, count, width, last, row);
}
