/* SPDX-License-Identifier: Apache-2.0 */
/* Values follow vLLM's parser: of two the last wins, lists take what follows up to the next option, and
 * --x.list+ a,b adds to a list inside of JSON. */
#include "settings.h"

#include <string.h>

#include "cli.h"

bool looks_like_option(const char *argument)
{
    if (argument[0] != '-' || argument[1] == '\0') return false;
    bool digits = false;
    const char *s = argument + 1;
    for (; (*s >= '0' && *s <= '9') || *s == '.'; s++) digits = true;
    return !(digits && *s == '\0');
}

static json_t *json_of(const char *value, json_error_t *problem)
{
    return json_loads(value, JSON_DECODE_ANY | JSON_REJECT_DUPLICATES, problem);
}

static bool is_json(const char *kind) { return strcmp(kind, "json") == 0 || strcmp(kind, "object") == 0; }

/** Text, or JSON when it begins like it. */
static bool may_be_json(const char *kind)
{
    return strcmp(kind, "text_json") == 0 || strcmp(kind, "pairs") == 0;
}

/** One value as the contract wants it. Text that is not what the flag takes is passed on as text: the
 *  library says what is wrong with it, and what is allowed. */
static json_t *convert(const char *kind, const char *value, const char *setting, vllmplan_error *error)
{
    json_error_t problem;
    if (strcmp(kind, "int") == 0 || strncmp(kind, "human_", 6) == 0) { /* 4k and auto stay text */
        uint64_t n;
        const char *digits = value[0] == '-' ? value + 1 : value;
        if (text_to_u64(digits, &n)) return json_integer(digits == value ? (json_int_t)n : -(json_int_t)n);
    } else if (is_json(kind)) {
        json_t *parsed = json_of(value, &problem);
        if (parsed) return parsed;
        cli_text path = {0};
        text_format(&path, "/settings/%s", setting);
        cli_fail(error, VLLMPLAN_E_SYNTAX, text_get(&path), "not JSON: %s (at character %d)", problem.text,
                 problem.position);
        text_free(&path);
        return NULL;
    } else if (may_be_json(kind) && (value[0] == '{' || value[0] == '[')) {
        json_t *parsed = json_of(value, &problem);
        if (parsed) return parsed;
    }
    json_t *as_text = json_string(value);
    if (!as_text) cli_fail(error, VLLMPLAN_E_SYNTAX, "", "a value of %s is not UTF-8", setting);
    return as_text;
}

/** The elements of "a,b" as vLLM adds them for --x.list+ a,b. */
static void append_members(json_t *list, const char *value)
{
    while (true) {
        size_t n = strcspn(value, ",");
        json_array_append_new(list, json_stringn(value, n));
        if (value[n] == '\0') return;
        value += n + 1;
    }
}

/** Puts a value at the dotted place inside the setting's JSON object. */
static bool put_member(json_t *settings, const char *setting, const typed_flag *flag, const char *value)
{
    enum { deepest = 64 }; /* jansson writes and frees by recursion */
    int depth = 0;
    json_t *at = json_object_get(settings, setting);
    if (!json_is_object(at)) {
        at = json_object();
        json_object_set_new(settings, setting, at);
    }
    const char *member = flag->members;
    size_t n;
    while (member[n = strcspn(member, ".")] == '.') {
        json_t *next = json_object_getn(at, member, n);
        if (++depth > deepest) return false;
        if (!json_is_object(next)) {
            next = json_object();
            json_object_setn_new(at, member, n, next);
        }
        at = next;
        member += n + 1;
    }
    if (n > 0 && member[n - 1] == '+') {
        json_t *list = json_object_getn(at, member, n - 1);
        if (!json_is_array(list)) {
            list = json_array();
            json_object_setn_new(at, member, n - 1, list);
        }
        append_members(list, value);
        return true;
    }
    /* vLLM reads what parses as JSON as JSON, and everything else as text */
    json_t *parsed = json_of(value, NULL);
    return json_object_set_new(at, member, parsed ? parsed : json_string(value)) == 0;
}

/** All values of a flag that takes several. */
static bool take_list(const json_t *row, const typed_flag *flag, cli_arguments *args, json_t *settings,
                      vllmplan_error *error)
{
    const char *setting = json_string_value(json_object_get(row, "setting"));
    const char *kind = json_string_value(json_object_get(row, "value"));
    /* in vLLM some lists grow and some are replaced when repeated: nobody should have to know */
    if (json_object_get(settings, setting))
        return cli_fail(error, VLLMPLAN_E_RANGE, "", "%s is given twice; put all its values after one",
                        flag->whole);
    json_t *list = json_array();
    const char *value = flag->value;
    if (!value && args->next < args->count && !looks_like_option(args->at[args->next]))
        value = args->at[args->next++];
    while (value) {
        json_t *item = convert(kind, value, setting, error);
        if (!item) {
            json_decref(list);
            return false;
        }
        json_array_append_new(list, item);
        bool more = !flag->value && args->next < args->count && !looks_like_option(args->at[args->next]);
        value = more ? args->at[args->next++] : NULL;
    }
    bool some = json_array_size(list) > 0;
    json_object_set_new(settings, setting, list);
    return some || cli_fail(error, VLLMPLAN_E_MISSING, "", "%s needs a value", flag->whole);
}

