/* SPDX-License-Identifier: Apache-2.0 */
/* Sizes that all decoders have. */
#include <string.h>

#include "base/vp_int.h"
#include "hf/config.h"
#include "hf/python_json.h"

#define HIDDEN "hidden_size|n_embd|d_model"
#define LAYERS "num_hidden_layers|n_layer|num_layers|n_layers"
#define HEADS "num_attention_heads|n_head|n_heads|num_heads"
#define INTERMEDIATE "intermediate_size|ffn_hidden_size|n_inner|ffn_dim"
#define POSITIONS "max_position_embeddings|n_positions|max_sequence_length|seq_length|max_seq_len"

static bool read_head_dim(vp_reader *r)
{
    vp_model *m = r->model;
    uint64_t even = m->hidden / m->heads;
    const json_t *own = json_object_get(r->config, "head_dim");
    m->head_dim = even;
    if (r->row->recipe == VP_RECIPE_QWEN1) return true; /* qwen.py:QWenAttention looks at no kv_channels */
    if (json_is_integer(own) && json_integer_value(own) == 0) return true; /* as null: get_head_size() */
    return vp_read_count(r, "head_dim|attention_head_dim", even, &m->head_dim);
}

static bool read_kv_heads(vp_reader *r)
{
    vp_model *m = r->model;
    m->kv_heads = m->heads;
    if (r->row->recipe == VP_RECIPE_QWEN1) return true;
    if (!vp_read_count(r, "num_key_value_heads|num_kv_heads", m->heads, &m->kv_heads)) return false;
    return m->kv_heads <= m->heads ||
           vp_reader_fail(r, VLLMPLAN_E_RANGE, "num_key_value_heads", "is above num_attention_heads");
}

bool vp_config_sizes(vp_reader *r)
{
    vp_model *m = r->model;
    vp_structure *s = r->structure;
    char key[VP_MAX_KEY];
    /* configuration_qwen.py, which comes with Qwen-1's checkpoints */
    uint64_t positions = r->row->recipe == VP_RECIPE_QWEN1 ? 8192 : 0;
    vp_read_member(r, LAYERS, key);
    if (!vp_member_count(r->config, key, r->path, VP_MAX_LAYERS, 0, &m->layers, r->error) ||
        !vp_read_count(r, HIDDEN, 0, &m->hidden) || !vp_read_count(r, HEADS, 0, &m->heads) ||
        !vp_read_optional(r, INTERMEDIATE, &m->intermediate) ||
        !vp_read_count(r, "vocab_size", 0, &m->vocab) ||
        !vp_read_count(r, POSITIONS, positions, &m->max_position) || !vp_read_rule(r, r->row->tied, &m->tied))
        return false;
    if (m->heads > m->hidden)
        return vp_reader_fail(r, VLLMPLAN_E_RANGE, "num_attention_heads", "is above hidden_size");
    if (!read_head_dim(r) || !read_kv_heads(r)) return false;
    s->hidden = m->hidden;
    s->layers = m->layers;
    s->vocab = m->vocab;
    s->tied = m->tied;
    s->norm = r->row->norm;
    s->norms = r->row->norms ? r->row->norms : VP_NORMS_TWO;
    s->final_norm = s->has_head = true;
    return vp_read_rule(r, r->row->head_bias, &s->head_bias);
}

bool vp_config_add_mixer(vp_reader *r, const vp_mixer *mixer)
{
    vp_structure *s = r->structure;
    if (vp_layers_empty(&mixer->layers)) return true;
    if (s->mixer_count == VP_MAX_MIXERS)
        return vp_fail(r->error, VLLMPLAN_E_LIMIT, r->path, "more than %d kinds of attention layers",
                       (int)VP_MAX_MIXERS);
    s->mixers[s->mixer_count++] = *mixer;
    return true;
}

bool vp_config_add_ffn(vp_reader *r, const vp_ffn *ffn)
{
    vp_structure *s = r->structure;
    if (vp_layers_empty(&ffn->layers)) return true;
    if (s->ffn_count == VP_MAX_FFNS)
        return vp_fail(r->error, VLLMPLAN_E_LIMIT, r->path, "more than %d kinds of MLP layers",
                       (int)VP_MAX_FFNS);
    s->ffns[s->ffn_count++] = *ffn;
    return true;
}

bool vp_config_layer_types(vp_reader *r, const char *name, vp_layers *out, bool *given)
{
    const json_t *types = vp_member(r->config, "layer_types");
    memset(out, 0, sizeof *out);
    *given = types != NULL;
    if (!types) return true;
    if (!json_is_array(types)) return vp_reader_fail(r, VLLMPLAN_E_TYPE, "layer_types", "is not a list");
    if (json_array_size(types) < r->model->layers)
        return vp_reader_fail(r, VLLMPLAN_E_RANGE, "layer_types", "is shorter than num_hidden_layers");
    for (uint64_t i = 0; i < r->model->layers; i++) {
        const json_t *type = json_array_get(types, (size_t)i);
        if (!json_is_string(type))
            return vp_reader_fail(r, VLLMPLAN_E_TYPE, "layer_types", "holds something other than text");
        if (strcmp(json_string_value(type), name) == 0) vp_layers_add(out, i);
    }
    return true;
}
