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

bool vp_weights_native_fp8(uint16_t capability) { return capability >= 89; }

/** Experts on the rank with the most (fused_moe/expert_map_manager.py: the first ranks hold one more). */
static uint64_t copies_on_rank(const vp_weights_case *c, const vp_group *group)
{
    return c->expert_ranks > 0 ? vp_ceil_div(group->copies, c->expert_ranks) : group->copies;
}

vp_packed vp_packing_of(const vp_weights_case *c, const vp_group *group)
{
    bool experts = group->module->kind == VP_KIND_EXPERTS;
    uint32_t tp = c->tp;
    if (experts) tp = c->expert_ranks > 0 ? 1 : c->expert_tp > 0 ? c->expert_tp : c->tp;
    vp_packed m = {.c = c, .group = group, .packing = VP_PACKING_NOTHING};
    m.out = vp_layout_group_out(group, tp);
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

/** Marlin's locks: one int32 a multiprocessor and layer before they were shared
 *  (utils/marlin_utils.py:marlin_make_workspace_new). */
static void add_marlin_locks(const vp_weights_case *c, vp_allocations *out)
{
    if (!vp_rule_value(VP_RULE_MARLIN_LOCKS_SHARED, c->release)) vp_allocations_add(out, vp_mul(4, c->multiprocessors));
}

/** fp8.py:Fp8LinearMethod, online/fp8.py; on Marlin utils/marlin_utils_fp8.py:prepare_fp8_layer_for_marlin */
static void add_fp8(const vp_packed *m, vp_allocations *out)
{
    bool block = m->packing == VP_PACKING_FP8_BLOCK;
    if (!vp_weights_native_fp8(m->c->capability)) {
        vp_tile t = vp_tile_marlin(m->c, (vp_tile){m->out, m->in});
        uint64_t groups = block ? vp_ceil_div(t.in, 128) : 1;
        vp_allocations_add(out, vp_mul(vp_mul(t.out, t.in), m->copies));
        vp_allocations_add(out, vp_mul(vp_mul(vp_mul(t.out, groups), m->element), m->copies));
        add_marlin_locks(m->c, out);
        return;
    }
    uint64_t scales = 1;
    if (block) scales = vp_mul(vp_ceil_div(m->out, 128), vp_ceil_div(m->in, 128));
    if (m->packing == VP_PACKING_FP8_CHANNEL) scales = m->out;
    vp_allocations_add(out, vp_mul(vp_mul(m->out, m->in), m->copies));
    vp_allocations_add(out, vp_mul(vp_mul(4, scales), m->copies));
}

/** online/mxfp8.py, online/mxfp4.py: `bits` a weight and one exponent byte for each 32 inputs. */
static void add_microscaling(const vp_packed *m, uint64_t bits, vp_allocations *out)
{
    enum { HUMMING_LOCKS = 4224 };
    vp_tile s = {m->out, m->in};
    bool humming = m->c->capability == 90;
    vp_tile padded = humming ? vp_tile_humming(s) : vp_tile_marlin(m->c, s);
    vp_allocations_add(out, vp_mul(vp_mul(padded.out, padded.in) / 8 * bits, m->copies));
    vp_allocations_add(out, vp_mul(vp_mul(padded.out, padded.in / 32), m->copies));
    if (humming) vp_allocations_add(out, HUMMING_LOCKS);
}

/** bitsandbytes.py:BitsAndBytesLinearMethod and model_loader/bitsandbytes_loader.py:_dequantize_dq: packed
 *  bytes of the fused module, then for each matrix as it stands in the files a float32 absmax for every
 *  64 weights and a table of 16 floats. Nested absmax is expanded while loading, so a stored checkpoint
 *  ends at the same bytes. */
static void add_bnb4(const vp_packed *m, vp_allocations *out)
{
    const vp_group *group = m->group;
    uint64_t packed = 0;
    bool fused_in_files = m->c->model->architecture->spelling == VP_SPELLING_QWEN1 &&
                          group->module->key == VP_MODULE_QKV_PROJ;
    vp_allocations states = {{0}, 0};
    for (uint32_t i = 0; i < group->part_count; i++) {
        uint64_t elements = vp_mul(vp_layout_out(&group->parts[i], m->c->tp), m->in);
        packed = vp_add(packed, elements);
        if (fused_in_files && i + 1 < group->part_count) continue;
        vp_allocations_add(&states, vp_mul(4, vp_ceil_div(fused_in_files ? packed : elements, 64)));
        vp_allocations_add(&states, 64);
    }
    vp_allocations_add(out, packed / 2);
    for (uint32_t i = 0; i < states.count; i++) vp_allocations_add(out, states.bytes[i]);
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
        add_fp8(m, out);
        break;
    case VP_PACKING_MXFP8:
        add_microscaling(m, 8, out);
        break;
    case VP_PACKING_MXFP4:
        add_microscaling(m, 4, out);
        break;
    case VP_PACKING_RTN8: /* rtn.py:RTNLinearMethod, groups of 128 */
        vp_allocations_add(out, vp_mul(m->out, m->in));
        vp_allocations_add(out, vp_mul(vp_mul(m->out, m->in / 128), m->element));
        break;
    case VP_PACKING_BNB4:
        add_bnb4(m, out);
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
