/* SPDX-License-Identifier: Apache-2.0 */
/* What one release takes: every setting by name, kind and value. */
#include <string.h>

#include "core/engine_args.h"
#include "data/flags.h"
#include "launch/argv.h"
#include "launch/values.h"

enum { LONGEST_SHOWN = 64 }; /* of the user's text in a message */

typedef struct check {
    const vp_settings *settings;
    const vp_release_row *release;
    bool plugin_methods;
    vp_error *error;
    char path[128];
} check;

static void start_path(check *c, const char *name)
{
    vp_writer w;
    vp_writer_start(&w, c->path, sizeof c->path);
    vp_put(&w, "/settings/");
    for (; *name; name++) { /* RFC 6901 */
        if (*name == '~')
            vp_put(&w, "~0");
        else if (*name == '/')
            vp_put(&w, "~1");
        else
            vp_put_char(&w, *name);
    }
}

bool vp_launch_is_secret(const char *setting)
{
    static const char *const secrets[] = {"api_key", "hf_token", "ssl_keyfile_password"};
    for (size_t i = 0; i < sizeof secrets / sizeof secrets[0]; i++)
        if (strcmp(setting, secrets[i]) == 0) return true;
    return false;
}

/** A name that is no setting but another spelling of one: "disable_prefix_caching" in 0.33.0. False when it
 *  was refused. */
static bool check_spelling(check *c, const char *name)
{
    char option[LONGEST_SHOWN + 3];
    bool off;
    vp_writer w;
    vp_writer_start(&w, option, sizeof option);
    vp_put_format(&w, "--%s", name);
    if (vp_writer_cut(&w)) return true;
    const vp_flag *flag = vp_flag_find_option(vp_str_from(option), c->release, &off);
    if (!flag) return true;
    return vp_fail(c->error, VLLMPLAN_E_UNKNOWN_NAME, c->path, "\"%s\" is a spelling of \"%s\"; %s", name,
                   flag->setting, off ? "set that to false" : "use that name");
}

static bool fail_unknown(check *c, const char *name)
{
    vp_nearest nearest;
    vp_nearest_start(&nearest, vp_str_from(name));
    for (size_t i = 0; i < vp_flag_count(); i++)
        if (vp_flag_in(vp_flag_at(i), c->release)) vp_nearest_offer(&nearest, vp_flag_at(i)->setting);
    for (size_t i = 0; i < vp_flag_count(); i++) vp_nearest_offer(&nearest, vp_flag_at(i)->setting);
    vp_fail(c->error, VLLMPLAN_E_UNKNOWN_NAME, c->path, "vLLM has no setting \"%.*s\"",
            strlen(name) < LONGEST_SHOWN ? (int)strlen(name) : LONGEST_SHOWN, name);
    vp_error_suggest(c->error, &nearest);
    return false;
}

/** The nearest releases beside the asked one for which a row of the setting takes `text` (NULL: any row). */
typedef struct elsewhere {
    const vp_release_row *before, *after;
} elsewhere;

static elsewhere find_elsewhere(const check *c, const char *setting, const vp_str *text)
{
    elsewhere found = {NULL, NULL};
    size_t count, now = vp_release_index(c->release);
    const vp_flag *flags = vp_flag_rows(vp_str_from(setting), &count);
    for (size_t i = 0; i < count; i++) {
        if (text && (!flags[i].choices || !vp_flag_takes(&flags[i], *text))) continue;
        if (flags[i].until < now) found.before = vp_release_at(flags[i].until);
        if (flags[i].since > now && !found.after) found.after = vp_release_at(flags[i].since);
    }
    return found;
}

static void put_elsewhere(vp_writer *w, const elsewhere *found)
{
    if (found->before) vp_put_format(w, "; it was last in %s", found->before->key);
    if (found->after) vp_put_format(w, "; it is first in %s", found->after->key);
}

