/* SPDX-License-Identifier: Apache-2.0 */
/* Gated delta net among attention layers (vllm/model_executor/models/qwen3_next.py, qwen3_5.py). */
#include <string.h>

#include "hf/config.h"
#include "hf/python_json.h"

bool vp_config_gdn(vp_reader *r)
{
    vp_mixer attention, state;
    bool given;
    if (!vp_config_mixer(r, &attention)) return false;
    memset(&state, 0, sizeof state);
    state.kind = VP_MIXER_GDN;
    if (!vp_config_layer_types(r, "linear_attention", &state.layers, &given)) return false;
    if (!given) {
        uint64_t every;
        if (!vp_read_count(r, "full_attention_interval", 4, &every)) return false;
        for (uint64_t i = 0; i < r->model->layers; i++)
            if ((i + 1) % every != 0) vp_layers_add(&state.layers, i);
    }
    for (uint64_t i = 0; i < r->model->layers; i++)
        if (!vp_layers_has(&state.layers, i)) vp_layers_add(&attention.layers, i);
    if (!vp_read_switch(r, "attn_output_gate", true, &attention.gated) ||
        !vp_read_count(r, "linear_num_key_heads", 0, &state.k_heads) ||
        !vp_read_count(r, "linear_key_head_dim", 0, &state.k_head_dim) ||
        !vp_read_count(r, "linear_num_value_heads", 0, &state.heads) ||
        !vp_read_count(r, "linear_value_head_dim", 0, &state.head_dim) ||
        !vp_read_count(r, "linear_conv_kernel_dim", 4, &state.conv_kernel))
        return false;
    return vp_config_rope(r, NULL, attention.head_dim, &attention.layers) &&
           vp_config_add_mixer(r, &state) && vp_config_add_mixer(r, &attention);
}
