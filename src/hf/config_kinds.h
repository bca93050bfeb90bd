/* SPDX-License-Identifier: Apache-2.0 */
/* What Gemma 3n and Gemma 4 have in common: kinds of layers, and layers that share keys and values. */
#ifndef VP_HF_CONFIG_KINDS_H
#define VP_HF_CONFIG_KINDS_H

#include "hf/config.h"

typedef struct vp_kinds {
    vp_layers sliding, full;
    uint64_t first_shared; /* from this layer on keys and values are those of an earlier layer */
} vp_kinds;

/** layer_types, else every `every`-th layer sees everything. */
bool vp_kinds_read(vp_reader *r, uint64_t every, vp_kinds *k);
/** The attention of all layers, and their tables. `global_head`: layers that see everything have heads of
 *  global_head_dim. */
bool vp_kinds_attention(vp_reader *r, const vp_kinds *k, bool global_head);
/** Inputs of the layers' own: a table with a part of each row for each layer, and the way into the layers. */
bool vp_kinds_inputs(vp_reader *r, const vp_layers *all);

#endif
