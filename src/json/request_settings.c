/* SPDX-License-Identifier: Apache-2.0 */
/* JSON values of settings as the texts that stand in arguments. */
#include "base/vp_decimal.h"
#include "data/flags.h"
#include "launch/argv.h"
#include "launch/values.h"
#include "json/request.h"

/** A number or list as compact JSON. 15 digits are those that vp_decimal_parse() reads exactly, and more
 *  would show 0.1 as 0.10000000000000001. */
static const char *json_text(const json_t *value, vp_arena *arena)
{
    const size_t flags = JSON_COMPACT | JSON_ENCODE_ANY | JSON_REAL_PRECISION(15);
    size_t length = json_dumpb(value, NULL, 0, flags);
    char *text = length == 0 ? NULL : vp_arena_take(arena, length + 1);
    if (!text || json_dumpb(value, text, length, flags) != length) return NULL;
    return text;
}

static const char *decimal_text(double value, vp_arena *arena)
{
    char digits[40];
    vp_writer w;
    vp_writer_start(&w, digits, sizeof digits);
    return vp_decimal_write(&w, value) && !vp_writer_cut(&w) ? vp_arena_copy(arena, vp_str_from(digits))
                                                             : NULL;
}

/** Numbers that came as text: the user's own digits are kept. */
static vp_value_kind text_kind(const char *name, const char *text, const vp_release_row *release)
{
    const vp_flag *flag = vp_flag_find(vp_str_from(name), release);
    vp_str digits = vp_str_from(text);
    double number;
    if (!flag) return VP_VALUE_TEXT;
    if (flag->value == VP_FLAG_FLOAT && vp_decimal_parse(digits, &number)) return VP_VALUE_DECIMAL;
    if (flag->value == VP_FLAG_INT && vp_text_is_int(digits)) return VP_VALUE_INT;
    return VP_VALUE_TEXT;
}

static vp_setting setting_of(const char *name, const json_t *value, const vp_release_row *release,
                             vp_arena *arena)
{
    switch (json_typeof(value)) {
    case JSON_NULL:
        return (vp_setting){name, VP_VALUE_NULL, ""};
    case JSON_TRUE:
        return (vp_setting){name, VP_VALUE_BOOL, "true"};
    case JSON_FALSE:
        return (vp_setting){name, VP_VALUE_BOOL, "false"};
    case JSON_INTEGER:
        return (vp_setting){name, VP_VALUE_INT, json_text(value, arena)};
    case JSON_REAL:
        return (vp_setting){name, VP_VALUE_DECIMAL, decimal_text(json_real_value(value), arena)};
    case JSON_STRING:
        return (vp_setting){name, text_kind(name, json_string_value(value), release),
                            json_string_value(value)};
    default:
        return (vp_setting){name, VP_VALUE_JSON, json_text(value, arena)};
    }
}

/** Why a value has no text, or a setting no room. */
static bool fail_setting(const char *name, const vp_setting *setting, const vp_arena *arena, vp_error *error)
{
    char path[sizeof error->path];
    vp_writer w;
    vp_writer_start(&w, path, sizeof path);
    vp_put(&w, "/settings");
    vp_pointer_put(&w, name);
    if (!setting->text && setting->kind == VP_VALUE_DECIMAL && !arena->exhausted)
        return vp_fail(error, VLLMPLAN_E_RANGE, path,
                       "numbers with a fraction are from 0 to 10^9, with at most 15 digits");
    if (setting->text)
        return vp_fail(error, VLLMPLAN_E_LIMIT, path, "there are more than %d settings", VP_MAX_SETTINGS);
    return vp_fail(error, arena->exhausted ? VLLMPLAN_E_LIMIT : VLLMPLAN_E_NO_MEMORY, path,
                   "the value is too long");
}

bool vp_request_settings(const json_t *root, vp_arena *arena, vp_request *out, vp_error *error)
{
    json_t *object = json_object_get(root, "settings");
    for (void *at = json_object_iter(object); at; at = json_object_iter_next(object, at)) {
        const char *name = json_object_iter_key(at);
        vp_setting setting = setting_of(name, json_object_iter_value(at), out->engine.release, arena);
        if (!setting.text || !vp_settings_put(&out->settings, setting.name, setting.kind, setting.text))
            return fail_setting(name, &setting, arena, error);
    }
    return vp_launch_check(&out->settings, out->engine.release, out->engine.plugin_count > 0, error);
}
