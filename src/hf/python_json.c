/* SPDX-License-Identifier: Apache-2.0 */
#include "hf/python_json.h"

#include <stdlib.h>
#include <string.h>

#include "hf/hf.h"
#include "hf/show.h"

/** A copy of the text in the JSON that jansson knows. */
typedef struct rewriter {
    vp_str from;
    size_t at;
    char *out;
    size_t used;
    bool replaced; /* a NaN or an Infinity was there */
} rewriter;

static void put(rewriter *r, const char *text, size_t length)
{
    memcpy(r->out + r->used, text, length);
    r->used += length;
}

static char here(const rewriter *r) { return r->at < r->from.length ? r->from.at[r->at] : '\0'; }

static void copy_string(rewriter *r)
{
    size_t start = r->at++;
    while (r->at < r->from.length && here(r) != '"') r->at += here(r) == '\\' ? 2 : 1;
    r->at = r->at < r->from.length ? r->at + 1 : r->from.length;
    put(r, r->from.at + start, r->at - start);
}

static size_t skip_digits(rewriter *r)
{
    size_t start = r->at;
    while (here(r) >= '0' && here(r) <= '9') r->at++;
    return r->at - start;
}

/** Python's integers have no end and its 1e999 is infinite; jansson refuses both. Long integers get a
 *  fraction, which makes them doubles; what no double can hold becomes null like Infinity. */
static void copy_number(rewriter *r)
{
    size_t start = r->at, whole;
    uint64_t exponent = 0;
    bool real = false;
    if (here(r) == '-') r->at++;
    whole = skip_digits(r);
    if (here(r) == '.') {
        real = true;
        r->at++;
        skip_digits(r);
    }
    if (here(r) == 'e' || here(r) == 'E') {
        real = true;
        r->at++;
        bool negative = here(r) == '-';
        if (here(r) == '-' || here(r) == '+') r->at++;
        vp_str digits = {r->from.at + r->at, 0};
        digits.length = skip_digits(r);
        if (digits.length > 0 && !vp_str_to_u64(digits, &exponent)) exponent = UINT64_MAX;
        if (negative) exponent = 0;
    }
    if (whole > 308 || exponent > 308 - whole) { /* not below 10^308 */
        put(r, "null", 4);
        r->replaced = true;
        return;
    }
    put(r, r->from.at + start, r->at - start);
    if (!real && whole > 18) put(r, ".0", 2);
}

/** Takes NaN, Infinity or -Infinity, if one stands here. */
static bool replace_constant(rewriter *r)
{
    static const char *const constants[] = {"NaN", "Infinity", "-Infinity"};
    vp_str rest = {r->from.at + r->at, r->from.length - r->at};
    for (size_t i = 0; i < sizeof constants / sizeof constants[0]; i++) {
        if (!vp_str_starts(rest, constants[i])) continue;
        r->at += strlen(constants[i]);
        put(r, "null", 4);
        r->replaced = true;
        return true;
    }
    return false;
}

static void rewrite(rewriter *r)
{
    while (r->at < r->from.length) {
        char c = here(r);
        if (c == '"') {
            copy_string(r);
        } else if (c == 'N' || c == 'I' || c == '-') {
            if (replace_constant(r)) continue;
            if (c == '-') {
                copy_number(r);
                continue;
            }
            put(r, &c, 1);
            r->at++;
        } else if (c >= '0' && c <= '9') {
            copy_number(r);
        } else {
            put(r, &c, 1);
            r->at++;
        }
    }
}

static json_t *not_json(const json_error_t *e, const char *path, vp_error *error)
{
    vp_shown what;
    if (json_error_code(e) == json_error_out_of_memory)
        vp_fail(error, VLLMPLAN_E_NO_MEMORY, path, "no memory");
    else
        vp_fail(error, VLLMPLAN_E_SYNTAX, path, "%s is not JSON: line %d, column %d: %s", path, e->line,
                e->column, vp_show(&what, vp_str_from(e->text)));
    return NULL;
}

