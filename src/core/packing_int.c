/* SPDX-License-Identifier: Apache-2.0 */
/* Integers of 4 or 8 bits (vllm/model_executor/layers/quantization/: auto_gptq.py, auto_awq.py, inc/,
 * compressed_tensors/schemes/compressed_tensors_wNa16.py and compressed_tensors_w8a8_int8.py;
 * vllm/model_executor/kernels/linear/mixed_precision/ and scaled_mm/). */
#include "base/vp_int.h"
#include "core/packing.h"

/** Zero points as the kernel keeps them: packed, or for Machete multiplied with the scales. GPTQ's files have
 *  some that say nothing; only Marlin and Humming drop them. */
static uint64_t zero_bytes(const vp_packed *m, vp_kernel kernel, uint64_t scales)
{
    uint64_t packed = scales / 8 * m->scheme->bits;
    if (m->scheme->form == VP_FORM_AWQ && kernel == VP_KERNEL_NATIVE) return packed;
    if (m->scheme->zero_points) return kernel == VP_KERNEL_MACHETE ? vp_mul(scales, m->element) : packed;
    bool gptq = m->scheme->form == VP_FORM_GPTQ || m->scheme->form == VP_FORM_AUTOROUND;
    return gptq && kernel == VP_KERNEL_MACHETE ? packed : 0;
}

void vp_packing_add_int(const vp_packed *m, vp_allocations *out)
{
    vp_kernel kernel = vp_kernel_of(m);
    vp_tile t = vp_tile_of(m);
    uint64_t groups = m->scheme->group ? t.in / m->scheme->group : 1;
    uint64_t scales = vp_mul(t.out, groups);
    vp_allocations_add(out, vp_mul(vp_mul(t.out, t.in) / 8 * m->scheme->bits, m->copies));
    vp_allocations_add(out, vp_mul(vp_mul(scales, m->element), m->copies));
    vp_allocations_add(out, vp_mul(zero_bytes(m, kernel, scales), m->copies));
    if (m->scheme->form == VP_FORM_COMPRESSED && kernel != VP_KERNEL_HUMMING)
        vp_allocations_add(out, 16); /* weight_shape: two int64 */
    vp_packing_add_locks(m, out);
}

/** scaled_mm/cutlass.py:CutlassInt8ScaledMMLinearKernel: float32 scales. Fused weights with a scale for each
 *  part get one for each output; activations with a zero point need the sum of each row. */
void vp_packing_add_int8(const vp_packed *m, vp_allocations *out)
{
    bool rows = m->packing == VP_PACKING_INT8_CHANNEL || m->group->part_count > 1;
    vp_allocations_add(out, vp_mul(m->out, m->in));
    vp_allocations_add(out, vp_mul(4, rows ? m->out : 1));
    if (m->scheme->static_inputs) vp_allocations_add(out, 4);
    if (!m->scheme->zero_points) return;
    if (m->scheme->static_inputs) vp_allocations_add(out, 4);
    vp_allocations_add(out, vp_mul(4, m->out));
}

/** mixed_precision/cutlass.py:CutlassW4A8LinearKernel: 8-bit scales of groups, a float32 for each output. */
void vp_packing_add_int4_fp8(const vp_packed *m, vp_allocations *out)
{
    vp_allocations_add(out, vp_mul(m->out, m->in) / 2);
    vp_allocations_add(out, vp_mul(m->out, m->in / m->scheme->group));
    vp_allocations_add(out, vp_mul(4, m->out));
    vp_allocations_add(out, 16); /* weight_shape */
}
