/* SPDX-License-Identifier: Apache-2.0 */
/* Expressions become steps; a match walks all steps that are possible at a character at once, so there is
 * nothing to go back to. */
#include "hf/pattern.h"

#include <string.h>

enum { TAKE, FORK, JUMP, FRONT, END, DONE }; /* kinds of steps */
enum { MAX_DEPTH = 16, MAX_REPEAT = 64 };

typedef struct parser {
    vp_str text;
    size_t at;
    vp_pattern *out;
    uint32_t depth;
} parser;

static bool add_step(parser *p, uint8_t kind, uint32_t a, uint32_t b)
{
    if (p->out->count == VP_MAX_PATTERN) return false;
    vp_pattern_step *step = &p->out->steps[p->out->count++];
    memset(step, 0, sizeof *step);
    step->kind = kind;
    step->a = (uint16_t)a;
    step->b = (uint16_t)b;
    return true;
}

static bool more(const parser *p) { return p->at < p->text.length; }
static char next(const parser *p) { return p->text.at[p->at]; }

static void allow(vp_pattern_step *step, unsigned char c)
{
    if (c < 128) step->chars[c / 32] |= UINT32_C(1) << (c % 32);
}

static void allow_range(vp_pattern_step *step, unsigned char first, unsigned char last)
{
    for (unsigned c = first; c <= last; c++) allow(step, (unsigned char)c);
}

