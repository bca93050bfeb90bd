/* SPDX-License-Identifier: Apache-2.0 */
/* Dense MLPs and experts. */
#include <string.h>

#include "base/vp_int.h"
#include "hf/config.h"
#include "hf/python_json.h"

/** Layers of experts where a step says so: every decoder_sparse_step-th, unless named in mlp_only_layers
 *  (qwen3_moe.py:Qwen3MoeDecoderLayer). */
static bool sparse_by_step(vp_reader *r, vp_layers *sparse)
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

/** The first layers dense, of the others every moe_layer_freq-th sparse
 *  (deepseek_v2.py:DeepseekV2DecoderLayer). */
static bool sparse_after_first(vp_reader *r, vp_layers *sparse)
{
    uint64_t dense, step;
    if (!vp_read_optional(r, "first_k_dense_replace", &dense) ||
        !vp_read_count(r, "moe_layer_freq", 1, &step))
        return false;
    for (uint64_t i = dense; i < r->model->layers; i++)
        if (i % step == 0) vp_layers_add(sparse, i);
    return true;
}

static bool read_shared(vp_reader *r, vp_ffn *experts)
{
    const vp_expert_rules *rules = &r->row->experts;
    if (rules->shared == VP_SHARED_NONE) return true;
    if (!vp_read_optional(r, rules->shared_key, &experts->shared_intermediate)) return false;
    if (rules->shared == VP_SHARED_COUNT)
        experts->shared_intermediate = vp_mul(experts->shared_intermediate, experts->expert_intermediate);
    experts->shared_gate = rules->shared_gate && experts->shared_intermediate > 0;
    return true;
}

static bool read_experts(vp_reader *r, vp_ffn *experts)
{
    const vp_expert_rules *rules = &r->row->experts;
    if (!vp_read_count(r, rules->size, r->model->intermediate, &experts->expert_intermediate) ||
        !vp_read_optional(r, "num_experts_per_tok|moe_top_k|num_experts_per_token|moe_k",
                          &experts->experts_per_token) ||
        !vp_read_rule(r, rules->correction_bias, &experts->correction_bias) || !read_shared(r, experts))
        return false;
    if (experts->experts_per_token > experts->experts)
        return vp_reader_fail(r, VLLMPLAN_E_RANGE, "num_experts_per_tok", "is above the number of experts");
    if (rules->float_router) experts->router_dtype = VP_DTYPE_FLOAT32;
    switch (rules->dense) {
    case VP_DENSE_NONE:
        vp_layers_add_range(&experts->layers, 0, r->model->layers);
        return true;
    case VP_DENSE_FIRST:
        return sparse_after_first(r, &experts->layers);
    case VP_DENSE_STEP:
        return sparse_by_step(r, &experts->layers);
    }
    return true;
}

bool vp_config_ffns(vp_reader *r)
{
    vp_model *m = r->model;
    vp_ffn dense, experts;
    memset(&dense, 0, sizeof dense);
    dense.gated = !r->row->ungated;
    dense.intermediate = m->intermediate;
    if (!vp_read_rule(r, r->row->mlp_bias, &dense.bias)) return false;
    experts = dense;
    experts.intermediate = 0;
    if (r->row->experts.count && !vp_read_optional(r, r->row->experts.count, &experts.experts)) return false;
    if (experts.experts > 0 && !read_experts(r, &experts)) return false;
    vp_layers_add_range(&dense.layers, 0, m->layers);
    for (uint64_t i = 0; i < m->layers; i++)
        if (vp_layers_has(&experts.layers, i)) vp_layers_remove(&dense.layers, i);
    if (!vp_layers_empty(&dense.layers) && m->intermediate == 0)
        return vp_reader_fail(r, VLLMPLAN_E_MISSING, "intermediate_size", "is missing");
    m->experts = experts.experts;
    m->experts_per_token = experts.experts_per_token;
    m->expert_intermediate = experts.expert_intermediate;
    return vp_config_add_ffn(r, &dense) && vp_config_add_ffn(r, &experts);
}
