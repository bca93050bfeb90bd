/* SPDX-License-Identifier: Apache-2.0 */
#include "hf/reader.h"

#include <string.h>

#include "base/vp_decimal.h"
#include "hf/config_class_defaults.h"
#include "hf/python_json.h"
#include "hf/show.h"

/** Takes the next name of "a|b|c" off the front; false when there is none. */
static bool next_name(const char **keys, char *name, size_t size)
{
    size_t length = strcspn(*keys, "|");
    if (length == 0 || length >= size) return false;
    memcpy(name, *keys, length);
    name[length] = '\0';
    *keys += length;
    if (**keys == '|') (*keys)++;
    return true;
}

/** The part of the config at "a/b", or NULL. */
static const json_t *part_at(const json_t *config, const char *scope)
{
    while (config && *scope) {
        char name[64];
        size_t length = strcspn(scope, "/");
        if (length >= sizeof name) return NULL;
        memcpy(name, scope, length);
        name[length] = '\0';
        scope += length + (scope[length] == '/');
        config = json_object_get(config, name);
    }
    return json_is_object(config) ? config : NULL;
}

/** The object that "key" or "part/key" is a member of (NULL when there is none), and its name in there. */
static const json_t *holder_of(const json_t *config, const char **key)
{
    const char *last = strrchr(*key, '/');
    char scope[VP_MAX_KEY];
    if (!last || (size_t)(last - *key) >= sizeof scope) return config;
    memcpy(scope, *key, (size_t)(last - *key));
    scope[last - *key] = '\0';
    *key = last + 1;
    return part_at(config, scope);
}

/** Opens the first of the scopes "a|b/c" that is there. */
static bool open_first(vp_reader *r, const json_t *root, const char *path, const char *scopes)
{
    char scope[64];
    while (scopes && next_name(&scopes, scope, sizeof scope)) {
        const json_t *part = part_at(root, scope);
        vp_writer w;
        if (!part) continue;
        vp_writer_start(&w, r->path, sizeof r->path);
        vp_put_format(&w, "%s/%s", path, scope);
        r->config = part;
        return true;
    }
    return false;
}

bool vp_reader_descend(vp_reader *r, vp_str name)
{
    char key[VP_MAX_KEY];
    vp_class_default own;
    if (name.length >= sizeof key) return false;
    memcpy(key, name.at, name.length);
    key[name.length] = '\0';
    const json_t *part = json_object_get(r->config, key);
    bool known =
        !json_is_null(part) && vp_class_default_find(r->model_type, key, &own) && own.kind == VP_CLASS_PART;
    if (!json_is_object(part) && !known) return false;
    r->config = part;
    r->model_type = vp_member_text(part, "model_type");
    if (known && (r->model_type.length == 0 || !own.on)) r->model_type = own.text;
    return true;
}

/** A decoder's part that is not in the file: the whole's class makes it, from members that stand flat in the whole
 *  file or, where it looks at none of those, from defaults alone. */
static void take_missing_part(vp_reader *r, const char *scopes)
{
    char scope[VP_MAX_KEY];
    vp_class_default own;
    while (scopes && next_name(&scopes, scope, sizeof scope))
        if (vp_class_default_find(r->model_type, scope, &own) && own.kind == VP_CLASS_PART) {
            if (!own.flat) r->config = NULL;
            r->model_type = own.text;
            return;
        }
}

void vp_reader_open(vp_reader *r, const json_t *root, const char *path, const char *scope)
{
    vp_writer w;
    r->root = root;
    r->root_path = path;
    if (!open_first(r, root, path, scope)) {
        vp_writer_start(&w, r->path, sizeof r->path);
        vp_put(&w, path);
        r->config = root;
    }
    r->model_type = vp_member_text(r->config, "model_type");
    if (r->config == root) take_missing_part(r, scope);
    if (r->model_type.length == 0 && r->row && r->row->model_type)
        r->model_type = vp_str_from(r->row->model_type);
}

const json_t *vp_read_member(const vp_reader *r, const char *keys, char key[VP_MAX_KEY])
{
    const char *names = keys;
    key[0] = '\0';
    while (next_name(&names, key, VP_MAX_KEY)) {
        const char *name = key;
        const json_t *holder = holder_of(r->config, &name);
        const json_t *value = vp_member(holder, name);
        if (value) return value;
    }
    next_name(&keys, key, VP_MAX_KEY);
    return NULL;
}

bool vp_name_among(const char *names, const char *name)
{
    char one[VP_MAX_KEY];
    while (next_name(&names, one, sizeof one))
        if (strcmp(one, name) == 0) return true;
    return false;
}

bool vp_reader_fail(const vp_reader *r, int32_t code, const char *key, const char *what)
{
    return vp_member_fail(r->error, code, r->path, key, what);
}

/** The member of the outer names that stands in the config, null or not; false when none does. */
static bool is_named(const vp_reader *r, const char *keys)
{
    char key[VP_MAX_KEY];
    bool named = false;
    while (next_name(&keys, key, sizeof key)) named = named || json_object_get(r->config, key);
    return named;
}

/** What the config's class says for the first of the names that it knows: absent members have a default,
 *  null ones may be filled in from others. */
