/* SPDX-License-Identifier: Apache-2.0 */
/* Attention layers with keys and values of their own. */
#include <string.h>

#include "hf/config.h"
#include "hf/python_json.h"

bool vp_config_mixer(vp_reader *r, vp_mixer *out)
{
    bool normed;
    memset(out, 0, sizeof *out);
    out->kind = VP_MIXER_ATTENTION;
    out->causal = true;
    out->heads = r->model->heads;
    out->kv_heads = r->model->kv_heads;
    out->head_dim = out->v_head_dim = r->model->head_dim;
    if (!vp_read_rule(r, r->row->qkv_bias, &out->qkv_bias) ||
        !vp_read_rule(r, r->row->o_bias, &out->o_bias) || !vp_read_rule(r, r->row->qk_norm_rule, &normed))
        return false;
    out->qk_norm = normed ? r->row->qk_norm : VP_QK_NORM_NONE;
    return true;
}

/** One window for all layers, or none. Qwen2Config and Qwen3Config forget the window unless
 *  use_sliding_window is set; vLLM refuses a window for some layers only (qwen2.py:Qwen2Model). */
static bool window_of_all(vp_reader *r, uint64_t *window)
{
    bool has_switch = r->row->windows == VP_WINDOW_SWITCH, in_use = true;
    if (has_switch && !vp_read_switch(r, "use_sliding_window", false, &in_use)) return false;
    if (!in_use || json_is_null(json_object_get(r->config, "sliding_window"))) return true;
    if (!vp_read_count(r, "sliding_window", 0, window)) return false;
    const json_t *full = vp_member(r->config, "max_window_layers");
    if (has_switch && json_is_integer(full) && json_integer_value(full) > 0 &&
        (uint64_t)json_integer_value(full) < r->model->layers)
        vp_facts_find(
            r->facts, "sliding_window_in_some_layers", VP_SEVERE,
            "Set use_sliding_window to false, or max_window_layers to num_hidden_layers.",
            "The first %llu of %llu layers see everything, the others a window; vLLM refuses that for %s.",
            (unsigned long long)json_integer_value(full), (unsigned long long)r->model->layers,
            r->row->name);
    return true;
}

/** Layers of layer_types by name; what is neither is full. */
static bool windows_by_type(vp_reader *r, vp_mixer *mixer)
{
    vp_mixer sliding = *mixer;
    bool given;
    memset(&sliding.layers, 0, sizeof sliding.layers);
    if (!vp_config_layer_types(r, "sliding_attention", &sliding.layers, &given)) return false;
    if (vp_layers_empty(&sliding.layers)) return true;
    if (!vp_read_count(r, "sliding_window", 0, &sliding.window)) return false;
    for (uint64_t i = 0; i < r->model->layers; i++)
        if (vp_layers_has(&sliding.layers, i)) vp_layers_remove(&mixer->layers, i);
    return vp_config_add_mixer(r, &sliding);
}

bool vp_config_attention(vp_reader *r)
{
    vp_mixer mixer;
    if (!vp_config_mixer(r, &mixer)) return false;
    vp_layers_add_range(&mixer.layers, 0, r->model->layers);
    if (!vp_config_rope(r, NULL, mixer.head_dim, &mixer.layers)) return false;
    switch (r->row->windows) {
    case VP_WINDOW_NONE:
        break;
    case VP_WINDOW_ALL:
    case VP_WINDOW_SWITCH:
        if (!window_of_all(r, &mixer.window)) return false;
        r->model->sliding_window = mixer.window;
        break;
    case VP_WINDOW_TYPES:
        if (!windows_by_type(r, &mixer)) return false;
        break;
    }
    return vp_config_add_mixer(r, &mixer);
}
