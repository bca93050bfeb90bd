/* SPDX-License-Identifier: Apache-2.0 */
#include "launch/conflicts.h"

#include <string.h>

#include "launch/values.h"

enum { MOST_TERMS = 6, LONGEST_TEXT = 320 };

typedef enum term_kind {
    TERM_END,
    TERM_GIVEN,
    TERM_ON,
    TERM_OFF,
    TERM_IS,
    TERM_OTHER,
    TERM_MEMBER,
    TERM_MEMBER_IS,
    TERM_MEMBER_OTHER,
    TERM_LESS,
    TERM_EQUAL,
    TERM_SPLIT,
    TERM_STORED,
    TERM_NOT_STORED,
    TERM_DTYPE,
    TERM_TYPE,
    TERM_SET,
    TERM_NAME_ENDS,
    TERM_PLUGIN,
} term_kind;

typedef struct number {
    vp_operand operand;
    uint64_t constant;
} number;

typedef struct term {
    term_kind kind;
    bool negated;
    const char *setting; /* or the name of a variable, or a text */
    const char *key;     /* of a member */
    const char *words;   /* separated by '|' */
    number a, b;
} term;

#define OF(x) VP_OF_##x
#define VP_OF_N(number_) VP_OF_CONSTANT, .constant = number_
#define NUMBERS(kind_, not_, a_, b_)                                                                         \
    {                                                                                                        \
        .kind = TERM_##kind_, .negated = not_, .a = {.operand = OF(a_)}, .b = {.operand = OF(b_) }           \
    }
#define NAMED(kind_, not_, setting_, key_, words_)                                                           \
    {                                                                                                        \
        .kind = TERM_##kind_, .negated = not_, .setting = setting_, .key = key_, .words = words_             \
    }
#define GIVEN(setting) NAMED(GIVEN, false, setting, NULL, NULL)
#define ABSENT(setting) NAMED(GIVEN, true, setting, NULL, NULL)
#define ON(setting) NAMED(ON, false, setting, NULL, NULL)
#define NOT_ON(setting) NAMED(ON, true, setting, NULL, NULL)
#define OFF(setting) NAMED(OFF, false, setting, NULL, NULL)
#define IS(setting, words) NAMED(IS, false, setting, NULL, words)
#define NOT_IS(setting, words) NAMED(IS, true, setting, NULL, words)
#define OTHER(setting, words) NAMED(OTHER, false, setting, NULL, words)
#define MEMBER(setting, key) NAMED(MEMBER, false, setting, key, NULL)
#define NO_MEMBER(setting, key) NAMED(MEMBER, true, setting, key, NULL)
#define MEMBER_IS(setting, key, words) NAMED(MEMBER_IS, false, setting, key, words)
#define MEMBER_OTHER(setting, key, words) NAMED(MEMBER_OTHER, false, setting, key, words)
#define LESS(a, b) NUMBERS(LESS, false, a, b)
#define MORE(a, b) NUMBERS(LESS, false, b, a)
#define NOT_MORE(a, b) NUMBERS(LESS, true, b, a)
#define EQUAL(a, b) NUMBERS(EQUAL, false, a, b)
#define NOT_EQUAL(a, b) NUMBERS(EQUAL, true, a, b)
#define SPLIT(a, b) NUMBERS(SPLIT, false, a, b)
#define STORED(words) NAMED(STORED, false, NULL, NULL, words)
#define NOT_STORED() NAMED(NOT_STORED, false, NULL, NULL, NULL)
#define DTYPE(words) NAMED(DTYPE, false, NULL, NULL, words)
#define TYPE(words) NAMED(TYPE, false, NULL, NULL, words)
#define UNSET(variable) NAMED(SET, true, variable, NULL, NULL)
#define NAME_ENDS(text) NAMED(NAME_ENDS, false, text, NULL, NULL)
#define NO_PLUGIN() NAMED(PLUGIN, true, NULL, NULL, NULL)

/* release indexes by name: VP_R_0_33_0 */
enum {
#define RELEASE(id, ...) VP_R_##id,
#include "data/releases.def"
#undef RELEASE
};

typedef struct conflict {
    const char *code;
    uint8_t since, until;
    vp_severity severity;
    const char *place, *left_out, *text, *fix;
    term terms[MOST_TERMS];
} conflict;

