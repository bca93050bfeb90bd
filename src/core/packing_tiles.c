/* SPDX-License-Identifier: Apache-2.0 */
/* Which kernel computes with a packed weight, and the shape that it pads the weight to
 * (vllm/model_executor/kernels/linear/__init__.py of 0.33.0: choose_mp_linear_kernel, init_fp8_linear_kernel,
 * init_wfp8_a16_linear_kernel, init_nvfp4_linear_kernel, init_mxfp8_linear_kernel, init_mxfp4_linear_kernel).
 * */
#include "base/vp_int.h"
#include "core/packing.h"
#include "data/release_rules.h"

bool vp_weights_native_fp8(uint16_t capability) { return capability >= 89; }

static uint64_t lcm(uint64_t a, uint64_t b)
{
    uint64_t x = a, y = b;
    while (y > 0) {
        uint64_t rest = x % y;
        x = y;
        y = rest;
    }
    return a / x * b;
}

/** Inputs that share a scale; 0 = all. */
static uint64_t group_of(const vp_packed *m)
{
    switch (m->packing) {
    case VP_PACKING_NVFP4:
        return 16;
    case VP_PACKING_MXFP4:
    case VP_PACKING_MXFP8:
        return 32;
    case VP_PACKING_FP8_BLOCK:
        return m->scheme ? m->scheme->group : 128;
    case VP_PACKING_INT:
        return m->scheme->group;
    default:
        return 0;
    }
}

/** mixed_precision/machete.py: Hopper only, whole tiles of 64 inputs and 128 outputs. */
static bool machete_takes(const vp_packed *m)
{
    uint32_t group = m->scheme->group;
    return m->c->capability == 90 && (group == 0 || group == 64 || group == 128) && m->in % 64 == 0 &&
           m->out % 128 == 0;
}

/** mixed_precision/marlin.py: groups that end where the rank's inputs end; zero points of 4 bits only. AWQ
 *  asks for Marlin's types before anything else, and without zero points its own is none of them. */
static bool marlin_takes(const vp_packed *m)
{
    uint32_t group = m->scheme->group;
    bool sizes = group == 0 || group == 32 || group == 64 || group == 128;
    return sizes && (group == 0 || m->in % group == 0) && !(m->scheme->zero_points && m->scheme->bits == 8);
}

static vp_kernel kernel_of_int(const vp_packed *m)
{
    if (m->scheme->form == VP_FORM_AWQ && !m->scheme->zero_points) return VP_KERNEL_NATIVE;
    if (machete_takes(m)) return VP_KERNEL_MACHETE;
    bool humming = vp_rule_value(VP_RULE_HUMMING_FIRST, m->c->release) && m->c->capability == 90;
    return !humming && marlin_takes(m) ? VP_KERNEL_MARLIN : VP_KERNEL_HUMMING;
}

/** fp8.py takes blocks natively from 9.0 on (8.9 has no kernel for them), all else from 8.9 on.
 *  compressed-tensors has a class of its own for weights alone, which prefers Humming to Marlin. */
static vp_kernel kernel_of_fp8(const vp_packed *m)
{
    bool weight_only = m->scheme && m->scheme->weight_only;
    bool native = vp_weights_native_fp8(m->c->capability) && !weight_only;
    bool compressed = m->scheme && m->scheme->form == VP_FORM_COMPRESSED;
    if (native && m->packing == VP_PACKING_FP8_BLOCK)
        return m->c->capability >= 90 ? VP_KERNEL_NATIVE : VP_KERNEL_MARLIN;
    if (native) return VP_KERNEL_NATIVE;
    return compressed && vp_rule_value(VP_RULE_HUMMING_LINEAR, m->c->release) ? VP_KERNEL_HUMMING
                                                                              : VP_KERNEL_MARLIN;
}

/** mxfp8/flashinfer.py:_check_mm_mxfp8_shape: no small matrices. */
static bool cutlass_takes(const vp_packed *m)
{
    bool small = m->packing == VP_PACKING_MXFP8 && (m->out < 128 || m->in < 128);
    return m->c->capability >= 100 && m->scheme && !small;
}

