/* SPDX-License-Identifier: Apache-2.0 */
#include "json/members.h"

#include <string.h>

static void join(char *out, size_t room, const char *path, const char *key)
{
    vp_writer w;
    vp_writer_start(&w, out, room);
    vp_put(&w, path);
    if (!key) return;
    vp_put_char(&w, '/');
    vp_put(&w, key);
}

bool vp_members_fail(vp_members *m, int32_t code, const char *key, const char *what)
{
    char path[sizeof m->error->path];
    join(path, sizeof path, m->path, key);
    return vp_fail(m->error, code, path, "%s %s", key ? key : "the value", what);
}

bool vp_members_open(vp_members *m, const json_t *value, const char *path, const char *key, vp_error *error)
{
    memset(m, 0, sizeof *m);
    m->object = value;
    m->error = error;
    join(m->path, sizeof m->path, path, key);
    return json_is_object(value) || vp_members_fail(m, VLLMPLAN_E_TYPE, NULL, "is not an object");
}

bool vp_members_open_item(vp_members *m, const vp_members *parent, const json_t *list, const char *key,
                          size_t index)
{
    char inner[96];
    vp_writer w;
    vp_writer_start(&w, inner, sizeof inner);
    vp_put_format(&w, "%s/%zu", key, index);
    return vp_members_open(m, json_array_get(list, index), parent->path, inner, parent->error);
}

bool vp_members_close(vp_members *m)
{
    const char *key;
    json_t *value;
    json_object_foreach((json_t *)m->object, key, value)
    {
        bool known = false;
        vp_nearest nearest;
        vp_nearest_start(&nearest, vp_str_from(key));
        for (uint32_t i = 0; i < m->count; i++) {
            known = known || strcmp(m->keys[i], key) == 0;
            vp_nearest_offer(&nearest, m->keys[i]);
        }
        if (known) continue;
        vp_members_fail(m, VLLMPLAN_E_UNKNOWN_KEY, key, "is not a known key");
        vp_error_suggest(m->error, &nearest);
        return false;
    }
    return true;
}

const json_t *vp_members_any(vp_members *m, const char *key)
{
    const json_t *value = json_object_get(m->object, key);
    if (m->count < VP_MAX_MEMBERS) m->keys[m->count++] = key;
    if (!value) vp_members_fail(m, VLLMPLAN_E_MISSING, key, "is missing");
    return value;
}

bool vp_members_u64(vp_members *m, const char *key, uint64_t limit, uint64_t *out)
{
    const json_t *value = vp_members_any(m, key);
    if (!value) return false;
    if (!json_is_integer(value)) return vp_members_fail(m, VLLMPLAN_E_TYPE, key, "is not a whole number");
    json_int_t number = json_integer_value(value);
    if (number < 0 || (uint64_t)number > limit)
        return vp_members_fail(m, VLLMPLAN_E_RANGE, key, "is out of range");
    *out = (uint64_t)number;
    return true;
}

bool vp_members_u32(vp_members *m, const char *key, uint32_t *out)
{
    uint64_t value = 0;
    if (!vp_members_u64(m, key, UINT32_MAX, &value)) return false;
    *out = (uint32_t)value;
    return true;
}

bool vp_members_bool(vp_members *m, const char *key, bool *out)
{
    const json_t *value = vp_members_any(m, key);
    if (!value) return false;
    *out = json_is_true(value);
    return json_is_boolean(value) || vp_members_fail(m, VLLMPLAN_E_TYPE, key, "is neither true nor false");
}

bool vp_members_text(vp_members *m, const char *key, size_t room, const char **out)
{
    const json_t *value = vp_members_any(m, key);
    *out = "";
    if (!value) return false;
    if (!json_is_string(value)) return vp_members_fail(m, VLLMPLAN_E_TYPE, key, "is not text");
    *out = json_string_value(value);
    if (strlen(*out) != json_string_length(value))
        return vp_members_fail(m, VLLMPLAN_E_RANGE, key, "holds U+0000");
    return strlen(*out) < room || vp_members_fail(m, VLLMPLAN_E_LIMIT, key, "is too long");
}

bool vp_members_copy(vp_members *m, const char *key, char *out, size_t room)
{
    const char *text;
    if (!vp_members_text(m, key, room, &text)) return false;
    memcpy(out, text, strlen(text) + 1);
    return true;
}

bool vp_members_list(vp_members *m, const char *key, size_t limit, const json_t **out)
{
    *out = vp_members_any(m, key);
    if (!*out) return false;
    if (!json_is_array(*out)) return vp_members_fail(m, VLLMPLAN_E_TYPE, key, "is not a list");
    return json_array_size(*out) <= limit || vp_members_fail(m, VLLMPLAN_E_LIMIT, key, "has too many items");
}

bool vp_members_object(vp_members *m, const char *key, vp_members *child)
{
    const json_t *value = vp_members_any(m, key);
    return value && vp_members_open(child, value, m->path, key, m->error);
}
