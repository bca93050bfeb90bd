/* SPDX-License-Identifier: Apache-2.0 */
/* Formulas of vllm/model_executor/layers/quantization/, file and function beside each. */
#include "core/packing.h"

#include "base/vp_int.h"
#include "core/layout.h"
#include "data/release_rules.h"

void vp_allocations_add(vp_allocations *out, uint64_t bytes)
{
    if (bytes > 0 && out->count < VP_MAX_ALLOCATIONS) out->bytes[out->count++] = bytes;
}

uint64_t vp_allocations_sum(const vp_allocations *allocations)
{
    uint64_t total = 0;
    for (uint32_t i = 0; i < allocations->count; i++) total = vp_add(total, allocations->bytes[i]);
    return total;
}

/** Experts on the rank with the most (fused_moe/expert_map_manager.py: the first ranks hold one more). */
static uint64_t copies_on_rank(const vp_weights_case *c, const vp_group *group)
{
    return c->expert_ranks > 0 ? vp_ceil_div(group->copies, c->expert_ranks) : group->copies;
}

vp_packed vp_packing_of(const vp_weights_case *c, const vp_group *group)
{
    bool experts = group->module->kind == VP_KIND_EXPERTS;
    uint32_t tp = vp_layout_split(group, c->tp, c->encoders_whole);
    if (experts) tp = c->expert_ranks > 0 ? 1 : c->expert_tp > 0 ? c->expert_tp : c->tp;
    if (group->whole_if_backed && vp_architecture_backed(c->model->architecture, c->release)) tp = 1;
    if (group->whole_in_sequence && c->tp > 1 && c->expert_ranks > c->tp) tp = 1;
    vp_packed m = {.c = c, .group = group, .packing = VP_PACKING_NOTHING};
    m.out = vp_layout_group_out(group, tp);
    if (group->per_token) m.out = vp_mul(m.out, c->step_tokens);
    m.in = vp_layout_in(group, tp);
    m.copies = experts ? copies_on_rank(c, group) : group->copies;
    m.element = vp_dtype_bits(c->dtype) / 8;
    if (c->stored && c->model->stored.scheme_count > 0) {
        if (group->scheme > 0 && group->scheme <= c->model->stored.scheme_count) {
            m.scheme = &c->model->stored.schemes[group->scheme - 1];
            m.packing = m.scheme->packing;
        }
    } else if (vp_module_is_target(group->module)) {
        m.packing = c->packing;
    }
    return m;
}

static void add_plain(const vp_packed *m, vp_allocations *out)
{
    uint64_t elements = vp_mul(m->group->in == 0 ? m->out : vp_mul(m->out, m->in), m->copies);
    vp_dtype dtype = m->group->dtype == VP_DTYPE_NONE ? m->c->dtype : m->group->dtype;
    vp_allocations_add(out, vp_dtype_bytes(dtype, elements));
}

void vp_packing_add(const vp_packed *m, vp_allocations *out)
{
    switch (m->packing) {
    case VP_PACKING_NOTHING:
        add_plain(m, out);
        break;
    case VP_PACKING_FP8_TENSOR:
    case VP_PACKING_FP8_CHANNEL:
    case VP_PACKING_FP8_BLOCK:
        vp_packing_add_fp8(m, out);
        break;
    case VP_PACKING_MXFP8:
    case VP_PACKING_MXFP4:
    case VP_PACKING_NVFP4:
        vp_packing_add_fp4(m, out);
        break;
    case VP_PACKING_INT:
        vp_packing_add_int(m, out);
        break;
    case VP_PACKING_INT8_TENSOR:
    case VP_PACKING_INT8_CHANNEL:
        vp_packing_add_int8(m, out);
        break;
    case VP_PACKING_INT4_FP8:
        vp_packing_add_int4_fp8(m, out);
        break;
    case VP_PACKING_RTN8: /* rtn.py:RTNLinearMethod, groups of 128 */
        vp_allocations_add(out, vp_mul(m->out, m->in));
        vp_allocations_add(out, vp_mul(vp_mul(m->out, m->in / 128), m->element));
        break;
    case VP_PACKING_BNB4:
    case VP_PACKING_BNB8:
        vp_packing_add_bnb(m, out);
        break;
    case VP_PACKING_COUNT:
        break;
    }
}

uint64_t vp_packing_once(const vp_weights_case *c)
{
    if (c->packing == VP_PACKING_BNB4 && !c->stored) return 1024; /* bitsandbytes' own map of 256 floats */
    if (c->packing == VP_PACKING_RTN8) return vp_mul(16, c->multiprocessors); /* rtn.py: one workspace */
    return 0;
}
