/* SPDX-License-Identifier: Apache-2.0 */
/* Structure -> groups, one file a theme. Every function appends to the inventory. */
#ifndef VP_CORE_GROUPS_H
#define VP_CORE_GROUPS_H

#include "core/inventory.h"

/** The tools of all of them: a group with one part; more parts and switches are set on the result. When
 *  there is no room the group goes nowhere and `full` is set. */
vp_group *vp_group_add(vp_inventory *inventory, vp_module_key key, const vp_layers *layers, uint64_t in,
                       vp_part part);
void vp_group_add_part(vp_group *group, vp_part part);

static inline vp_part vp_copied(uint64_t out) { return (vp_part){out, 1, VP_SHARD_COPY}; }
static inline vp_part vp_divided(uint64_t out) { return (vp_part){out, 1, VP_SHARD_DIVIDE}; }
/** `count` units of `unit` outputs, divided; vp_at_least_one(): copied when there are fewer than ranks. */
vp_part vp_units(uint64_t count, uint64_t unit);
vp_part vp_at_least_one(uint64_t count, uint64_t unit);

/** A norm over `size` elements, by the model's kind of norm. */
void vp_group_add_norm(vp_inventory *inventory, const vp_structure *s, vp_module_key key,
                       const vp_layers *layers, uint64_t size);

void vp_groups_mixer(vp_inventory *inventory, const vp_structure *s, const vp_mixer *mixer);  /* groups_mixer.c */
void vp_groups_state(vp_inventory *inventory, const vp_structure *s, const vp_mixer *mixer);  /* groups_state.c */
void vp_groups_ffn(vp_inventory *inventory, const vp_structure *s, const vp_ffn *ffn);        /* groups_ffn.c */
void vp_groups_tower(vp_inventory *inventory, const vp_structure *s, const vp_tower *tower);  /* groups_tower.c */

#endif
