/* SPDX-License-Identifier: Apache-2.0 */
/* The inventory: every parameter of a model, as groups of equal modules. It is the same list whether
 * it comes from tensor headers or from config.json; all sums over weights start here. */
#ifndef VP_CORE_INVENTORY_H
#define VP_CORE_INVENTORY_H

#include <stdbool.h>
#include <stdint.h>

#include "base/vp_error.h"
#include "core/model.h"
#include "data/modules.h"

enum {
    VP_MAX_GROUPS = 96,
    VP_MAX_PARTS = 3,
};

/** A set of layer numbers. */
typedef struct vp_layers {
    uint64_t bits[VP_MAX_LAYERS / 64];
} vp_layers;

void vp_layers_add(vp_layers *set, uint64_t layer);
void vp_layers_add_range(vp_layers *set, uint64_t first, uint64_t end);
bool vp_layers_has(const vp_layers *set, uint64_t layer);
uint64_t vp_layers_count(const vp_layers *set);
/** How many of the set's layers lie in [first, end). */
uint64_t vp_layers_count_in(const vp_layers *set, uint64_t first, uint64_t end);

/** One matrix or vector inside a fused module: q, k, v of qkv_proj. */
typedef struct vp_part {
    uint64_t out;
} vp_part;

/** What the files hold for a group: beside it, never part of it. Zero when no headers were read. */
typedef struct vp_evidence {
    uint64_t bytes; /* tensor bytes in the files, helpers such as absmax included */
    uint32_t tensors;
    uint32_t packed; /* of these, weights that are stored packed */
    vp_dtype dtype;  /* of the plain weights; VP_DTYPE_NONE when there is none or several */
} vp_evidence;

/** Modules that are alike in everything but the layer they stand in. */
typedef struct vp_group {
    const vp_module *module; /* row of modules.def: vLLM's own (fused) name, role, shard rule */
    uint64_t in;             /* inputs of a matrix; 0 for a vector (norms) */
    vp_part parts[VP_MAX_PARTS];
    uint32_t part_count;
    bool bias;        /* each part has a bias of its `out` elements */
    bool alias;       /* shares the memory of embed_tokens: the head of a tied model */
    vp_layers layers; /* empty for what stands outside of the layers */
    vp_evidence evidence;
} vp_group;

typedef struct vp_inventory {
    vp_group groups[VP_MAX_GROUPS];
    uint32_t count;
    bool from_headers;         /* shapes were read from tensor headers, else derived from the config */
    uint64_t checkpoint_bytes; /* tensor bytes in the files that vLLM opens, or derived */
    bool checkpoint_bytes_known;
    uint64_t bytes_by_role[VP_ROLE_COUNT]; /* the same, by role */
    uint64_t other_tensors;                /* tensors in the files that no module takes (vLLM skips them) */
} vp_inventory;

/** Sum of the outputs of all parts. */
uint64_t vp_group_out(const vp_group *group);
/** Elements of the matrix or vector of one module, without its bias. */
uint64_t vp_group_elements(const vp_group *group);
/** How many modules the group stands for: its layers, or one. */
uint64_t vp_group_instances(const vp_group *group);
/** Logical parameters of the whole model; a tied head counts once. */
uint64_t vp_inventory_parameters(const vp_inventory *inventory);

/** Fills the inventory from the model's config alone; checkpoint bytes are what files of that dtype
 *  would hold when nothing is quantized (checkpoint_bytes_known stays false). Fails with VLLMPLAN_E_UNSUPPORTED when the
 *  architecture has no row, VLLMPLAN_E_LIMIT for more layers than VP_MAX_LAYERS. */
bool vp_inventory_from_config(const vp_model *model, vp_inventory *out, vp_error *error);

#endif
