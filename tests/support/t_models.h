/* SPDX-License-Identifier: Apache-2.0 */
/* Sizes of real models, as their config.json has them: only what the planner looks at. */
#ifndef T_MODELS_H
#define T_MODELS_H

#include <string.h>

#include "core/facts.h"

static inline vp_model t_model(const char *architecture, uint64_t layers, uint64_t hidden, uint64_t heads,
                               uint64_t kv_heads, uint64_t head_dim, uint64_t intermediate, uint64_t vocab,
                               uint64_t positions)
{
    vp_model m;
    memset(&m, 0, sizeof m);
    m.architecture = vp_architecture_find(vp_str_from(architecture));
    strncpy(m.architecture_name, architecture, sizeof m.architecture_name - 1);
    m.layers = layers;
    m.hidden = hidden;
    m.heads = heads;
    m.kv_heads = kv_heads;
    m.head_dim = head_dim;
    m.intermediate = intermediate;
    m.vocab = vocab;
    m.max_position = m.context = positions;
    m.dtype = VP_DTYPE_BFLOAT16;
    m.rope_count = 1;
    m.ropes[0] = (vp_rope){.factor = 1.0, .max_position = positions, .rotary_dim = head_dim};
    vp_layers_add_range(&m.ropes[0].layers, 0, layers);
    return m;
}

static inline bool t_always(const char *rule) { return rule && *rule == '!'; }

/** The structure of a dense decoder with these sizes and its row's own switches. */
static inline const vp_structure *t_structure(const vp_model *m)
{
    static vp_structure s;
    memset(&s, 0, sizeof s);
    s.hidden = m->hidden;
    s.layers = m->layers;
    s.vocab = m->vocab;
    s.tied = m->tied;
    s.norms = VP_NORMS_TWO;
    s.final_norm = s.has_head = true;
    s.mixer_count = s.ffn_count = 1;
    s.mixers[0] = (vp_mixer){.kind = VP_MIXER_ATTENTION,
                             .heads = m->heads,
                             .kv_heads = m->kv_heads,
                             .head_dim = m->head_dim,
                             .v_head_dim = m->head_dim,
                             .window = m->sliding_window,
                             .causal = true,
                             .qkv_bias = t_always(m->architecture->qkv_bias),
                             .qk_norm = t_always(m->architecture->qk_norm_rule) ? m->architecture->qk_norm
                                                                                : VP_QK_NORM_NONE};
    s.ffns[0] = (vp_ffn){.gated = true, .intermediate = m->intermediate};
    vp_layers_add_range(&s.mixers[0].layers, 0, m->layers);
    vp_layers_add_range(&s.ffns[0].layers, 0, m->layers);
    return &s;
}

static inline bool t_parts_equal(const vp_group *a, const vp_group *b)
{
    bool equal = a->part_count == b->part_count;
    for (uint32_t i = 0; i < a->part_count && equal; i++)
        equal = a->parts[i].out == b->parts[i].out && a->parts[i].unit == b->parts[i].unit &&
                a->parts[i].shard == b->parts[i].shard;
    return equal;
}

static inline bool t_inventory(const vp_model *model, vp_inventory *out, vp_error *e)
{
    return vp_inventory_from_structure(model, t_structure(model), out, e);
}

static inline void t_attention(const vp_model *model, vp_attention_list *out)
{
    vp_attention_from_structure(t_structure(model), out);
}

static inline vp_model t_qwen25_14b(uint64_t positions)
{
    return t_model("Qwen2ForCausalLM", 48, 5120, 40, 8, 128, 13824, 152064, positions);
}

static inline vp_model t_qwen25_7b(void)
{
    return t_model("Qwen2ForCausalLM", 28, 3584, 28, 4, 128, 18944, 152064, 32768);
}

#endif
