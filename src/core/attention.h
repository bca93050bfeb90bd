/* SPDX-License-Identifier: Apache-2.0 */
/* The attention list: one entry per distinct kind of layer. Everything about KV is a sum over it. */
#ifndef VP_CORE_ATTENTION_H
#define VP_CORE_ATTENTION_H

#include "core/inventory.h"
#include "core/model.h"

enum { VP_MAX_ATTENTION = 8 };

typedef enum vp_attention_kind { VP_ATTENTION_FULL, VP_ATTENTION_SLIDING } vp_attention_kind;

typedef struct vp_attention {
    vp_attention_kind kind;
    uint64_t kv_heads, head_size, head_size_v;
    uint64_t window; /* sliding only */
    vp_layers layers;
} vp_attention;

typedef struct vp_attention_list {
    vp_attention entries[VP_MAX_ATTENTION];
    uint32_t count;
} vp_attention_list;

const char *vp_attention_kind_name(vp_attention_kind kind);
void vp_attention_from_model(const vp_model *model, vp_attention_list *out);

#endif
