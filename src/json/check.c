/* SPDX-License-Identifier: Apache-2.0 */
/* A request against the tables of keys.c. */
#include <string.h>

#include "base/vp_int.h"
#include "hf/show.h"
#include "json/keys.h"

void vp_pointer_put(vp_writer *w, const char *name)
{
    vp_put_char(w, '/');
    for (; *name; name++) {
        if (*name == '~')
            vp_put(w, "~0");
        else if (*name == '/')
            vp_put(w, "~1");
        else
            vp_put_char(w, *name);
    }
}

const char *vp_json_kind_text(const json_t *value)
{
    static const char *const texts[] = {[JSON_OBJECT] = "an object",
                                        [JSON_ARRAY] = "a list",
                                        [JSON_STRING] = "text",
                                        [JSON_INTEGER] = "a whole number",
                                        [JSON_REAL] = "a number with a fraction",
                                        [JSON_TRUE] = "true",
                                        [JSON_FALSE] = "false",
                                        [JSON_NULL] = "null"};
    return texts[json_typeof(value)];
}

static unsigned kind_of(const json_t *value)
{
    switch (json_typeof(value)) {
    case JSON_OBJECT:
        return VP_KEY_OBJECT;
    case JSON_ARRAY:
        return VP_KEY_LIST;
    case JSON_STRING:
        return VP_KEY_TEXT;
    case JSON_INTEGER:
        return VP_KEY_INTEGER;
    case JSON_TRUE:
    case JSON_FALSE:
        return VP_KEY_BOOL;
    default:
        return 0;
    }
}

static bool fail_kind(vp_reader *r, const json_t *value, unsigned kinds, const char *path)
{
    static const struct {
        unsigned kind;
        const char *text;
    } words[] = {{VP_KEY_OBJECT, "an object"},
                 {VP_KEY_LIST, "a list"},
                 {VP_KEY_TEXT, "text"},
                 {VP_KEY_INTEGER, "a whole number"},
                 {VP_KEY_BOOL, "true or false"}};
    char wanted[96];
    vp_writer w;
    vp_writer_start(&w, wanted, sizeof wanted);
    for (size_t i = 0; i < sizeof words / sizeof words[0]; i++)
        if (kinds & words[i].kind) vp_put_format(&w, "%s%s", w.length > 0 ? " or " : "", words[i].text);
    return vp_fail(r->error, VLLMPLAN_E_TYPE, path, "expected %s, got %s", wanted, vp_json_kind_text(value));
}

static bool check_number(vp_reader *r, const json_t *value, const vp_key *key, const char *path)
{
    uint64_t high = key->high > 0 ? key->high : VP_MAX_FIGURE;
    json_int_t number = json_integer_value(value);
    if (number >= 0 && (uint64_t)number >= key->low && (uint64_t)number <= high) return true;
    return vp_fail(r->error, VLLMPLAN_E_RANGE, path, "%s is from %llu to %llu", key->name,
                   (unsigned long long)key->low, (unsigned long long)high);
}

static bool check_choice(vp_reader *r, const json_t *value, const vp_key *key, const char *path)
{
    vp_str text = {json_string_value(value), json_string_length(value)};
    char choices[128]; /* the longest row is much shorter */
    vp_nearest nearest;
    vp_shown shown;
    vp_writer w;
    if (!key->choices) return true;
    vp_nearest_start(&nearest, text);
    vp_writer_start(&w, choices, sizeof choices);
    vp_put(&w, key->choices);
    for (char *at = choices, *end; at; at = end ? end + 1 : NULL) {
        end = strchr(at, '|');
        if (end) *end = '\0';
        if (vp_str_equal(text, at)) return true;
        vp_nearest_offer(&nearest, at);
    }
    vp_fail(r->error, VLLMPLAN_E_RANGE, path, "%s is one of %s, not \"%s\"", key->name, key->choices,
            vp_show(&shown, text));
    vp_error_suggest(r->error, &nearest);
    return false;
}

static bool check_value(vp_reader *r, const json_t *value, const vp_key *key, const char *path);

static bool check_list(vp_reader *r, const json_t *list, const vp_key *key, const char *path)
{
    vp_key item = *key;
    item.kinds = key->items;
    item.choices = NULL;
    if (json_array_size(list) > key->most)
        return vp_fail(r->error, VLLMPLAN_E_LIMIT, path, "%s has more than %u items", key->name, key->most);
    for (size_t i = 0; i < json_array_size(list); i++) {
        char below[sizeof r->error->path];
        vp_writer w;
        vp_writer_start(&w, below, sizeof below);
        vp_put_format(&w, "%s/%zu", path, i);
        if (!check_value(r, json_array_get(list, i), &item, below)) return false;
    }
    return true;
}

static bool check_value(vp_reader *r, const json_t *value, const vp_key *key, const char *path)
{
    unsigned kind = kind_of(value);
    if (!(kind & key->kinds)) return fail_kind(r, value, key->kinds, path);
    switch (kind) {
    case VP_KEY_INTEGER:
        return check_number(r, value, key, path);
    case VP_KEY_TEXT:
        return check_choice(r, value, key, path);
    case VP_KEY_LIST:
        return check_list(r, value, key, path);
    case VP_KEY_OBJECT:
        return !key->members || vp_keys_check(r, value, key->members, path);
    default:
        return true;
    }
}

static bool unknown_key(vp_reader *r, const char *name, const vp_key *keys, const char *path)
{
    vp_nearest nearest;
    vp_shown shown;
    if (r->lenient) {
        if (r->arena && r->ignored_count < VP_MAX_IGNORED)
            r->ignored[r->ignored_count++] = vp_arena_copy(r->arena, vp_str_from(path));
        return true;
    }
    vp_nearest_start(&nearest, vp_str_from(name));
    for (; keys->name; keys++) vp_nearest_offer(&nearest, keys->name);
    vp_fail(r->error, VLLMPLAN_E_UNKNOWN_KEY, path, "there is no key \"%s\" here",
            vp_show(&shown, vp_str_from(name)));
    vp_error_suggest(r->error, &nearest);
    return false;
}

bool vp_keys_check(vp_reader *r, const json_t *object, const vp_key *keys, const char *path)
{
    json_t *tree = (json_t *)object; /* jansson's iterators take no const; nothing is changed */
    if (!json_is_object(object)) return fail_kind(r, object, VP_KEY_OBJECT, path);
    for (void *at = json_object_iter(tree); at; at = json_object_iter_next(tree, at)) {
        char below[sizeof r->error->path];
        const char *name = json_object_iter_key(at);
        const vp_key *key = keys;
        vp_writer w;
        vp_writer_start(&w, below, sizeof below);
        vp_put(&w, path);
        vp_pointer_put(&w, name);
        while (key->name && strcmp(key->name, name) != 0) key++;
        if (key->name ? !check_value(r, json_object_iter_value(at), key, below)
                      : !unknown_key(r, name, keys, below))
            return false;
    }
    return true;
}

uint64_t vp_get_u64(const json_t *object, const char *key, uint64_t fallback)
{
    const json_t *value = json_object_get(object, key);
    return value ? (uint64_t)json_integer_value(value) : fallback;
}

const char *vp_get_text(const json_t *object, const char *key)
{
    return json_string_value(json_object_get(object, key));
}

bool vp_get_is(const json_t *object, const char *key, const char *text)
{
    const char *value = vp_get_text(object, key);
    return value && strcmp(value, text) == 0;
}