static json_t *parse(const rewriter *r, const char *path, vp_facts *facts, vp_error *error)
{
    json_error_t e;
    json_t *root = json_loadb(r->out, r->used, JSON_DECODE_ANY | JSON_ALLOW_NUL | JSON_REJECT_DUPLICATES, &e);
    if (!root && json_error_code(&e) == json_error_duplicate_key) {
        int line = e.line;
        root = json_loadb(r->out, r->used, JSON_DECODE_ANY | JSON_ALLOW_NUL, &e);
        if (root && facts)
            vp_facts_find(facts, "config_duplicate_key", VP_WARNING, "Remove the one that is not meant.",
                          "%s has a key twice (line %d); the last one counts, as in Python.", path, line);
    }
    if (!root) return not_json(&e, path, error);
    if (!json_is_object(root)) {
        json_decref(root);
        vp_fail(error, VLLMPLAN_E_TYPE, path, "%s is JSON, but not an object", path);
        return NULL;
    }
    return root;
}

json_t *vp_python_json(vp_str text, const char *path, vp_facts *facts, vp_error *error)
{
    rewriter r = {text, 0, NULL, 0, false};
    if (text.length > VP_MAX_CONFIG_BYTES) {
        vp_fail(error, VLLMPLAN_E_LIMIT, path, "%s has %zu bytes; at most %llu are read", path, text.length,
                (unsigned long long)VP_MAX_CONFIG_BYTES);
        return NULL;
    }
    if (vp_str_starts(text, "\xEF\xBB\xBF")) {
        vp_fail(error, VLLMPLAN_E_SYNTAX, path,
                "%s begins with a byte order mark, which Python's json module refuses", path);
        return NULL;
    }
    if (vp_str_starts(text, "version ") && text.length < 1024) {
        vp_fail(error, VLLMPLAN_E_CHECKPOINT, path,
                "%s is a git-lfs pointer, not the file itself: run `git lfs pull` in the directory", path);
        return NULL;
    }
    /* the longest growth: "NaN" to "null", a third */
    r.out = malloc(text.length + text.length / 3 + 16);
    if (!r.out) {
        vp_fail(error, VLLMPLAN_E_NO_MEMORY, path, "no memory");
        return NULL;
    }
    rewrite(&r);
    json_t *root = parse(&r, path, facts, error);
    free(r.out);
    if (root && r.replaced && facts)
        vp_facts_find(facts, "config_nan", VP_INFO, "",
                      "%s holds NaN, Infinity or a number beyond a double; it was read as null.", path);
    return root;
}

json_t *vp_member(const json_t *object, const char *key)
{
    json_t *value = json_object_get(object, key);
    return json_is_null(value) ? NULL : value;
}

bool vp_member_fail(vp_error *error, int32_t code, const char *path, const char *key, const char *what)
{
    char full[sizeof error->path];
    vp_writer w;
    vp_writer_start(&w, full, sizeof full);
    vp_put_format(&w, "%s/%s", path, key);
    return vp_fail(error, code, full, "%s: %s %s", path, key, what);
}

bool vp_member_count(const json_t *object, const char *key, const char *path, uint64_t limit,
                     uint64_t fallback, uint64_t *out, vp_error *error)
{
    const json_t *value = vp_member(object, key);
    if (!value) {
        *out = fallback;
        return fallback != 0 || vp_member_fail(error, VLLMPLAN_E_MISSING, path, key, "is missing");
    }
    if (json_is_real(value) && json_real_value(value) > (double)limit)
        return vp_member_fail(error, VLLMPLAN_E_RANGE, path, key, "is absurdly large");
    if (!json_is_integer(value))
        return vp_member_fail(error, VLLMPLAN_E_TYPE, path, key, "is not a whole number");
    if (json_integer_value(value) <= 0)
        return vp_member_fail(error, VLLMPLAN_E_RANGE, path, key, "must be larger than zero");
    if ((uint64_t)json_integer_value(value) > limit)
        return vp_member_fail(error, VLLMPLAN_E_RANGE, path, key, "is absurdly large");
    *out = (uint64_t)json_integer_value(value);
    return true;
}

bool vp_member_switch(const json_t *object, const char *key, const char *path, bool fallback, bool *out,
                      vp_error *error)
{
    const json_t *value = vp_member(object, key);
    if (value && !json_is_boolean(value) && !json_is_integer(value))
        return vp_member_fail(error, VLLMPLAN_E_TYPE, path, key, "is neither true nor false");
    *out = !value ? fallback : json_is_integer(value) ? json_integer_value(value) != 0 : json_is_true(value);
    return true;
}

vp_str vp_member_text(const json_t *object, const char *key)
{
    const json_t *value = json_object_get(object, key);
    vp_str text = {"", 0};
    if (json_is_string(value)) text = (vp_str){json_string_value(value), json_string_length(value)};
    return text;
}
