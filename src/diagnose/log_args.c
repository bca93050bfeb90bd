/* SPDX-License-Identifier: Apache-2.0 */
#include "diagnose/log_args.h"

#include <string.h>

#include "launch/values.h"

enum { LONGEST_VALUE = 512 };

static const struct {
    const char *printed, *setting;
} kept[] = {
#define LOG_SETTING(printed, setting) {printed, setting},
#include "diagnose/log_settings.def"
#undef LOG_SETTING
};

static void drop(vp_str *text, size_t count)
{
    text->at += count;
    text->length -= count;
}

static bool is_name(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_';
}

/** The bytes of a quoted text with its quotes; all that is left when it was cut off. */
static size_t quoted_length(vp_str text)
{
    size_t n = 1;
    while (n < text.length && text.at[n] != text.at[0]) n += text.at[n] == '\\' ? 2 : 1;
    return n + 1 < text.length ? n + 1 : text.length;
}

/** The bytes of a value: up to the comma or the bracket that ends it, whatever is nested inside. */
static size_t value_length(vp_str text)
{
    size_t n = 0, depth = 0;
    while (n < text.length) {
        char c = text.at[n];
        if (c == '\'' || c == '"') {
            n += quoted_length((vp_str){text.at + n, text.length - n});
            continue;
        }
        if (strchr("{[(<", c) && c) depth++;
        if (strchr("}])>", c) && c && depth-- == 0) return n;
        if (c == ',' && depth == 0) return n;
        n++;
    }
    return n;
}

static void take_value(vp_str *text, vp_log_arg *arg)
{
    size_t n = value_length(*text);
    arg->value = (vp_str){text->at, n};
    drop(text, n);
    while (arg->value.length > 0 && arg->value.at[arg->value.length - 1] == ' ') arg->value.length--;
    char quote = arg->value.length > 1 ? arg->value.at[0] : '\0';
    arg->quoted = (quote == '\'' || quote == '"') && arg->value.at[arg->value.length - 1] == quote;
    if (arg->quoted) arg->value = (vp_str){arg->value.at + 1, arg->value.length - 2};
}

bool vp_log_next_arg(vp_str *text, vp_log_arg *arg)
{
    while (text->length > 0 && strchr(" ,'\"", text->at[0]) && text->at[0]) drop(text, 1);
    size_t n = 0;
    while (n < text->length && is_name(text->at[n])) n++;
    if (n == 0) return false;
    arg->name = (vp_str){text->at, n};
    drop(text, n);
    while (text->length > 0 && strchr("'\" ", text->at[0]) && text->at[0]) drop(text, 1);
    if (text->length == 0 || (text->at[0] != '=' && text->at[0] != ':')) return false;
    drop(text, 1);
    while (text->length > 0 && text->at[0] == ' ') drop(text, 1);
    take_value(text, arg);
    return true;
}

static const char *setting_of(vp_str printed)
{
    for (size_t i = 0; i < sizeof kept / sizeof kept[0]; i++)
        if (vp_str_equal(printed, kept[i].printed)) return kept[i].setting;
    return NULL;
}

static vp_value_kind kind_of(const vp_log_arg *arg)
{
    if (arg->quoted) return VP_VALUE_TEXT;
    if (vp_str_equal(arg->value, "True") || vp_str_equal(arg->value, "False")) return VP_VALUE_BOOL;
    if (vp_text_is_int(arg->value)) return VP_VALUE_INT;
    if (vp_text_is_float(arg->value)) return VP_VALUE_DECIMAL;
    return VP_VALUE_TEXT;
}

/** A value as it would stand in argv; NULL for None, for what is nested, and for what was cut off. */
static const char *text_of(const vp_log_arg *arg, vp_value_kind kind, vp_arena *arena)
{
    vp_str value = arg->value;
    if (value.length == 0 || value.length > LONGEST_VALUE) return NULL;
    if (kind == VP_VALUE_BOOL) return vp_str_equal(value, "True") ? "true" : "false";
    if (!arg->quoted && (vp_str_equal(value, "None") || !(is_name(value.at[0]) || strchr("-.", value.at[0]))))
        return NULL;
    if (vp_str_starts(value, "torch.")) drop(&value, 6); /* dtype=torch.bfloat16 */
    return vp_arena_copy(arena, value);
}

void vp_log_take_args(vp_str text, bool replace, vp_arena *arena, vp_settings *settings, const char **model)
{
    vp_log_arg arg;
    bool positional = false;
    while (vp_log_next_arg(&text, &arg)) {
        bool tag = vp_str_equal(arg.name, "model_tag");
        if ((tag || vp_str_equal(arg.name, "model")) && arg.quoted && !positional) {
            if (replace || !*model) *model = vp_arena_copy(arena, arg.value);
            positional = tag;
        }
        const char *setting = setting_of(arg.name);
        if (!setting || (!replace && vp_settings_find(settings, setting))) continue;
        vp_value_kind kind = kind_of(&arg);
        const char *value = text_of(&arg, kind, arena);
        if (value && *value) vp_settings_put(settings, setting, kind, value);
    }
}