static const conflict rows[] = {
#define CONFLICT(code, since, until, severity, place, left_out, text, fix, ...)                              \
    {code, VP_R_##since, VP_R_##until, VP_##severity, place, left_out, text, fix, {__VA_ARGS__}},
#include "launch/conflicts.def"
#undef CONFLICT
};

static bool is_one_of(const char *words, vp_str wanted)
{
    for (const char *at = words;; at++) {
        size_t length = strcspn(at, "|");
        if (length == wanted.length && memcmp(at, wanted.at, length) == 0) return true;
        at += length;
        if (*at == '\0') return false;
    }
}

static bool text_is(const char *text, const char *words)
{
    return text && is_one_of(words, vp_str_from(text));
}

static bool number_of(const vp_situation *s, number n, uint64_t *value)
{
    *value = n.operand == VP_OF_CONSTANT ? n.constant : s->value[n.operand];
    return n.operand == VP_OF_CONSTANT || s->known[n.operand];
}

/** What is not known makes a condition on numbers false, negated or not. */
static bool numbers_hold(const vp_situation *s, const term *t)
{
    uint64_t a, b;
    if (!number_of(s, t->a, &a) || !number_of(s, t->b, &b)) return false;
    bool holds = t->kind == TERM_LESS ? a < b : t->kind == TERM_EQUAL ? a == b : b > 0 && a % b != 0;
    return holds != t->negated;
}

static bool member_holds(const char *text, const term *t)
{
    vp_str member = text ? vp_json_member(vp_str_from(text), t->key) : (vp_str){NULL, 0};
    bool there = member.length > 0 && !vp_str_equal(member, "null");
    if (t->kind == TERM_MEMBER) return text && there;
    return there && is_one_of(t->words, member) == (t->kind == TERM_MEMBER_IS);
}

static bool ends_with(const char *text, const char *end)
{
    size_t length = text ? strlen(text) : 0, n = strlen(end);
    return length >= n && strcmp(text + length - n, end) == 0;
}

static bool is_there(const vp_situation *s, const char *setting)
{
    for (uint32_t i = 0; i < s->parse->given_count; i++)
        if (strcmp(s->parse->given[i].flag->setting, setting) == 0) return true;
    return false;
}

static bool holds(const vp_situation *s, const term *t)
{
    const char *text = t->setting ? vp_settings_text(&s->parse->settings, t->setting) : NULL;
    const char *variable;
    switch (t->kind) {
    case TERM_GIVEN: /* a value that was refused has its own remark */
        return (t->negated ? !is_there(s, t->setting) : text != NULL);
    case TERM_ON:
        return text_is(text, "true") != t->negated;
    case TERM_OFF:
        return text_is(text, "false");
    case TERM_IS:
        return text_is(text, t->words) != t->negated;
    case TERM_OTHER:
        return text && !text_is(text, t->words);
    case TERM_MEMBER:
    case TERM_MEMBER_IS:
    case TERM_MEMBER_OTHER:
        return (t->negated && !text) ? false : member_holds(text, t) != t->negated;
    case TERM_STORED:
        return s->stored && text_is(s->stored, t->words);
    case TERM_NOT_STORED:
        return s->stored && s->stored[0] == '\0';
    case TERM_DTYPE:
        return text_is(s->dtype, t->words);
    case TERM_TYPE:
        return text_is(s->model_type, t->words);
    case TERM_SET:
        variable = vp_command_variable(s->line, t->setting);
        return (variable && strcmp(variable, "0") != 0) != t->negated;
    case TERM_NAME_ENDS:
        return ends_with(s->parse->model_text, t->setting);
    case TERM_PLUGIN:
        return s->bnb_plugin != t->negated;
    default:
        return numbers_hold(s, t);
    }
}

static bool applies(const vp_situation *s, const conflict *row)
{
    size_t now = vp_release_index(s->parse->release);
    if (now < row->since || now > row->until) return false;
    for (size_t i = 0; i < MOST_TERMS && row->terms[i].kind != TERM_END; i++)
        if (!holds(s, &row->terms[i])) return false;
    return true;
}

/** The text with the numbers in the places of their names. */
static const char *fill(const vp_situation *s, const char *text, vp_arena *arena)
{
    char buffer[LONGEST_TEXT];
    vp_writer w;
    vp_writer_start(&w, buffer, sizeof buffer);
    while (*text) {
        size_t length = *text == '{' ? strcspn(text, "}") : 0;
        if (length == 0) {
            vp_put_char(&w, *text++);
            continue;
        }
        vp_str name = {text + 1, length - 1};
        for (int i = VP_OF_CONSTANT + 1; i < VP_OF_COUNT; i++) {
            bool tenths = i == VP_OF_CAPABILITY || i == VP_OF_METHOD_CAPABILITY;
            if (vp_str_equal(name, vp_operand_name((vp_operand)i))) vp_put_fixed(&w, s->value[i], tenths);
        }
        text += length + 1;
    }
    return vp_arena_copy(arena, vp_str_from(buffer));
}

static const vp_given *said(const vp_situation *s, const char *setting)
{
    for (uint32_t i = 0; i < s->parse->settings.count; i++)
        if (strcmp(s->parse->settings.items[i].name, setting) == 0) return s->parse->said[i];
    return NULL;
}

static void leave_out(const vp_situation *s, const vp_given *given, vp_mend *mend)
{
    for (uint32_t i = 0; i < s->parse->given_count; i++) {
        const vp_given *g = &s->parse->given[i];
        if (g->flag != given->flag) continue;
        for (uint32_t n = 0; n < g->items; n++)
            if (!g->option[n].from_file) vp_mend_drop(mend, g->option[n].index, 1);
    }
}

void vp_conflicts_check(const vp_situation *s, vp_remarks *remarks, vp_mend *mend)
{
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        const conflict *row = &rows[i];
        if (!applies(s, row)) continue;
        const vp_given *place = said(s, row->place);
        const vp_item *model = s->parse->model;
        uint32_t index = place ? place->option->index : model ? model->index : VP_NO_INDEX;
        vp_remark *remark =
            vp_remark_row(remarks, index, row->code, row->severity, fill(s, row->text, remarks->arena));
        if (remark && row->fix) remark->fix = fill(s, row->fix, remarks->arena);
        const vp_given *left_out = row->left_out ? said(s, row->left_out) : NULL;
        if (left_out) leave_out(s, left_out, mend);
    }
}
