/* SPDX-License-Identifier: Apache-2.0 */
/* Groups of attention layers (vllm/model_executor/layers/linear.py:QKVParallelLinear, layers/mla.py,
 * models/deepseek_v2.py:DeepseekV2MLAAttention, Indexer). */
#include "core/groups.h"

#include "base/vp_int.h"

/** Float32 scalars of the KV scales that every attention layer makes for itself, of four bytes each; how
 *  many a release makes stands in release_rules.def. */
static void add_scales(vp_inventory *out, const vp_layers *layers)
{
    vp_group *scales = vp_group_add(out, VP_MODULE_ATTENTION_SCALES, layers, 0, vp_copied(1));
    scales->dtype = VP_DTYPE_FLOAT32;
    scales->made = true;
}

static void add_qk_norms(vp_inventory *out, const vp_mixer *m)
{
    vp_part q = vp_copied(m->head_dim), k = q;
    if (m->qk_norm == VP_QK_NORM_NONE) return;
    if (m->qk_norm == VP_QK_NORM_WHOLE) {
        q = vp_copied(vp_mul(m->heads, m->head_dim));
        k = vp_copied(vp_mul(m->kv_heads, m->head_dim));
    } else if (m->qk_norm == VP_QK_NORM_HEADS) {
        q = vp_units(m->heads, m->head_dim);
        k = vp_at_least_one(m->kv_heads, m->head_dim);
    }
    vp_group *own = vp_group_add(out, VP_MODULE_Q_NORM, &m->layers, 0, q);
    own->bias = m->norm_bias;
    own->made = m->qk_norm == VP_QK_NORM_KEYS;
    if (!m->shares_kv) vp_group_add(out, VP_MODULE_K_NORM, &m->layers, 0, k)->bias = m->norm_bias;
}

/** Sinks, and layers that weigh what attention gives. */
static void add_gates(vp_inventory *out, const vp_structure *s, const vp_mixer *m)
{
    uint64_t value = m->v_head_dim ? m->v_head_dim : m->head_dim;
    if (m->sinks) {
        vp_group *sinks = vp_group_add(out, VP_MODULE_SINKS, &m->layers, 0, vp_units(m->heads, 1));
        if (m->float_sinks) sinks->dtype = VP_DTYPE_FLOAT32;
    }
    if (m->head_gate || m->element_gate)
        vp_group_add(out, VP_MODULE_ATTENTION_GATE, &m->layers, s->hidden,
                     vp_units(m->heads, m->element_gate ? value : 1));
}

/** ALiBi: a float32 for each head (v1/attention/backends/flash_attn.py:FlashAttentionImpl). */
static void add_slopes(vp_inventory *out, const vp_mixer *m)
{
    vp_group *slopes = vp_group_add(out, VP_MODULE_SLOPES, &m->layers, 0, vp_units(m->heads, 1));
    slopes->dtype = VP_DTYPE_FLOAT32;
    slopes->made = true;
}

static void add_attention(vp_inventory *out, const vp_structure *s, const vp_mixer *m)
{
    uint64_t value = m->v_head_dim ? m->v_head_dim : m->head_dim;
    uint64_t q_unit = m->gated ? vp_mul(2, m->head_dim) : m->head_dim;
    vp_group *qkv = vp_group_add(out, m->shares_kv ? VP_MODULE_Q_PROJ : VP_MODULE_QKV_PROJ, &m->layers,
                                 s->hidden, vp_units(m->heads, q_unit));
    if (!m->shares_kv) {
        vp_group_add_part(qkv, vp_at_least_one(m->kv_heads, m->head_dim));
        vp_group_add_part(qkv, vp_at_least_one(m->kv_heads, value));
    }
    qkv->bias = m->qkv_bias;
    qkv->bias_made = m->keys_unbiased ? 2 : 0;
    if (m->value_is_key) qkv->copied_part = 3;
    add_qk_norms(out, m);
    add_gates(out, s, m);
    vp_group *o =
        vp_group_add(out, VP_MODULE_O_PROJ, &m->layers, vp_mul(m->heads, value), vp_copied(s->hidden));
    o->in_divided = true;
    o->bias = m->o_bias;
    if (s->slopes) add_slopes(out, m);
    add_scales(out, &m->layers);
}

static void add_indexer(vp_inventory *out, const vp_structure *s, const vp_mixer *m)
{
    vp_group_add(out, VP_MODULE_INDEXER_Q, &m->layers, m->q_lora_rank,
                 vp_copied(vp_mul(m->index_heads, m->index_head_dim)));
    vp_group *k = vp_group_add(out, VP_MODULE_INDEXER_K, &m->layers, s->hidden, vp_copied(m->index_head_dim));
    vp_group_add_part(k, vp_copied(m->index_heads));
    vp_group *norm = vp_group_add(out, VP_MODULE_INDEXER_NORM, &m->layers, 0, vp_copied(m->index_head_dim));
    norm->bias = true; /* a LayerNorm, in float32 */
    norm->dtype = VP_DTYPE_FLOAT32;
}

