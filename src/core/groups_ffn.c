/* SPDX-License-Identifier: Apache-2.0 */
/* Groups of dense MLPs and of experts (vllm/model_executor/layers/fused_moe/layer.py). */
#include "core/groups.h"

#include "base/vp_int.h"

/** The modules of an MLP; `gate` is there where it is a layer of its own. */
typedef struct vp_mlp_modules {
    bool apart;
    vp_module_key gate, up, down;
} vp_mlp_modules;

/** gate and up, or up alone, then down. */
static void add_mlp(vp_inventory *out, const vp_layers *layers, const vp_mlp_modules *modules,
                    uint64_t hidden, uint64_t intermediate, bool gated, bool bias)
{
    if (modules->apart)
        vp_group_add(out, modules->gate, layers, hidden, vp_divided(intermediate))->bias = bias;
    vp_group *first = vp_group_add(out, modules->up, layers, hidden, vp_divided(intermediate));
    if (gated && !modules->apart) vp_group_add_part(first, vp_divided(intermediate));
    first->bias = bias;
    vp_group *second = vp_group_add(out, modules->down, layers, intermediate, vp_copied(hidden));
    second->in_divided = true;
    second->bias = bias;
}

static void add_router(vp_inventory *out, const vp_structure *s, const vp_ffn *f)
{
    uint64_t seen = vp_add(f->experts, f->zero_experts);
    vp_module_key key = f->router_linear ? VP_MODULE_ROUTER_LINEAR : VP_MODULE_ROUTER;
    vp_group *router = vp_group_add(out, key, &f->layers, s->hidden, vp_copied(seen));
    router->bias = f->router_bias;
    router->dtype = f->router_dtype;
    router->exact = f->router_exact;
    if (f->correction_bias)
        vp_group_add(out, VP_MODULE_ROUTER_BIAS, &f->layers, 0, vp_copied(seen))->dtype = VP_DTYPE_FLOAT32;
}

/** Experts that all tokens pass through. Where each rank has tokens of its own (ParallelConfig.
 *  use_sequence_parallel_moe), some classes build them whole: disable_tp. */
static void add_shared(vp_inventory *out, const vp_structure *s, const vp_ffn *f)
{
    uint32_t first = out->count;
    vp_mlp_modules modules = {false, VP_MODULE_SHARED_UP, VP_MODULE_SHARED_UP, VP_MODULE_SHARED_DOWN};
    if (f->apart)
        modules = (vp_mlp_modules){true, VP_MODULE_SHARED_GATE_PROJ, VP_MODULE_SHARED_UP_PROJ,
                                   VP_MODULE_SHARED_DOWN};
    add_mlp(out, &f->layers, &modules, s->hidden, f->shared_intermediate, f->gated, f->bias);
    for (uint32_t i = first; i < out->count; i++) out->groups[i].whole_in_sequence = f->shared_whole;
    /* as wide as the router (minimax_text_01.py: coefficient) */
    if (f->shared_gate)
        vp_group_add(out, VP_MODULE_SHARED_GATE, &f->layers, s->hidden, vp_copied(1))->dtype =
            f->router_dtype;
}

static void add_experts(vp_inventory *out, const vp_structure *s, const vp_ffn *f)
{
    uint64_t hidden = f->expert_hidden ? f->expert_hidden : s->hidden;
    uint32_t first = out->count;
    vp_mlp_modules modules = {false, VP_MODULE_EXPERTS_UP, VP_MODULE_EXPERTS_UP, VP_MODULE_EXPERTS_DOWN};
    if (f->own_loop)
        modules = (vp_mlp_modules){false, VP_MODULE_LOOP_UP, VP_MODULE_LOOP_UP, VP_MODULE_LOOP_DOWN};
    add_mlp(out, &f->layers, &modules, hidden, f->expert_intermediate, f->gated, f->expert_bias);
    for (uint32_t i = first; i < out->count; i++) out->groups[i].copies = f->experts;
}

/** Experts that see a narrower vector: down to it and back, whole on every rank
 *  (nemotron_h.py:NemotronHMoE, models/kimi_k3/nvidia/model.py:KimiMoE). */
static void add_latent(vp_inventory *out, const vp_structure *s, const vp_ffn *f)
{
    vp_group_add(out, VP_MODULE_LATENT_IN, &f->layers, s->hidden, vp_copied(f->expert_hidden))->bias =
        f->bias;
    if (f->latent_norm) vp_group_add_norm(out, s, VP_MODULE_LATENT_NORM, &f->layers, f->expert_hidden);
    vp_group_add(out, VP_MODULE_LATENT_OUT, &f->layers, f->expert_hidden, vp_copied(s->hidden))->bias =
        f->bias;
}

void vp_groups_ffn(vp_inventory *out, const vp_structure *s, const vp_ffn *f)
{
    if (vp_layers_empty(&f->layers)) return;
    uint32_t first = out->count;
    vp_mlp_modules modules = {f->apart && f->gated, VP_MODULE_GATE_PROJ,
                              f->gated && !f->apart ? VP_MODULE_GATE_UP_PROJ : VP_MODULE_UP_PROJ,
                              VP_MODULE_DOWN_PROJ};
    if (f->intermediate > 0)
        add_mlp(out, &f->layers, &modules, s->hidden, f->intermediate, f->gated, f->bias);
    if (f->up_unbiased && out->count > first) out->groups[first].bias = false;
    for (uint32_t i = first; i < out->count; i++) out->groups[i].whole_if_backed = f->whole_if_backed;
    if (f->experts == 0) return;
    add_router(out, s, f);
    if (f->shared_intermediate > 0) add_shared(out, s, f);
    if (f->expert_hidden > 0) add_latent(out, s, f);
    add_experts(out, s, f);
}
