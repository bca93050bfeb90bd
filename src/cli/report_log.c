/* SPDX-License-Identifier: Apache-2.0 */
/* What a start log says, as a page for people. */
#include <stdlib.h>
#include <string.h>

#include "report.h"

enum { MOST_RANK_COLUMNS = 9 };

static void put_line(cli_text *t, const char *label, const char *text)
{
    if (!text) return;
    text_format(t, "  %-11s", label);
    cli_text plain = {0};
    text_put_plain(&plain, text);
    text_put_wrapped(t, text_get(&plain), 13, 13, CLI_WIDTH);
    text_free(&plain);
}

static void put_failure(cli_text *t, const style *s, const json_t *failure)
{
    uint64_t missing, line;
    cli_text where = {0};
    if (!json_is_object(failure)) return;
    style_section(t, s, "What failed");
    put_line(t, "class", member_text(failure, "class"));
    put_line(t, "step", member_text(failure, "step"));
    if (figure(failure, "missing_bytes", &missing)) {
        text_put(&where, json_is_true(json_object_get(failure, "missing_at_least")) ? "at least " : "");
        text_put_gib(&where, missing);
        text_put(&where, " GiB");
        put_line(t, "missing", text_get(&where));
        where.length = 0;
    }
    put_line(t, "advice", member_text(failure, "advice"));
    if (figure(failure, "line", &line)) {
        text_format(&where, "%llu", (unsigned long long)line);
        put_line(t, "line", text_get(&where));
    }
    put_line(t, "text", member_text(failure, "text"));
    text_free(&where);
}

/** GiB, also below zero; nothing when it is not known. */
static void put_gib(cli_text *cell, const json_t *rank, const char *key)
{
    const json_t *value = json_object_get(rank, key);
    if (!json_is_integer(value)) return;
    json_int_t bytes = json_integer_value(value);
    if (bytes < 0) text_put_char(cell, '-');
    text_put_gib(cell, (uint64_t)(bytes < 0 ? -bytes : bytes));
}

/** "DP0 PP0 TP1", "rank 1", "pid 77". */
static void put_name(cli_text *cell, const json_t *rank)
{
    static const struct {
        const char *key, *label;
    } parts[] = {{"dp", "DP"}, {"pp", "PP"}, {"tp", "TP"}};
    uint64_t number;
    for (size_t i = 0; i < sizeof parts / sizeof parts[0]; i++)
        if (figure(rank, parts[i].key, &number))
            text_format(cell, "%s%s%llu", cell->length > 0 ? " " : "", parts[i].label,
                        (unsigned long long)number);
    if (cell->length == 0 && figure(rank, "rank", &number))
        text_format(cell, "rank %llu", (unsigned long long)number);
    if (cell->length == 0 && figure(rank, "pid", &number))
        text_format(cell, "pid %llu", (unsigned long long)number);
}

static void put_ranks(cli_text *t, const style *s, const json_t *list)
{
    static const table_column columns[MOST_RANK_COLUMNS] = {
        {"RANK", false},      {"TOTAL", true},     {"FREE", true},   {"ASKED", true},   {"WEIGHTS", true},
        {"ACTIVATION", true}, {"NON-TORCH", true}, {"GRAPHS", true}, {"KV CACHE", true}};
    static const char *const keys[MOST_RANK_COLUMNS] = {NULL,
                                                        "total_bytes",
                                                        "free_bytes",
                                                        "requested_bytes",
                                                        "weights_bytes",
                                                        "activation_bytes",
                                                        "non_torch_bytes",
                                                        "graphs_bytes",
                                                        "available_kv_bytes"};
    size_t i;
    json_t *rank, *rows = json_array();
    json_array_foreach(list, i, rank)
    {
        cli_text cells[MOST_RANK_COLUMNS];
        memset(cells, 0, sizeof cells);
        put_name(&cells[0], rank);
        for (size_t k = 1; k < MOST_RANK_COLUMNS; k++) put_gib(&cells[k], rank, keys[k]);
        add_row(rows, cells, MOST_RANK_COLUMNS);
    }
    if (json_array_size(rows) > 0) {
        style_section(t, s, "Memory as this start printed it, in GiB");
        style_table(t, s, columns, MOST_RANK_COLUMNS, rows);
    }
    json_decref(rows);
}

static void put_pool(cli_text *t, const json_t *pool)
{
    uint64_t tokens, length;
    const char *times = member_text(pool, "max_concurrency_text");
    if (!figure(pool, "tokens", &tokens)) return;
    text_put(t, "\n  KV cache: ");
    text_put_count(t, tokens);
    text_put(t, " tokens");
    if (times && figure(pool, "max_model_len", &length)) {
        text_format(t, "; %s requests of ", times);
        text_put_count(t, length);
        text_put(t, " tokens at once");
    }
    text_put(t, ".\n");
}

static void put_remedies(cli_text *t, const style *s, const json_t *list)
{
    size_t i;
    json_t *remedy;
    if (json_array_size(list) == 0) return;
    style_section(t, s, "What would help");
    json_array_foreach(list, i, remedy)
    {
        cli_text words = {0};
        char *change = json_dumps(json_object_get(remedy, "change"), JSON_REAL_PRECISION(15));
        const char *verdict = member_text(remedy, "verdict"), *text = member_text(remedy, "text");
        if (change && strlen(change) > 2) text_format(&words, "%s: ", change);
        text_put_plain(&words, text ? text : "");
        if (verdict) text_format(&words, " (%s)", verdict);
        text_put(t, "  - ");
        text_put_wrapped(t, text_get(&words), 4, 4, CLI_WIDTH);
        text_free(&words);
        free(change);
    }
}

static void put_notes(cli_text *t, const style *s, const json_t *answer)
{
    size_t i;
    json_t *note;
    uint64_t redacted = 0;
    const json_t *list = json_object_get(answer, "notes");
    bool any = figure(answer, "redacted", &redacted) && redacted > 0;
    if (json_array_size(list) == 0 && !any) return;
    style_section(t, s, "Notes");
    json_array_foreach(list, i, note) put_line(t, member_text(note, "severity"), member_text(note, "text"));
    if (any)
        text_format(t, "  %llu keys or tokens are in this log; do not pass it on as it is.\n",
                    (unsigned long long)redacted);
}

void report_log(cli_text *t, const style *s, const json_t *answer)
{
    cli_text summary = {0};
    text_put_plain(&summary, member_text(answer, "summary"));
    text_put_wrapped(t, text_get(&summary), 0, 0, CLI_WIDTH);
    text_free(&summary);
    put_failure(t, s, json_object_get(answer, "failure"));
    put_ranks(t, s, json_object_get(answer, "ranks"));
    put_pool(t, json_object_get(answer, "kv_cache"));
    put_remedies(t, s, json_object_get(answer, "remedies"));
    put_notes(t, s, answer);
}
