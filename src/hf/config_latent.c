/* SPDX-License-Identifier: Apache-2.0 */
/* Multi-head latent attention (vllm/model_executor/models/deepseek_v2.py:DeepseekV2MLAAttention), and sparse
 * attention on it (vllm/models/deepseek_v32/attention.py:DeepseekV32Attention). */
#include <string.h>

#include "hf/config.h"
#include "hf/python_json.h"

/** Layers that choose the tokens for themselves: all, each index_topk_freq-th, or those that are no S in
 *  index_topk_pattern. The others read what the one before them chose. */
static bool indexing_layers(vp_reader *r, const vp_layers *layers, vp_layers *out)
{
    uint64_t every, offset;
    vp_str pattern = vp_member_text(r->config, "index_topk_pattern");
    char key[VP_MAX_KEY];
    bool given = vp_read_member(r, "index_skip_topk_offset", key) != NULL;
    if (!vp_read_count(r, "index_topk_freq", 1, &every) || !vp_read_optional(r, key, &offset)) return false;
    if (!given) offset = 2;
    memset(out, 0, sizeof *out);
    for (uint64_t i = 0; i < r->model->layers; i++) {
        uint64_t past = i + 1 > offset ? i + 1 - offset : 0;
        bool skips = i < pattern.length ? pattern.at[i] == 'S' : pattern.length == 0 && past % every != 0;
        if (vp_layers_has(layers, i) && !skips) vp_layers_add(out, i);
    }
    return true;
}

/** Sparse attention: one mixer of layers with an indexer, one of those without. */
static bool add_sparse(vp_reader *r, vp_mixer *m)
{
    vp_mixer reading = *m;
    if (!vp_read_optional(r, "index_n_heads", &m->index_heads) ||
        !vp_read_optional(r, "index_head_dim", &m->index_head_dim) ||
        !indexing_layers(r, &reading.layers, &m->layers))
        return false;
    for (uint64_t i = 0; i < r->model->layers; i++)
        if (vp_layers_has(&m->layers, i)) vp_layers_remove(&reading.layers, i);
    return vp_config_add_mixer(r, m) && vp_config_add_mixer(r, &reading);
}

/** The table of these layers. A yarn table of 16 bit is kept in float32 by the operator that vLLM takes from
 *  FlashInfer, for these sizes of a head (rotary_embedding/deepseek_scaling_rope.py). */
static bool read_rope(vp_reader *r, const vp_mixer *m)
{
    uint32_t before = r->model->rope_count;
    bool pairs = true;
    if (!vp_config_rope(r, NULL, m->rope_head_dim, &m->layers)) return false;
    bool shared = r->model->rope_count == before;
    if (shared && before > 0 && r->row->state.whole_rope) r->model->ropes[before - 1].both_styles = true;
    if (shared) return true;
    vp_rope *rope = &r->model->ropes[before];
    if (r->row->state.whole_rope) rope->rotary_dim = m->rope_head_dim;
    uint64_t size = m->rope_head_dim;
    rope->single_operator =
        rope->kind == VP_ROPE_YARN && (size == 64 || size == 128 || size == 256 || size == 512);
    if (m->index_topk > 0 && !vp_read_switch(r, "indexer_rope_interleave", false, &pairs)) return false;
    rope->both_styles = m->index_topk > 0 && !pairs;
    return true;
}

bool vp_config_latent_layers(vp_reader *r, const vp_layers *layers)
{
    vp_mixer m;
    bool rotary = true;
    if (!vp_config_mixer(r, &m)) return false;
    m.kind = VP_MIXER_LATENT;
    /* configuration_minicpm3.py, beside the checkpoints */
    uint64_t usual_value = r->row->unfolded ? r->model->hidden / r->model->heads : 0;
    m.layers = *layers;
    if (!vp_read_optional(r, "q_lora_rank", &m.q_lora_rank) ||
        !vp_read_count(r, "kv_lora_rank", 0, &m.kv_lora_rank) ||
        !vp_read_count(r, "qk_nope_head_dim", 0, &m.head_dim) ||
        !vp_read_count(r, "qk_rope_head_dim", 0, &m.rope_head_dim) ||
        !vp_read_count(r, "v_head_dim", usual_value, &m.v_head_dim) ||
        !vp_read_optional(r, "index_topk", &m.index_topk) ||
        (r->row->rotary && !vp_read_rule(r, r->row->rotary, &rotary)))
        return false;
    m.split_a = r->row->split_a;
    m.unfolded = r->row->unfolded;
    m.own_scales = r->row->state.own_scales;
    if (rotary && !read_rope(r, &m)) return false;
    return m.index_topk > 0 ? add_sparse(r, &m) : vp_config_add_mixer(r, &m);
}

bool vp_config_latent(vp_reader *r)
{
    vp_layers all = {{0}};
    vp_layers_add_range(&all, 0, r->model->layers);
    return vp_config_latent_layers(r, &all);
}
