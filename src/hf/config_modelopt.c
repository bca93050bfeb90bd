/* SPDX-License-Identifier: Apache-2.0 */
/* ModelOpt: one algorithm with a list of wildcards to leave alone, or a table of layers
 * (vllm/model_executor/layers/quantization/modelopt.py: ModelOptQuantConfigBase.from_config,
 * ModelOptMixedPrecisionConfig._resolve_quant_algo; 0.33.0). */
#include <string.h>

#include "core/tensor_names.h"
#include "hf/python_json.h"
#include "hf/quant_rules.h"

static const struct {
    const char *algo;
    vp_scheme scheme;
} algos[] = {
    {"FP8", {.form = VP_FORM_MODELOPT, .packing = VP_PACKING_FP8_TENSOR, .bits = 8, .static_inputs = true}},
    {"FP8_PER_CHANNEL_PER_TOKEN", {.form = VP_FORM_MODELOPT, .packing = VP_PACKING_FP8_CHANNEL, .bits = 8}},
    {"FP8_PB_WO",
     {.form = VP_FORM_MODELOPT, .packing = VP_PACKING_FP8_BLOCK, .bits = 8, .group = 128, .block_out = 128}},
    {"NVFP4", {.form = VP_FORM_MODELOPT, .packing = VP_PACKING_NVFP4, .bits = 4, .group = 16}},
    {"W4A16_NVFP4",
     {.form = VP_FORM_MODELOPT, .packing = VP_PACKING_NVFP4, .bits = 4, .group = 16, .weight_only = true}},
    {"MXFP8", {.form = VP_FORM_MODELOPT, .packing = VP_PACKING_MXFP8, .bits = 8, .group = 32}},
};
enum { ALGO_COUNT = sizeof algos / sizeof algos[0] };

static int algo_at(vp_str name)
{
    for (int i = 0; i < ALGO_COUNT; i++)
        if (vp_name_equal(name, vp_str_from(algos[i].algo))) return i;
    return -1;
}

/** What the KV cache is to be kept in (utils/torch_utils.py:get_kv_cache_quant_algo_string). */
static void read_kv_dtype(const json_t *block, const json_t *inner, vp_stored *stored)
{
    const json_t *scheme = vp_member(inner, "kv_cache_scheme");
    if (!scheme) scheme = vp_member(block, "kv_cache_scheme");
    if (!scheme) scheme = vp_member(inner, "kv_cache_quant_algo");
    if (!scheme) scheme = vp_member(block, "kv_cache_quant_algo");
    vp_str name = {"", 0};
    if (json_is_string(scheme)) name = (vp_str){json_string_value(scheme), json_string_length(scheme)};
    if (json_is_object(scheme) && vp_str_equal(vp_member_text(scheme, "type"), "float")) {
        json_int_t bits = json_integer_value(vp_member(scheme, "num_bits"));
        bool is_static = json_is_false(json_object_get(scheme, "dynamic"));
        name = vp_str_from(bits == 8 && is_static ? "FP8" : bits == 4 ? "NVFP4" : "");
    }
    if (vp_name_equal(name, vp_str_from("FP8"))) strcpy(stored->kv_dtype, "fp8_e4m3");
    if (vp_name_equal(name, vp_str_from("NVFP4"))) strcpy(stored->kv_dtype, "nvfp4");
}

/** The table of layers: groups in the order of the algorithms, so that a name leads to its group. */
static bool read_layers(const json_t *inner, vp_quant_rules *rules)
{
    rules->layers = vp_member(inner, "quantized_layers");
    for (int i = 0; i < ALGO_COUNT; i++)
        if (!vp_quant_add_group(rules, &algos[i].scheme)) return false;
    return json_object_size(rules->layers) > 0;
}

bool vp_quant_modelopt(const json_t *block, vp_stored *stored, vp_quant_rules *rules)
{
    const json_t *inner = json_object_get(block, "quantization");
    if (!json_is_object(inner)) inner = block;
    const json_t *skip = vp_member(inner, inner == block ? "ignore" : "exclude_modules");
    if (!skip) skip = vp_member(inner, "exclude_modules");
    vp_str algo = vp_member_text(inner, "quant_algo");
    bool mixed = vp_name_equal(algo, vp_str_from("MIXED_PRECISION"));
    rules->head = true;
    read_kv_dtype(block, inner, stored);
    /* the table's own class has no method for latent attention, and for the other only with a KV dtype */
    stored->kv_scales = !mixed || stored->kv_dtype[0];
    stored->latent_kv_scales = !mixed;
    if (!vp_entries_read(&rules->skip, VP_ENTRY_WILDCARD, skip)) return false;
    if (mixed) {
        rules->unknown = !read_layers(inner, rules);
        return true;
    }
    int at = algo_at(algo);
    vp_quant_group *group = at < 0 ? NULL : vp_quant_add_group(rules, &algos[at].scheme);
    if (group) group->linear = true;
    rules->unknown = !group;
    return true;
}

/** The algorithm of an entry "FRONT" + name, whatever wrapper the table's names begin with. */
static int layer_algo(const json_t *layers, const char *name)
{
    char key[VP_MAX_MODULE_NAME + 32];
    for (int i = 0; i < VP_FRONT_COUNT; i++) {
        vp_writer w;
        vp_writer_start(&w, key, sizeof key);
        vp_put(&w, vp_front_at(i));
        vp_put(&w, name);
        const json_t *entry = json_object_get(layers, key);
        if (entry) return algo_at(vp_member_text(entry, "quant_algo"));
    }
    return -1;
}

int vp_quant_modelopt_layer(const vp_quant_rules *rules, const vp_module_names *names, bool *some)
{
    int found = -1;
    for (int pass = 0; pass < 2 && found < 0; pass++) { /* the whole first, then its parts */
        for (uint32_t n = 0; n < names->count; n++) {
            bool whole = names->part[n] == VP_PART_WHOLE;
            int algo = whole == (pass == 0) ? layer_algo(rules->layers, names->text[n]) : -1;
            if (algo < 0) continue;
            if (found >= 0 && found != algo) *some = true;
            found = algo;
        }
    }
    return found;
}
