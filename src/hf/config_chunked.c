/* SPDX-License-Identifier: Apache-2.0 */
/* Attention in chunks, among layers that see everything and turn no positions (vllm/model_executor/models/
 * llama4.py:Llama4Attention). */
#include <string.h>

#include "hf/config.h"
#include "hf/python_json.h"

/** Layers that turn positions: no_rope_layers has a 0 for the others; without it they are each
 *  no_rope_layer_interval-th (transformers: Llama4TextConfig). */
static bool read_turning(vp_reader *r, vp_layers *out)
{
    const json_t *marks = vp_member(r->config, "no_rope_layers");
    uint64_t every;
    bool listed = json_is_array(marks) && json_array_size(marks) > 0;
    if (!vp_read_count(r, "no_rope_layer_interval", 4, &every)) return false;
    if (listed && json_array_size(marks) < r->model->layers)
        return vp_reader_fail(r, VLLMPLAN_E_RANGE, "no_rope_layers", "is shorter than num_hidden_layers");
    memset(out, 0, sizeof *out);
    for (uint64_t i = 0; i < r->model->layers; i++)
        if (listed ? json_integer_value(json_array_get(marks, (size_t)i)) != 0 : (i + 1) % every != 0)
            vp_layers_add(out, i);
    return true;
}

bool vp_config_chunked(vp_reader *r)
{
    vp_mixer full, turning;
    bool normed;
    if (!vp_config_mixer(r, &full) || !vp_read_switch(r, "use_qk_norm", true, &normed)) return false;
    turning = full;
    vp_layers_add_range(&full.layers, 0, r->model->layers);
    if (!read_turning(r, &turning.layers) || !vp_read_optional(r, "attention_chunk_size", &turning.window))
        return false;
    turning.chunked = turning.window > 0;
    for (uint64_t i = 0; i < r->model->layers; i++)
        if (vp_layers_has(&turning.layers, i)) vp_layers_remove(&full.layers, i);
    if (normed) { /* one norm for q and k, of float32 ones that are no parameter */
        vp_group *ones =
            vp_config_add_extra(r, VP_MODULE_Q_NORM, &turning.layers, 0, vp_copied(turning.head_dim));
        ones->dtype = VP_DTYPE_FLOAT32;
        ones->made = true;
    }
    return vp_config_rope(r, NULL, turning.head_dim, &turning.layers) && vp_config_add_mixer(r, &turning) &&
           vp_config_add_mixer(r, &full);
}
