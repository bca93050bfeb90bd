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

/** Bias elements of one module as it stays: padded with the weight, and twice where the kernel keeps zeros of
 *  the same size beside it. */
uint64_t vp_packing_bias(const vp_packed *m);

/* Kernels and their own shapes (packing_tiles.c). */
typedef enum vp_kernel {
    VP_KERNEL_NATIVE, /* the weight stays as the files have it */
    VP_KERNEL_MARLIN,
    VP_KERNEL_MACHETE,
    VP_KERNEL_HUMMING,
    VP_KERNEL_CUTLASS, /* FlashInfer's and vLLM's own for formats that Blackwell computes with */
} vp_kernel;

typedef struct vp_tile {
    uint64_t out, in;
} vp_tile;

/** The kernel that computes with the module, and the shape it pads the weight to. */
vp_kernel vp_kernel_of(const vp_packed *m);
vp_tile vp_tile_of(const vp_packed *m);
/** Marlin's locks (before releases shared them) and Humming's: tensors of each layer. */
void vp_packing_add_locks(const vp_packed *m, vp_allocations *out);

/** False when vLLM refuses to build a module that is stored like this; `why` gets the sentence. */
bool vp_packing_legal(const vp_packed *m, vp_writer *why);
/** Whether what stays of a module is known to the byte. */
bool vp_packing_known(const vp_packed *m);

/* What each theme adds. */
vp_kernel vp_kernel_of_experts(const vp_packed *m);
uint64_t vp_packing_expert_bias(const vp_packed *m);
void vp_packing_add_experts(const vp_packed *m, vp_allocations *out); /* packing_experts.c */
void vp_packing_add_fp8(const vp_packed *m, vp_allocations *out);     /* packing_fp8.c */
void vp_packing_add_fp4(const vp_packed *m, vp_allocations *out);     /* packing_fp4.c: and microscaling */
void vp_packing_add_int(const vp_packed *m, vp_allocations *out);     /* packing_int.c */
void vp_packing_add_int8(const vp_packed *m, vp_allocations *out);    /* packing_int.c */
void vp_packing_add_int4_fp8(const vp_packed *m, vp_allocations *out);
void vp_packing_add_bnb(const vp_packed *m, vp_allocations *out); /* packing_bnb.c */

#endif
