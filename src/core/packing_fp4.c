/* SPDX-License-Identifier: Apache-2.0 */
/* 4-bit floats, and 8-bit ones with a shared exponent (vllm/model_executor/kernels/linear/nvfp4/, mxfp4/ and
 * mxfp8/; layers/quantization/online/mxfp8.py, mxfp4.py). */
#include "base/vp_int.h"
#include "core/packing.h"

/** Float32 scalars that stay beside a 4-bit weight. NVFP4 has a global scale; with 4-bit activations all
 *  kernels but Humming leave the input's scale, its inverse and their product where they were made
 *  (compressed_tensors_w4a4_nvfp4.py, modelopt.py: process_weights_after_loading). */
static uint64_t scalars(const vp_packed *m)
{
    bool humming = vp_kernel_of(m) == VP_KERNEL_HUMMING;
    if (m->packing == VP_PACKING_MXFP4) return humming && m->scheme; /* a global scale that Humming wants */
    if (m->packing != VP_PACKING_NVFP4) return 0;
    return !humming && !m->scheme->weight_only ? 4 : 1;
}

void vp_packing_add_fp4(const vp_packed *m, vp_allocations *out)
{
    vp_tile t = vp_tile_of(m);
    uint64_t bits = m->packing == VP_PACKING_MXFP8 ? 8 : 4;
    uint64_t group = m->packing == VP_PACKING_NVFP4 ? 16 : 32;
    vp_allocations_add(out, vp_mul(vp_mul(t.out, t.in) / 8 * bits, m->copies));
    vp_tile s = {t.out, t.in / group};        /* a byte each */
    if (vp_kernel_of(m) == VP_KERNEL_CUTLASS) /* swizzled in tiles: swizzle_blockscale, swizzle_mxfp8_scale */
        s = (vp_tile){vp_round_up(m->out, 128), vp_round_up(m->in / group, 4)};
    vp_allocations_add(out, vp_mul(vp_mul(s.out, s.in), m->copies));
    for (uint64_t i = 0; i < scalars(m); i++) vp_allocations_add(out, vp_mul(4, m->copies));
    vp_packing_add_locks(m, out);
}
