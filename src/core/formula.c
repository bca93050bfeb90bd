/* SPDX-License-Identifier: Apache-2.0 */
#include "core/formula.h"

#include <string.h>

#include "base/vp_int.h"

enum { MAX_DEPTH = 8 };

typedef struct reader {
    const char *at;
    const vp_formula_names *names;
    uint32_t depth; /* open parentheses */
} reader;

static bool read_sum(reader *r, uint64_t *out);
static bool read_comparison(reader *r, uint64_t *out);

static bool take(reader *r, char sign)
{
    r->at += strspn(r->at, " ");
    if (*r->at != sign) return false;
    r->at++;
    return true;
}

static bool read_parentheses(reader *r, uint64_t *out)
{
    bool ok = r->depth++ < MAX_DEPTH && read_comparison(r, out) && take(r, ')');
    r->depth--;
    return ok;
}

static bool read_factor(reader *r, uint64_t *out)
{
    if (take(r, '(')) return read_parentheses(r, out);
    vp_str word = {r->at, strspn(r->at, "abcdefghijklmnopqrstuvwxyz_0123456789")};
    if (word.length == 0) return false;
    r->at += word.length;
    if (*word.at >= '0' && *word.at <= '9') return vp_str_to_u64(word, out);
    return r->names->value(r->names->context, word, out);
}

static bool read_product(reader *r, uint64_t *out)
{
    uint64_t right;
    if (!read_factor(r, out)) return false;
    for (;;) {
        if (take(r, '*')) {
            if (!read_factor(r, &right)) return false;
            *out = vp_mul(*out, right);
        } else if (take(r, '/')) {
            if (!read_factor(r, &right) || right == 0) return false;
            *out /= right;
        } else if (take(r, '%')) {
            if (!read_factor(r, &right) || right == 0) return false;
            *out %= right;
        } else {
            return true;
        }
    }
}

static bool read_sum(reader *r, uint64_t *out)
{
    uint64_t right;
    if (!read_product(r, out)) return false;
    for (;;) {
        if (take(r, '+')) {
            if (!read_product(r, &right)) return false;
            *out = vp_add(*out, right);
        } else if (take(r, '-')) {
            if (!read_product(r, &right)) return false;
            *out = vp_sub0(*out, right);
        } else {
            return true;
        }
    }
}

static bool read_comparison(reader *r, uint64_t *out)
{
    uint64_t right;
    if (!read_sum(r, out)) return false;
    if (take(r, '<')) {
        if (!read_sum(r, &right)) return false;
        *out = *out < right;
    } else if (take(r, '=')) {
        if (!read_sum(r, &right)) return false;
        *out = *out == right;
    }
    return true;
}

bool vp_formula(const char *text, const vp_formula_names *names, uint64_t *out)
{
    reader r = {text, names, 0};
    if (!read_comparison(&r, out)) return false;
    r.at += strspn(r.at, " ");
    return *r.at == '\0' || *r.at == '|';
}
