/* SPDX-License-Identifier: Apache-2.0 */
/* 8-bit floats with scales for a tensor, a row or a tile (vllm/model_executor/layers/quantization/: fp8.py,
 * online/fp8.py, modelopt.py, compressed_tensors/schemes/compressed_tensors_w8a8_fp8.py and
 * compressed_tensors_w8a16_fp8.py; utils/marlin_utils_fp8.py:prepare_fp8_layer_for_marlin). */
#include "base/vp_int.h"
#include "core/packing.h"

/** Scales of a weight of this shape: float32 for the card's own kernels. Fused weights with a scale for each
 *  part are requantized to one (utils/w8a8_utils.py:requantize_with_max_scale). */
static uint64_t scales(const vp_packed *m, vp_tile t)
{
    bool deep_gemm = m->c->capability >= 100 && m->c->capability < 110 && t.out % 64 == 0 && t.in % 128 == 0;
    uint64_t out = m->scheme && m->scheme->block_out ? m->scheme->block_out : 128;
    uint64_t in = m->scheme && m->scheme->group ? m->scheme->group : 128;
    /* DeepGEMM on Blackwell: for each row the exponents of four tiles in a word
     * (utils/fp8_utils.py:deepgemm_post_process_fp8_weight_block) */
    if (m->packing == VP_PACKING_FP8_BLOCK && deep_gemm && m->group->module->kind != VP_KIND_EXPERTS)
        return vp_mul(vp_round_up(t.out, 4), vp_ceil_div(t.in / 128, 4));
    if (m->packing == VP_PACKING_FP8_BLOCK) return vp_mul(vp_ceil_div(t.out, out), vp_ceil_div(t.in, in));
    return m->packing == VP_PACKING_FP8_CHANNEL ? t.out : 1;
}

void vp_packing_add_fp8(const vp_packed *m, vp_allocations *out)
{
    vp_kernel kernel = vp_kernel_of(m);
    vp_tile t = vp_tile_of(m);
    bool block = m->packing == VP_PACKING_FP8_BLOCK;
    if (block && m->scheme && m->scheme->form == VP_FORM_MODELOPT) /* modelopt.py:_Fp8PbWoPartialBlock */
        t.out = vp_round_up(t.out, m->scheme->block_out);
    /* scaled_mm/cutlass.py:CutlassFP8ScaledMMLinearKernel; FlashInfer's, on Blackwell and for one scale of
     * both sides, does not pad */
    bool flashinfer = m->c->capability >= 100 && m->packing == VP_PACKING_FP8_TENSOR && m->scheme &&
                      m->scheme->static_inputs;
    if (kernel == VP_KERNEL_NATIVE && !block && !flashinfer)
        t = (vp_tile){vp_round_up(t.out, 16), vp_round_up(t.in, 16)};
    uint64_t scale_bytes = vp_mul(4, scales(m, t));
    if (kernel == VP_KERNEL_MARLIN || (kernel == VP_KERNEL_HUMMING && !block)) {
        /* 16 bits for each output; of blocks for each output and group of inputs */
        uint64_t groups =
            block ? vp_ceil_div(t.in, m->scheme && m->scheme->group ? m->scheme->group : 128) : 1;
        scale_bytes = vp_mul(vp_mul(t.out, groups), m->element);
    }
    /* quantized while loading, whole tiles of inputs: a view of rows that were padded to tiles
     * (online/fp8.py:Fp8PerBlockOnlineLinearMethod, utils/deep_gemm.py:per_block_cast_to_fp8) */
    bool view = !m->scheme && block && kernel == VP_KERNEL_NATIVE && t.in % 128 == 0;
    vp_allocations_add(out, vp_mul(vp_mul(view ? vp_round_up(t.out, 128) : t.out, t.in), m->copies));
    vp_allocations_add(out, vp_mul(scale_bytes, m->copies));
    if (kernel == VP_KERNEL_NATIVE && m->scheme && m->scheme->static_inputs)
        vp_allocations_add(out, vp_mul(4, m->copies));
    vp_packing_add_locks(m, out);
}
