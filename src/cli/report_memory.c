/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include "report.h"

enum { LEFT = 12, BAR = 72, PARTS = 5 };

/* What fills a GPU, in the order in which vLLM takes it. */
static const struct part {
    const char *name, *key;
    bool interval;
    const char *block;
    char letter;
    const char *colour;
} parts[PARTS] = {
    {"weights", "weights_allocated_bytes", false, "\u2588", 'W', "\033[34m"},
    {"activation", "activation_bytes", true, "\u2593", 'A', "\033[36m"},
    {"non-torch", "non_torch_bytes", true, "\u2592", 'N', "\033[35m"},
    {"graphs", "graphs_bytes", true, "\u259a", 'G', "\033[33m"},
    {"KV cache", "available_kv_bytes", true, "\u2591", 'K', "\033[32m"},
};

/** What one part holds on a rank: the likely figure of an interval. */
static bool part_bytes(const json_t *rank, size_t i, uint64_t *bytes)
{
    const json_t *value = json_object_get(rank, parts[i].key);
    if (parts[i].interval) return figure(value, "likely", bytes);
    return figure(rank, parts[i].key, bytes);
}

static void put_block(cli_text *t, const style *s, size_t i, size_t times)
{
    const char letter[2] = {parts[i].letter, '\0'};
    if (times == 0) return;
    if (s->colour) text_put(t, parts[i].colour);
    text_put_times(t, s->utf8 ? parts[i].block : letter, times);
    if (s->colour) text_put(t, "\033[0m");
}

/** The rest of the GPU: unused, or not known when some part is not. */
static const char *rest_block(const style *s, bool known)
{
    if (!known) return "?";
    return s->utf8 ? "\u00b7" : ".";
}

/** The sum of the parts that are known; *all tells whether all are. */
static uint64_t sum_of_parts(const json_t *rank, bool *all)
{
    uint64_t sum = 0, bytes;
    *all = true;
    for (size_t i = 0; i < PARTS; i++) {
        if (part_bytes(rank, i, &bytes))
            sum += bytes;
        else
            *all = false;
    }
    return sum;
}

/** Each part ends at its rounded share of the whole, so that no error adds up. */
static void put_bar(cli_text *t, const style *s, const json_t *rank, uint64_t total)
{
    bool known;
    uint64_t sum = sum_of_parts(rank, &known), bytes, upto = 0, drawn = 0;
    uint64_t whole = sum > total ? sum : total;
    for (size_t i = 0; i < PARTS && whole > 0; i++) {
        if (!part_bytes(rank, i, &bytes)) continue;
        upto += bytes;
        uint64_t end = (upto * BAR + whole / 2) / whole;
        put_block(t, s, i, (size_t)(end - drawn));
        drawn = end;
    }
    text_put_times(t, rest_block(s, known), (size_t)(BAR - drawn));
    text_put_char(t, '\n');
    if (sum <= total) return;
    text_put_times(t, " ", LEFT);
    text_put(t, "more than the GPU has, by ");
    text_put_gib(t, sum - total);
    text_put(t, " GiB\n");
}

/** "weights 9.20": the words of a legend. */
static void put_label(cli_text *t, const char *name, bool known, uint64_t bytes)
{
    text_format(t, "%s ", name);
    if (known)
        text_put_gib(t, bytes);
    else
        text_put(t, "not known");
}

/** A block and a label for each part, as many on a line as fit. */
static void put_legend(cli_text *t, const style *s, const json_t *rank, uint64_t total)
{
    size_t used = LEFT;
    bool all;
    uint64_t bytes = 0, sum = sum_of_parts(rank, &all);
    text_put_times(t, " ", LEFT);
    for (size_t i = 0; i <= PARTS; i++) {
        cli_text label = {0};
        bool known = i < PARTS ? part_bytes(rank, i, &bytes) : all;
        if (i < PARTS)
            put_label(&label, parts[i].name, known, bytes);
        else
            put_label(&label, "unused", known, sum < total ? total - sum : 0);
        size_t columns = text_columns(text_get(&label)) + 2;
        bool breaks = used > LEFT && used + 2 + columns > CLI_WIDTH;
        if (breaks) text_put_char(t, '\n');
        if (used > LEFT) text_put_times(t, " ", breaks ? LEFT : 2);
        used = (breaks ? LEFT : used + (used > LEFT ? 2 : 0)) + columns;
        if (i < PARTS)
            put_block(t, s, i, 1);
        else
            text_put(t, rest_block(s, known));
        text_format(t, " %s", text_get(&label));
        text_free(&label);
    }
    text_put_char(t, '\n');
}

