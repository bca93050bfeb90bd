/* SPDX-License-Identifier: Apache-2.0 */
/* What was given, as settings: each value as its flag reads it, the last of each flag. */
#include <string.h>

#include "core/engine_args.h"
#include "data/json_keys.h"
#include "launch/argv.h"
#include "launch/parse_args.h"
#include "launch/values.h"

static vp_str trimmed(const char *text)
{
    text += strspn(text, " \t\r\n");
    vp_str s = vp_str_from(text);
    while (s.length > 0 && memchr(" \t\r\n", s.at[s.length - 1], 4)) s.length--;
    return s;
}

/** image=2,video=1 as {"image":2,"video":1}; NULL for other texts. */
static const char *pairs_text(vp_str pairs, vp_arena *arena)
{
    size_t room = 6 * pairs.length + 3;
    char *text = vp_arena_take(arena, room);
    if (!text) return NULL;
    vp_writer w;
    vp_writer_start(&w, text, room);
    vp_put_char(&w, '{');
    for (size_t at = 0; at < pairs.length;) {
        size_t equals = at, end;
        while (equals < pairs.length && pairs.at[equals] != '=') equals++;
        for (end = equals; end < pairs.length && pairs.at[end] != ',';) end++;
        if (equals == pairs.length) return NULL;
        if (at > 0) vp_put_char(&w, ',');
        vp_put_json_string(&w, (vp_str){pairs.at + at, equals - at});
        vp_put_char(&w, ':');
        vp_put_str(&w, (vp_str){pairs.at + equals + 1, end - equals - 1});
        at = end + 1;
    }
    vp_put_char(&w, '}');
    return vp_text_is_counts(vp_str_from(text)) ? text : NULL;
}

/** 0.8.5 and 0.9.0 take pairs beside JSON (engine/arg_utils.py:nullable_kvs). */
static bool takes_pairs(const vp_parse *p, const vp_flag *flag)
{
    vp_release release = vp_release_of(p->release);
    return strcmp(flag->setting, "limit_mm_per_prompt") == 0 &&
           !vp_release_at_least(release, VP_RELEASE(0, 9, 1));
}

/** One value as the release's converter for that flag reads it. Text that it does not take stays text, for
 *  vp_launch_check_one() to say so. */
static vp_setting scalar(const vp_parse *p, const vp_flag *flag, const char *text)
{
    vp_setting setting = {flag->setting, VP_VALUE_TEXT, text};
    vp_arena *arena = p->arena;
    const char *number = NULL;
    vp_str bare = trimmed(text);
    if (strcmp(text, "None") == 0 && !flag->fallback) return (vp_setting){flag->setting, VP_VALUE_NULL, ""};
    switch (flag->value) {
    case VP_FLAG_INT:
    case VP_FLAG_HUMAN_INT:
    case VP_FLAG_HUMAN_AUTO:
        number = vp_python_int(bare, arena);
        break;
    case VP_FLAG_CHOICE:
        number = vp_text_is_int(bare) && flag->choices[0] >= '0' && flag->choices[0] <= '9' ? text : NULL;
        break;
    case VP_FLAG_FLOAT:
        number = vp_python_float(bare, arena);
        if (number) return (vp_setting){flag->setting, VP_VALUE_DECIMAL, number};
        break;
    case VP_FLAG_JSON:
    case VP_FLAG_OBJECT:
        if (vp_text_is_json(bare)) setting.kind = VP_VALUE_JSON;
        if (takes_pairs(p, flag)) number = pairs_text(bare, arena);
        if (number) return (vp_setting){flag->setting, VP_VALUE_JSON, number};
        break;
    case VP_FLAG_TEXT_JSON:
    case VP_FLAG_PAIRS:
        if (bare.length > 0 && bare.at[0] == '{' && vp_text_is_json(bare)) setting.kind = VP_VALUE_JSON;
        number =
            flag->value == VP_FLAG_PAIRS && setting.kind == VP_VALUE_TEXT ? pairs_text(bare, arena) : NULL;
        if (number) return (vp_setting){flag->setting, VP_VALUE_JSON, number};
        break;
    default:
        break;
    }
    if (number) return (vp_setting){flag->setting, VP_VALUE_INT, number};
    if (setting.kind == VP_VALUE_JSON) setting.text = vp_arena_copy(arena, bare);
    return setting;
}