static bool class_value(const vp_reader *r, const char *keys, vp_class_default *out)
{
    char key[VP_MAX_KEY];
    bool null = is_named(r, keys);
    while (next_name(&keys, key, sizeof key))
        if (null ? vp_class_default_of_null(r->model_type, key, out)
                 : vp_class_default_find(r->model_type, key, out))
            return true;
    return false;
}

static bool class_count(const vp_reader *r, const char *keys, uint64_t *out)
{
    vp_class_default value;
    if (!class_value(r, keys, &value) || value.kind != VP_CLASS_INTEGER || value.integer <= 0) return false;
    *out = (uint64_t)value.integer;
    return true;
}

bool vp_read_count(const vp_reader *r, const char *keys, uint64_t fallback, uint64_t *out)
{
    char key[VP_MAX_KEY];
    if (!vp_read_member(r, keys, key) && class_count(r, keys, out)) return true;
    const char *name = key;
    const json_t *holder = holder_of(r->config, &name);
    return vp_member_count(holder, name, r->path, VP_MAX_MEMBER, fallback, out, r->error);
}

bool vp_read_optional(const vp_reader *r, const char *keys, uint64_t *out)
{
    char key[VP_MAX_KEY];
    const json_t *value = vp_read_member(r, keys, key);
    *out = 0;
    if (!value) return class_count(r, keys, out) || true;
    if (json_is_integer(value) && json_integer_value(value) == 0) return true;
    const char *name = key;
    const json_t *holder = holder_of(r->config, &name);
    return vp_member_count(holder, name, r->path, VP_MAX_MEMBER, 1, out, r->error);
}

bool vp_read_number(const vp_reader *r, const char *keys, double fallback, double *out)
{
    char key[VP_MAX_KEY];
    const json_t *value = vp_read_member(r, keys, key);
    vp_class_default own;
    *out = value ? json_number_value(value) : fallback;
    if (!value && class_value(r, keys, &own) && own.kind == VP_CLASS_NUMBER) *out = own.number;
    if (!value && class_value(r, keys, &own) && own.kind == VP_CLASS_INTEGER) *out = (double)own.integer;
    return !value || json_is_number(value) || vp_reader_fail(r, VLLMPLAN_E_TYPE, key, "is not a number");
}

bool vp_read_switch(const vp_reader *r, const char *keys, bool fallback, bool *out)
{
    char key[VP_MAX_KEY];
    vp_class_default own;
    if (!vp_read_member(r, keys, key) && class_value(r, keys, &own) && own.kind == VP_CLASS_SWITCH)
        fallback = own.on;
    return vp_member_switch(r->config, key, r->path, fallback, out, r->error);
}

/** "member:text": whether the member is that text; `absent` when there is none. */
static bool is_text(const vp_reader *r, const char *rule, bool absent)
{
    char key[VP_MAX_KEY];
    vp_class_default own;
    size_t length = strcspn(rule, ":");
    if (length >= sizeof key) return false;
    memcpy(key, rule, length);
    key[length] = '\0';
    const json_t *value = vp_member(r->config, key);
    if (json_is_number(value)) {
        double number; /* both are read from the same decimal digits */
        return vp_decimal_parse(vp_str_from(rule + length + 1), &number) &&
               !(json_number_value(value) < number) && !(json_number_value(value) > number);
    }
    if (value) return vp_str_equal(vp_member_text(r->config, key), rule + length + 1);
    if (class_value(r, key, &own) && own.kind == VP_CLASS_TEXT)
        return vp_str_equal(own.text, rule + length + 1);
    return absent;
}

/** One alternative "a|b" of a rule: *there when a member is, *out when one is true. */
static bool any_true(const vp_reader *r, const char *keys, bool *there, bool *out)
{
    char key[VP_MAX_KEY];
    *there = *out = false;
    while (next_name(&keys, key, sizeof key)) {
        bool value;
        vp_class_default own;
        *there = *there || vp_member(r->config, key) || class_value(r, key, &own);
        if (!vp_read_switch(r, key, false, &value)) return false;
        *out = *out || value;
    }
    return true;
}

bool vp_read_rule(const vp_reader *r, const char *rule, bool *out)
{
    char keys[VP_MAX_KEY * 2];
    bool there = false;
    *out = rule && *rule == '!';
    if (!rule || *rule == '!' || *rule == '-') return true;
    if (*rule == '=' || *rule == '~') {
        *out = is_text(r, rule + 1, *rule == '~');
        return true;
    }
    while (*rule && !there) {
        if (*rule == '!') {
            *out = true;
            return true;
        }
        size_t length = strcspn(rule, ":");
        if (length >= sizeof keys) return vp_reader_fail(r, VLLMPLAN_E_INTERNAL, rule, "is too long a rule");
        memcpy(keys, rule, length);
        keys[length] = '\0';
        rule += length + (rule[length] == ':');
        if (!any_true(r, keys, &there, out)) return false;
    }
    return true;
}

vp_str vp_read_text(const vp_reader *r, const char *keys)
{
    char key[VP_MAX_KEY];
    const json_t *value = vp_read_member(r, keys, key);
    vp_str text = {"", 0};
    if (json_is_string(value)) text = (vp_str){json_string_value(value), json_string_length(value)};
    return text;
}
