/* SPDX-License-Identifier: Apache-2.0 */
/* Packed experts: the two fused tensors of a layer, as a rank holds them
 * (vllm/model_executor/layers/fused_moe/oracle/: fp8.py, int_wna16.py, nvfp4.py, mxfp4.py, mxfp8.py, int8.py;
 * layers/quantization/utils/: humming/moe.py, marlin_utils.py, marlin_utils_fp4.py, marlin_utils_fp8.py;
 * 0.33.0). */
#include "base/vp_int.h"
#include "core/packing.h"
#include "data/release_rules.h"

static bool is_down(const vp_packed *m) { return m->group->module->key == VP_MODULE_EXPERTS_DOWN; }

/** What one expert has between its two matrices on this rank. */
static uint64_t intermediate(const vp_packed *m)
{
    return is_down(m) ? m->in : m->out / (m->group->part_count ? m->group->part_count : 1);
}

static uint64_t hidden(const vp_packed *m) { return is_down(m) ? m->out : m->in; }

static uint64_t gcd(uint64_t a, uint64_t b)
{
    while (b > 0) {
        uint64_t rest = a % b;
        a = b;
        b = rest;
    }
    return a;
}

static bool compressed(const vp_packed *m) { return m->scheme && m->scheme->form == VP_FORM_COMPRESSED; }

/** Humming goes before Marlin on 9.0 and nowhere else (utils/humming/priority.py). compressed-tensors' zero
 *  points and its MXFP4 it does not take. Blackwell has FlashInfer's kernels for what it computes with. */
vp_kernel vp_kernel_of_experts(const vp_packed *m)
{
    bool humming = m->c->capability == 90 && vp_rule_value(VP_RULE_HUMMING_FIRST, m->c->release);
    bool blackwell = m->c->capability >= 100, weight_only = m->scheme && m->scheme->weight_only;
    switch (m->packing) {
    case VP_PACKING_FP8_TENSOR:
    case VP_PACKING_FP8_CHANNEL:
    case VP_PACKING_FP8_BLOCK:
        return vp_weights_native_fp8(m->c->capability) ? VP_KERNEL_NATIVE : VP_KERNEL_MARLIN;
    case VP_PACKING_INT:
        return humming && !(compressed(m) && m->scheme->zero_points) ? VP_KERNEL_HUMMING : VP_KERNEL_MARLIN;
    case VP_PACKING_NVFP4:
    case VP_PACKING_MXFP8:
        return humming ? VP_KERNEL_HUMMING : blackwell && !weight_only ? VP_KERNEL_CUTLASS : VP_KERNEL_MARLIN;
    case VP_PACKING_MXFP4:
        /* experts with biases are gpt-oss' and go to Triton: oracle/mxfp4.py:select_mxfp4_moe_backend */
        if (humming && m->scheme && !compressed(m) && !m->group->bias) return VP_KERNEL_HUMMING;
        return blackwell ? VP_KERNEL_CUTLASS : VP_KERNEL_MARLIN;
    default:
        return VP_KERNEL_NATIVE;
    }
}

/** What lies between the matrices, padded by Marlin: to 64, and whole groups
 *  (marlin_moe_padded_intermediate); to 128 where the hidden size does not fill a tile
 *  (prepare_nvfp4_moe_layer_for_marlin). */
static uint64_t marlin_intermediate(const vp_packed *m)
{
    uint64_t unit = 64, group = m->packing == VP_PACKING_INT ? m->scheme->group : 0;
    if (m->packing == VP_PACKING_NVFP4 && hidden(m) % 128 != 0) unit = 128;
    if (group > 0) unit = unit / gcd(unit, group) * group;
    return vp_round_up(intermediate(m), unit);
}

/** The two sizes of an expert as the kernel has them. */
static vp_tile padded_sizes(const vp_packed *m, vp_kernel kernel)
{
    vp_tile s = {intermediate(m), hidden(m)};
    bool gated = is_down(m) || m->group->part_count > 1;
    if (kernel == VP_KERNEL_MARLIN && vp_rule_value(VP_RULE_MARLIN_PADS, m->c->release))
        s.out = marlin_intermediate(m);
    if (kernel == VP_KERNEL_CUTLASS && m->packing == VP_PACKING_NVFP4) /* utils/flashinfer_fp4_moe.py */
        s = (vp_tile){vp_round_up(s.out, gated ? 64 : 128), vp_round_up(s.in, 256)};
    if (kernel == VP_KERNEL_CUTLASS && m->packing == VP_PACKING_MXFP8) s.out = vp_round_up(s.out, 128);
    return s;
}

