/* SPDX-License-Identifier: Apache-2.0 */
/* What vLLM refuses when a stored layer is built. */
#include "core/layout.h"
#include "core/packing.h"
#include "data/release_rules.h"

static bool refuse_group(const vp_packed *m, vp_writer *why)
{
    vp_put_format(
        why,
        "%s has %llu inputs on a rank, which is no multiple of the %u that share a scale: take a smaller "
        "tensor_parallel_size",
        m->group->module->name, (unsigned long long)m->in, m->scheme->group);
    return false;
}

/** auto_gptq.py:AutoGPTQConfig, auto_awq.py:AutoAWQLinearMethod.create_weights, compressed_tensors_wNa16.py
 *  (verify_group_size_divides_partition). GPTQ's own loader takes what is left of a group. */
static bool legal_int(const vp_packed *m, vp_writer *why)
{
    uint32_t group = m->scheme->group, bits = m->scheme->bits;
    bool gptq = m->scheme->form == VP_FORM_GPTQ, autoround = m->scheme->form == VP_FORM_AUTOROUND;
    if (m->scheme->act_order && vp_rule_value(VP_RULE_ACT_ORDER_GONE, m->c->release)) {
        vp_put(why,
               "its weights are in the order of their activations (desc_act, actorder), which this release "
               "does not take any more");
        return false;
    }
    if (gptq && vp_rule_value(VP_RULE_ONE_GPTQ, m->c->release) &&
        ((bits != 4 && bits != 8) || m->scheme->zero_points)) {
        vp_put_format(why, "GPTQ of %u bits%s is not supported in this release: 4 or 8 bits, symmetric", bits,
                      m->scheme->zero_points ? " with zero points" : "");
        return false;
    }
    if (!gptq && !autoround && group > 0 && m->in % group != 0) return refuse_group(m, why);
    return true;
}

/** utils/fp8_utils.py:validate_fp8_block_shape. Fused layers of the method fp8 may have parts that end within
 *  a tile (linear.py:_maybe_allow_fp8_block_shape_mismatch); ModelOpt wants whole tiles of inputs. */
static bool legal_block(const vp_packed *m, vp_writer *why)
{
    uint64_t total = vp_group_out(m->group), out = m->scheme->block_out;
    bool split = m->c->tp > 1 && m->out<total, merged = m->group->part_count> 1;
    if (m->c->tp > 1 && m->group->in_divided && m->in % m->scheme->group != 0) return refuse_group(m, why);
    if (m->scheme->form == VP_FORM_MODELOPT) return m->in % m->scheme->group == 0 || refuse_group(m, why);
    if (m->scheme->form == VP_FORM_PLAIN && merged) return true;
    for (uint32_t i = 0; i < m->group->part_count && (split || merged); i++) {
        uint64_t part = vp_layout_out(&m->group->parts[i], m->c->tp);
        if (part % out == 0 || (!split && i + 1 == m->group->part_count)) continue;
        vp_put_format(
            why,
            "a part of %s has %llu outputs on a rank, which is no multiple of the %llu that share a "
            "scale%s",
            m->group->module->name, (unsigned long long)part, (unsigned long long)out,
            split ? ": take a smaller tensor_parallel_size" : "");
        return false;
    }
    return true;
}

static bool refuse(vp_writer *why, const char *text)
{
    vp_put(why, text);
    return false;
}

/** compressed_tensors_moe/: which mixtures of weights and activations there are classes for; oracle/fp8.py:
 *  refine_fp8_moe_block_shape; utils/humming/moe.py wants groups. */
static bool legal_experts(const vp_packed *m, vp_writer *why)
{
    bool compressed = m->scheme->form == VP_FORM_COMPRESSED, fixed = m->scheme->static_inputs;
    bool down = m->group->module->key == VP_MODULE_EXPERTS_DOWN;
    uint64_t between = down ? m->in : m->out / (m->group->part_count ? m->group->part_count : 1);
    switch (m->packing) {
    case VP_PACKING_INT:
        if (compressed && !m->scheme->weight_only)
            return refuse(why, "experts with integer activations run on processors only");
        if (m->scheme->group == 0 && vp_kernel_of(m) == VP_KERNEL_HUMMING)
            return refuse(why,
                          "experts with a scale for each row do not load on capability 9.0: its kernel wants "
                          "groups");
        return legal_int(m, why);
    case VP_PACKING_INT8_TENSOR:
        return refuse(why, "8-bit integer experts need a scale for each output");
    case VP_PACKING_FP8_TENSOR:
    case VP_PACKING_FP8_CHANNEL:
        if (compressed && (m->scheme->weight_only || fixed != (m->packing == VP_PACKING_FP8_TENSOR)))
            return refuse(why, "there is no class for experts with this mixture of scales for weights and "
                               "activations");
        return true;
    case VP_PACKING_FP8_BLOCK:
        if (between % m->scheme->block_out == 0 || m->scheme->form == VP_FORM_MODELOPT) return true;
        if (!compressed && vp_kernel_of(m) == VP_KERNEL_NATIVE) return true;
        vp_put_format(
            why, "an expert has %llu outputs on a rank, which is no multiple of the %u that share a scale",
            (unsigned long long)between, m->scheme->block_out);
        return false;
    default:
        return true;
    }
}

bool vp_packing_legal(const vp_packed *m, vp_writer *why)
{
    if (!m->scheme) return true;
    if (m->group->module->kind == VP_KIND_EXPERTS) return legal_experts(m, why);
    switch (m->packing) {
    case VP_PACKING_INT:
        return legal_int(m, why);
    case VP_PACKING_FP8_BLOCK:
        return legal_block(m, why);
    case VP_PACKING_INT4_FP8: /* compressed_tensors.py:_is_fp8_w4a8_sm90 */
        if (m->c->capability == 90) return m->in % m->scheme->group == 0 || refuse_group(m, why);
        vp_put(why, "4-bit weights with 8-bit float activations run on capability 9.0 only");
        return false;
    default:
        return true;
    }
}

bool vp_packing_known(const vp_packed *m)
{
    bool fp8 = m->packing == VP_PACKING_FP8_TENSOR || m->packing == VP_PACKING_FP8_CHANNEL ||
               m->packing == VP_PACKING_FP8_BLOCK;
    if (!m->scheme) return true;
    /* modelopt.py: these classes do not set what Marlin's preparation reads (orig_dtype): nobody has seen it
     * run */
    if (m->scheme->form == VP_FORM_MODELOPT && m->packing != VP_PACKING_FP8_TENSOR && fp8 &&
        vp_kernel_of(m) == VP_KERNEL_MARLIN)
        return false;
    if (m->group->module->kind != VP_KIND_EXPERTS) return true;
    /* nobody has seen what these come to: experts with 8-bit activations, MXFP4 without biases on Blackwell
     * */
    bool mxfp4 = m->packing == VP_PACKING_MXFP4 && m->c->capability >= 100;
    return m->packing != VP_PACKING_INT4_FP8 && !mxfp4;
}
