/* SPDX-License-Identifier: Apache-2.0 */
/* Groups of linear-attention and convolution layers (vllm/model_executor/layers/mamba/). */
#include "core/groups.h"

#include "base/vp_int.h"

/** What goes back to the residual stream: inputs divided, outputs whole. */
static vp_group *add_out(vp_inventory *out, const vp_structure *s, const vp_mixer *m, uint64_t in)
{
    vp_group *group = vp_group_add(out, VP_MODULE_STATE_OUT, &m->layers, in, vp_copied(s->hidden));
    group->in_divided = true;
    return group;
}

/** gdn/qwen_gdn_linear_attn.py, olmo_gdn_linear_attn.py: q, k, v and the gate z in one projection; b and a
 *  beside it; a depthwise convolution over q, k and v. Files have q, k and v in one, but for those of OLMo. */
static void add_gdn(vp_inventory *out, const vp_structure *s, const vp_mixer *m)
{
    vp_part keys = vp_units(m->k_heads, m->k_head_dim), values = vp_units(m->heads, m->head_dim);
    vp_part heads = vp_units(m->heads, 1), qkv = vp_divided(vp_add(vp_mul(2, keys.out), values.out));
    vp_group *group = vp_group_add(out, VP_MODULE_STATE_IN, &m->layers, s->hidden, m->apart ? keys : qkv);
    if (m->apart) {
        vp_group_add_part(group, keys);
        vp_group_add_part(group, values);
    }
    vp_group_add_part(group, values);
    group = vp_group_add(out, VP_MODULE_STATE_BA, &m->layers, s->hidden, heads);
    vp_group_add_part(group, heads);
    group = vp_group_add(out, VP_MODULE_STATE_CONV, &m->layers, m->conv_kernel, keys);
    vp_group_add_part(group, keys);
    vp_group_add_part(group, values);
    vp_group_add(out, VP_MODULE_STATE_DT_BIAS, &m->layers, 0, heads);
    vp_group_add(out, VP_MODULE_STATE_A, &m->layers, 0, heads)->dtype = m->a_dtype;
    vp_group_add(out, VP_MODULE_STATE_NORM, &m->layers, 0, vp_copied(m->head_dim));
    add_out(out, s, m, vp_mul(m->heads, m->head_dim));
}

/** A vector or a convolution that is kept in float32. */
static vp_group *add_single(vp_inventory *out, const vp_mixer *m, vp_module_key key, uint64_t in,
                            vp_part part)
{
    vp_group *group = vp_group_add(out, key, &m->layers, in, part);
    group->dtype = VP_DTYPE_FLOAT32;
    return group;
}

/** Two matrices with a rank of head_dim between them; the first stands alone where `alone`, else it is part
 *  of the fused projection. */
static void add_low_rank(vp_inventory *out, const vp_structure *s, const vp_mixer *m, bool alone,
                         vp_module_key first, vp_module_key second)
{
    vp_part all = vp_units(m->heads, m->head_dim);
    if (alone) vp_group_add(out, first, &m->layers, s->hidden, vp_copied(m->head_dim));
    vp_group_add(out, second, &m->layers, m->head_dim, all);
}

/** The fused projection, in the order of its outputs: q, k, v, then the full gate where there is one, the
 *  first matrix of the decay (whole on every rank), b. With a full gate the outputs of a rank are padded to 16
 *  (gdn/kimi_gdn_linear_attn.py: in_proj_padding). */
static void add_kda_in(vp_inventory *out, const vp_structure *s, const vp_mixer *m)
{
    vp_part all = vp_units(m->heads, m->head_dim), heads = vp_units(m->heads, 1);
    vp_group *in = vp_group_add(out, VP_MODULE_STATE_IN, &m->layers, s->hidden, all);
    vp_group_add_part(in, all);
    vp_group_add_part(in, all);
    if (m->full_gate && !m->full_decay) {
        vp_group_add_part(in, all);
        vp_group_add_part(in, vp_copied(m->head_dim));
        vp_group_add_part(in, heads);
        in->out_multiple = 16;
        return;
    }
    vp_group_add_part(in, heads);
    if (!m->full_decay) vp_group_add_part(in, vp_copied(m->head_dim));
}

/** gdn/kimi_gdn_linear_attn.py:KimiGatedDeltaNetAttention, models/kimi_k3/nvidia/kda.py,
 *  models/bailing_moe_v3.py:BailingMoeV3KimiDeltaAttention. The convolution and the vectors are float32. */
