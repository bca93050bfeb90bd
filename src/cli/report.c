/* SPDX-License-Identifier: Apache-2.0 */
#include "report.h"

#include <stdlib.h>
#include <string.h>

bool figure(const json_t *object, const char *name, uint64_t *out)
{
    const json_t *value = json_object_get(object, name);
    if (!json_is_integer(value) || json_integer_value(value) < 0) return false;
    *out = (uint64_t)json_integer_value(value);
    return true;
}

const char *member_text(const json_t *object, const char *name)
{
    return json_string_value(json_object_get(object, name));
}

void put_figure_gib(cli_text *t, const json_t *object, const char *name)
{
    uint64_t bytes;
    if (figure(object, name, &bytes))
        text_put_gib(t, bytes);
    else
        text_put(t, "not known");
}

void put_amount(cli_text *t, const json_t *object, const char *name)
{
    uint64_t bytes;
    put_figure_gib(t, object, name);
    if (figure(object, name, &bytes)) text_put(t, " GiB");
}

void put_figure_count(cli_text *t, const json_t *object, const char *name)
{
    uint64_t count;
    if (figure(object, name, &count))
        text_put_count(t, count);
    else
        text_put(t, "not known");
}

void add_row(json_t *rows, cli_text *cells, size_t count)
{
    json_t *row = json_array();
    for (size_t i = 0; i < count; i++) {
        json_array_append_new(row, json_string(text_get(&cells[i])));
        text_free(&cells[i]);
    }
    json_array_append_new(rows, row);
}

/** "does_not_fit" as people write it. */
static void put_words(cli_text *t, const char *word)
{
    for (; *word; word++) text_put_char(t, *word == '_' ? ' ' : *word);
}

static tone tone_of(const char *verdict)
{
    if (strcmp(verdict, "fits") == 0) return TONE_GOOD;
    if (strcmp(verdict, "does_not_fit") == 0 || strcmp(verdict, "refused") == 0) return TONE_BAD;
    return TONE_DOUBT;
}

/** "  as asked:  does not fit, stops at weights_load, 5.21 GiB are missing" */
static void put_verdict(cli_text *t, const style *s, const char *label, const json_t *of)
{
    const char *verdict = member_text(of, "verdict");
    const char *step = member_text(of, "failing_step");
    uint64_t missing = 0;
    cli_text words = {0};
    put_words(&words, verdict ? verdict : "not known");
    text_format(t, "  %-10s ", label);
    style_put(t, s, tone_of(verdict ? verdict : ""), text_get(&words));
    if (step) text_format(t, ", stops at %s", step);
    if (figure(of, "missing_bytes", &missing) && missing > 0) {
        text_put(t, ", missing ");
        text_put_gib(t, missing);
        text_put(t, " GiB");
    }
    text_put_char(t, '\n');
    text_free(&words);
}

static void put_head(cli_text *t, const style *s, const json_t *plan)
{
    const json_t *engine = json_object_get(plan, "engine");
    const json_t *model = json_object_get(plan, "model");
    const char *summary = member_text(plan, "summary");
    const char *release = member_text(engine, "release");
    const char *architecture = member_text(model, "architecture");
    text_put_wrapped(t, summary ? summary : "", 0, 0, CLI_WIDTH);
    text_put_char(t, '\n');
    put_verdict(t, s, "as asked", json_object_get(plan, "asked"));
    put_verdict(t, s, "returned", plan);
    text_format(t, "  %-10s vLLM %s\n", "engine", release ? release : "not known");
    text_format(t, "  %-10s ", "model");
    text_put_plain(t, architecture ? architecture : "architecture not known");
    text_put(t, ", parameters ");
    put_figure_count(t, model, "parameters");
    text_put(t, ", in the files ");
    put_amount(t, model, "checkpoint_bytes");
    text_put_char(t, '\n');
}

/** The decision table. Rejected methods are many and rarely the question: only `why` lists them. */
static void put_methods(cli_text *t, const style *s, const json_t *plan, bool why)
{
    static const table_column columns[] = {{"METHOD", false},     {"STATUS", false}, {"VERDICT", false},
                                           {"WEIGHTS GIB", true}, {"TOKENS", true},  {"WHY", false}};
    const json_t *methods = json_object_get(plan, "methods");
    if (json_array_size(methods) == 0) return;
    json_t *rows = json_array();
    size_t i, left_out = 0;
    json_t *method;
    json_array_foreach(methods, i, method)
    {
        const char *status = member_text(method, "status");
        bool rejected = status && strcmp(status, "rejected") == 0;
        if (rejected && !why) {
            left_out++;
            continue;
        }
        const char *name = member_text(method, "method");
        const char *verdict = member_text(method, "verdict");
        const char *text = member_text(method, "text");
        cli_text cells[6] = {{0}};
        text_put(&cells[0], name ? name : "none");
        text_put(&cells[1], status ? status : "");
        put_words(&cells[2], verdict ? verdict : "");
        /* a rejected method was not counted: an empty cell, since nothing is unknown about it */
        if (!rejected || json_is_integer(json_object_get(method, "weights_bytes")))
            put_figure_gib(&cells[3], method, "weights_bytes");
        if (!rejected || json_is_integer(json_object_get(method, "tokens")))
            put_figure_count(&cells[4], method, "tokens");
        text_put(&cells[5], text ? text : "");
        add_row(rows, cells, 6);
    }
    style_section(t, s, "Decisions about quantization");
    if (json_array_size(rows) > 0) style_table(t, s, columns, 6, rows);
    if (left_out > 0) text_format(t, "  %zu rejected; --why lists them\n", left_out);
    json_decref(rows);
}

