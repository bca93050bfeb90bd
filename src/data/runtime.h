/* SPDX-License-Identifier: Apache-2.0 */
/* Which engine and runner a release uses, and the coefficients of what vLLM measures at its start: rows
 * of runtime.def, found by release. Sizes are GiB (2^30) unless the name says bytes. */
#ifndef VP_DATA_RUNTIME_H
#define VP_DATA_RUNTIME_H

#include <stdbool.h>
#include <stdint.h>

#include "base/vp_release.h"

/** Bits, so that a row can hold for several runners. V0 is the old engine, which has one runner. */
typedef enum vp_runner { VP_RUNNER_V0 = 1, VP_RUNNER_V1 = 2, VP_RUNNER_V2 = 4 } vp_runner;

typedef struct vp_card_row {
    uint16_t major;         /* of the compute capability; 0 = any other */
    double workspace_bytes; /* of cuBLAS */
    double forward_bytes;   /* of a compiled forward, beside its named tensors */
} vp_card_row;

typedef struct vp_forward_row {
    bool eager;
    double gated, plain;         /* MLP: buffers of the width of a rank's share of it */
    double hidden, hidden_split; /* MLP: buffers of the hidden width, on one rank and on several */
    double attention_qkv, attention_hidden;
    double stage_hidden; /* of a pipeline stage, besides */
} vp_forward_row;

typedef struct vp_sampler_row {
    int runners;
    vp_release since, before;
    double per_logit;      /* bytes beside the logits themselves */
    double scratch;        /* bytes for each token of the vocabulary and multiprocessor */
    uint64_t scratch_from; /* requests from which the scratch is needed */
    double kept;           /* bytes for each logit that stay */
    double hidden;         /* hidden states for each sampled request */
} vp_sampler_row;

typedef struct vp_non_torch_row {
    int runners;
    vp_release since, before;
    uint32_t tp_from, tp_to;
    int pp, link;
    uint16_t capability_from, capability_to; /* 0 = any */
    double low, likely, high;
} vp_non_torch_row;

typedef struct vp_capture_row {
    int runners;
    vp_release since, before;
    uint64_t per_seq, at_least, at_most, at_most_cc10;
    bool coarse, full;
} vp_capture_row;

/** base + graphs * (per_graph + per_graph_layer * layers) */
typedef struct vp_graphs_row {
    int runners;
    vp_release since, before;
    double base, per_graph, per_graph_layer;
    double low_factor, high_factor, high_add;
} vp_graphs_row;

typedef struct vp_cold_compile_row {
    vp_release since, before;
    double peak_likely, peak_high, kept_high;
} vp_cold_compile_row;

typedef struct vp_spread_row {
    int runners;
    bool assumed;
    double low_factor, low_add, high_factor, high_add, run;
} vp_spread_row;

/** The old engine serves this release on this card (capability 86; 0 = not known: a recent one). */
bool vp_runner_is_v0(vp_release release, uint16_t capability);
/** The second model runner is the default for this dense text decoder. */
bool vp_runner_is_v2(vp_release release, const char *architecture, bool quantized);

/** capability 0 = not known: the larger figures. */
const vp_card_row *vp_card_find(uint16_t capability);
const vp_forward_row *vp_forward_find(bool eager);
const vp_sampler_row *vp_sampler_find(vp_runner runner, vp_release release);
const vp_non_torch_row *vp_non_torch_find(vp_runner runner, vp_release release, uint32_t tp, bool pipeline,
                                          bool nvlink, uint16_t capability);
const vp_capture_row *vp_capture_find(vp_runner runner, vp_release release);
/** NULL: this release reserves nothing for graphs. */
const vp_graphs_row *vp_graphs_reserved_find(vp_runner runner, vp_release release);
const vp_graphs_row *vp_graphs_real_find(vp_runner runner);
/** NULL: a cold compile cache makes no difference that was seen. */
const vp_cold_compile_row *vp_cold_compile_find(vp_release release);
const vp_spread_row *vp_spread_find(vp_runner runner, bool assumed);
/** Why the figures of a release are only provisional, or NULL. */
const char *vp_runtime_provisional(vp_runner runner, vp_release release);

#endif
