/* SPDX-License-Identifier: Apache-2.0 */
#include "hf/quant_rules.h"

#include <stdlib.h>
#include <string.h>

#include "core/tensor_names.h"

/** vLLM maps the names of a config to its own (hf_to_vllm_mapper), where wrappers stand in another order; an
 *  expression is tried with each. */
const char *vp_front_at(int index)
{
    static const char *const fronts[VP_FRONT_COUNT] = {"model.", "", "language_model.model.",
                                                       "model.language_model.", "backbone."};
    return fronts[index];
}

static bool compile(vp_entries *entries, vp_entry *entry, vp_str text)
{
    entry->pattern = malloc(sizeof *entry->pattern);
    if (!entry->pattern) return false;
    if (vp_pattern_compile(text, entry->pattern)) return true;
    free(entry->pattern);
    entry->pattern = NULL;
    entries->odd = true;
    return true;
}

/** GPTQ's expressions have "+:" or "-:" in front of them. */
static vp_str expression_of(vp_entry_rule rule, vp_str text)
{
    bool sign = rule == VP_ENTRY_REGEX && (vp_str_starts(text, "+:") || vp_str_starts(text, "-:"));
    size_t front = rule == VP_ENTRY_PATTERN ? 3 : sign ? 2 : 0;
    return (vp_str){text.at + front, text.length - front};
}

static bool grow(vp_entries *entries)
{
    size_t room = entries->room ? 2 * entries->room : 16;
    vp_entry *list = realloc(entries->list, room * sizeof *list);
    if (!list) return false;
    entries->list = list;
    entries->room = room;
    return true;
}

bool vp_entries_add(vp_entries *entries, vp_str text)
{
    vp_entry_rule rule = entries->rule;
    bool expression = rule == VP_ENTRY_REGEX || (rule == VP_ENTRY_PATTERN && vp_str_starts(text, "re:"));
    if (entries->count == entries->room && !grow(entries)) return false;
    vp_entry *entry = &entries->list[entries->count++];
    *entry = (vp_entry){.text = text, .bare = vp_tensor_without_wrappers(text)};
    return !expression || compile(entries, entry, expression_of(rule, text));
}

bool vp_entries_read(vp_entries *out, vp_entry_rule rule, const json_t *list)
{
    out->rule = rule;
    for (size_t i = 0; i < json_array_size(list); i++) {
        const json_t *item = json_array_get(list, i);
        vp_str text = {json_string_value(item), json_string_length(item)};
        if (json_is_array(item) && !vp_entries_read(out, rule, item)) return false;
        if (json_is_string(item) && !vp_entries_add(out, text)) return false;
    }
    return true;
}

void vp_entries_free(vp_entries *entries)
{
    for (size_t i = 0; i < entries->count; i++) free(entries->list[i].pattern);
    free(entries->list);
    memset(entries, 0, sizeof *entries);
}

static bool contains(vp_str text, vp_str part)
{
    for (size_t i = 0; i + part.length <= text.length; i++)
        if (memcmp(text.at + i, part.at, part.length) == 0) return true;
    return false;
}

static bool equal(vp_str a, vp_str b) { return a.length == b.length && memcmp(a.at, b.at, a.length) == 0; }

static bool has_word(vp_str name, vp_str word)
{
    for (size_t i = 0; i + word.length <= name.length; i++) {
        char before = i == 0 ? '.' : name.at[i - 1];
        char after = i + word.length == name.length ? '.' : name.at[i + word.length];
        if (before == '.' && after == '.' && memcmp(name.at + i, word.at, word.length) == 0) return true;
    }
    return false;
}

static bool expression_takes(const vp_pattern *pattern, vp_str name)
{
    char text[VP_MAX_MODULE_NAME + 32];
    for (int i = 0; i < VP_FRONT_COUNT; i++) {
        vp_writer w;
        vp_writer_start(&w, text, sizeof text);
        vp_put(&w, vp_front_at(i));
        vp_put(&w, name.at);
        if (vp_pattern_matches(pattern, vp_str_from(text))) return true;
    }
    return false;
}

static bool entry_takes(const vp_entries *entries, const vp_entry *entry, vp_str name)
{
    switch (entries->rule) {
    case VP_ENTRY_EXACT:
        return equal(entry->bare, name);
    case VP_ENTRY_CONTAINED:
        return contains(name, entry->bare);
    case VP_ENTRY_WORD:
        return has_word(name, entry->bare);
    case VP_ENTRY_WILDCARD:
        return contains(name, entry->bare) || vp_wildcard_matches(entry->bare, name);
    case VP_ENTRY_PATTERN:
        if (entry->pattern) return expression_takes(entry->pattern, name);
        return equal(entry->bare, name) || vp_wildcard_matches(entry->bare, name);
    case VP_ENTRY_REGEX:
        return entry->pattern && expression_takes(entry->pattern, name);
    }
    return false;
}

bool vp_entries_take_name(const vp_entries *entries, const char *name)
{
    for (size_t i = 0; i < entries->count; i++)
        if (entry_takes(entries, &entries->list[i], vp_str_from(name))) return true;
    return false;
}

/** is_layer_skipped: experts are left alone when the list names any of them. */
static bool names_experts(const vp_entries *entries, const vp_module_names *names)
{
    for (size_t i = 0; i < entries->count; i++)
        for (uint32_t n = 0; n < names->count; n++)
            if (names->part[n] == VP_PART_WHOLE &&
                contains(entries->list[i].bare, vp_str_from(names->text[n])))
                return true;
    return false;
}

bool vp_entries_take(const vp_entries *entries, const vp_module_names *names, bool *some)
{
    bool named[VP_MAX_PARTS] = {false}, taken[VP_MAX_PARTS] = {false};
    uint32_t parts = 0, hits = 0;
    *some = false;
    if (entries->count == 0 || names->count == 0) return false;
    for (uint32_t n = 0; n < names->count; n++) {
        bool whole = names->part[n] == VP_PART_WHOLE, takes = vp_entries_take_name(entries, names->text[n]);
        if (takes && whole) return true;
        if (whole) continue;
        named[names->part[n]] = true;
        if (takes) taken[names->part[n]] = true;
    }
    bool by_name = entries->rule == VP_ENTRY_EXACT || entries->rule == VP_ENTRY_WILDCARD;
    if (names->experts && by_name && names_experts(entries, names)) return true;
    for (uint32_t i = 0; i < VP_MAX_PARTS; i++) {
        parts += named[i];
        hits += taken[i];
    }
    *some = hits > 0 && hits < parts;
    return hits > 0 && hits == parts;
}
