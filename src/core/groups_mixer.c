/* SPDX-License-Identifier: Apache-2.0 */
/* Groups of attention layers (vllm/model_executor/layers/linear.py:QKVParallelLinear, layers/mla.py,
 * models/deepseek_v2.py:DeepseekV2MLAAttention, Indexer). */
#include "core/groups.h"

#include "base/vp_int.h"

/** Float32 scalars of the KV scales that every attention layer makes for itself, of four bytes each; how
 *  many a release makes stands in release_rules.def. */
static void add_scales(vp_inventory *out, const vp_layers *layers)
{
    vp_group_add(out, VP_MODULE_ATTENTION_SCALES, layers, 0, vp_copied(1))->dtype = VP_DTYPE_FLOAT32;
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
    vp_group_add(out, VP_MODULE_Q_NORM, &m->layers, 0, q)->bias = m->norm_bias;
    vp_group_add(out, VP_MODULE_K_NORM, &m->layers, 0, k)->bias = m->norm_bias;
}

static void add_attention(vp_inventory *out, const vp_structure *s, const vp_mixer *m)
{
    uint64_t value = m->v_head_dim ? m->v_head_dim : m->head_dim;
    uint64_t q_unit = m->gated ? vp_mul(2, m->head_dim) : m->head_dim;
    vp_group *qkv =
        vp_group_add(out, VP_MODULE_QKV_PROJ, &m->layers, s->hidden, vp_units(m->heads, q_unit));
    vp_group_add_part(qkv, vp_at_least_one(m->kv_heads, m->head_dim));
    vp_group_add_part(qkv, vp_at_least_one(m->kv_heads, value));
    qkv->bias = m->qkv_bias;
    add_qk_norms(out, m);
    if (m->sinks) vp_group_add(out, VP_MODULE_SINKS, &m->layers, 0, vp_units(m->heads, 1));
    vp_group *o =
        vp_group_add(out, VP_MODULE_O_PROJ, &m->layers, vp_mul(m->heads, value), vp_copied(s->hidden));
    o->in_divided = true;
    o->bias = m->o_bias;
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

static void add_latent(vp_inventory *out, const vp_structure *s, const vp_mixer *m)
{
    uint64_t qk = vp_add(m->head_dim, m->rope_head_dim);
    uint64_t kv_a = vp_add(m->kv_lora_rank, m->rope_head_dim);
    vp_group *group;
    if (m->q_lora_rank > 0) {
        group = vp_group_add(out, VP_MODULE_QKV_A_PROJ, &m->layers, s->hidden, vp_copied(m->q_lora_rank));
        vp_group_add_part(group, vp_copied(kv_a));
        group->bias = m->qkv_bias;
        vp_group_add(out, VP_MODULE_Q_A_NORM, &m->layers, 0, vp_copied(m->q_lora_rank));
        vp_group_add(out, VP_MODULE_Q_B_PROJ, &m->layers, m->q_lora_rank, vp_units(m->heads, qk));
    } else {
        vp_group_add(out, VP_MODULE_Q_PROJ, &m->layers, s->hidden, vp_units(m->heads, qk));
        group = vp_group_add(out, VP_MODULE_KV_A_PROJ, &m->layers, s->hidden, vp_copied(kv_a));
        group->bias = m->qkv_bias;
    }
    vp_group_add(out, VP_MODULE_KV_A_NORM, &m->layers, 0, vp_copied(m->kv_lora_rank));
    vp_group_add(out, VP_MODULE_KV_B_PROJ, &m->layers, m->kv_lora_rank,
                 vp_units(m->heads, vp_add(m->head_dim, m->v_head_dim)));
    if (m->index_heads > 0) add_indexer(out, s, m);
    group = vp_group_add(out, VP_MODULE_O_PROJ, &m->layers, vp_mul(m->heads, m->v_head_dim),
                         vp_copied(s->hidden));
    group->in_divided = true;
    group->bias = m->o_bias;
    add_scales(out, &m->layers);
}

void vp_groups_mixer(vp_inventory *out, const vp_structure *s, const vp_mixer *m)
{
    if (vp_layers_empty(&m->layers)) return;
    switch (m->kind) {
    case VP_MIXER_ATTENTION:
        add_attention(out, s, m);
        break;
    case VP_MIXER_LATENT:
        add_latent(out, s, m);
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
