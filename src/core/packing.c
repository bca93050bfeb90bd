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

/** FlashInfer's kernels for 16-bit experts on 10.x take an intermediate size in steps of 128
 *  (fused_moe/oracle/unquantized.py:unquantized_round_up_hidden_size_and_intermediate_size, 0.33.0). */
static void pad_plain_experts(vp_packed *m, uint32_t tp)
{
    enum { STEP = 128 };
    const vp_group *group = m->group;
    if (m->packing != VP_PACKING_NOTHING || m->c->capability / 10 != 10) return;
    if (group->in_divided) {
        m->in = vp_round_up(m->in, STEP);
        return;
    }
    m->out = 0;
    for (uint32_t i = 0; i < group->part_count; i++)
        m->out = vp_add(m->out, vp_round_up(vp_layout_out(&group->parts[i], tp), STEP));
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
        /* 8-bit integers while loading are for experts alone: online/int8.py, experts_int8.py */
        m.packing = c->packing == VP_PACKING_INT8_CHANNEL && !experts ? VP_PACKING_NOTHING : c->packing;
    }
    if (experts) pad_plain_experts(&m, tp);
    return m;
}

/** The dtype of what is not packed. */
static vp_dtype plain_dtype(const vp_weights_case *c, const vp_group *group)
{
    bool kernels = (c->capability == 90 || c->capability / 10 == 10) &&
                   vp_rule_value(VP_RULE_ROUTER_BY_CARD, c->release);
    if (group->exact && !kernels) return VP_DTYPE_FLOAT32;
    return group->dtype == VP_DTYPE_NONE ? c->dtype : group->dtype;
}

static void add_plain(const vp_packed *m, vp_allocations *out)
{
    uint64_t elements = vp_mul(m->group->in == 0 ? m->out : vp_mul(m->out, m->in), m->copies);
    vp_allocations_add(out, vp_dtype_bytes(plain_dtype(m->c, m->group), elements));
}

void vp_packing_add(const vp_packed *m, vp_allocations *out)
{
    bool own = m->packing == VP_PACKING_NOTHING || m->packing == VP_PACKING_BNB4 ||
               m->packing == VP_PACKING_BNB8 || m->packing == VP_PACKING_RTN8;
    if (m->group->module->kind == VP_KIND_EXPERTS && !own) {
        vp_packing_add_experts(m, out);
        return;
    }
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
