/* SPDX-License-Identifier: Apache-2.0 */
/* Towers of a model: formulas over their sizes, names of their tensors. */
#ifndef VP_CORE_TOWERS_H
#define VP_CORE_TOWERS_H

#include "core/structure.h"
#include "core/tensor_names.h"

/** Computes a formula of towers.def; false when it names a size that the tower does not have. */
bool vp_tower_formula(const char *text, const vp_tower *tower, uint64_t decoder, uint64_t *out);

/** What a name says, when it is of the module; see vp_tensor_name_read(). */
bool vp_tower_name_read(const vp_module *module, vp_str name, vp_tensor_name *read);
/** The name that a file would use, behind "model." and the like. */
void vp_tower_name_write(vp_writer *w, const vp_module *module, uint32_t part, uint64_t layer,
                         vp_suffix suffix);

#endif
