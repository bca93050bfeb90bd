/* SPDX-License-Identifier: Apache-2.0 */
/* The collector's own memory, shared by its two halves: taking tensors, and judging what was taken. */
#ifndef VP_HF_COLLECTOR_H
#define VP_HF_COLLECTOR_H

#include "core/inventory.h"
#include "core/tensor_names.h"
#include "hf/hf.h"

/** Which tensors of a group have come: by part, the layers. A group outside of the layers uses layer 0. */
typedef struct vp_seen {
    vp_layers weights[VP_MAX_PARTS], biases[VP_MAX_PARTS];
    uint64_t experts[VP_MAX_PARTS]; /* weights of single experts */
    bool mixed;                     /* plain weights of several dtypes */
} vp_seen;

struct vp_hf_collector {
    vp_model model;
    vp_inventory expected; /* from the config; no groups when the architecture has no row */
    vp_inventory found;    /* the same groups, filled from the tensors */
    vp_seen *seen;         /* one for each group */
    uint64_t tensors;
    uint64_t suffixes[VP_SUFFIX_COUNT];   /* tensors by suffix, whatever their module */
    uint64_t dtypes[VP_DTYPE_COUNT];      /* tensors by dtype */
    uint64_t packed_linear, plain_linear; /* weights of quantization targets */
    vp_dtype packed_dtype;                /* of the first packed weight */
    uint64_t tied_heads;
    uint64_t misfits; /* tensors whose shape is not what the config makes it */
    char first_misfit[320];
};

/** Compares files and config in what they say about quantization (collector_quantization.c). */
void vp_hf_judge_quantization(const vp_hf_collector *c, vp_facts *facts);

#endif
