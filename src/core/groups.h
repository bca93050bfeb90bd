/* SPDX-License-Identifier: Apache-2.0 */
/* Structure -> groups, one file a theme. Every function appends to the inventory. */
#ifndef VP_CORE_GROUPS_H
#define VP_CORE_GROUPS_H

#include "core/inventory.h"

/** The tools of all of them: a group with one part; more parts and switches are set on the result. When
 *  there is no room the group goes nowhere and `full` is set. */
vp_group *vp_group_add(vp_inventory *inventory, vp_module_key key, const vp_layers *layers, uint64_t in,
                       vp_part part);

/** A norm over `size` elements, by the model's kind of norm. */
void vp_group_add_norm(vp_inventory *inventory, const vp_structure *s, vp_module_key key,
                       const vp_layers *layers, uint64_t size);

void vp_groups_mixer(vp_inventory *inventory, const vp_structure *s,
                     const vp_mixer *mixer); /* groups_mixer.c */
void vp_groups_state(vp_inventory *inventory, const vp_structure *s,
                     const vp_mixer *mixer);                              /* groups_state.c */
void vp_groups_residuals(vp_inventory *inventory, const vp_structure *s); /* groups_state.c */
void vp_groups_mamba(vp_inventory *inventory, const vp_structure *s,
                     const vp_mixer *mixer);                                           /* groups_mamba.c */
void vp_groups_ffn(vp_inventory *inventory, const vp_structure *s, const vp_ffn *ffn); /* groups_ffn.c */
void vp_groups_tower(vp_inventory *inventory, const vp_structure *s,
                     const vp_tower *tower); /* groups_tower.c */

/** Says of each group how it is stored; one whose layers differ in that becomes several (schemes.c). */
void vp_schemes_apply(const vp_model *model, const vp_structure *s, vp_inventory *inventory);

#endif
