/* SPDX-License-Identifier: Apache-2.0 */
/* Dense MLPs and experts. */
#include <string.h>

#include "base/vp_int.h"
#include "hf/config.h"

static bool read_shared(vp_reader *r, vp_ffn *experts)
{
    const vp_expert_rules *rules = &r->row->experts;
    uint64_t unit = experts->expert_intermediate;
    if (rules->shared == VP_SHARED_NONE) return true;
    uint64_t named = 0, total = 0;
    char key[VP_MAX_KEY];
    if (!vp_read_optional(r, rules->shared_key, &named)) return false;
    if (named == 0 && !vp_read_member(r, rules->shared_key, key)) named = rules->shared_usual;
    if (rules->shared == VP_SHARED_COUNT && rules->shared_unit &&
        !vp_read_count(r, rules->shared_unit, unit, &unit))
        return false;
    if (rules->shared == VP_SHARED_TOTAL && !vp_read_optional(r, rules->shared_unit, &total)) return false;
    if (rules->shared != VP_SHARED_SIZE && total == 0) total = vp_mul(named, unit);
    experts->shared_intermediate = named == 0 ? 0 : rules->shared == VP_SHARED_SIZE ? named : total;
    experts->shared_gate = rules->shared_gate && experts->shared_intermediate > 0;
    experts->shared_whole = rules->shared_whole;
    return true;
}

static bool read_router(vp_reader *r, vp_ffn *experts)
{
    const vp_expert_rules *rules = &r->row->experts;
    bool single;
    if (!vp_read_rule(r, rules->correction_bias, &experts->correction_bias) ||
        !vp_read_rule(r, rules->router_bias, &experts->router_bias) ||
        !vp_read_rule(r, rules->float_router, &single))
        return false;
    if (single) experts->router_dtype = VP_DTYPE_FLOAT32;
    experts->router_linear = rules->router_linear;
    experts->router_exact = rules->router_exact;
    return !rules->zero || vp_read_optional(r, rules->zero, &experts->zero_experts);
}

static bool read_experts(vp_reader *r, vp_ffn *experts)
{
    const vp_expert_rules *rules = &r->row->experts;
    if (!vp_read_count(r, rules->size, r->model->intermediate, &experts->expert_intermediate) ||
        (rules->latent && !vp_read_optional(r, rules->latent, &experts->expert_hidden)) ||
        !vp_read_rule(r, rules->latent_norm, &experts->latent_norm) ||
        !vp_read_optional(r,
                          "num_experts_per_tok|moe_top_k|num_experts_per_token|moe_k|moe_topk|"
                          "ffn_config/moe_top_k|top_k_experts",
                          &experts->experts_per_token) ||
        !vp_read_rule(r, rules->bias, &experts->expert_bias) || !read_router(r, experts) ||
        !read_shared(r, experts))
        return false;
    if (experts->experts_per_token > experts->experts)
        return vp_reader_fail(r, VLLMPLAN_E_RANGE, "num_experts_per_tok", "is above the number of experts");
    experts->own_loop = rules->own_loop;
    return vp_config_sparse_layers(r, &experts->layers);
}

bool vp_config_ffns(vp_reader *r)
{
    vp_model *m = r->model;
    const vp_expert_rules *rules = &r->row->experts;
    vp_ffn dense, experts;
    memset(&dense, 0, sizeof dense);
    bool gated;
    if (!vp_read_rule(r, r->row->gated, &gated)) return false;
    dense.gated = gated || !r->row->ungated;
    dense.up_unbiased = r->row->up_unbiased;
    dense.apart = r->row->mlp_apart;
    dense.intermediate = m->intermediate;
    dense.whole_if_backed = r->row->whole_mlp;
    if (!vp_read_rule(r, r->row->mlp_bias, &dense.bias)) return false;
    experts = dense;
    experts.intermediate = 0;
    if (rules->count && !vp_read_optional(r, rules->count, &experts.experts)) return false;
    if (experts.experts > 0 && !read_experts(r, &experts)) return false;
    if (rules->dense_size && !vp_read_count(r, rules->dense_size, m->intermediate, &dense.intermediate))
        return false;
    if (r->row->state.hybrid == VP_HYBRID_NONE) return true; /* layers of states alone */
    if (r->row->state.hybrid == VP_HYBRID_SINGLE) {
        if (!vp_config_single_layers(r, "mlp", &dense.layers)) return false;
    } else {
        vp_layers_add_range(&dense.layers, 0, m->layers);
    }
    for (uint64_t i = 0; i < m->layers; i++)
        if (vp_layers_has(&experts.layers, i)) vp_layers_remove(&dense.layers, i);
    if (!vp_layers_empty(&dense.layers) && dense.intermediate == 0)
        return vp_reader_fail(r, VLLMPLAN_E_MISSING, "intermediate_size", "is missing");
    m->experts = experts.experts;
    m->experts_per_token = experts.experts_per_token;
    m->expert_intermediate = experts.expert_intermediate;
    return vp_config_add_ffn(r, &dense) && vp_config_add_ffn(r, &experts);
}
