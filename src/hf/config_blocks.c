/* SPDX-License-Identifier: Apache-2.0 */
/* Nemotron-NAS: block_configs has an entry for each layer (vllm/model_executor/models/nemotron_nas.py:
 * DeciLMDecoderLayer). What an entry skips has no norm either. */
#include <string.h>

#include "base/vp_int.h"
#include "hf/config.h"
#include "hf/python_json.h"

static bool skips(const json_t *part) { return json_is_true(json_object_get(part, "no_op")); }

/** Adds a layer to the mixer with as many KV heads, or makes one. */
static bool add_attention(vp_reader *r, const vp_mixer *like, uint64_t layer, const json_t *part)
{
    vp_structure *s = r->structure;
    vp_mixer mixer = *like;
    uint64_t each;
    if (!vp_member_count(part, "n_heads_in_group", r->path, like->heads, 0, &each, r->error)) return false;
    mixer.kv_heads = like->heads / each;
    for (uint32_t i = 0; i < s->mixer_count; i++) {
        if (s->mixers[i].kv_heads != mixer.kv_heads) continue;
        vp_layers_add(&s->mixers[i].layers, layer);
        return true;
    }
    vp_layers_add(&mixer.layers, layer);
    return vp_config_add_mixer(r, &mixer);
}

/** ffn_mult names two thirds of the size, rounded up to 256. */
static bool read_size(vp_reader *r, const json_t *part, uint64_t *out)
{
    const json_t *times = vp_member(part, "ffn_mult");
    if (!times) return vp_member_count(part, "intermediate_size", r->path, VP_MAX_MEMBER, 0, out, r->error);
    double value = json_number_value(times);
    if (!json_is_number(times) || !(value > 0) || value > 1024)
        return vp_reader_fail(r, VLLMPLAN_E_RANGE, "ffn_mult", "is out of range");
    *out = vp_round_up((uint64_t)(2 * value * (double)r->model->hidden / 3), 256);
    return true;
}

static bool add_ffn(vp_reader *r, const vp_ffn *like, uint64_t layer, const json_t *part)
{
    vp_structure *s = r->structure;
    vp_ffn ffn = *like;
    if (!read_size(r, part, &ffn.intermediate)) return false;
    r->model->intermediate = vp_max(r->model->intermediate, ffn.intermediate);
    for (uint32_t i = 0; i < s->ffn_count; i++) {
        if (s->ffns[i].intermediate != ffn.intermediate) continue;
        vp_layers_add(&s->ffns[i].layers, layer);
        return true;
    }
    vp_layers_add(&ffn.layers, layer);
    return vp_config_add_ffn(r, &ffn);
}

static bool read_layer(vp_reader *r, const json_t *block, uint64_t layer, vp_mixer *mixer, vp_ffn *ffn)
{
    const json_t *attention = json_object_get(block, "attention"), *mlp = json_object_get(block, "ffn");
    if (!json_is_object(attention) || !json_is_object(mlp))
        return vp_reader_fail(r, VLLMPLAN_E_TYPE, "block_configs", "has an entry without attention or ffn");
    if (!skips(attention)) {
        if (!add_attention(r, mixer, layer, attention)) return false;
        vp_layers_add(&mixer->layers, layer);
    }
    if (skips(mlp)) return true;
    vp_layers_add(&ffn->layers, layer);
    vp_ffn like = *ffn;
    memset(&like.layers, 0, sizeof like.layers);
    return add_ffn(r, &like, layer, mlp);
}

bool vp_config_blocks(vp_reader *r)
{
    const json_t *blocks = vp_member(r->config, "block_configs");
    vp_structure *s = r->structure;
    vp_mixer mixer;
    vp_ffn ffn;
    if (!json_is_array(blocks) || json_array_size(blocks) < r->model->layers)
        return vp_reader_fail(r, VLLMPLAN_E_MISSING, "block_configs", "has no entry for each layer");
    memset(&ffn, 0, sizeof ffn);
    ffn.gated = true;
    if (!vp_config_mixer(r, &mixer) || !vp_read_rule(r, r->row->mlp_bias, &ffn.bias)) return false;
    vp_mixer all = mixer;
    for (uint64_t i = 0; i < r->model->layers; i++) {
        vp_mixer like = mixer;
        like.layers = (vp_layers){{0}};
        if (!read_layer(r, json_array_get(blocks, (size_t)i), i, &like, &ffn)) return false;
        if (!vp_layers_empty(&like.layers)) vp_layers_add(&all.layers, i);
    }
    s->norms = 0;
    vp_config_add_extra(r, VP_MODULE_INPUT_NORM, &all.layers, 0, vp_copied(s->hidden));
    vp_config_add_extra(r, VP_MODULE_POST_NORM, &ffn.layers, 0, vp_copied(s->hidden));
    return vp_config_rope(r, NULL, mixer.head_dim, &all.layers);
}
