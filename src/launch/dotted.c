/* SPDX-License-Identifier: Apache-2.0 */
/* --config.a 1 --config.b.c x --config.list+ p,q as one JSON object
 * (FlexibleArgumentParser.parse_args: create_nested_dict, recursive_dict_update). */
#include <string.h>

#include "core/engine_args.h"
#include "launch/parse_args.h"
#include "launch/values.h"

enum { DEEPEST = 16 };

typedef struct members {
    const vp_parse *p;
    const vp_flag *flag;
    vp_writer *w;
} members;

/** The segment of a path at a depth; NULL behind its end. */
static const char *segment(const char *path, uint32_t depth, size_t *length)
{
    for (; depth > 0; depth--) {
        path = strchr(path, '.');
        if (!path) return NULL;
        path++;
    }
    *length = strcspn(path, ".");
    return path;
}

static bool is_list(const char *path) { return path[strlen(path) - 1] == '+'; }

/** Whether two paths agree up to and including the segment at `depth`; "list+" is "list". */
static bool same_so_far(const char *a, const char *b, uint32_t depth)
{
    for (uint32_t i = 0; i <= depth; i++) {
        size_t n = 0, m = 0;
        const char *x = segment(a, i, &n), *y = segment(b, i, &m);
        if (!x || !y) return false;
        if (n > 0 && x[n - 1] == '+') n--;
        if (m > 0 && y[m - 1] == '+') m--;
        if (n != m || memcmp(x, y, n) != 0) return false;
    }
    return true;
}

static bool is_mine(const members *m, const vp_given *g)
{
    return g->flag == m->flag && g->member && g->member[0] != '\0' && !g->faulty && g->value_count > 0;
}

static void put_value(const members *m, const char *text)
{
    vp_str value = vp_str_from(text);
    uint64_t number;
    if (vp_text_is_json(value))
        vp_put_str(m->w, value);
    else if (vp_human_int(value, &number))
        vp_put_u64(m->w, number);
    else
        vp_put_json_string(m->w, value);
}

static void put_items(const members *m, const char *text, bool *first)
{
    for (;;) {
        size_t n = strcspn(text, ",");
        if (!*first) vp_put_char(m->w, ',');
        *first = false;
        vp_put_json_string(m->w, (vp_str){text, n});
        if (text[n] == '\0') return;
        text += n + 1;
    }
}

static void put_object(const members *m, const vp_given *like, uint32_t depth);

/** The value of the member that `g` names at `depth`, from all that name it. */
static void put_member(const members *m, const vp_given *g, uint32_t depth)
{
    const vp_given *end = m->p->given + m->p->given_count, *last = NULL;
    bool deeper = false, list = false, first = true;
    for (const vp_given *o = g; o < end; o++) {
        size_t length;
        if (!is_mine(m, o) || !same_so_far(g->member, o->member, depth)) continue;
        last = o;
        deeper = segment(o->member, depth + 1, &length) != NULL;
        list = is_list(o->member);
    }
    if (deeper && depth < DEEPEST) {
        put_object(m, last, depth + 1);
    } else if (list) {
        vp_put_char(m->w, '[');
        for (const vp_given *o = g; o <= last; o++)
            if (is_mine(m, o) && same_so_far(g->member, o->member, depth) && is_list(o->member))
                put_items(m, o->values[0], &first);
        vp_put_char(m->w, ']');
    } else {
        put_value(m, last->values[0]);
    }
}

/** The object whose members have the first `depth` segments of `like`; all, at depth 0. */
static void put_object(const members *m, const vp_given *like, uint32_t depth)
{
    const vp_given *end = m->p->given + m->p->given_count;
    bool first = true;
    vp_put_char(m->w, '{');
    for (const vp_given *g = m->p->given; g < end; g++) {
        size_t length = 0;
        bool here = is_mine(m, g) && (depth == 0 || same_so_far(like->member, g->member, depth - 1));
        const char *name = here ? segment(g->member, depth, &length) : NULL;
        for (const vp_given *o = m->p->given; name && o < g; o++)
            if (is_mine(m, o) && same_so_far(o->member, g->member, depth)) name = NULL; /* was written */
        if (!name) continue;
        if (!first) vp_put_char(m->w, ',');
        first = false;
        if (length > 0 && name[length - 1] == '+') length--;
        vp_put_json_string(m->w, (vp_str){name, length});
        vp_put_char(m->w, ':');
        put_member(m, g, depth);
    }
    vp_put_char(m->w, '}');
}

const char *vp_parse_members(const vp_parse *p, const vp_flag *flag)
{
    vp_writer w;
    vp_writer_start(&w, NULL, 0);
    members m = {p, flag, &w};
    put_object(&m, NULL, 0);
    size_t room = w.length + 1;
    char *text = vp_arena_take(p->arena, room);
    if (!text) return NULL;
    vp_writer_start(&w, text, room);
    put_object(&m, NULL, 0);
    return text;
}