/** "GPU 0", or "GPU 0 x4" for several with equal figures; LEFT columns wide for what is usual. */
static void put_name(cli_text *t, const json_t *rank, size_t index)
{
    cli_text name = {0};
    uint64_t gpu = index, count = 1;
    figure(rank, "gpu", &gpu);
    text_format(&name, "  GPU %llu", (unsigned long long)gpu);
    if (figure(rank, "ranks", &count) && count > 1) text_format(&name, " x%llu", (unsigned long long)count);
    size_t columns = text_columns(text_get(&name));
    text_put(t, text_get(&name));
    text_put_times(t, " ", columns < LEFT ? LEFT - columns : 1);
    text_free(&name);
}

static void put_ranks(cli_text *t, const style *s, const json_t *ranks)
{
    size_t i;
    json_t *rank;
    json_array_foreach(ranks, i, rank)
    {
        uint64_t total = 0;
        bool known = figure(rank, "total_bytes", &total);
        put_name(t, rank, i);
        if (known)
            put_bar(t, s, rank, total);
        else
            text_put(t, "the GPU's memory is not known\n");
        put_legend(t, s, rank, total);
        text_put_times(t, " ", LEFT);
        text_put(t, "of ");
        put_amount(t, rank, "total_bytes");
        text_put(t, "; free at the start ");
        put_amount(t, rank, "free_bytes");
        text_put(t, "; vLLM asks for ");
        put_amount(t, rank, "requested_bytes");
        text_put_char(t, '\n');
    }
}

/** The intervals of the tightest rank, which decide between fits, borderline and does_not_fit. */
static void put_intervals(cli_text *t, const style *s, const json_t *rank)
{
    static const table_column columns[] = {
        {"GIB ON THE TIGHTEST GPU", false}, {"LOW", true}, {"LIKELY", true}, {"HIGH", true}};
    static const struct {
        const char *name, *key;
    } exact[] = {{"weights", "weights_bytes"},
                 {"weights as allocated", "weights_allocated_bytes"},
                 {"peak while loading", "load_peak_bytes"}};
    json_t *rows = json_array();
    for (size_t i = 0; i < sizeof exact / sizeof exact[0]; i++) {
        cli_text cells[4] = {{0}};
        text_put(&cells[0], exact[i].name);
        put_figure_gib(&cells[2], rank, exact[i].key);
        add_row(rows, cells, 4);
    }
    for (size_t i = 0; i < PARTS; i++) {
        if (!parts[i].interval) continue;
        const json_t *value = json_object_get(rank, parts[i].key);
        cli_text cells[4] = {{0}};
        text_put(&cells[0], parts[i].name);
        put_figure_gib(&cells[1], value, "low");
        put_figure_gib(&cells[2], value, "likely");
        put_figure_gib(&cells[3], value, "high");
        add_row(rows, cells, 4);
    }
    text_put_char(t, '\n');
    style_table(t, s, columns, 4, rows);
    json_decref(rows);
}

static void put_kv(cli_text *t, const json_t *kv)
{
    cli_text line = {0};
    const char *concurrency = member_text(kv, "max_concurrency_text");
    text_put(&line, "KV cache: ");
    put_figure_count(&line, kv, "tokens");
    text_put(&line, " tokens in ");
    put_figure_count(&line, kv, "blocks");
    text_put(&line, " blocks; ");
    text_put(&line, concurrency ? concurrency : "not known");
    text_put(&line, " requests of full length at once; one needs ");
    put_amount(&line, kv, "needed_bytes");
    text_put(&line, "; the longest that starts is ");
    put_figure_count(&line, kv, "longest_len");
    text_put(&line, " tokens.");
    text_put(t, "  ");
    text_put_wrapped(t, text_get(&line), 2, 2, CLI_WIDTH);
    text_free(&line);
}

void report_memory(cli_text *t, const style *s, const json_t *plan, bool why)
{
    const json_t *memory = json_object_get(plan, "memory");
    const json_t *ranks = json_object_get(memory, "ranks");
    const json_t *kv = json_object_get(plan, "kv_cache");
    if (json_array_size(ranks) == 0 && !json_is_object(kv)) return;
    style_section(t, s, "Memory of each GPU in GiB, likely figures");
    put_ranks(t, s, ranks);
    if (why && json_array_size(ranks) > 0) {
        uint64_t tightest = 0;
        figure(memory, "tightest", &tightest);
        const json_t *rank = json_array_get(ranks, (size_t)tightest);
        put_intervals(t, s, rank ? rank : json_array_get(ranks, 0));
    }
    if (!json_is_object(kv)) return;
    text_put_char(t, '\n');
    put_kv(t, kv);
}
