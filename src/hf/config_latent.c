/* SPDX-License-Identifier: Apache-2.0 */
/* Multi-head latent attention (vllm/model_executor/models/deepseek_v2.py:DeepseekV2MLAAttention). */
#include "hf/config.h"
#include "hf/python_json.h"

bool vp_config_latent(vp_reader *r)
{
    vp_mixer m;
    if (!vp_config_mixer(r, &m)) return false;
    m.kind = VP_MIXER_LATENT;
    if (!vp_read_optional(r, "q_lora_rank", &m.q_lora_rank) ||
        !vp_read_count(r, "kv_lora_rank", 0, &m.kv_lora_rank) ||
        !vp_read_count(r, "qk_nope_head_dim", 0, &m.head_dim) ||
        !vp_read_count(r, "qk_rope_head_dim", 0, &m.rope_head_dim) ||
        !vp_read_count(r, "v_head_dim", 0, &m.v_head_dim) ||
        !vp_read_optional(r, "index_n_heads", &m.index_heads) ||
        !vp_read_optional(r, "index_head_dim", &m.index_head_dim))
        return false;
    vp_layers_add_range(&m.layers, 0, r->model->layers);
    return vp_config_rope(r, NULL, m.rope_head_dim, &m.layers) && vp_config_add_mixer(r, &m);
}
