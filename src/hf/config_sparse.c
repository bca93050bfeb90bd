/* SPDX-License-Identifier: Apache-2.0 */
/* Which layers of a mixture model have experts: one function for each way in which configs say it. */
#include <string.h>

#include "hf/config.h"
#include "hf/python_json.h"

/** Every decoder_sparse_step-th, unless named in mlp_only_layers (qwen3_moe.py:Qwen3MoeDecoderLayer). */
static bool by_step(vp_reader *r, vp_layers *sparse)
{
    uint64_t step;
    const json_t *dense = vp_member(r->config, "mlp_only_layers");
    if (!vp_read_count(r, "decoder_sparse_step", 1, &step)) return false;
    for (uint64_t i = 0; i < r->model->layers; i++)
        if ((i + 1) % step == 0) vp_layers_add(sparse, i);
    if (dense && !json_is_array(dense))
        return vp_reader_fail(r, VLLMPLAN_E_TYPE, "mlp_only_layers", "is not a list");
    for (size_t i = 0; i < json_array_size(dense); i++) {
        const json_t *layer = json_array_get(dense, i);
        if (!json_is_integer(layer))
            return vp_reader_fail(r, VLLMPLAN_E_TYPE, "mlp_only_layers", "holds other than whole numbers");
        if (json_integer_value(layer) >= 0) vp_layers_remove(sparse, (uint64_t)json_integer_value(layer));
    }
    return true;
}

/** The first layers dense, of the others every moe_layer_freq-th sparse, counted from the first layer
 *  (deepseek_v2.py:DeepseekV2DecoderLayer) or from the first sparse one (sarvam.py:SarvamMLABlock). */
static bool after_first(vp_reader *r, vp_layers *sparse)
{
    const vp_expert_rules *rules = &r->row->experts;
    const char *keys = rules->dense_key ? rules->dense_key : "first_k_dense_replace";
    uint64_t dense, step = 1, from;
    char key[VP_MAX_KEY];
    if (!vp_read_optional(r, keys, &dense)) return false;
    if (!vp_read_member(r, keys, key) && dense == 0) dense = rules->dense_first;
    bool listed = json_is_array(vp_member(r->config, "moe_layer_freq")); /* of those that look at the list */
    if (!listed && !vp_read_count(r, "moe_layer_freq", 1, &step)) return false;
    from = rules->dense == VP_DENSE_FIRST_THEN ? dense : 0;
    for (uint64_t i = dense; i < r->model->layers; i++)
        if ((i - from) % step == 0) vp_layers_add(sparse, i);
    return true;
}

/** llama4.py:Llama4DecoderLayer */
static bool interleaved(vp_reader *r, vp_layers *sparse)
{
    uint64_t step;
    if (!vp_read_optional(r, "interleave_moe_layer_step", &step)) return false;
    for (uint64_t i = 0; step > 0 && i < r->model->layers; i++)
        if ((i + 1) % step == 0) vp_layers_add(sparse, i);
    return true;
}

/** ernie45_moe.py:Ernie4_5_MoeDecoderLayer; an end of -1 is the last layer
 *  (transformers: Ernie4_5_MoeConfig). */
static bool in_range(vp_reader *r, vp_layers *sparse)
{
    const json_t *last = vp_member(r->config, "moe_layer_end_index");
    uint64_t first, step, end = r->model->layers;
    if (last && !json_is_integer(last))
        return vp_reader_fail(r, VLLMPLAN_E_TYPE, "moe_layer_end_index", "is not a whole number");
    if (last && json_integer_value(last) >= 0 && (uint64_t)json_integer_value(last) < end)
        end = (uint64_t)json_integer_value(last) + 1;
    if (!vp_read_optional(r, "moe_layer_start_index", &first) ||
        !vp_read_count(r, "moe_layer_interval", 1, &step))
        return false;
    for (uint64_t i = first; i < end; i++)
        if ((i + 1) % step == 0) vp_layers_add(sparse, i);
    return true;
}

