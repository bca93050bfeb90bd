/* SPDX-License-Identifier: Apache-2.0 */
/* Attention whose layers with a window have numbers or sizes of heads of their own
 * (vllm/model_executor/models/mimo_v2.py, laguna.py, step3p5.py). */
#include <string.h>

#include "hf/config.h"
#include "hf/python_json.h"

/** Layers with a window: those that layer_types calls sliding, or that hybrid_layer_pattern marks. */
static bool read_sliding(vp_reader *r, vp_layers *out)
{
    const json_t *marks = vp_member(r->config, "hybrid_layer_pattern");
    bool given;
    if (!json_is_array(marks)) return vp_config_layer_types(r, "sliding_attention", out, &given);
    memset(out, 0, sizeof *out);
    if (json_array_size(marks) < r->model->layers)
        return vp_reader_fail(r, VLLMPLAN_E_RANGE, "hybrid_layer_pattern",
                              "is shorter than num_hidden_layers");
    for (uint64_t i = 0; i < r->model->layers; i++)
        if (json_integer_value(json_array_get(marks, (size_t)i)) == 1) vp_layers_add(out, i);
    return true;
}

/** What weighs attention: laguna.py takes true or "per-head", or "per-element". */
static bool read_gating(vp_reader *r, vp_mixer *m)
{
    vp_str name = vp_member_text(r->config, "gating");
    m->element_gate = vp_str_equal(name, "per-element");
    if (name.length > 0) m->head_gate = vp_str_equal(name, "per-head");
    return name.length > 0 || !r->row->head_gate || vp_read_rule(r, r->row->head_gate, &m->head_gate);
}

static bool read_window(vp_reader *r, const vp_mixer *full, vp_mixer *m)
{
    *m = *full;
    return vp_read_count(r, "sliding_window_size|sliding_window", 0, &m->window) &&
           vp_read_count(r,
                         "swa_num_attention_heads|num_sliding_attention_heads|"
                         "attention_other_setting/num_attention_heads",
                         full->heads, &m->heads) &&
           vp_read_count(r, "swa_num_key_value_heads", full->kv_heads, &m->kv_heads) &&
           vp_read_count(r, "swa_head_dim", full->head_dim, &m->head_dim) &&
           vp_read_count(r, "swa_v_head_dim", full->v_head_dim, &m->v_head_dim) &&
           vp_read_rule(r, r->row->sinks, &m->sinks);
}

/** The heads of a layer where a list names them for each. */
static bool heads_of_layer(vp_reader *r, uint64_t layer, uint64_t usual, uint64_t *out)
{
    const json_t *list = vp_member(r->config, "num_attention_heads_per_layer");
    const json_t *own = json_array_get(list, (size_t)layer);
    *out = usual;
    if (!json_is_array(list)) return true;
    if (!json_is_integer(own) || json_integer_value(own) <= 0)
        return vp_reader_fail(r, VLLMPLAN_E_RANGE, "num_attention_heads_per_layer",
                              "has no number of heads for each layer");
    *out = (uint64_t)json_integer_value(own);
    return true;
}

/** Adds the layers, one mixer a number of heads. */
static bool add_layers(vp_reader *r, const vp_mixer *like, const vp_layers *layers)
{
    uint32_t first = r->structure->mixer_count;
    for (uint64_t i = 0; i < r->model->layers; i++) {
        uint64_t heads;
        uint32_t at = first;
        if (!vp_layers_has(layers, i)) continue;
        if (!heads_of_layer(r, i, like->heads, &heads)) return false;
        while (at < r->structure->mixer_count && r->structure->mixers[at].heads != heads) at++;
        if (at < r->structure->mixer_count) {
            vp_layers_add(&r->structure->mixers[at].layers, i);
            continue;
        }
        vp_mixer mixer = *like;
        mixer.heads = heads;
        memset(&mixer.layers, 0, sizeof mixer.layers);
        vp_layers_add(&mixer.layers, i);
        if (!vp_config_add_mixer(r, &mixer)) return false;
    }
    return true;
}

/** Tables of both kinds: bases of their own in swa_rope_theta, or entries of rope_parameters. */
static bool add_ropes(vp_reader *r, const vp_mixer *full, const vp_mixer *sliding)
{
    double base;
    char key[VP_MAX_KEY];
    if (!vp_read_member(r, "swa_rope_theta", key))
        return vp_config_rope(r, "sliding_attention", sliding->head_dim, &sliding->layers) &&
               vp_config_rope(r, "full_attention", full->head_dim, &full->layers);
    return vp_read_number(r, key, 10000.0, &base) &&
           vp_config_rope_of_base(r, base, sliding->head_dim, &sliding->layers) &&
           vp_config_rope(r, NULL, full->head_dim, &full->layers);
}

bool vp_config_window_heads(vp_reader *r)
{
    vp_mixer full, sliding;
    vp_layers windows;
    if (!vp_config_mixer(r, &full) || !read_gating(r, &full) || !read_sliding(r, &windows) ||
        !vp_read_count(r, "v_head_dim", full.head_dim, &full.v_head_dim))
        return false;
    full.sinks = false;
    sliding = full;
    vp_layers_add_range(&full.layers, 0, r->model->layers);
    for (uint64_t i = 0; i < r->model->layers; i++)
        if (vp_layers_has(&windows, i)) vp_layers_remove(&full.layers, i);
    if (!vp_layers_empty(&windows) && !read_window(r, &full, &sliding)) return false;
    sliding.layers = windows;
    return add_layers(r, &full, &full.layers) && add_layers(r, &sliding, &windows) &&
           add_ropes(r, &full, &sliding);
}
