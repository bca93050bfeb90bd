/* SPDX-License-Identifier: Apache-2.0 */
#include "core/attention.h"

#include <string.h>

const char *vp_attention_kind_name(vp_attention_kind kind)
{
    return kind == VP_ATTENTION_SLIDING ? "sliding" : "full";
}

void vp_attention_from_model(const vp_model *model, vp_attention_list *out)
{
    memset(out, 0, sizeof *out);
    if (!model->architecture || model->layers == 0) return;
    vp_attention *entry = &out->entries[out->count++];
    entry->kind = model->sliding_window > 0 ? VP_ATTENTION_SLIDING : VP_ATTENTION_FULL;
    entry->kv_heads = model->kv_heads;
    entry->head_size = entry->head_size_v = model->head_dim;
    entry->window = model->sliding_window;
    vp_layers_add_range(&entry->layers, 0, model->layers);
}