/** The class of an escape: \d, \w, \s, else the character itself. False for what has another meaning. */
static bool allow_escape(vp_pattern_step *step, char c)
{
    switch (c) {
    case 'd':
        allow_range(step, '0', '9');
        return true;
    case 'w':
        allow_range(step, '0', '9');
        allow_range(step, 'A', 'Z');
        allow_range(step, 'a', 'z');
        allow(step, '_');
        return true;
    case 's':
        allow(step, ' ');
        allow_range(step, '\t', '\r');
        return true;
    default:
        if ((c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z')) return false;
        allow(step, (unsigned char)c);
        return true;
    }
}

/** [...]: characters, ranges, escapes; ^ in front turns it round. */
static bool parse_class(parser *p)
{
    if (!add_step(p, TAKE, 0, 0)) return false;
    vp_pattern_step *step = &p->out->steps[p->out->count - 1];
    bool turned = more(p) && next(p) == '^';
    if (turned) p->at++;
    for (bool first = true; more(p) && (first || next(p) != ']'); first = false) {
        unsigned char c = (unsigned char)next(p);
        p->at++;
        if (c == '\\') {
            if (!more(p) || !allow_escape(step, next(p))) return false;
            p->at++;
        } else if (p->at + 1 < p->text.length && next(p) == '-' && p->text.at[p->at + 1] != ']') {
            unsigned char last = (unsigned char)p->text.at[p->at + 1];
            if (last < c) return false;
            allow_range(step, c, last);
            p->at += 2;
        } else {
            allow(step, c);
        }
    }
    if (!more(p)) return false;
    p->at++;
    for (int i = 0; i < 4 && turned; i++) step->chars[i] = ~step->chars[i];
    return true;
}

static bool parse_choice(parser *p);

static bool parse_group(parser *p)
{
    if (p->at + 1 < p->text.length && next(p) == '?') {
        if (p->text.at[p->at + 1] != ':') return false; /* look-around, names, flags */
        p->at += 2;
    }
    if (++p->depth > MAX_DEPTH || !parse_choice(p) || !more(p) || next(p) != ')') return false;
    p->depth--;
    p->at++;
    return true;
}

static bool parse_atom(parser *p)
{
    char c = next(p);
    p->at++;
    if (c == '(') return parse_group(p);
    if (c == '[') return parse_class(p);
    if (c == '^') return add_step(p, FRONT, 0, 0);
    if (c == '$') return add_step(p, END, 0, 0);
    if (c == '*' || c == '+' || c == '?' || c == '{') return false;
    if (!add_step(p, TAKE, 0, 0)) return false;
    vp_pattern_step *step = &p->out->steps[p->out->count - 1];
    if (c == '.') {
        memset(step->chars, 0xFF, sizeof step->chars);
        return true;
    }
    if (c != '\\') {
        allow(step, (unsigned char)c);
        return true;
    }
    if (!more(p)) return false;
    bool ok = allow_escape(step, next(p));
    p->at++;
    return ok;
}

/** Copies steps [first, first + length) to the end; where they go on moves with them. */
static bool repeat_steps(parser *p, uint32_t first, uint32_t length)
{
    uint32_t by = p->out->count - first;
    for (uint32_t i = first; i < first + length; i++) {
        vp_pattern_step step = p->out->steps[i];
        if (!add_step(p, step.kind, step.a + by, step.b + by)) return false;
        memcpy(p->out->steps[p->out->count - 1].chars, step.chars, sizeof step.chars);
    }
    return true;
}

/** Moves the steps from `first` on by one, for a fork in front of them. */
static bool fork_before(parser *p, uint32_t first)
{
    uint32_t length = p->out->count - first;
    if (!add_step(p, DONE, 0, 0)) return false;
    for (uint32_t i = first + length; i > first; i--) {
        p->out->steps[i] = p->out->steps[i - 1];
        p->out->steps[i].a++;
        p->out->steps[i].b++;
    }
    p->out->steps[first] =
        (vp_pattern_step){.kind = FORK, .a = (uint16_t)(first + 1), .b = (uint16_t)p->out->count};
    return true;
}

static bool read_repeats(parser *p, uint32_t *least, uint32_t *most)
{
    uint64_t number = 0;
    *least = *most = 0;
    for (int i = 0; i < 2; i++) {
        vp_str digits = {p->text.at + p->at, 0};
        while (more(p) && next(p) >= '0' && next(p) <= '9') p->at++, digits.length++;
        if (!vp_str_to_u64(digits, &number) || number > MAX_REPEAT || !more(p)) return false;
        *most = (uint32_t)number;
        if (i == 0) *least = *most;
        if (next(p) == '}') break;
        if (next(p) != ',' || i == 1) return false;
        p->at++;
    }
    p->at++;
    return *least <= *most;
}

/** An atom and how often it stands: *, +, ?, {n}, {n,m}. */
static bool parse_piece(parser *p)
{
    uint32_t first = p->out->count;
    if (!parse_atom(p)) return false;
    if (!more(p)) return true;
    uint32_t length = p->out->count - first, least = 0, most = 0;
    char c = next(p);
    if (c != '*' && c != '+' && c != '?' && c != '{') return true;
    p->at++;
    if (c == '{') {
        if (length == 0 || !read_repeats(p, &least, &most) || least == 0) return false;
        for (uint32_t i = 1; i < least; i++)
            if (!repeat_steps(p, first, length)) return false;
        for (uint32_t i = least; i < most; i++) {
            uint32_t copy = p->out->count;
            if (!repeat_steps(p, first, length) || !fork_before(p, copy)) return false;
        }
    } else if (c == '+') {
        if (!add_step(p, FORK, first, p->out->count + 1)) return false;
    } else {
        if (!fork_before(p, first)) return false;
        if (c == '*') {
            if (!add_step(p, JUMP, first, 0)) return false;
            p->out->steps[first].b = (uint16_t)p->out->count;
        }
    }
    if (more(p) && next(p) == '?') p->at++; /* shortest first: the same names match */
    return true;
}

/** a|b: a fork, and a jump behind each choice but the last. */
static bool parse_choice(parser *p)
{
    uint32_t first = p->out->count;
    while (more(p) && next(p) != '|' && next(p) != ')')
        if (!parse_piece(p)) return false;
    if (!more(p) || next(p) == ')') return true;
    p->at++;
    if (!fork_before(p, first) || !add_step(p, JUMP, 0, 0)) return false;
    uint32_t jump = p->out->count - 1;
    p->out->steps[first].b = (uint16_t)p->out->count;
    if (!parse_choice(p)) return false;
    p->out->steps[jump].a = (uint16_t)p->out->count;
    return true;
}

bool vp_pattern_compile(vp_str text, vp_pattern *out)
{
    parser p = {.text = text, .out = out};
    out->count = 0;
    return parse_choice(&p) && !more(&p) && add_step(&p, DONE, 0, 0);
}

/** Steps that are possible at one place of the name. */
typedef struct threads {
    uint8_t on[VP_MAX_PATTERN];
    uint16_t list[VP_MAX_PATTERN];
    uint32_t count;
} threads;

/** Every step is added once, so the list itself is the work that is left. */
static void add_thread(threads *t, uint32_t step)
{
    if (t->on[step]) return;
    t->on[step] = 1;
    t->list[t->count++] = (uint16_t)step;
}

static void clear(threads *t)
{
    for (uint32_t i = 0; i < t->count; i++) t->on[t->list[i]] = 0;
    t->count = 0;
}

/** Goes on from every step that takes no character; true when the end of the expression is reached. */
static bool follow(const vp_pattern *pattern, threads *t, bool front, bool end)
{
    for (uint32_t i = 0; i < t->count; i++) {
        const vp_pattern_step *step = &pattern->steps[t->list[i]];
        if (step->kind == DONE) return true;
        if (step->kind == FORK || step->kind == JUMP) add_thread(t, step->a);
        if (step->kind == FORK) add_thread(t, step->b);
        if ((step->kind == FRONT && front) || (step->kind == END && end)) add_thread(t, t->list[i] + 1u);
    }
    return false;
}

bool vp_pattern_matches(const vp_pattern *pattern, vp_str name)
{
    threads both[2], *now = &both[0], *then = &both[1];
    memset(both, 0, sizeof both);
    add_thread(now, 0);
    for (size_t at = 0;; at++) {
        if (follow(pattern, now, at == 0, at == name.length)) return true;
        if (at == name.length || now->count == 0) return false;
        unsigned char c = (unsigned char)name.at[at];
        for (uint32_t i = 0; i < now->count && c < 128; i++) {
            const vp_pattern_step *step = &pattern->steps[now->list[i]];
            if (step->kind == TAKE && (step->chars[c / 32] >> (c % 32) & 1))
                add_thread(then, now->list[i] + 1u);
        }
        threads *old = now;
        now = then;
        then = old;
        clear(then);
    }
}

/** Whether [...] at wildcard[*at] takes c; *at goes behind it. Without its end it is a plain bracket. */
static bool class_takes(vp_str wildcard, size_t *at, char c)
{
    size_t i = *at + 1;
    bool turned = i < wildcard.length && wildcard.at[i] == '!', taken = false;
    if (turned) i++;
    for (size_t first = i; i < wildcard.length && (i == first || wildcard.at[i] != ']'); i++) {
        if (i + 2 < wildcard.length && wildcard.at[i + 1] == '-' && wildcard.at[i + 2] != ']') {
            if (c >= wildcard.at[i] && c <= wildcard.at[i + 2]) taken = true;
            i += 2;
        } else if (c == wildcard.at[i]) {
            taken = true;
        }
    }
    if (i >= wildcard.length) return c == wildcard.at[(*at)++];
    *at = i + 1;
    return taken != turned;
}

/** Takes one character; * is not among them. */
static bool takes(vp_str wildcard, size_t *at, char c)
{
    if (*at == wildcard.length) return false;
    if (wildcard.at[*at] == '[') return class_takes(wildcard, at, c);
    char w = wildcard.at[(*at)++];
    return w == '?' || w == c;
}

/** Only the last * can be to blame when the rest does not fit: it takes one character more. */
bool vp_wildcard_matches(vp_str wildcard, vp_str name)
{
    size_t w = 0, n = 0, star = SIZE_MAX, star_end = 0;
    while (n < name.length) {
        if (w < wildcard.length && wildcard.at[w] == '*') {
            star = ++w;
            star_end = n;
        } else if (takes(wildcard, &w, name.at[n])) {
            n++;
        } else if (star != SIZE_MAX) {
            w = star;
            n = ++star_end;
        } else {
            return false;
        }
    }
    while (w < wildcard.length && wildcard.at[w] == '*') w++;
    return w == wildcard.length;
}