static bool fail_absent(check *c, const char *name)
{
    const vp_flag *any = vp_flag_find_any(vp_str_from(name));
    const char *successor = vp_flag_successor(vp_str_from(name));
    elsewhere found = find_elsewhere(c, name, NULL);
    vp_fail(c->error, VLLMPLAN_E_UNKNOWN_NAME, c->path, "vLLM %s has no %s", c->release->key, any->option);
    vp_writer w = {c->error->message, sizeof c->error->message, strlen(c->error->message)};
    put_elsewhere(&w, &found);
    if (successor && vp_flag_find(vp_str_from(successor), c->release))
        vp_put_format(&w, "; \"%s\" takes its place", successor);
    return false;
}

static bool fail_choice(check *c, const vp_flag *flag, vp_str text)
{
    elsewhere found = find_elsewhere(c, flag->setting, &text);
    int shown = text.length < LONGEST_SHOWN ? (int)text.length : LONGEST_SHOWN;
    vp_fail(c->error, VLLMPLAN_E_RANGE, c->path, "%s of vLLM %s cannot be \"%.*s\"", flag->option,
            c->release->key, shown, text.at);
    vp_writer w = {c->error->message, sizeof c->error->message, strlen(c->error->message)};
    put_elsewhere(&w, &found);
    vp_put(&w, "; it takes ");
    for (const char *at = flag->choices; *at; at++) {
        if (*at == '|')
            vp_put(&w, ", ");
        else
            vp_put_char(&w, *at);
    }
    return false;
}

/** Whether the release looks at the choices of a text. The server looks up a tool parser only when it is
 *  to be used, and either parser may come from a file that is named beside it
 *  (vllm/entrypoints/openai/api_server.py:validate_api_server_args and its successors). */
static bool is_looked_up(const check *c, const vp_flag *flag)
{
    if (flag->value == VP_FLAG_CHOICE) return true;
    if (c->plugin_methods) return false;
    if (strcmp(flag->setting, "tool_call_parser") == 0)
        return vp_settings_bool(c->settings, "enable_auto_tool_choice", false) &&
               !vp_settings_text(c->settings, "tool_parser_plugin");
    if (strcmp(flag->setting, "reasoning_parser") == 0)
        return !vp_settings_text(c->settings, "reasoning_parser_plugin");
    return true;
}

static bool fail_kind(check *c, const vp_flag *flag, const char *wanted)
{
    return vp_fail(c->error, VLLMPLAN_E_TYPE, c->path, "%s of vLLM %s takes %s", flag->option,
                   c->release->key, wanted);
}

/** A number that the parser takes and no socket does. The lower ends of the other ranges are judged where the
 *  settings are used (core/engine_args.c). */
static bool check_port(check *c, const vp_flag *flag, vp_str text)
{
    const vp_range *range = vp_range_of(flag->setting);
    uint64_t value;
    if (!range || range->high == INT64_MAX) return true;
    if (vp_str_to_u64(text, &value) && value <= (uint64_t)range->high) return true;
    return vp_fail(c->error, VLLMPLAN_E_RANGE, c->path, "%s of vLLM %s is from %u to %u", flag->option,
                   c->release->key, (unsigned)range->low, (unsigned)range->high);
}

/** One value as the release's parser reads it. json: it is the text of a JSON object or list. */
static bool check_value(check *c, const vp_flag *flag, vp_str text, bool json)
{
    uint64_t number;
    bool is_int = vp_text_is_int(text), is_object = text.length > 0 && text.at[0] == '{';
    if (!vp_utf8_valid(text)) return vp_fail(c->error, VLLMPLAN_E_RANGE, c->path, "the text is not UTF-8");
    switch (flag->value) {
    case VP_FLAG_INT:
        return is_int ? check_port(c, flag, text) : fail_kind(c, flag, "a whole number");
    case VP_FLAG_FLOAT:
        return vp_text_is_float(text) || fail_kind(c, flag, "a number");
    case VP_FLAG_HUMAN_INT:
        return is_int || vp_human_int(text, &number) ||
               fail_kind(c, flag, "a whole number such as 4096, 4k or 4K");
    case VP_FLAG_HUMAN_AUTO:
        return is_int || vp_human_int(text, &number) || vp_str_equal(text, "auto") ||
               fail_kind(c, flag, "a whole number such as 4096, 4k or 4K, or \"auto\"");
    case VP_FLAG_JSON:
        return json || vp_text_is_json(text) || fail_kind(c, flag, "JSON");
    case VP_FLAG_OBJECT:
        return (is_object && (json || vp_text_is_json(text))) || fail_kind(c, flag, "a JSON object");
    case VP_FLAG_TEXT_JSON:
        return json || !is_object || vp_text_is_json(text) || fail_kind(c, flag, "text or JSON");
    case VP_FLAG_PAIRS:
        return (json ? vp_text_is_counts(text) : memchr(text.at, '=', text.length) != NULL) ||
               fail_kind(c, flag, "an object of whole numbers, or text such as image=2,video=1");
    default:
        if (json && !flag->list) return fail_kind(c, flag, "text");
        return !is_looked_up(c, flag) || vp_flag_takes(flag, text) || fail_choice(c, flag, text);
    }
}