static void add_kda(vp_inventory *out, const vp_structure *s, const vp_mixer *m)
{
    vp_part all = vp_units(m->heads, m->head_dim);
    add_kda_in(out, s, m);
    if (m->full_decay)
        vp_group_add(out, VP_MODULE_STATE_DECAY_A, &m->layers, s->hidden, all);
    else
        add_low_rank(out, s, m, false, VP_MODULE_STATE_DECAY_A, VP_MODULE_STATE_DECAY_B);
    vp_group *conv = add_single(out, m, VP_MODULE_STATE_CONV, m->conv_kernel, all);
    vp_group_add_part(conv, all);
    vp_group_add_part(conv, all);
    if (m->decode_copies) {
        vp_group *copy = add_single(out, m, VP_MODULE_STATE_DECODE_CONV, m->conv_kernel, all);
        vp_group_add_part(copy, all);
        vp_group_add_part(copy, all);
        copy->made = true;
        add_single(out, m, VP_MODULE_STATE_DECODE_NORM, 0, vp_copied(m->head_dim))->made = true;
    }
    add_single(out, m, VP_MODULE_STATE_DT_BIAS, 0, all);
    add_single(out, m, VP_MODULE_STATE_A, 0, vp_units(m->heads, 1));
    if (m->full_gate && m->full_decay)
        vp_group_add(out, VP_MODULE_STATE_GATE_A, &m->layers, s->hidden, all);
    else if (!m->full_gate)
        add_low_rank(out, s, m, true, VP_MODULE_STATE_GATE_A, VP_MODULE_STATE_GATE_B);
    vp_group_add(out, VP_MODULE_STATE_NORM, &m->layers, 0, vp_copied(m->head_dim));
    add_out(out, s, m, vp_mul(m->heads, m->head_dim));
}

/** short_conv.py:ShortConv: three projections in one, a depthwise convolution of the first two's product. */
static void add_short_conv(vp_inventory *out, const vp_structure *s, const vp_mixer *m)
{
    vp_part all = vp_divided(m->inner);
    vp_group *in = vp_group_add(out, VP_MODULE_STATE_IN, &m->layers, s->hidden, all);
    vp_group_add_part(in, all);
    vp_group_add_part(in, all);
    in->bias = m->conv_bias;
    vp_group_add(out, VP_MODULE_STATE_CONV, &m->layers, m->conv_kernel, all)->bias = m->conv_bias;
    add_out(out, s, m, m->inner)->bias = m->conv_bias;
}

/** linear/bailing_linear_attn.py, linear/minimax_linear_attn.py: attention without a softmax, where every head
 *  has its own keys and forgets at a rate of its own (slope_rate, made by vLLM; a rank keeps those of all). */
static void add_lightning(vp_inventory *out, const vp_structure *s, const vp_mixer *m)
{
    vp_part all = vp_units(m->heads, m->head_dim);
    uint64_t inner = vp_mul(m->heads, m->head_dim);
    vp_group *group = vp_group_add(out, VP_MODULE_QKV_PROJ, &m->layers, s->hidden, all);
    vp_group_add_part(group, all);
    vp_group_add_part(group, all);
    group->bias = m->qkv_bias;
    if (m->qk_norm != VP_QK_NORM_NONE) {
        vp_group_add(out, VP_MODULE_Q_NORM, &m->layers, 0, vp_copied(m->head_dim));
        vp_group_add(out, VP_MODULE_K_NORM, &m->layers, 0, vp_copied(m->head_dim));
    }
    vp_group_add(out, VP_MODULE_ATTENTION_GATE, &m->layers, s->hidden, all);
    add_single(out, m, VP_MODULE_STATE_SLOPES, 0, vp_copied(m->heads))->made = true;
    vp_group_add(out, VP_MODULE_STATE_NORM, &m->layers, 0, all);
    group = vp_group_add(out, VP_MODULE_O_PROJ, &m->layers, inner, vp_copied(s->hidden));
    group->in_divided = true;
    group->bias = m->o_bias;
}

/** A norm and a row that weigh the residuals of earlier blocks of layers, before the mixer, before the MLP and
 *  at the end (models/kimi_k3/nvidia/model.py:KimiDecoderLayer, models/alice_ai.py:AliceAIDecoderBlock). */
void vp_groups_residuals(vp_inventory *out, const vp_structure *s)
{
    vp_layers mixers = {{0}}, all = {{0}};
    if (!s->residuals) return;
    vp_layers_add_range(&mixers, s->residuals_from, s->layers);
    vp_layers_add_range(&all, 0, s->layers);
    vp_group_add(out, VP_MODULE_RES_NORM, &mixers, 0, vp_copied(s->hidden));
    vp_group_add(out, VP_MODULE_RES_PROJ, &mixers, s->hidden, vp_copied(1));
    vp_group_add(out, VP_MODULE_MLP_RES_NORM, &all, 0, vp_copied(s->hidden));
    vp_group_add(out, VP_MODULE_MLP_RES_PROJ, &all, s->hidden, vp_copied(1));
    vp_group_add(out, VP_MODULE_FINAL_RES_NORM, NULL, 0, vp_copied(s->hidden))->place = VP_PLACE_LAST;
    vp_group_add(out, VP_MODULE_FINAL_RES_PROJ, NULL, s->hidden, vp_copied(1))->place = VP_PLACE_LAST;
}

void vp_groups_state(vp_inventory *out, const vp_structure *s, const vp_mixer *m)
{
    switch (m->kind) {
    case VP_MIXER_MAMBA1:
    case VP_MIXER_MAMBA2:
        vp_groups_mamba(out, s, m);
        break;
    case VP_MIXER_GDN:
        add_gdn(out, s, m);
        break;
    case VP_MIXER_KDA:
        add_kda(out, s, m);
        break;
    case VP_MIXER_SHORT_CONV:
        add_short_conv(out, s, m);
        break;
    case VP_MIXER_LIGHTNING:
        add_lightning(out, s, m);
        break;
    case VP_MIXER_ATTENTION:
    case VP_MIXER_LATENT:
    case VP_MIXER_CROSS:
        break;
    }
}
