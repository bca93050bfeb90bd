/* SPDX-License-Identifier: Apache-2.0 */
/* The inventory: every parameter of a model, as groups of equal modules. It is the same list whether
 * it comes from tensor headers or from config.json; all sums over weights start here. */
#ifndef VP_CORE_INVENTORY_H
#define VP_CORE_INVENTORY_H

#include <stdbool.h>
#include <stdint.h>

#include "base/vp_error.h"
#include "core/group.h"
#include "core/model.h"
#include "core/structure.h"

enum { VP_MAX_GROUPS = 256 };

typedef struct vp_inventory {
    vp_group groups[VP_MAX_GROUPS];
    uint32_t count;
    bool full;                 /* a group found no room: nothing may rest on the list */
    bool from_headers;         /* shapes were read from tensor headers, else derived from the config */
    uint64_t checkpoint_bytes; /* tensor bytes in the files that vLLM opens, or derived */
    bool checkpoint_bytes_known;
    uint64_t bytes_by_role[VP_ROLE_COUNT]; /* the same, by role */
    uint64_t other_tensors;                /* tensors in the files that no module takes (vLLM skips them) */
} vp_inventory;

const char *vp_shard_name(vp_shard shard);
const char *vp_place_name(vp_place place);

/** Whether files hold it: neither shared with the embedding nor made by vLLM itself. */
bool vp_group_is_stored(const vp_group *group);
/** Sum of the outputs of all parts. */
uint64_t vp_group_out(const vp_group *group);
/** Elements of the matrix or vector of one module, without its bias; all experts together. */
uint64_t vp_group_elements(const vp_group *group);
/** How many modules the group stands for: its layers, or one. */
uint64_t vp_group_instances(const vp_group *group);
/** Logical parameters of the whole model; a tied head counts once. */
uint64_t vp_inventory_parameters(const vp_inventory *inventory);

/** Fills the inventory from the structure alone; checkpoint bytes are what files of the model's dtype
 *  would hold when nothing is quantized (checkpoint_bytes_known stays false). Fails with
 *  VLLMPLAN_E_UNSUPPORTED when the architecture has no row, VLLMPLAN_E_LIMIT for more groups than fit. */
bool vp_inventory_from_structure(const vp_model *model, const vp_structure *structure, vp_inventory *out,
                                 vp_error *error);

#endif