/** argparse takes an item that begins with '-' for the next option, unless it is a negative number. */
static bool looks_like_option(vp_str item) { return vp_str_starts(item, "-") && !vp_text_is_int(item); }

static bool check_list(check *c, const vp_flag *flag, const char *text)
{
    vp_str list = vp_str_from(text), item;
    uint32_t count = 0;
    bool option_seen = false;
    while (vp_list_next(&list, &item)) {
        if (item.at[0] == '"')
            item = (vp_str){item.at + 1, item.length - 2};
        else if (memchr("tfn", item.at[0], 3))
            return fail_kind(c, flag, "a list of texts or numbers");
        count++;
        option_seen = option_seen || looks_like_option(item);
        if (!check_value(c, flag, item, false)) return false;
    }
    if (count == 0) return fail_kind(c, flag, "at least one value");
    if (option_seen && count > 1 && !flag->repeat)
        return vp_fail(c->error, VLLMPLAN_E_RANGE, c->path,
                       "one of several values of %s cannot begin with '-': vLLM would take it for an option",
                       flag->option);
    return true;
}

static bool check_switch(check *c, const vp_flag *flag, const vp_setting *setting)
{
    if (setting->kind != VP_VALUE_BOOL) return fail_kind(c, flag, "true or false");
    bool off_by_default = flag->fallback && strcmp(flag->fallback, "false") == 0;
    if (strcmp(setting->text, "true") == 0 || flag->negative || off_by_default) return true;
    return vp_fail(c->error, VLLMPLAN_E_RANGE, c->path, "%s of vLLM %s cannot be switched off", flag->option,
                   c->release->key);
}

static bool check_setting(check *c, const vp_setting *setting)
{
    start_path(c, setting->name);
    if (strcmp(setting->name, "model") == 0)
        return vp_fail(c->error, VLLMPLAN_E_RANGE, c->path,
                       "the model is said by /model, and its name in the command by /model/serve_as");
    const vp_flag *flag = vp_flag_find(vp_str_from(setting->name), c->release);
    if (!flag && !check_spelling(c, setting->name)) return false;
    if (!flag && !vp_flag_find_any(vp_str_from(setting->name))) return fail_unknown(c, setting->name);
    if (setting->kind == VP_VALUE_NULL) return true;
    if (!flag) return fail_absent(c, setting->name);
    if (flag->value == VP_FLAG_NONE) return check_switch(c, flag, setting);
    if (setting->kind == VP_VALUE_BOOL) return fail_kind(c, flag, "a value, not true or false");
    bool json = setting->kind == VP_VALUE_JSON;
    if (flag->list && json && setting->text[0] == '[') return check_list(c, flag, setting->text);
    return check_value(c, flag, vp_str_from(setting->text), json);
}

bool vp_launch_check_one(const vp_settings *settings, const vp_setting *setting,
                         const vp_release_row *release, bool plugin_methods, vp_error *error)
{
    check c = {.settings = settings, .release = release, .plugin_methods = plugin_methods, .error = error};
    return check_setting(&c, setting);
}

bool vp_launch_check(const vp_settings *settings, const vp_release_row *release, bool plugin_methods,
                     vp_error *error)
{
    if (error->code != VLLMPLAN_OK) return false;
    check c = {.settings = settings, .release = release, .plugin_methods = plugin_methods, .error = error};
    for (uint32_t i = 0; i < settings->count; i++)
        if (!check_setting(&c, &settings->items[i])) return false;
    return true;
}
