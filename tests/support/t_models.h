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
    m.head_dim = m.rotary_dim = head_dim;
    m.intermediate = intermediate;
    m.vocab = vocab;
    m.max_position = m.context = positions;
    m.rope_factor = 1.0;
    m.dtype = VP_DTYPE_BFLOAT16;
    m.qkv_bias = m.architecture && m.architecture->qkv_bias == VP_ON;
    m.qk_norm = m.architecture && m.architecture->qk_norm == VP_ON;
    return m;
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
