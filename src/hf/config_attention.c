/* SPDX-License-Identifier: Apache-2.0 */
/* Attention layers with keys and values of their own. */
#include <string.h>

#include "hf/config.h"
#include "hf/python_json.h"

bool vp_config_mixer(vp_reader *r, vp_mixer *out)
{
    bool normed, encoder;
    memset(out, 0, sizeof *out);
    out->kind = VP_MIXER_ATTENTION;
    out->heads = r->model->heads;
    out->kv_heads = r->model->kv_heads;
    out->head_dim = out->v_head_dim = r->model->head_dim;
    if (!vp_read_rule(r, r->row->qkv_bias, &out->qkv_bias) ||
        !vp_read_rule(r, r->row->o_bias, &out->o_bias) ||
        !vp_read_rule(r, r->row->head_gate, &out->head_gate) ||
        !vp_read_rule(r, r->row->element_gate, &out->element_gate) ||
        !vp_read_rule(r, r->row->sinks, &out->sinks) || !vp_read_rule(r, r->row->qk_norm_rule, &normed) ||
        !vp_read_rule(r, r->row->encoder, &encoder) || !vp_read_switch(r, "is_causal", true, &out->causal))
        return false;
    if (encoder) out->causal = false;
    out->float_sinks = r->row->float_sinks;
    out->qk_norm = normed ? r->row->qk_norm : VP_QK_NORM_NONE;
    return true;
}

/** Whether layer_types names layers of several kinds: then vLLM gives no layer the window unasked. */
static bool interleaved(const vp_reader *r)
{
    const json_t *types = vp_member(r->config, "layer_types");
    for (size_t i = 0; i < json_array_size(types); i++)
        if (!json_is_string(json_array_get(types, i)) ||
            strcmp(json_string_value(json_array_get(types, i)), "sliding_attention") != 0)
            return true;
    return false;
}

/** sliding_window as vLLM takes it for every layer of a class that does not choose for itself
 *  (engine/arg_utils.py:create_engine_config, attention.py:Attention); 0 switches it off. Qwen2Config and
 *  Qwen3Config forget it unless use_sliding_window is set. */
static bool window_of_all(vp_reader *r, uint64_t *window)
{
    bool has_switch = r->row->windows == VP_WINDOW_SWITCH, in_use = true;
    if (has_switch && !vp_read_switch(r, "use_sliding_window", false, &in_use)) return false;
    if (!in_use || json_is_null(json_object_get(r->config, "sliding_window")) || interleaved(r)) return true;
    if (!vp_read_optional(r, "sliding_window", window)) return false;
    const json_t *full = vp_member(r->config, "max_window_layers");
    if (has_switch && *window > 0 && json_is_integer(full) && json_integer_value(full) > 0 &&
        (uint64_t)json_integer_value(full) < r->model->layers)
        vp_facts_find(
            r->facts, "sliding_window_in_some_layers", VP_SEVERE,
            "Set use_sliding_window to false, or max_window_layers to num_hidden_layers.",
            "The first %llu of %llu layers see everything, the others a window; vLLM refuses that for %s.",
            (unsigned long long)json_integer_value(full), (unsigned long long)r->model->layers, r->row->name);
    return true;
}

/** Takes layers with a window out of the mixer of those that see everything. */
static bool split_off(vp_reader *r, vp_mixer *mixer, const vp_layers *layers, uint64_t window)
{
    vp_mixer sliding = *mixer;
    sliding.layers = *layers;
    sliding.window = window;
    for (uint64_t i = 0; i < r->model->layers; i++)
        if (vp_layers_has(layers, i)) vp_layers_remove(&mixer->layers, i);
    return vp_config_add_mixer(r, &sliding);
}

/** Layers of layer_types by name; what is not sliding sees everything. */
static bool windows_by_type(vp_reader *r, vp_mixer *mixer, vp_layers *sliding)
{
    uint64_t window;
    bool given;
    if (!vp_config_layer_types(r, "sliding_attention", sliding, &given)) return false;
    if (!given) return window_of_all(r, &mixer->window);
    if (vp_layers_empty(sliding)) return true;
    if (!vp_read_optional(r, "sliding_window", &window)) return false;
    if (window > 0 && r->row->windows == VP_WINDOW_BEYOND) window++;
    return split_off(r, mixer, sliding, window);
}

/** A pair a layer (domyn_edge.py:DomynEdgeAttention). */
static bool windows_by_pair(vp_reader *r, vp_mixer *mixer)
{
    const json_t *pairs = vp_member(r->config, "window_sizes");
    if (!json_is_array(pairs) || json_array_size(pairs) < r->model->layers)
        return vp_reader_fail(r, VLLMPLAN_E_MISSING, "window_sizes", "has no entry for each layer");
    for (uint64_t i = 0; i < r->model->layers; i++) {
        const json_t *before = json_array_get(json_array_get(pairs, (size_t)i), 0);
        vp_structure *s = r->structure;
        vp_layers one = {{0}};
        uint32_t at = 0;
        if (!json_is_integer(before) || json_integer_value(before) > (json_int_t)VP_MAX_MEMBER)
            return vp_reader_fail(r, VLLMPLAN_E_TYPE, "window_sizes",
                                  "holds something other than pairs of sizes");
        if (json_integer_value(before) <= 0) continue;
        uint64_t window = (uint64_t)json_integer_value(before) + 1;
        while (at < s->mixer_count && s->mixers[at].window != window) at++;
        vp_layers_add(&one, i);
        if (at == s->mixer_count && !split_off(r, mixer, &one, window)) return false;
        vp_layers_add(&s->mixers[at].layers, i);
        vp_layers_remove(&mixer->layers, i);
    }
    return true;
}

