/* SPDX-License-Identifier: Apache-2.0 */
/* Formulas of vllm/model_executor/layers/quantization/, file and function beside each. O and I are a
 * module's outputs and inputs on this rank. */
#include "core/packing.h"

#include "base/vp_int.h"
#include "data/release_rules.h"

static void add(vp_allocations *out, uint64_t bytes)
{
    if (bytes > 0 && out->count < VP_MAX_ALLOCATIONS) out->bytes[out->count++] = bytes;
}

bool vp_weights_native_fp8(uint16_t capability) { return capability >= 89; }

typedef struct shape {
    uint64_t out, in;
} shape;

/** Marlin's tiles: outputs to 64 and inputs to 128, or the other way round, whichever is smaller
 *  (utils/marlin_utils.py:marlin_padded_nk, 0.20 and newer; older releases do not pad). */
static shape marlin_shape(const vp_weights_case *c, shape s)
{
    if (!vp_rule_value(VP_RULE_MARLIN_LOCKS_SHARED, c->release)) return s;
    shape a = {vp_round_up(s.out, 64), vp_round_up(s.in, 128)};
    shape b = {vp_round_up(s.out, 128), vp_round_up(s.in, 64)};
    return vp_mul(a.out, a.in) <= vp_mul(b.out, b.in) ? a : b;
}

/** Humming's tiles on capability 9.0, for the microscaling formats (utils/humming/linear.py). */
static shape humming_shape(shape s)
{
    shape padded = {vp_round_up(s.out, 256), vp_round_up(s.in, 128)};
    return padded;
}

/** Marlin's locks: one int32 a multiprocessor and layer before they were shared
 *  (utils/marlin_utils.py:marlin_make_workspace_new). */
static void add_marlin_locks(const vp_weights_case *c, vp_allocations *out)
{
    if (!vp_rule_value(VP_RULE_MARLIN_LOCKS_SHARED, c->release)) add(out, vp_mul(4, c->multiprocessors));
}

/** fp8.py:Fp8LinearMethod, online/fp8.py; on Marlin utils/marlin_utils_fp8.py:prepare_fp8_layer_for_marlin */
static void add_fp8(const vp_weights_case *c, shape s, vp_allocations *out)
{
    uint64_t element = vp_dtype_bits(c->dtype) / 8;
    if (!vp_weights_native_fp8(c->capability)) {
        shape m = marlin_shape(c, s);
        uint64_t groups = c->packing == VP_PACKING_FP8_BLOCK ? vp_ceil_div(m.in, 128) : 1;
        add(out, vp_mul(m.out, m.in));
        add(out, vp_mul(vp_mul(m.out, groups), element));
        add_marlin_locks(c, out);
        return;
    }
    add(out, vp_mul(s.out, s.in));
    if (c->packing == VP_PACKING_FP8_BLOCK)
        add(out, vp_mul(4, vp_mul(vp_ceil_div(s.out, 128), vp_ceil_div(s.in, 128))));
    else
        add(out, c->packing == VP_PACKING_FP8_CHANNEL ? vp_mul(4, s.out) : 4);
}

/** online/mxfp8.py, online/mxfp4.py: `bits` a weight and one exponent byte for each 32 inputs. */
static void add_microscaling(const vp_weights_case *c, shape s, uint64_t bits, vp_allocations *out)
{
    enum { HUMMING_LOCKS = 4224 };
    shape padded = c->capability == 90 ? humming_shape(s) : marlin_shape(c, s);
    add(out, vp_mul(padded.out, padded.in) / 8 * bits);
    add(out, vp_mul(padded.out, padded.in / 32));
    if (c->capability == 90) add(out, HUMMING_LOCKS);
}

/** bitsandbytes.py:BitsAndBytesLinearMethod and model_loader/bitsandbytes_loader.py:_dequantize_dq: packed
 *  bytes of the fused module, then for each matrix as it stands in the files a float32 absmax for every
 *  64 weights and a table of 16 floats. Nested absmax is expanded while loading, so a stored checkpoint
 *  ends at the same bytes. */
static void add_bnb4(const vp_weights_case *c, const vp_group *group, uint64_t in, vp_allocations *out)
{
    uint64_t packed = 0;
    bool fused_in_files =
        c->model->architecture->spelling == VP_SPELLING_QWEN1 && group->module->key == VP_MODULE_QKV_PROJ;
    vp_allocations states = {{0}, 0};
    for (uint32_t i = 0; i < group->part_count; i++) {
        uint64_t elements = vp_mul(vp_layout_out(c->model, group, i, c->tp), in);
        packed = vp_add(packed, elements);
        if (fused_in_files && i + 1 < group->part_count) continue;
        add(&states, vp_mul(4, vp_ceil_div(fused_in_files ? packed : elements, 64)));
        add(&states, 64);
    }
    add(out, packed / 2);
    for (uint32_t i = 0; i < states.count; i++) add(out, states.bytes[i]);
}

void vp_packing_linear(const vp_weights_case *c, const vp_group *group, vp_allocations *out)
{
    shape s = {vp_layout_group_out(c->model, group, c->tp), vp_layout_in(group, c->tp)};
    switch (c->packing) {
    case VP_PACKING_NOTHING:
        add(out, vp_dtype_bytes(c->dtype, vp_mul(s.out, s.in)));
        break;
    case VP_PACKING_FP8_TENSOR:
    case VP_PACKING_FP8_CHANNEL:
    case VP_PACKING_FP8_BLOCK:
        add_fp8(c, s, out);
        break;
    case VP_PACKING_MXFP8:
        add_microscaling(c, s, 8, out);
        break;
    case VP_PACKING_MXFP4:
        add_microscaling(c, s, 4, out);
        break;
    case VP_PACKING_RTN8: /* rtn.py:RTNLinearMethod, groups of 128 */
        add(out, vp_mul(s.out, s.in));
        add(out, vp_mul(vp_mul(s.out, s.in / 128), vp_dtype_bits(c->dtype) / 8));
        break;
    case VP_PACKING_BNB4:
        add_bnb4(c, group, s.in, out);
        break;
    }
}

uint64_t vp_packing_once(const vp_weights_case *c)
{
    if (c->packing == VP_PACKING_BNB4 && !c->stored) return 1024; /* bitsandbytes' own map of 256 floats */
    if (c->packing == VP_PACKING_RTN8) return vp_mul(16, c->multiprocessors); /* rtn.py: one workspace */
    return 0;
}
