/* SPDX-License-Identifier: Apache-2.0 */
/* The files of --config: YAML mappings of flags, as far as vLLM turns them into arguments. Scalars, lists and
 * one level of mappings below a flag are read; what else YAML can say is told to be too much. */
#include <string.h>

#include "launch/check.h"
#include "launch/options.h"
#include "launch/values.h"

typedef struct reader {
    const char *at;
    uint32_t index, line, room;
    const vp_parse *p;
    vp_item *out;
    uint32_t count;
    bool full;
} reader;

/** One line without its comment and the blanks around it. */
typedef struct yaml_line {
    vp_str text;
    uint32_t indent;
    bool item; /* it began with "- " */
} yaml_line;

static void push(reader *r, const char *text)
{
    if (r->count == r->room || r->p->arena->exhausted)
        r->full = true;
    else
        r->out[r->count++] = (vp_item){text, r->index, false, true};
}

static vp_str trim(vp_str s)
{
    while (s.length > 0 && memchr(" \t\r", s.at[0], 3)) s = (vp_str){s.at + 1, s.length - 1};
    while (s.length > 0 && memchr(" \t\r", s.at[s.length - 1], 3)) s.length--;
    return s;
}

/** Where a comment begins, outside of quotes. */
static size_t comment(vp_str s)
{
    char quote = '\0';
    for (size_t i = 0; i < s.length; i++) {
        char c = s.at[i];
        if (quote)
            quote = c == quote ? '\0' : quote;
        else if (c == '"' || c == '\'')
            quote = c;
        else if (c == '#' && (i == 0 || s.at[i - 1] == ' ' || s.at[i - 1] == '\t'))
            return i;
    }
    return s.length;
}

/** The next line that says something; false at the end. The line is not taken. */
static bool peek(const reader *r, yaml_line *line, const char **next)
{
    const char *at = r->at;
    while (*at) {
        size_t length = strcspn(at, "\n");
        vp_str whole = {at, length};
        whole.length = comment(whole);
        vp_str text = trim(whole);
        *next = at + length + (at[length] == '\n');
        bool marker = vp_str_equal(text, "---") || vp_str_equal(text, "...");
        if (text.length > 0 && !marker) {
            line->indent = (uint32_t)(text.at - at);
            line->item = vp_str_equal(text, "-") || vp_str_starts(text, "- ");
            line->text = line->item ? trim((vp_str){text.at + 1, text.length - 1}) : text;
            return true;
        }
        at = *next;
    }
    return false;
}

/** Without its quotes. */
static const char *plain(const reader *r, vp_str value)
{
    if (value.length >= 2 && value.at[0] == '"' && value.at[value.length - 1] == '"')
        return vp_json_argument(value, r->p->arena);
    if (value.length >= 2 && value.at[0] == '\'' && value.at[value.length - 1] == '\'')
        value = (vp_str){value.at + 1, value.length - 2};
    return vp_arena_copy(r->p->arena, value);
}

static bool is_word(vp_str value, const char *words)
{
    for (const char *at = words; *at; at += strcspn(at, "|") + (at[strcspn(at, "|")] == '|')) {
        size_t length = strcspn(at, "|");
        if (length == value.length && memcmp(at, value.at, length) == 0) return true;
    }
    return false;
}

static bool is_true(vp_str v) { return is_word(v, "true|True|TRUE|yes|Yes|YES|on|On|ON"); }
static bool is_false(vp_str v) { return is_word(v, "false|False|FALSE|no|No|NO|off|Off|OFF"); }

static void refuse(reader *r, vp_str text)
{
    vp_remark_put(r->p->remarks, r->index, VP_REMARK_config_not_read,
                  "\"%.*s\" of this file was not understood and not looked at", vp_shown_length(text),
                  text.at);
}

/** False switches become --no-x where the release has that (0.11 and newer), else nothing. */
static void push_false(reader *r, const char *option)
{
    vp_option found;
    const char *negative = vp_arena_format(r->p->arena, "--no-%s", option + 2);
    if (vp_option_find(vp_str_from(negative), r->p->release, false, &found)) push(r, negative);
}

/** [a, "b"] */
static void push_flow_list(reader *r, vp_str list)
{
    list = (vp_str){list.at + 1, list.length - 2};
    while (list.length > 0) {
        size_t n = 0;
        while (n < list.length && list.at[n] != ',') n++;
        vp_str item = trim((vp_str){list.at, n});
        if (item.length > 0) push(r, plain(r, item));
        list = n < list.length ? (vp_str){list.at + n + 1, list.length - n - 1} : (vp_str){NULL, 0};
    }
}

static void push_scalar(reader *r, const char *option, vp_str value)
{
    if (is_true(value)) {
        push(r, option);
    } else if (is_false(value)) {
        push_false(r, option);
    } else if (value.at[0] == '[' && value.at[value.length - 1] == ']') {
        push(r, option);
        push_flow_list(r, value);
    } else if (memchr("|>&*!{", value.at[0], 6) && !vp_text_is_json(value)) {
        refuse(r, value);
    } else {
        push(r, option);
        push(r, plain(r, value));
    }
}

/** The lines that are further in: a list, or members of the flag's JSON value. */
static void push_block(reader *r, const char *option)
{
    yaml_line line;
    const char *next;
    bool first = true;
    while (peek(r, &line, &next) && (line.indent > 0 || line.item)) {
        r->at = next;
        if (line.item) {
            if (first) push(r, option);
            first = false;
            push(r, plain(r, line.text));
            continue;
        }
        size_t n = 0;
        while (n < line.text.length && line.text.at[n] != ':') n++;
        vp_str value = n < line.text.length ? trim((vp_str){line.text.at + n + 1, line.text.length - n - 1})
                                            : (vp_str){NULL, 0};
        if (value.length == 0) {
            refuse(r, line.text);
            continue;
        }
        push(r, vp_arena_format(r->p->arena, "%s.%.*s", option, (int)n, line.text.at));
        push(r, is_true(value) ? "true" : is_false(value) ? "false" : plain(r, value));
    }
}

bool vp_config_items(const char *text, uint32_t index, const vp_parse *p, vp_item *out, uint32_t room,
                     uint32_t *count)
{
    reader r = {.at = text, .index = index, .p = p, .out = out, .room = room};
    yaml_line line;
    const char *next;
    while (peek(&r, &line, &next) && !r.full) {
        r.at = next;
        size_t n = 0;
        while (n < line.text.length && line.text.at[n] != ':') n++;
        if (line.indent > 0 || line.item || n == line.text.length) {
            refuse(&r, line.text);
            continue;
        }
        vp_str value = trim((vp_str){line.text.at + n + 1, line.text.length - n - 1});
        const char *option = vp_arena_format(p->arena, "--%.*s", (int)n, line.text.at);
        if (value.length > 0)
            push_scalar(&r, option, value);
        else
            push_block(&r, option);
    }
    if (r.full)
        vp_remark_put(p->remarks, index, VP_REMARK_config_not_read, "this file is too long to be looked at");
    *count = r.count;
    return !p->arena->exhausted;
}
