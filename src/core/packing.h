/* SPDX-License-Identifier: Apache-2.0 */
/* What a quantization method makes of one linear layer or of the experts of one layer: the tensors it
 * leaves on the card. */
#ifndef VP_CORE_PACKING_H
#define VP_CORE_PACKING_H

#include "core/weights.h"

enum { VP_MAX_ALLOCATIONS = 12 };

/** Tensors that one module owns, each with its own rounding. */
typedef struct vp_allocations {
    uint64_t bytes[VP_MAX_ALLOCATIONS];
    uint32_t count;
} vp_allocations;

void vp_allocations_add(vp_allocations *out, uint64_t bytes);
uint64_t vp_allocations_sum(const vp_allocations *allocations);

/** One module as a rank holds it. */
typedef struct vp_packed {
    const vp_weights_case *c;
    const vp_group *group;
    const vp_scheme *scheme; /* how the files store it; NULL: packed while loading, or not at all */
    vp_packing packing;
    uint64_t out, in, copies;
    uint64_t element; /* bytes of a weight in the model's dtype */
} vp_packed;

/** The group's module on a rank, with the packing that it gets. */
vp_packed vp_packing_of(const vp_weights_case *c, const vp_group *group);
/** Adds the weight tensors (not the bias) of one module, as they are after loading. */
void vp_packing_add(const vp_packed *m, vp_allocations *out);
/** Bytes that the method keeps once a worker, whatever the number of layers. */
uint64_t vp_packing_once(const vp_weights_case *c);

/* Kernels' own shapes (packing_tiles.c). */
typedef struct vp_tile {
    uint64_t out, in;
} vp_tile;
vp_tile vp_tile_marlin(const vp_weights_case *c, vp_tile s);
vp_tile vp_tile_humming(vp_tile s);

#endif