/** The values of all that were given for a list flag, or of one of them, as a JSON list. */
static const char *list_text(const vp_parse *p, const vp_given *last)
{
    size_t room = 3;
    for (const vp_given *g = last->flag->repeat ? p->given : last; g <= last; g++)
        for (uint32_t i = 0; g->flag == last->flag && i < g->value_count; i++)
            room += 6 * strlen(g->values[i]) + 3;
    char *text = vp_arena_take(p->arena, room);
    if (!text) return NULL;
    vp_writer w;
    vp_writer_start(&w, text, room);
    vp_put_char(&w, '[');
    for (const vp_given *g = last->flag->repeat ? p->given : last; g <= last; g++) {
        if (g->flag != last->flag || g->faulty) continue;
        for (uint32_t i = 0; i < g->value_count; i++) {
            vp_setting item = scalar(p, last->flag, g->values[i]);
            if (w.length > 1) vp_put_char(&w, ',');
            if (item.kind == VP_VALUE_INT || item.kind == VP_VALUE_DECIMAL || item.kind == VP_VALUE_JSON)
                vp_put(&w, item.text);
            else
                vp_put_json_string(&w, vp_str_from(g->values[i]));
        }
    }
    vp_put_char(&w, ']');
    return text;
}

static bool setting_of(const vp_parse *p, const vp_given *given, vp_setting *out)
{
    const vp_flag *flag = given->flag;
    if (flag->value == VP_FLAG_NONE) {
        *out = (vp_setting){flag->setting, VP_VALUE_BOOL, given->off ? "false" : "true"};
    } else if (given->member) {
        *out = (vp_setting){flag->setting, VP_VALUE_JSON, vp_parse_members(p, flag)};
    } else if (flag->list) {
        *out = (vp_setting){flag->setting, VP_VALUE_JSON, list_text(p, given)};
    } else if (given->value_count == 0) {
        *out = (vp_setting){flag->setting, VP_VALUE_NULL, ""}; /* --hf-token alone */
    } else {
        *out = scalar(p, flag, given->values[0]);
    }
    return out->text != NULL;
}

/** Checks a value by itself. Choices that are not the parser's own are looked at later, for the last value
 *  only: the server looks at no other. */
static bool check_value(const vp_parse *p, vp_given *given, const vp_setting *setting, bool late)
{
    static const vp_settings nothing;
    bool is_late = given->flag->value == VP_FLAG_TEXT && given->flag->choices;
    if (late != is_late || given->expands || setting->kind == VP_VALUE_NULL) return true;
    if (strcmp(setting->name, "model") == 0) return true;
    vp_error error;
    vp_error_start(&error);
    if (vp_launch_check_one(late ? &p->settings : &nothing, setting, p->release, p->plugin_methods, &error))
        return true;
    vp_parse_refuse(p, given, &error);
    return false;
}

static bool check_range(const vp_parse *p, vp_given *given, const vp_setting *setting)
{
    const vp_range *range = vp_range_of(setting->name);
    uint64_t size;
    bool negative = setting->text[0] == '-';
    if (setting->kind != VP_VALUE_INT || !range) return true;
    bool known = vp_str_to_u64(vp_str_from(setting->text + negative), &size) && size <= INT64_MAX;
    int64_t value = !known ? INT64_MAX : negative ? -(int64_t)size : (int64_t)size;
    bool is_auto = value == -1 && p->release->max_model_len_auto;
    if (known && value >= range->low && value <= range->high && (value >= 0 || is_auto)) return true;
    vp_remark *remark =
        vp_remark_put(p->remarks, vp_given_value(given)->index, VP_REMARK_out_of_range, "%s cannot be %.*s",
                      given->flag->option, vp_shown_length(vp_str_from(setting->text)), setting->text);
    uint64_t low = range->low < 0 ? 1 : (uint64_t)range->low;
    if (range->high == INT64_MAX)
        vp_remark_fix(p->remarks, remark, "it is at least %llu", (unsigned long long)low);
    else
        vp_remark_fix(p->remarks, remark, "it is from %llu to %llu", (unsigned long long)low,
                      (unsigned long long)range->high);
    vp_parse_drop(p, given->option, given->items);
    given->faulty = true;
    return false;
}