static vp_tile tile_of(const vp_packed *m, vp_kernel kernel)
{
    vp_tile s = padded_sizes(m, kernel);
    if (kernel == VP_KERNEL_HUMMING) return (vp_tile){vp_round_up(m->out, 256), vp_round_up(m->in, 128)};
    if (is_down(m)) return (vp_tile){s.in, s.out};
    return (vp_tile){vp_mul(m->out / intermediate(m), s.out), s.in};
}

/** Tiles that a rank's share does not fill are cut to the largest square that divides all
 *  (oracle/fp8.py:refine_fp8_moe_block_shape). */
static uint64_t block_of(const vp_packed *m)
{
    uint64_t out = m->scheme && m->scheme->block_out ? m->scheme->block_out : 128;
    uint64_t in = m->scheme && m->scheme->group ? m->scheme->group : 128;
    if (intermediate(m) % out == 0 && intermediate(m) % in == 0) return out;
    return gcd(gcd(out, in), gcd(intermediate(m), hidden(m)));
}

/** Float32 scales of 8-bit floats; what static activations and the grouped kernels need besides is counted
 *  with the second tensor. */
static void add_fp8(const vp_packed *m, vp_kernel kernel, vp_tile t, vp_allocations *out)
{
    /* modelopt.py:ModelOptFp8MoEMethod has one scale for each expert, whatever the algorithm of the rest */
    bool modelopt = m->scheme && m->scheme->form == VP_FORM_MODELOPT;
    bool channel = m->packing == VP_PACKING_FP8_CHANNEL && !modelopt;
    bool block = m->packing == VP_PACKING_FP8_BLOCK && !modelopt;
    uint64_t size = block ? block_of(m) : 1, scales = channel ? t.out : 1;
    if (block) scales = vp_mul(vp_ceil_div(t.out, size), vp_ceil_div(t.in, size));
    vp_allocations_add(out, vp_mul(vp_mul(t.out, t.in), m->copies));
    bool measured = m->scheme && (m->scheme->static_inputs || modelopt) && !channel && !block;
    if (measured) vp_allocations_add(out, 4); /* scale of the activations */
    if (kernel == VP_KERNEL_MARLIN) { /* 16 bits for each output, of blocks for each group of inputs too */
        uint64_t groups = block ? vp_ceil_div(t.in, size) : 1;
        vp_allocations_add(out, vp_mul(vp_mul(vp_mul(t.out, groups), m->element), m->copies));
        return;
    }
    vp_allocations_add(out, vp_mul(vp_mul(4, scales), m->copies));
    if (measured &&
        m->c->capability >= 90) { /* its products with each expert's scale; before Blackwell its inverse
                     * (oracle/fp8.py:make_fp8_moe_quant_config; trtllm_fp8_moe.py) */
        bool blackwell = m->c->capability >= 100;
        vp_allocations_add(out, vp_mul(blackwell && is_down(m) ? 8 : 4, m->copies));
        if (!blackwell) vp_allocations_add(out, 4);
    }
    /* cutlass_moe.py:CutlassExpertsFp8: three int64 of strides for each expert */
    bool strides = channel && m->c->capability >= 90 && (!m->scheme || compressed(m));
    if (strides && is_down(m)) vp_allocations_add(out, vp_mul(24, m->copies));
}

static void add_int(const vp_packed *m, vp_kernel kernel, vp_tile t, vp_allocations *out)
{
    uint64_t groups = m->scheme->group ? t.in / m->scheme->group : 1;
    uint64_t scales = vp_mul(vp_mul(t.out, groups), m->copies);
    vp_allocations_add(out, vp_mul(vp_mul(t.out, t.in) / 8 * m->scheme->bits, m->copies));
    vp_allocations_add(out, vp_mul(scales, m->element));
    /* Marlin's classes for GPTQ and AWQ keep the files' zero points, whether they say something or not */
    bool kept = !compressed(m) && kernel == VP_KERNEL_MARLIN;
    if (m->scheme->zero_points || kept) vp_allocations_add(out, scales / 8 * m->scheme->bits);
    /* weight_shape: two numbers in the model's dtype */
    if (compressed(m) && kernel != VP_KERNEL_HUMMING)
        vp_allocations_add(out, vp_mul(vp_mul(2, m->element), m->copies));
}