/** The one value of a flag, attached or following; NULL with *error filled. */
static const char *value_of(const typed_flag *flag, cli_arguments *args, vllmplan_error *error)
{
    if (flag->value) return flag->value;
    if (args->next < args->count && !looks_like_option(args->at[args->next])) return args->at[args->next++];
    cli_fail(error, VLLMPLAN_E_MISSING, "", "%s needs a value", flag->whole);
    return NULL;
}

static bool take_one(const json_t *row, const typed_flag *flag, cli_arguments *args, json_t *settings,
                     vllmplan_error *error)
{
    const char *setting = json_string_value(json_object_get(row, "setting"));
    const char *kind = json_string_value(json_object_get(row, "value"));
    const char *value = value_of(flag, args, error);
    if (!value) return false;
    if (flag->members) {
        if (put_member(settings, setting, flag, value)) return true;
        return cli_fail(error, VLLMPLAN_E_SYNTAX, "", "%s is not UTF-8 or is too deep", flag->whole);
    }
    json_t *converted = convert(kind, value, setting, error);
    return converted && json_object_set_new(settings, setting, converted) == 0;
}

/** One more value of a list that is typed as --middleware a --middleware b. */
static bool take_repeated(const json_t *row, const typed_flag *flag, cli_arguments *args, json_t *settings,
                          vllmplan_error *error)
{
    const char *setting = json_string_value(json_object_get(row, "setting"));
    const char *value = value_of(flag, args, error);
    json_t *item = value ? convert("text", value, setting, error) : NULL;
    if (!item) return false;
    json_t *list = json_object_get(settings, setting);
    if (!list) {
        list = json_array();
        json_object_set_new(settings, setting, list);
    }
    return json_array_append_new(list, item) == 0;
}

/** Old releases have switches that take --flag=true and --flag=false: their rows say so by the spelling
 *  that switches off. */
static bool take_switch(const json_t *row, bool off, const typed_flag *flag, json_t *settings,
                        vllmplan_error *error)
{
    const char *setting = json_string_value(json_object_get(row, "setting"));
    const char *negative = json_string_value(json_object_get(row, "negative"));
    bool by_value = negative && strchr(negative, '=');
    if (flag->value && by_value && strcmp(flag->value, "false") == 0)
        off = true;
    else if (flag->value && !(by_value && strcmp(flag->value, "true") == 0))
        return cli_fail(error, VLLMPLAN_E_TYPE, "", "%s takes no value", text_get(&flag->name));
    return json_object_set_new(settings, setting, json_boolean(!off)) == 0;
}

static bool take_row(const json_t *row, bool off, const typed_flag *flag, cli_arguments *args,
                     json_t *settings, vllmplan_error *error)
{
    const char *setting = json_string_value(json_object_get(row, "setting"));
    const char *kind = json_string_value(json_object_get(row, "value"));
    if (!setting || !kind)
        return cli_fail(error, VLLMPLAN_E_INTERNAL, "", "the library's row for %s is incomplete",
                        flag->whole);
    if (flag->members && !is_json(kind) && !may_be_json(kind))
        return cli_fail(error, VLLMPLAN_E_UNKNOWN_NAME, "", "%s: %s has no members", flag->whole,
                        text_get(&flag->name));
    if (strcmp(kind, "none") == 0) return take_switch(row, off, flag, settings, error);
    if (json_is_true(json_object_get(row, "repeat"))) return take_repeated(row, flag, args, settings, error);
    if (json_is_true(json_object_get(row, "list"))) return take_list(row, flag, args, settings, error);
    return take_one(row, flag, args, settings, error);
}

bool settings_take(cli_flags *known, cli_arguments *args, json_t *settings, vllmplan_error *error)
{
    if (!flags_load(known, error)) return false;
    typed_flag flag = {0};
    flag_take_apart(args->at[args->next++], &flag);
    bool off = false;
    const json_t *row = flag_row(known, &flag, &off);
    bool ok = row ? take_row(row, off, &flag, args, settings, error) : flag_unknown(known, &flag, error);
    flag_free(&flag);
    return ok;
}
