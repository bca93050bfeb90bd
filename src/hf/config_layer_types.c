/* SPDX-License-Identifier: Apache-2.0 */
/* Layers by their kind: a list in the config, or the pattern that its class makes when there is none. */
#include <string.h>

#include "base/vp_int.h"
#include "hf/config.h"
#include "hf/config_class_defaults.h"
#include "hf/python_json.h"

static bool among(const char *names, vp_str name)
{
    char one[VP_MAX_KEY];
    if (name.length >= sizeof one) return false;
    memcpy(one, name.at, name.length);
    one[name.length] = '\0';
    return vp_name_among(names, one);
}

/** Layers of a pattern: the first or last of each `every` is of the kind `text`, the others `other`. */
static bool by_pattern(vp_reader *r, const vp_class_default *own, const char *names, vp_layers *out)
{
    uint64_t every = (uint64_t)own->integer;
    char key[VP_MAX_KEY];
    if (own->by.length > 0 && own->by.length < sizeof key) {
        memcpy(key, own->by.at, own->by.length);
        key[own->by.length] = '\0';
        if (!vp_member_count(r->config, key, r->path, VP_MAX_MEMBER, every, &every, r->error)) return false;
    }
    for (uint64_t i = 0; i < r->model->layers; i++) {
        bool special = own->kind == VP_CLASS_HEAD ? i < every
                       : own->on                  ? i % vp_max(1, every) == 0
                                                  : (i + 1) % vp_max(1, every) == 0;
        if (among(names, special ? own->text : own->other)) vp_layers_add(out, i);
    }
    return true;
}

/** What the class makes of an absent or null list; recipes with a state have rules of their own. A rule that is not in the table follows
 *  use_sliding_window: without it every layer sees everything. */
static bool by_class(vp_reader *r, const char *key, const char *names, vp_layers *out, bool *given)
{
    vp_class_default own;
    bool null = json_object_get(r->config, key) != NULL, in_use;
    *given = false;
    if (r->row->recipe >= VP_RECIPE_MAMBA1) return true;
    *given = null ? vp_class_default_of_null(r->model_type, key, &own)
                  : vp_class_default_find(r->model_type, key, &own);
    if (*given && (own.kind == VP_CLASS_EVERY || own.kind == VP_CLASS_HEAD))
        return by_pattern(r, &own, names, out);
    *given = false;
    if (!vp_read_switch(r, "use_sliding_window", false, &in_use)) return false;
    return !in_use || r->row->windows != VP_WINDOW_TYPES ||
           vp_reader_fail(r, VLLMPLAN_E_MISSING, key, "is missing: which layers have a window?");
}

bool vp_config_layer_list(vp_reader *r, const char *keys, const char *names, vp_layers *out, bool *given)
{
    char key[VP_MAX_KEY];
    const json_t *types = vp_read_member(r, keys, key);
    memset(out, 0, sizeof *out);
    *given = types != NULL;
    if (!types) return by_class(r, key, names, out, given);
    if (!json_is_array(types)) return vp_reader_fail(r, VLLMPLAN_E_TYPE, key, "is not a list");
    if (json_array_size(types) < r->model->layers)
        return vp_reader_fail(r, VLLMPLAN_E_RANGE, key, "is shorter than num_hidden_layers");
    for (uint64_t i = 0; i < r->model->layers; i++) {
        const json_t *type = json_array_get(types, (size_t)i);
        if (!json_is_string(type))
            return vp_reader_fail(r, VLLMPLAN_E_TYPE, key, "holds something other than text");
        if (vp_name_among(names, json_string_value(type))) vp_layers_add(out, i);
    }
    return true;
}

bool vp_config_layer_types(vp_reader *r, const char *names, vp_layers *out, bool *given)
{
    return vp_config_layer_list(r, "layer_types|layers_block_type", names, out, given);
}