/** "1,2,5" (step3_text.py:Step3TextDecoderLayer). */
static bool by_name(vp_reader *r, vp_layers *sparse)
{
    vp_str text = vp_member_text(r->config, "moe_layers_enum");
    if (text.length == 0) return after_first(r, sparse);
    for (size_t at = 0; at <= text.length; at++) {
        vp_str digits = {text.at + at, 0};
        uint64_t layer;
        while (at < text.length && text.at[at] != ',') at++;
        digits.length = (size_t)(text.at + at - digits.at);
        while (digits.length > 0 && digits.at[0] == ' ') digits.at++, digits.length--;
        while (digits.length > 0 && digits.at[digits.length - 1] == ' ') digits.length--;
        if (!vp_str_to_u64(digits, &layer))
            return vp_reader_fail(r, VLLMPLAN_E_TYPE, "moe_layers_enum", "is not a list of layer numbers");
        if (layer < r->model->layers) vp_layers_add(sparse, layer);
    }
    return true;
}

/** A list of 0 and 1 (mimo_v2.py:MiMoV2FlashDecoderLayer.is_moe_layer, minimax_m3: _is_moe_layer). */
static bool by_flags(vp_reader *r, vp_layers *sparse)
{
    const json_t *flags = vp_member(r->config, "moe_layer_freq");
    if (!json_is_array(flags)) {
        if (r->row->experts.dense_first == 0) vp_layers_add_range(sparse, 0, r->model->layers);
        return true;
    }
    if (json_array_size(flags) < r->model->layers)
        return vp_reader_fail(r, VLLMPLAN_E_RANGE, "moe_layer_freq", "is shorter than num_hidden_layers");
    for (uint64_t i = 0; i < r->model->layers; i++) {
        const json_t *flag = json_array_get(flags, (size_t)i);
        if (json_is_true(flag) || json_integer_value(flag) != 0) vp_layers_add(sparse, i);
    }
    return true;
}

/** mlp_layer_types; configs without it are filled in by their class from the number of dense layers. */
static bool by_types(vp_reader *r, vp_layers *sparse)
{
    bool given;
    if (!vp_config_layer_list(r, "mlp_layer_types", "sparse", sparse, &given)) return false;
    return given || by_name(r, sparse);
}

/** Layers i with i % period == offset (jamba.py:JambaConfig.layers_num_experts). */
static bool by_period(vp_reader *r, vp_layers *sparse)
{
    uint64_t period, offset;
    if (!vp_read_count(r, "expert_layer_period", 2, &period) ||
        !vp_read_optional(r, "expert_layer_offset", &offset))
        return false;
    for (uint64_t i = 0; i < r->model->layers; i++)
        if (i % period == offset) vp_layers_add(sparse, i);
    return true;
}

bool vp_config_sparse_layers(vp_reader *r, vp_layers *sparse)
{
    switch (r->row->experts.dense) {
    case VP_DENSE_NONE:
        vp_layers_add_range(sparse, 0, r->model->layers);
        return true;
    case VP_DENSE_FIRST:
    case VP_DENSE_FIRST_THEN:
        return after_first(r, sparse);
    case VP_DENSE_STEP:
        return by_step(r, sparse);
    case VP_DENSE_INTERLEAVE:
        return interleaved(r, sparse);
    case VP_DENSE_RANGE:
        return in_range(r, sparse);
    case VP_DENSE_TYPES:
        return by_types(r, sparse);
    case VP_DENSE_NAMED:
        return by_name(r, sparse);
    case VP_DENSE_FLAGS:
        return by_flags(r, sparse);
    case VP_DENSE_PERIOD:
        return by_period(r, sparse);
    case VP_DENSE_SINGLE:
        return vp_config_single_layers(r, "moe", sparse);
    }
    return true;
}