/** A value as it would be typed: texts bare, the rest as JSON. Cut, for the command shows it whole. */
static void put_value(cli_text *t, const json_t *value)
{
    enum { most = 32 };
    char *dumped = json_is_string(value) ? NULL : json_dumps(value, JSON_ENCODE_ANY | JSON_COMPACT);
    const char *all = dumped ? dumped : json_string_value(value);
    if (!all) all = "";
    size_t n = strlen(all);
    if (text_columns(all) > most) {
        n = most - 2;
        while (((unsigned char)all[n] & 0xc0) == 0x80) n--; /* not inside a UTF-8 sequence */
    }
    text_put_bytes(t, all, n);
    if (all[n]) text_put(t, "..");
    free(dumped);
}

/** Settings with their reasons: what was changed, or with `why` all of them. */
static void put_chosen(cli_text *t, const style *s, const json_t *plan, bool why)
{
    static const table_column columns[] = {
        {"SETTING", false}, {"VALUE", false}, {"FROM", false}, {"WHY", false}};
    json_t *rows = json_array();
    size_t i;
    json_t *chosen;
    json_array_foreach(json_object_get(plan, "chosen"), i, chosen)
    {
        const char *from = member_text(chosen, "from");
        const char *setting = member_text(chosen, "setting");
        const char *reason = member_text(chosen, "why");
        if (!why && (!from || strcmp(from, "search") != 0)) continue;
        cli_text cells[4] = {{0}};
        text_put(&cells[0], setting ? setting : "");
        put_value(&cells[1], json_object_get(chosen, "value"));
        text_put(&cells[2], from ? from : "");
        text_put(&cells[3], reason ? reason : "");
        add_row(rows, cells, 4);
    }
    if (json_array_size(rows) > 0) {
        style_section(t, s, why ? "Settings" : "What was changed");
        style_table(t, s, columns, 4, rows);
    }
    json_decref(rows);
}

static void put_remedies(cli_text *t, const style *s, const json_t *plan)
{
    const json_t *remedies = json_object_get(plan, "remedies");
    size_t i;
    json_t *remedy;
    if (json_array_size(remedies) == 0) return;
    style_section(t, s, "What else would help");
    json_array_foreach(remedies, i, remedy)
    {
        const char *text = member_text(remedy, "text");
        text_put(t, "  - ");
        text_put_wrapped(t, text ? text : "", 4, 4, CLI_WIDTH);
    }
}

static void put_notes(cli_text *t, const style *s, const json_t *plan)
{
    const json_t *notes = json_object_get(plan, "notes");
    size_t i;
    json_t *note;
    if (json_array_size(notes) == 0) return;
    style_section(t, s, "Notes");
    json_array_foreach(notes, i, note)
    {
        const char *severity = member_text(note, "severity");
        const char *text = member_text(note, "text");
        tone as = TONE_PLAIN;
        if (!severity) severity = "info";
        if (strcmp(severity, "error") == 0) as = TONE_BAD;
        if (strcmp(severity, "warning") == 0) as = TONE_DOUBT;
        text_put(t, "  ");
        style_put(t, s, as, severity);
        text_put(t, ": ");
        text_put_wrapped(t, text ? text : "", 4 + text_columns(severity), 4, CLI_WIDTH);
    }
}

/** The command for a POSIX shell, as the library renders it. */
static void put_command(cli_text *t, const style *s, const char *text)
{
    if (!text) return;
    style_section(t, s, "Command");
    for (const char *at = text; *at; at++)
        if (*at != '\n' && ((unsigned char)*at < ' ' || *at == 0x7f)) {
            text_put(t, "  It holds control characters, which are not shown here; see --json.\n");
            return;
        }
    while (*text) {
        size_t line = strcspn(text, "\n");
        text_put(t, "  ");
        text_put_bytes(t, text, line + (text[line] == '\n'));
        text += line + (text[line] == '\n');
    }
}

void report_render(cli_text *t, const style *s, const json_t *plan, bool why)
{
    put_head(t, s, plan);
    report_memory(t, s, plan, why);
    put_methods(t, s, plan, why);
    put_chosen(t, s, plan, why);
    put_remedies(t, s, plan);
    put_notes(t, s, plan);
    if (json_array_size(json_object_get(plan, "argv")) == 0) return;
    put_command(t, s, member_text(json_object_get(plan, "rendered"), "text"));
}
