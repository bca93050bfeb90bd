/* SPDX-License-Identifier: Apache-2.0 */
/* Groups of dense MLPs and of experts (vllm/model_executor/layers/fused_moe/layer.py). */
#include "core/groups.h"

#include "base/vp_int.h"

/** gate and up, or up alone, then down. */
static void add_mlp(vp_inventory *out, const vp_layers *layers, vp_module_key up, vp_module_key down,
                    uint64_t hidden, uint64_t intermediate, bool gated, bool bias)
{
    vp_group *first = vp_group_add(out, up, layers, hidden, vp_divided(intermediate));
    if (gated) vp_group_add_part(first, vp_divided(intermediate));
    first->bias = bias;
    vp_group *second = vp_group_add(out, down, layers, intermediate, vp_copied(hidden));
    second->in_divided = true;
    second->bias = bias;
}

static void add_router(vp_inventory *out, const vp_structure *s, const vp_ffn *f)
{
    vp_group *router = vp_group_add(out, VP_MODULE_ROUTER, &f->layers, s->hidden, vp_copied(f->experts));
    router->bias = f->router_bias;
    router->dtype = f->router_dtype;
    if (f->correction_bias)
        vp_group_add(out, VP_MODULE_ROUTER_BIAS, &f->layers, 0, vp_copied(f->experts))->dtype =
            VP_DTYPE_FLOAT32;
}

static void add_experts(vp_inventory *out, const vp_structure *s, const vp_ffn *f)
{
    uint64_t hidden = f->expert_hidden ? f->expert_hidden : s->hidden;
    uint32_t first = out->count;
    add_mlp(out, &f->layers, VP_MODULE_EXPERTS_UP, VP_MODULE_EXPERTS_DOWN, hidden, f->expert_intermediate,
            f->gated, f->expert_bias);
    for (uint32_t i = first; i < out->count; i++) out->groups[i].copies = f->experts;
}

void vp_groups_ffn(vp_inventory *out, const vp_structure *s, const vp_ffn *f)
{
    if (vp_layers_empty(&f->layers)) return;
    if (f->intermediate > 0)
        add_mlp(out, &f->layers, f->gated ? VP_MODULE_GATE_UP_PROJ : VP_MODULE_UP_PROJ, VP_MODULE_DOWN_PROJ,
                s->hidden, f->intermediate, f->gated, f->bias);
    if (f->experts == 0) return;
    add_router(out, s, f);
    if (f->shared_intermediate > 0) {
        add_mlp(out, &f->layers, VP_MODULE_SHARED_UP, VP_MODULE_SHARED_DOWN, s->hidden,
                f->shared_intermediate, f->gated, f->bias);
        if (f->shared_gate)
            vp_group_add(out, VP_MODULE_SHARED_GATE, &f->layers, s->hidden, vp_copied(1));
    }
    add_experts(out, s, f);
}
