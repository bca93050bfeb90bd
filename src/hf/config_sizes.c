/* SPDX-License-Identifier: Apache-2.0 */
/* Sizes that all decoders have. */
#include <string.h>

#include "base/vp_int.h"
#include "hf/config.h"
#include "hf/python_json.h"

#define HIDDEN "hidden_size|n_embd|d_model|n_embed"
#define LAYERS "num_hidden_layers|n_layer|num_layers|n_layers"
#define HEADS "num_attention_heads|n_head|n_heads|num_heads"
#define INTERMEDIATE "intermediate_size|ffn_hidden_size|n_inner|ffn_dim|ff_hidden_size"
#define POSITIONS                                                                                            \
    "max_position_embeddings|n_positions|max_sequence_length|seq_length|max_seq_len|n_ctx|model_max_length|" \
    "max_target_positions"

/** What classes read that have no positions of their own (ALiBi): getattr(config, ..., 8192) and the like. */
static uint64_t usual_positions(const vp_reader *r)
{
    if (r->row->recipe == VP_RECIPE_QWEN1) return 8192;    /* configuration_qwen.py, beside the checkpoints */
    bool alone = r->row->state.hybrid == VP_HYBRID_NONE;   /* config/model.py:_get_and_verify_max_len */
    if (r->row->dialect == VP_DIALECT_FALCON) return 8192; /* falcon.py:FalconAttention */
    return alone || r->row->positions == VP_POSITIONS_ALIBI ? 2048 : 0;
}

static bool read_head_dim(vp_reader *r)
{
    vp_model *m = r->model;
    uint64_t even = m->hidden / m->heads;
    const json_t *own = json_object_get(r->config, "head_dim");
    m->head_dim = even;
    if (r->row->recipe == VP_RECIPE_QWEN1 || r->row->even_heads) return true;
    if (json_is_integer(own) && json_integer_value(own) == 0) return true; /* as null: get_head_size() */
    return vp_read_count(r, "head_dim|attention_head_dim", even, &m->head_dim);
}

static bool read_kv_heads(vp_reader *r)
{
    vp_model *m = r->model;
    const char *keys = r->row->kv_heads ? r->row->kv_heads : "num_key_value_heads|num_kv_heads";
    m->kv_heads = m->heads;
    if (r->row->recipe == VP_RECIPE_QWEN1 || *keys == '\0') return true;
    if (!vp_read_count(r, keys, m->heads, &m->kv_heads)) return false;
    return m->kv_heads <= m->heads ||
           vp_reader_fail(r, VLLMPLAN_E_RANGE, "num_key_value_heads", "is above num_attention_heads");
}

static bool read_layers(vp_reader *r, uint64_t *out)
{
    char key[VP_MAX_KEY];
    if (r->row->state.hybrid == VP_HYBRID_SINGLE) return vp_config_single_count(r, out);
    if (vp_read_member(r, LAYERS, key))
        return vp_member_count(r->config, key, r->path, VP_MAX_LAYERS, 0, out, r->error);
    /* a config that does not name its class has none to tell a default */
    bool classed = r->config != r->root || vp_member(r->config, "model_type");
    return classed ? vp_read_count(r, LAYERS, 0, out)
                   : vp_reader_fail(r, VLLMPLAN_E_MISSING, key, "is missing");
}

/** Heads of the attention layers, where there are any. */
static bool read_heads(vp_reader *r)
{
    vp_model *m = r->model;
    if (r->row->state.hybrid == VP_HYBRID_NONE) return true;
    if (!vp_read_count(r, HEADS, 0, &m->heads)) return false;
    if (m->heads > m->hidden)
        return vp_reader_fail(r, VLLMPLAN_E_RANGE, "num_attention_heads", "is above hidden_size");
    return read_head_dim(r) && read_kv_heads(r);
}

static bool read_norms(vp_reader *r)
{
    vp_structure *s = r->structure;
    bool bias, four;
    if (!vp_read_rule(r, r->row->norm_bias, &bias) || !vp_read_rule(r, r->row->norms_four, &four))
        return false;
    s->norm = bias ? VP_NORM_LAYER : r->row->norm;
    s->norms = four ? VP_NORMS_FOUR : r->row->norms ? r->row->norms : VP_NORMS_TWO;
    s->embed_norm = r->row->embed_norm;
    s->final_norm = true;
    return true;
}

/** One size for all layers; a list is left to the recipe. */
static bool read_intermediate(vp_reader *r)
{
    bool list = r->row->recipe == VP_RECIPE_ALTUP && json_is_array(vp_member(r->config, "intermediate_size"));
    return list || vp_read_optional(r, INTERMEDIATE, &r->model->intermediate);
}

static bool read_members(vp_reader *r)
{
    vp_model *m = r->model;
    return read_layers(r, &m->layers) && vp_read_count(r, HIDDEN, 0, &m->hidden) && read_heads(r) &&
           read_intermediate(r) && vp_read_count(r, "vocab_size|padded_vocab_size", 0, &m->vocab) &&
           vp_read_count(r, POSITIONS, usual_positions(r), &m->max_position) &&
           vp_read_rule(r, r->row->tied, &m->tied);
}

bool vp_config_sizes(vp_reader *r)
{
    vp_model *m = r->model;
    vp_structure *s = r->structure;
    if (!read_members(r) || !read_norms(r)) return false;
    s->hidden = m->hidden;
    s->layers = m->layers;
    s->vocab = m->vocab;
    s->tied = m->tied;
    if (m->intermediate == 0) m->intermediate = vp_mul(r->row->mlp_times, m->hidden);
    s->every_stage = r->row->every_stage;
    s->every_embed = r->row->every_embed;
    s->every_head = r->row->every_head;
    s->float_head = r->row->float_head;
    s->tables = r->row->positions == VP_POSITIONS_ROTARY;
    s->slopes = r->row->positions == VP_POSITIONS_ALIBI;
    if (r->row->positions == VP_POSITIONS_LEARNED) s->position_rows = m->max_position;
    return vp_config_dialect(r) && vp_config_head(r) && vp_config_extras(r);
}

vp_group *vp_config_add_extra(vp_reader *r, vp_module_key key, const vp_layers *layers, uint64_t in,
                              vp_part part)
{
    vp_structure *s = r->structure;
    if (s->extra_count == VP_MAX_EXTRAS) {
        s->extras_full = true;
        s->extra_count--;
    }
    vp_group *group = &s->extras[s->extra_count++];
    vp_group_start(group, key, layers, in, part);
    if (!layers) group->place = VP_PLACE_EVERY;
    return group;
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