/** The buffer of chosen tokens, whose size depends on how many tokens a step has (weights_latent.c). */
static void add_sparse(vp_inventory *out, const vp_structure *s, const vp_mixer *m)
{
    if (m->index_heads > 0) add_indexer(out, s, m);
    vp_group *tokens = vp_group_add(out, VP_MODULE_SPARSE_TOKENS, &m->layers,
                                    vp_add(m->kv_lora_rank, m->rope_head_dim), vp_copied(m->index_topk));
    tokens->dtype = VP_DTYPE_INT32;
    tokens->made = true;
}

/** q from a low-rank vector of its own, or from the hidden state; the vector that k and v come from. */
static void add_latent_inputs(vp_inventory *out, const vp_structure *s, const vp_mixer *m)
{
    vp_part qk = vp_units(m->heads, vp_add(m->head_dim, m->rope_head_dim));
    vp_part kv_a = vp_copied(vp_add(m->kv_lora_rank, m->rope_head_dim));
    bool apart = m->q_lora_rank == 0 || m->split_a;
    if (m->q_lora_rank == 0) {
        vp_group_add(out, VP_MODULE_Q_PROJ, &m->layers, s->hidden, qk);
    } else {
        vp_group *a = vp_group_add(out, apart ? VP_MODULE_Q_A_PROJ : VP_MODULE_QKV_A_PROJ, &m->layers,
                                   s->hidden, vp_copied(m->q_lora_rank));
        if (!apart) vp_group_add_part(a, kv_a);
        a->bias = m->qkv_bias;
        vp_group_add(out, VP_MODULE_Q_A_NORM, &m->layers, 0, vp_copied(m->q_lora_rank));
        vp_group_add(out, VP_MODULE_Q_B_PROJ, &m->layers, m->q_lora_rank, qk);
    }
    if (apart) vp_group_add(out, VP_MODULE_KV_A_PROJ, &m->layers, s->hidden, kv_a)->bias = m->qkv_bias;
}

/** A scale of one, and the scales for the CPU that stay on the card, as no step after loading makes them again
 *  (models/kimi_k3/nvidia/mla.py:MultiHeadLatentAttention). */
static void add_own_scales(vp_inventory *out, const vp_layers *layers)
{
    static const vp_module_key keys[] = {VP_MODULE_SCALE_ONE, VP_MODULE_SCALE_K_CPU, VP_MODULE_SCALE_V_CPU};
    for (size_t i = 0; i < sizeof keys / sizeof keys[0]; i++) {
        vp_group *scale = vp_group_add(out, keys[i], layers, 0, vp_copied(1));
        scale->dtype = VP_DTYPE_FLOAT32;
        scale->made = true;
    }
}

static void add_latent(vp_inventory *out, const vp_structure *s, const vp_mixer *m)
{
    vp_group *group;
    add_latent_inputs(out, s, m);
    vp_group_add(out, VP_MODULE_KV_A_NORM, &m->layers, 0, vp_copied(m->kv_lora_rank));
    vp_group_add(out, VP_MODULE_KV_B_PROJ, &m->layers, m->kv_lora_rank,
                 vp_units(m->heads, vp_add(m->head_dim, m->v_head_dim)));
    if (m->index_topk > 0) add_sparse(out, s, m);
    add_gates(out, s, m);
    if (m->own_scales) add_own_scales(out, &m->layers);
    group = vp_group_add(out, VP_MODULE_O_PROJ, &m->layers, vp_mul(m->heads, m->v_head_dim),
                         vp_copied(s->hidden));
    group->in_divided = true;
    group->bias = m->o_bias;
    add_scales(out, &m->layers);
}

/** whisper.py:WhisperCrossAttention. */
static void add_cross(vp_inventory *out, const vp_structure *s, const vp_mixer *m)
{
    uint64_t width = vp_mul(m->heads, m->head_dim);
    vp_group_add_norm(out, s, VP_MODULE_CROSS_NORM, &m->layers, s->hidden);
    vp_group_add(out, VP_MODULE_CROSS_Q, &m->layers, s->hidden, vp_units(m->heads, m->head_dim))->bias =
        m->qkv_bias;
    vp_group *kv =
        vp_group_add(out, VP_MODULE_CROSS_KV, &m->layers, s->hidden, vp_units(m->heads, m->head_dim));
    vp_group_add_part(kv, vp_units(m->heads, m->head_dim));
    kv->bias = m->qkv_bias;
    kv->bias_made = 1;
    vp_group *o = vp_group_add(out, VP_MODULE_CROSS_O, &m->layers, width, vp_copied(s->hidden));
    o->in_divided = true;
    o->bias = m->o_bias;
    add_scales(out, &m->layers);
}

void vp_groups_mixer(vp_inventory *out, const vp_structure *s, const vp_mixer *m)
{
    if (vp_layers_empty(&m->layers)) return;
    if (m->cache_only) {
        add_scales(out, &m->layers);
        return;
    }
    switch (m->kind) {
    case VP_MIXER_ATTENTION:
        add_attention(out, s, m);
        break;
    case VP_MIXER_LATENT:
        add_latent(out, s, m);
        break;
    case VP_MIXER_CROSS:
        add_cross(out, s, m);
        break;
    case VP_MIXER_MAMBA1:
    case VP_MIXER_MAMBA2:
    case VP_MIXER_GDN:
    case VP_MIXER_KDA:
    case VP_MIXER_SHORT_CONV:
    case VP_MIXER_LIGHTNING:
        vp_groups_state(out, s, m);
        break;
    }
}
