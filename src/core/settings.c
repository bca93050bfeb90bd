/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include "core/engine_args.h"
#include "core/request.h"

static uint32_t index_of(const vp_settings *settings, const char *name)
{
    uint32_t i = 0;
    while (i < settings->count && strcmp(settings->items[i].name, name) != 0) i++;
    return i;
}

const vp_setting *vp_settings_find(const vp_settings *settings, const char *name)
{
    uint32_t i = index_of(settings, name);
    return i < settings->count ? &settings->items[i] : NULL;
}

bool vp_settings_put(vp_settings *settings, const char *name, vp_value_kind kind, const char *text)
{
    uint32_t i = index_of(settings, name);
    if (i == VP_MAX_SETTINGS) return false;
    settings->items[i] = (vp_setting){name, kind, text};
    if (i == settings->count) settings->count++;
    return true;
}

bool vp_settings_remove(vp_settings *settings, const char *name)
{
    uint32_t i = index_of(settings, name);
    if (i == settings->count) return false;
    settings->count--;
    memmove(&settings->items[i], &settings->items[i + 1], (settings->count - i) * sizeof settings->items[0]);
    return true;
}

const char *vp_settings_text(const vp_settings *settings, const char *name)
{
    const vp_setting *setting = vp_settings_find(settings, name);
    return setting && setting->kind != VP_VALUE_NULL ? setting->text : NULL;
}

uint64_t vp_settings_u64(const vp_settings *settings, const char *name, uint64_t fallback)
{
    const char *text = vp_settings_text(settings, name);
    uint64_t value;
    return text && vp_human_int(vp_str_from(text), &value) ? value : fallback;
}

bool vp_settings_bool(const vp_settings *settings, const char *name, bool fallback)
{
    const vp_setting *setting = vp_settings_find(settings, name);
    return setting && setting->kind == VP_VALUE_BOOL ? strcmp(setting->text, "true") == 0 : fallback;
}