/** Bytes of scalars that each expert keeps of NVFP4: two global scales; with FlashInfer five products more;
 *  compressed-tensors' own for the activations unless Humming drops them. */
static uint64_t nvfp4_scalars(const vp_packed *m, vp_kernel kernel)
{
    uint64_t bytes = 8;
    if (kernel == VP_KERNEL_CUTLASS) bytes += 20;
    if (compressed(m) && kernel != VP_KERNEL_HUMMING) bytes += 24;
    return bytes;
}

static void add_fp4(const vp_packed *m, vp_kernel kernel, vp_tile t, vp_allocations *out)
{
    uint64_t bits = m->packing == VP_PACKING_MXFP8 ? 8 : 4;
    uint64_t group = m->packing == VP_PACKING_NVFP4 ? 16 : 32;
    vp_allocations_add(out, vp_mul(vp_mul(t.out, t.in) / 8 * bits, m->copies));
    vp_allocations_add(out, vp_mul(vp_mul(t.out, t.in / group), m->copies));
    if (m->packing == VP_PACKING_NVFP4 && is_down(m))
        vp_allocations_add(out, vp_mul(nvfp4_scalars(m, kernel), m->copies));
}

/** gpt-oss: experts with biases (layers/quantization/mxfp4.py:GptOssMxfp4MoEMethod; oracle/mxfp4.py:
 *  mxfp4_round_up_hidden_size_and_intermediate_size, convert_gpt_oss_weight_to_mxfp4_moe_kernel_format).
 *  Marlin and FlashInfer pad when the layer is made; Triton's layout on Hopper swizzles values and scales in
 *  tiles. */
static void add_gpt_oss(const vp_packed *m, vp_allocations *out)
{
    bool triton = m->c->capability == 90;
    uint64_t between = vp_round_up(intermediate(m), triton ? 64 : 128);
    uint64_t outside = triton ? hidden(m) : vp_round_up(hidden(m), 256);
    uint64_t n = is_down(m) ? outside : vp_mul(m->out / intermediate(m), between);
    uint64_t k = is_down(m) ? between : outside;
    uint64_t values = vp_mul(n, k) / 2, scales = vp_mul(n, k / 32);
    if (triton) {
        values = vp_mul(vp_round_up(n, 16), vp_round_up(k / 2, 32));
        scales = vp_mul(vp_round_up(n, 256), vp_round_up(k / 32, 4));
    }
    vp_allocations_add(out, vp_mul(values, m->copies));
    vp_allocations_add(out, vp_mul(scales, m->copies));
}

/** Bias elements of the two matrices of gpt-oss, in elements of the model's dtype: float32 but with Marlin.
 *  */
uint64_t vp_packing_expert_bias(const vp_packed *m)
{
    bool triton = m->c->capability == 90;
    if (m->packing != VP_PACKING_MXFP4 || !m->scheme) return m->out;
    uint64_t between = vp_round_up(intermediate(m), triton ? 64 : 128);
    uint64_t outside = triton ? hidden(m) : vp_round_up(hidden(m), 256);
    uint64_t n = is_down(m) ? outside : vp_mul(m->out / intermediate(m), between);
    return m->c->capability >= 90 ? vp_mul(n, 4 / (m->element ? m->element : 2)) : n;
}

void vp_packing_add_experts(const vp_packed *m, vp_allocations *out)
{
    vp_kernel kernel = vp_kernel_of_experts(m);
    vp_tile t = tile_of(m, kernel);
    switch (m->packing) {
    case VP_PACKING_FP8_TENSOR:
    case VP_PACKING_FP8_CHANNEL:
    case VP_PACKING_FP8_BLOCK:
        add_fp8(m, kernel, t, out);
        break;
    case VP_PACKING_INT:
        add_int(m, kernel, t, out);
        break;
    case VP_PACKING_INT8_CHANNEL:
        vp_allocations_add(out, vp_mul(vp_mul(t.out, t.in), m->copies));
        vp_allocations_add(out, vp_mul(vp_mul(4, t.out), m->copies));
        break;
    default:
        if (m->packing == VP_PACKING_MXFP4 && m->group->bias)
            add_gpt_oss(m, out);
        else
            add_fp4(m, kernel, t, out);
        break;
    }
    if (is_down(m)) vp_packing_add_locks(m, out); /* one for the two */
}
