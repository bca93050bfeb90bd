/* SPDX-License-Identifier: Apache-2.0 */
/* The names by which a quantization config may speak of a module: those of its parts in the files, and vLLM's
 * own for the fused whole. */
#ifndef VP_HF_MODULE_NAMES_H
#define VP_HF_MODULE_NAMES_H

#include "core/inventory.h"

enum { VP_MAX_MODULE_NAMES = 24, VP_MAX_MODULE_NAME = 128 };

typedef struct vp_module_names {
    char text[VP_MAX_MODULE_NAMES][VP_MAX_MODULE_NAME]; /* without the wrappers in front */
    uint32_t part[VP_MAX_MODULE_NAMES];                 /* VP_PART_WHOLE: the fused module */
    uint32_t count;
    bool experts, head;
} vp_module_names;

void vp_module_names_of(vp_spelling spelling, const vp_group *group, uint64_t layer, vp_module_names *out);

#endif
