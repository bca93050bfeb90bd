/* SPDX-License-Identifier: Apache-2.0 */
/* Models whose layers are one thing each: a state, attention, an MLP or experts
 * (vllm/model_executor/models/nemotron_h.py:ALL_DECODER_LAYER_TYPES). */
#include <string.h>

#include "hf/config.h"
#include "hf/python_json.h"

/** What a letter of hybrid_override_pattern means (transformers: NemotronHConfig._pattern_to_list). */
static const char *name_of_letter(char letter)
{
    switch (letter) {
    case 'M':
        return "linear_attention";
    case '*':
        return "full_attention";
    case 'E':
        return "moe";
    case '-':
        return "mlp";
    default:
        return NULL;
    }
}

/** Names in layers_block_type, with those of older files. */
static const char *name_of_type(const char *type)
{
    if (strcmp(type, "mamba") == 0) return "linear_attention";
    if (strcmp(type, "attention") == 0) return "full_attention";
    return type;
}

static bool fail_letter(vp_reader *r)
{
    return vp_reader_fail(r, VLLMPLAN_E_RANGE, "hybrid_override_pattern",
                          "holds a letter other than M, *, E and -");
}

bool vp_config_single_count(vp_reader *r, uint64_t *out)
{
    char key[VP_MAX_KEY];
    const json_t *types = vp_read_member(r, "layers_block_type|layer_types", key);
    vp_str pattern = vp_read_text(r, "hybrid_override_pattern");
    *out = types ? json_array_size(types) : pattern.length;
    if (vp_member(r->config, "block_configs")) /* sizes for each layer: the plain members are not those */
        return vp_reader_fail(r, VLLMPLAN_E_UNSUPPORTED, "block_configs",
                              "gives layers sizes of their own, which are not read in this version");
    if (types && !json_is_array(types)) return vp_reader_fail(r, VLLMPLAN_E_TYPE, key, "is not a list");
    if (*out == 0)
        return vp_reader_fail(r, VLLMPLAN_E_MISSING, types ? key : "hybrid_override_pattern",
                              "names no layer");
    if (*out > VP_MAX_LAYERS)
        return vp_reader_fail(r, VLLMPLAN_E_RANGE, types ? key : "hybrid_override_pattern",
                              "names more layers than are possible");
    for (size_t i = 0; !types && i < pattern.length; i++)
        if (!name_of_letter(pattern.at[i])) return fail_letter(r);
    return true;
}

bool vp_config_single_layers(vp_reader *r, const char *name, vp_layers *out)
{
    char key[VP_MAX_KEY];
    const json_t *types = vp_read_member(r, "layers_block_type|layer_types", key);
    vp_str pattern = vp_read_text(r, "hybrid_override_pattern");
    for (uint64_t i = 0; i < r->model->layers; i++) {
        const json_t *type = json_array_get(types, (size_t)i);
        if (types && !json_is_string(type))
            return vp_reader_fail(r, VLLMPLAN_E_TYPE, key, "holds something other than text");
        const char *is = types ? name_of_type(json_string_value(type)) : name_of_letter(pattern.at[i]);
        if (is && strcmp(is, name) == 0) vp_layers_add(out, i);
    }
    return true;
}
