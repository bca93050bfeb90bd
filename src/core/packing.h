/* SPDX-License-Identifier: Apache-2.0 */
/* What a quantization method makes of one linear layer: the tensors it leaves on the card. */
#ifndef VP_CORE_PACKING_H
#define VP_CORE_PACKING_H

#include "core/weights.h"

enum { VP_MAX_ALLOCATIONS = 8 };

/** Tensors that one module owns, each with its own rounding. */
typedef struct vp_allocations {
    uint64_t bytes[VP_MAX_ALLOCATIONS];
    uint32_t count;
} vp_allocations;

/** Adds the weight tensors (not the bias) of one linear module, as they are after loading. */
void vp_packing_linear(const vp_weights_case *c, const vp_group *group, vp_allocations *out);
/** Bytes that the method keeps once a worker, whatever the number of layers. */
uint64_t vp_packing_once(const vp_weights_case *c);

#endif