/** Layers that position_layers turns, or all. */
static bool turned_layers(vp_reader *r, vp_layers *all)
{
    bool given;
    vp_layers turned;
    if (!vp_member(r->config, "position_layers")) return true;
    if (!vp_config_layer_list(r, "position_layers", "rope", &turned, &given)) return false;
    *all = turned;
    return true;
}

/** One entry a layer, repeated: a window, or null for none (openpangu.py:OpenPanguEmbeddedAttention). */
static bool windows_by_list(vp_reader *r, vp_mixer *mixer, vp_layers *sliding)
{
    char key[VP_MAX_KEY];
    const json_t *list = vp_read_member(r, "interleaved_sliding_window|sliding_window", key);
    size_t entries = json_is_array(list) ? json_array_size(list) : 1;
    if (!list || entries == 0) return true;
    for (size_t first = 0; first < entries && first < r->model->layers; first++) {
        const json_t *own = json_is_array(list) ? json_array_get(list, first) : list;
        vp_layers layers = {{0}};
        if (json_is_null(own)) continue;
        if (!json_is_integer(own) || json_integer_value(own) <= 0 ||
            (uint64_t)json_integer_value(own) > VP_MAX_MEMBER)
            return vp_reader_fail(r, VLLMPLAN_E_TYPE, key, "holds something other than window sizes");
        for (uint64_t i = first; i < r->model->layers; i += entries)
            vp_layers_add(&layers, i), vp_layers_add(sliding, i);
        if (!split_off(r, mixer, &layers, (uint64_t)json_integer_value(own))) return false;
    }
    return true;
}

/** A base for each layer, 0 for none (granite.py:GraniteAttention, layer_rope_theta). */
static bool ropes_by_layer(vp_reader *r, const json_t *bases, uint64_t head_dim)
{
    if (!json_is_array(bases) || json_array_size(bases) < r->model->layers)
        return vp_reader_fail(r, VLLMPLAN_E_TYPE, "layer_rope_theta", "has no entry for each layer");
    for (uint64_t i = 0; i < r->model->layers; i++) {
        double base = json_number_value(json_array_get(bases, (size_t)i));
        vp_layers one = {{0}};
        vp_layers_add(&one, i);
        if (base > 0 && !vp_config_rope_of_base(r, base, head_dim, &one)) return false;
    }
    return true;
}

/** The tables: one for all layers, one a layer, or one more for the sliding ones. */
static bool read_ropes(vp_reader *r, const vp_mixer *mixer, const vp_layers *sliding)
{
    const json_t *bases = vp_member(r->config, "layer_rope_theta");
    vp_layers all = {{0}}, full;
    vp_layers_add_range(&all, 0, r->model->layers);
    if (!turned_layers(r, &all)) return false;
    if (bases) return ropes_by_layer(r, bases, mixer->head_dim);
    if (!r->row->local_base) return vp_config_rope(r, NULL, mixer->head_dim, &all);
    full = all;
    for (uint64_t i = 0; i < r->model->layers; i++)
        if (vp_layers_has(sliding, i)) vp_layers_remove(&full, i);
    return vp_config_local_rope(r, mixer->head_dim, sliding) &&
           vp_config_rope(r, "full_attention", mixer->head_dim, &full);
}

/** Beside its own tokens each layer reads what the encoder made (whisper.py:WhisperDecoderLayer). */
static bool add_cross(vp_reader *r, const vp_mixer *attention)
{
    vp_mixer cross = *attention;
    cross.kind = VP_MIXER_CROSS;
    return r->row->dialect != VP_DIALECT_WHISPER || vp_config_add_mixer(r, &cross);
}

bool vp_config_attention(vp_reader *r)
{
    vp_mixer mixer;
    vp_layers sliding = {{0}};
    if (!vp_config_mixer(r, &mixer)) return false;
    mixer.keys_unbiased = r->row->dialect == VP_DIALECT_WHISPER;
    vp_layers_add_range(&mixer.layers, 0, r->model->layers);
    switch (r->row->windows) {
    case VP_WINDOW_NONE:
        break;
    case VP_WINDOW_ALL:
    case VP_WINDOW_SWITCH:
        if (!window_of_all(r, &mixer.window)) return false;
        break;
    case VP_WINDOW_TYPES:
    case VP_WINDOW_BEYOND:
        if (!windows_by_type(r, &mixer, &sliding)) return false;
        break;
    case VP_WINDOW_PAIRS:
        if (!windows_by_pair(r, &mixer)) return false;
        break;
    case VP_WINDOW_LIST:
        if (!windows_by_list(r, &mixer, &sliding)) return false;
        break;
    }
    if (!read_ropes(r, &mixer, &sliding) || !vp_config_add_mixer(r, &mixer) || !add_cross(r, &mixer))
        return false;
    if (r->structure->mixer_count == 1) r->model->sliding_window = r->structure->mixers[0].window;
    return true;
}