vp_kernel vp_kernel_of(const vp_packed *m)
{
    bool humming = m->c->capability == 90;
    if (m->group->module->kind == VP_KIND_EXPERTS) return vp_kernel_of_experts(m);
    switch (m->packing) {
    case VP_PACKING_FP8_TENSOR:
    case VP_PACKING_FP8_CHANNEL:
    case VP_PACKING_FP8_BLOCK:
        return kernel_of_fp8(m);
    case VP_PACKING_INT:
        return kernel_of_int(m);
    case VP_PACKING_NVFP4:
    case VP_PACKING_MXFP4:
    case VP_PACKING_MXFP8:
        return humming ? VP_KERNEL_HUMMING : cutlass_takes(m) ? VP_KERNEL_CUTLASS : VP_KERNEL_MARLIN;
    default:
        return VP_KERNEL_NATIVE;
    }
}

/** Marlin's tiles: outputs to 64 and inputs to 128, or the other way round, whichever is smaller; whole
 *  groups (utils/marlin_utils.py:marlin_padded_nk). */
static vp_tile tile_marlin(const vp_packed *m, vp_tile s)
{
    uint64_t group = group_of(m);
    if (!vp_rule_value(VP_RULE_MARLIN_PADS, m->c->release)) return s;
    if (group == 0) group = 1;
    vp_tile a = {vp_round_up(s.out, 64), vp_round_up(s.in, lcm(128, group))};
    vp_tile b = {vp_round_up(s.out, 128), vp_round_up(s.in, lcm(64, group))};
    uint64_t size_a = vp_mul(a.out, a.in), size_b = vp_mul(b.out, b.in);
    return size_a < size_b || (size_a == size_b && a.out + a.in <= b.out + b.in) ? a : b;
}

vp_tile vp_tile_of(const vp_packed *m)
{
    vp_tile s = {m->out, m->in};
    switch (vp_kernel_of(m)) {
    case VP_KERNEL_MARLIN:
        return tile_marlin(m, s);
    case VP_KERNEL_HUMMING: /* utils/humming/linear.py:prepare_humming_linear_layer_config */
        return (vp_tile){vp_round_up(s.out, 256), vp_round_up(s.in, 128)};
    case VP_KERNEL_CUTLASS: /* utils/nvfp4_utils.py:pad_nvfp4_weight_for_cutlass */
        if (m->packing ==
            VP_PACKING_NVFP4) { /* FlashInfer's kernel for 16-bit activations has larger tiles */
            uint64_t unit = m->scheme->weight_only ? 64 : 32;
            return (vp_tile){vp_round_up(s.out, unit), vp_round_up(s.in, unit)};
        }
        break;
    case VP_KERNEL_NATIVE:
    case VP_KERNEL_MACHETE:
        break;
    }
    return s;
}

uint64_t vp_packing_bias(const vp_packed *m)
{
    vp_tile t = vp_tile_of(m);
    if (m->packing == VP_PACKING_NOTHING) return m->out;
    if (m->group->module->kind == VP_KIND_EXPERTS) return vp_packing_expert_bias(m);
    if (vp_kernel_of(m) == VP_KERNEL_CUTLASS) return m->out;
    return vp_kernel_of(m) == VP_KERNEL_HUMMING ? vp_mul(2, t.out) : t.out;
}

/** Of a card that was given by its capability alone: that of the first card of that capability. */
static uint64_t multiprocessors(const vp_weights_case *c)
{
    if (c->multiprocessors > 0) return c->multiprocessors;
    return c->capability >= 100 ? 148 : c->capability >= 90 ? 132 : c->capability >= 89 ? 142 : 80;
}

void vp_packing_add_locks(const vp_packed *m, vp_allocations *out)
{
    vp_kernel kernel = vp_kernel_of(m);
    if (kernel == VP_KERNEL_MARLIN && !vp_rule_value(VP_RULE_MARLIN_LOCKS_SHARED, m->c->release))
        vp_allocations_add(out, vp_mul(4, multiprocessors(m->c))); /* marlin_make_workspace_new */
    if (kernel == VP_KERNEL_HUMMING)
        vp_allocations_add(out, vp_mul(32, multiprocessors(m->c))); /* utils/humming:create_humming_locks */
}