/** Members that the release's own class for the value does not have. */
static bool check_members(const vp_parse *p, vp_given *given, const vp_setting *setting)
{
    if (setting->kind != VP_VALUE_JSON || setting->text[0] != '{') return true;
    if (!vp_json_keys_closed(setting->name, p->release)) return true;
    vp_str object = vp_str_from(setting->text), name, value;
    while (vp_member_next(&object, &name, &value)) {
        if (vp_json_key_in(setting->name, name, p->release)) continue;
        const char *near = vp_json_key_nearest(setting->name, name, p->release);
        vp_remark *remark =
            vp_remark_put(p->remarks, (given->member ? given->option : vp_given_value(given))->index,
                          VP_REMARK_unknown_json_key, "%s of vLLM %s has no member \"%.*s\"",
                          given->flag->option, p->release->key, vp_shown_length(name), name.at);
        if (near)
            vp_remark_fix(p->remarks, remark, "write \"%s\"", near);
        else
            vp_remark_fix(p->remarks, remark, "leave that member out");
        given->faulty = true;
    }
    if (given->faulty)
        for (uint32_t i = 0; i < p->given_count; i++)
            if (p->given[i].flag == given->flag) vp_parse_drop(p, p->given[i].option, p->given[i].items);
    return !given->faulty;
}

/** Whether more of the same kind is given for the same flag. */
static bool is_followed(const vp_parse *p, const vp_given *given)
{
    for (const vp_given *g = given + 1; g < p->given + p->given_count; g++)
        if (g->flag == given->flag && !g->faulty && (g->member || !given->member)) return true;
    return false;
}

/** The next that was given for the same flag; NULL when `given` is the last. */
static const vp_given *given_again(const vp_parse *p, const vp_given *given)
{
    if (given->flag->repeat) return NULL;
    const vp_given *last = NULL;
    for (const vp_given *g = given + 1; g < p->given + p->given_count; g++)
        if (g->flag == given->flag && !g->faulty) last = g;
    if (last || given->member) return last;
    for (const vp_given *g = p->given; g < given; g++) /* members come last, wherever they stand */
        if (g->flag == given->flag && g->member && !g->faulty) last = g;
    return last;
}

static void note_repeated(const vp_parse *p, const vp_given *given, const vp_given *again)
{
    if (given->option->from_file || (given->member && again->member)) return;
    vp_remark *remark = vp_remark_put(p->remarks, given->option->index, VP_REMARK_repeated_flag,
                                      "%s is given again in word %u: the last one counts",
                                      given->flag->option, again->option->index);
    vp_remark_fix(p->remarks, remark, "leave one of them out");
    vp_parse_drop(p, given->option, given->items);
}

/** The parser's own checks, which look at every value. */
static bool read_given(vp_parse *p, vp_given *given)
{
    vp_setting setting;
    if (given->faulty || given->expands) return true;
    if (strcmp(given->flag->setting, "model") == 0) return true;
    if ((given->member || given->flag->repeat) && is_followed(p, given)) return true; /* read with the last */
    if (!setting_of(p, given, &setting)) return false;
    if (!check_value(p, given, &setting, false)) return true;
    const vp_given *again = given_again(p, given);
    if (again) {
        note_repeated(p, given, again);
        return true;
    }
    if (!check_range(p, given, &setting) || !check_members(p, given, &setting)) return true;
    if (setting.kind == VP_VALUE_NULL || strcmp(setting.name, "config") == 0) return true;
    uint32_t before = p->settings.count;
    if (!vp_settings_put(&p->settings, setting.name, setting.kind, setting.text)) return true;
    if (p->settings.count > before) p->said[before] = given;
    return true;
}

static void forget(vp_parse *p, uint32_t index)
{
    vp_settings_remove(&p->settings, p->settings.items[index].name);
    for (uint32_t i = index; i < p->settings.count; i++) p->said[i] = p->said[i + 1];
}

bool vp_parse_settings(vp_parse *p)
{
    for (uint32_t i = 0; i < p->given_count; i++)
        if (!read_given(p, &p->given[i])) return false;
    for (uint32_t i = 0; i < p->settings.count;) {
        vp_given *given = &p->given[p->said[i] - p->given];
        vp_setting setting = p->settings.items[i];
        if (check_value(p, given, &setting, true))
            i++;
        else
            forget(p, i);
    }
    return !p->arena->exhausted;
}
