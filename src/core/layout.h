/* SPDX-License-Identifier: Apache-2.0 */
/* Tensor and pipeline splits: which are legal for a model, and what each rank gets. */
#ifndef VP_CORE_LAYOUT_H
#define VP_CORE_LAYOUT_H

#include "base/vp_error.h"
#include "core/inventory.h"
#include "core/model.h"

enum { VP_MAX_SPLIT = 1024 };

/** The layers [first, end) of one pipeline rank. */
typedef struct vp_stage {
    uint64_t first, end;
    bool is_first, is_last;
} vp_stage;

/** vLLM's own partition: the remainder goes one each to the ranks before the last, from the back
 *  (distributed/utils.py:get_pp_indices). */
vp_stage vp_layout_stage(uint64_t layers, uint32_t pp, uint32_t rank);

/** The ranks that a group is split over: 1 for an encoder that stands whole on each. */
uint32_t vp_layout_split(const vp_group *group, uint32_t tp, bool encoders_whole);

/** Units that one rank holds of what is copied when there are fewer than ranks (KV heads). */
uint64_t vp_layout_kv_heads(uint64_t units, uint32_t tp);

/** Outputs of one part on one tensor-parallel rank. */
uint64_t vp_layout_out(const vp_part *part, uint32_t tp);
/** Outputs of all parts on one tensor-parallel rank. */
uint64_t vp_layout_group_out(const vp_group *group, uint32_t tp);
/** Inputs of a module on one tensor-parallel rank. */
uint64_t vp_layout_in(const vp_group *group, uint32_t tp);

/** True when vLLM takes this split. Else writes why, the step that refuses ("arguments", "config",
 *  "weights_create") and the sizes that would work, in one sentence. */
bool vp_layout_legal(const vp_model *model, const vp_inventory *inventory, uint64_t tp, uint64_t pp,
                     bool encoders_whole, vp_writer *why, const char **step);

#endif
