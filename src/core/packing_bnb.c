/* SPDX-License-Identifier: Apache-2.0 */
/* bitsandbytes (vllm/model_executor/layers/quantization/bitsandbytes.py, to 0.27). */
#include "base/vp_int.h"
#include "core/layout.h"
#include "core/packing.h"

/** bitsandbytes.py:BitsAndBytesLinearMethod and model_loader/bitsandbytes_loader.py:_dequantize_dq: packed
 *  bytes of the fused module, then for each matrix as it stands in the files a float32 absmax for every
 *  64 weights and a table of 16 floats. Nested absmax is expanded while loading, so a stored checkpoint
 *  ends at the same bytes. */
static void add_bnb4(const vp_packed *m, vp_allocations *out)
{
    const vp_group *group = m->group;
    uint64_t packed = 0;
    bool fused_in_files =
        m->c->model->spelling == VP_SPELLING_QWEN1 && group->module->key == VP_MODULE_QKV_PROJ;
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

/** bitsandbytes.py:BitsAndBytesLinearMethod.create_weights (8 bits): a byte for each weight, and a float32
 *  for each output (SCB). */
static void add_bnb8(const vp_packed *m, vp_allocations *out)
{
    vp_allocations_add(out, vp_mul(m->out, m->in));
    vp_allocations_add(out, vp_mul(4, m->out));
}

void vp_packing_add_bnb(const vp_packed *m, vp_allocations *out)
{
    if (m->packing == VP_PACKING_BNB8)
        add_bnb8(m, out);
    else
        add_bnb4(m, out);
}
