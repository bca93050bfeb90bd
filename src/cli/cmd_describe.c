/* SPDX-License-Identifier: Apache-2.0 */
#include <stdlib.h>
#include <string.h>

#include "cli.h"
#include "report.h"
#include "style.h"

enum { MOST_ROWS_COLUMNS = 12, WIDEST_CELL = 40 };

/** A value in a table: lists of texts joined, objects not at all. */
static void put_cell_value(cli_text *t, const json_t *value)
{
    size_t i;
    json_t *item;
    if (json_is_string(value)) {
        text_put(t, json_string_value(value));
    } else if (json_is_integer(value)) {
        text_format(t, "%lld", (long long)json_integer_value(value));
    } else if (json_is_boolean(value)) {
        text_put(t, json_is_true(value) ? "yes" : "no");
    } else {
        json_array_foreach(value, i, item)
        {
            if (i > 0) text_put_char(t, ',');
            put_cell_value(t, item);
        }
    }
}

static void make_cell(cli_text *t, const json_t *value)
{
    put_cell_value(t, value);
    if (text_columns(text_get(t)) <= WIDEST_CELL) return;
    size_t n = WIDEST_CELL - 2;
    while (n > 0 && ((unsigned char)t->at[n] & 0xc0) == 0x80) n--;
    t->length = n;
    text_put(t, "..");
}

/** The members that make columns: those of the first rows that have them, in their order, as long as
 *  the line has room. What does not fit is named below the table. */
typedef struct layout {
    const char *keys[MOST_ROWS_COLUMNS];
    table_column columns[MOST_ROWS_COLUMNS];
    cli_text titles[MOST_ROWS_COLUMNS];
    size_t count;
    cli_text left_out;
} layout;

/** The width of a column; 0 when no row has anything to show in it. *right: it holds figures only. */
static size_t measure(const json_t *rows, const char *key, bool *right)
{
    size_t i, widest = 0;
    json_t *row;
    *right = true;
    json_array_foreach(rows, i, row)
    {
        const json_t *value = json_object_get(row, key);
        cli_text cell = {0};
        make_cell(&cell, value);
        size_t n = text_columns(text_get(&cell));
        if (n > widest) widest = n;
        if (n > 0 && !json_is_integer(value)) *right = false;
        text_free(&cell);
    }
    return widest;
}

static void put_title(cli_text *t, const char *key)
{
    for (; *key; key++) {
        char c = *key;
        if (c >= 'a' && c <= 'z') c = (char)(c - 'a' + 'A');
        text_put_char(t, c == '_' ? ' ' : c);
    }
}

static void lay_out(layout *l, const json_t *rows)
{
    size_t i, used = 0;
    json_t *row, *value;
    const char *key;
    json_t *seen = json_object(); /* also the columns that were left out */
    json_array_foreach(rows, i, row)
    {
        json_object_foreach(row, key, value)
        {
            if (json_object_get(seen, key)) continue;
            json_object_set_new(seen, key, json_true());
            bool right;
            size_t width = measure(rows, key, &right);
            if (width == 0) continue;
            if (strlen(key) > width) width = strlen(key);
            if (l->count == MOST_ROWS_COLUMNS || used + width + 2 > CLI_WIDTH) {
                text_format(&l->left_out, "%s%s", l->left_out.length ? ", " : "", key);
                continue;
            }
            used += width + 2;
            put_title(&l->titles[l->count], key);
            l->keys[l->count] = key;
            l->columns[l->count] = (table_column){text_get(&l->titles[l->count]), right};
            l->count++;
        }
    }
    json_decref(seen);
}

static void render(cli_text *t, const style *s, const json_t *rows)
{
    layout l = {0};
    lay_out(&l, rows);
    json_t *cells_of = json_array();
    size_t i;
    json_t *row;
    json_array_foreach(rows, i, row)
    {
        cli_text cells[MOST_ROWS_COLUMNS] = {{0}};
        for (size_t c = 0; c < l.count; c++) make_cell(&cells[c], json_object_get(row, l.keys[c]));
        add_row(cells_of, cells, l.count);
    }
    if (l.count > 0) style_table(t, s, l.columns, l.count, cells_of);
    if (l.left_out.length > 0) {
        cli_text more = {0};
        text_format(&more, "More with --json: %s", text_get(&l.left_out));
        text_put(t, "\n  ");
        text_put_wrapped(t, text_get(&more), 2, 2, CLI_WIDTH);
        text_free(&more);
    }
    for (size_t c = 0; c < l.count; c++) text_free(&l.titles[c]);
    text_free(&l.left_out);
    json_decref(cells_of);
}

/** The list of rows in an answer: its first member that is a list. */
static const json_t *rows_of(const json_t *answer)
{
    const char *key;
    json_t *value;
    json_object_foreach((json_t *)answer, key, value) if (json_is_array(value)) return value;
    return NULL;
}

/** One topic of `describe`, or NULL with the error set. */
static json_t *ask(const char *topic, const json_t *release, vllmplan_error *error)
{
    size_t length;
    json_t *request = json_pack("{s:s, s:O*}", "topic", topic, "release", release);
    char *answer = library_run(vllmplan_describe_json, request, &length, error);
    json_decref(request);
    if (!answer) return NULL;
    json_t *root = json_loadb(answer, length, 0, NULL);
    vllmplan_free(answer);
    if (!root) cli_fail(error, VLLMPLAN_E_NO_MEMORY, "", "there is not enough memory");
    return root;
}

/** The cards of this machine above the table, where there are any. */
static void render_machine(cli_text *t, const style *s, const json_t *machine)
{
    const json_t *cards = json_object_get(machine, "machine");
    if (json_array_size(cards) == 0) return;
    text_put(t, "This machine, idle cards first:\n\n");
    render(t, s, cards);
    text_put(t, "\nThe table of cards:\n\n");
}

static bool print_rows(const json_t *answer, const json_t *machine)
{
    style s = style_of_stdout();
    cli_text t = {0};
    render_machine(&t, &s, machine);
    render(&t, &s, rows_of(answer));
    bool ok = !t.failed;
    if (ok) output_text(text_get(&t), t.length);
    text_free(&t);
    return ok;
}

static bool print_json(json_t *answer, const json_t *machine)
{
    if (machine) json_object_set(answer, "machine", json_object_get(machine, "machine"));
    char *text = json_dumps(answer, JSON_COMPACT);
    if (text) output_text(text, strlen(text));
    free(text);
    return text != NULL;
}

int command_describe(const cli_options *o)
{
    vllmplan_error error = VLLMPLAN_ERROR_INIT;
    const json_t *release = json_object_get(json_object_get(o->request, "engine"), "release");
    json_t *answer = ask(o->command->topic, release, &error);
    if (!answer) return error_report(&error, o->as_json);
    json_t *machine = strcmp(o->command->topic, "gpus") == 0 ? ask("machine", NULL, &error) : NULL;
    bool raw = o->as_json || o->command->id == COMMAND_SCHEMA || !rows_of(answer);
    int status = EXIT_FITS;
    if (!(raw ? print_json(answer, machine) : print_rows(answer, machine))) {
        cli_fail(&error, VLLMPLAN_E_NO_MEMORY, "", "there is not enough memory");
        status = error_report(&error, o->as_json);
    }
    json_decref(machine);
    json_decref(answer);
    return status;
}
