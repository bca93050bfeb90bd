/* SPDX-License-Identifier: Apache-2.0 */
/* Which engine and runner a release uses, and the coefficients of what vLLM measures at its start: rows
 * of runtime.def, found by release. Sizes are GiB (2^30) unless the name says bytes. */
#ifndef VP_DATA_RUNTIME_H
#define VP_DATA_RUNTIME_H

#include <stdbool.h>
#include <stdint.h>

#include "base/vp_release.h"
#include "data/towers.h"

/** Bits, so that a row can hold for several runners. V0 is the old engine, which has one runner. */
typedef enum vp_runner { VP_RUNNER_V0 = 1, VP_RUNNER_V1 = 2, VP_RUNNER_V2 = 4 } vp_runner;

/** What decides which runner is the default. */
typedef struct vp_runner_model {
    const char *architecture;
    bool quantized, experts, states; /* states: some layers are recurrent */
} vp_runner_model;

/** What a model is to the law; the first of these that holds. */
typedef enum vp_spread_class {
    VP_SPREAD_COMPRESSED, /* DeepSeek-V4's attention */
    VP_SPREAD_STATES,     /* recurrent layers, with encoders or without */
    VP_SPREAD_ENCODERS,
    VP_SPREAD_DRAFTED, /* speculative decoding */
    VP_SPREAD_EXPERTS,
    VP_SPREAD_ANY, /* a dense text decoder; in a row: whatever it is */
} vp_spread_class;

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
    double latent_hidden; /* of latent attention, hidden widths */
    double stage_hidden;  /* of a pipeline stage, besides */
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

typedef struct vp_experts_row {
    vp_release since, before;
    bool kept;
    uint64_t chunk; /* tokens at once; 0 = all of them */
} vp_experts_row;

typedef struct vp_latent_row {
    vp_release since, before;
    uint64_t lengths, tokens;
} vp_latent_row;

typedef struct vp_indexer_row {
    vp_release since, before;
    double token_bytes, sparse, compressed, logits_bytes;
} vp_indexer_row;

typedef struct vp_compressed_row {
    double token_bytes, split_bytes;
} vp_compressed_row;

typedef struct vp_encoder_row {
    vp_tower_kind tower; /* VP_TOWER_NONE: every other */
    uint64_t item;       /* tokens of the largest item; 0 = not known, counted as one of the batch's length */
    double pixels, patches;
} vp_encoder_row;

typedef struct vp_non_torch_row {
    int runners;
    vp_release since, before;
    uint32_t tp_from, tp_to;
    int pp, link;
    uint16_t capability_from, capability_to; /* 0 = any */
    int mode;                                /* eager, with graphs or any */
    double low, likely, high;
} vp_non_torch_row;

typedef struct vp_capture_row {
    int runners;
    vp_release since, before;
    uint64_t per_seq, at_least, at_most, at_most_cc10;
    bool coarse, full;
} vp_capture_row;

/** base + graphs * (per_graph + per_graph_layer * layers + per_graph_experts when there are any) */
typedef struct vp_graphs_row {
    int runners;
    vp_release since, before;
    double base, per_graph, per_graph_layer, per_graph_experts;
    double low_factor, high_factor, high_add;
} vp_graphs_row;

typedef struct vp_cold_compile_row {
    vp_release since, before;
    double peak_likely, peak_high, kept_high;
} vp_cold_compile_row;

typedef struct vp_spread_row {
    int runners;
    vp_release since, before;
    vp_spread_class what;
    double low_factor, low_add, high_factor, high_add;
} vp_spread_row;

typedef struct vp_adapters_row {
    double likely, high;
} vp_adapters_row;

/** The old engine serves this release on this card (capability 86; 0 = not known: a recent one). */
bool vp_runner_is_v0(vp_release release, uint16_t capability);
/** The second model runner is the default for this model. */
bool vp_runner_is_v2(vp_release release, const vp_runner_model *model);

/** capability 0 = not known: the larger figures. */
const vp_card_row *vp_card_find(uint16_t capability);
const vp_forward_row *vp_forward_find(bool eager);
const vp_sampler_row *vp_sampler_find(vp_runner runner, vp_release release);
const vp_non_torch_row *vp_non_torch_find(vp_runner runner, vp_release release, uint32_t tp, bool pipeline,
                                          bool nvlink, uint16_t capability, bool eager);
const vp_experts_row *vp_experts_find(vp_release release);
const vp_latent_row *vp_latent_find(vp_release release);
/** NULL: the release has none. */
const vp_indexer_row *vp_indexer_find(vp_release release);
const vp_compressed_row *vp_compressed_find(void);
/** The row of the first tower in the table's order that `there` says is there. */
const vp_encoder_row *vp_encoder_find(const bool there[VP_TOWER_COUNT]);
const vp_capture_row *vp_capture_find(vp_runner runner, vp_release release);
/** NULL: this release reserves nothing for graphs. */
const vp_graphs_row *vp_graphs_reserved_find(vp_runner runner, vp_release release);
const vp_graphs_row *vp_graphs_real_find(vp_runner runner);
/** NULL: a cold compile cache makes no difference that was seen. */
const vp_cold_compile_row *vp_cold_compile_find(vp_release release);
const vp_spread_row *vp_spread_find(vp_runner runner, vp_release release, vp_spread_class what);
const vp_adapters_row *vp_adapters_find(void);
/** GiB by which two starts of one command may differ. */
double vp_runtime_run(void);
/** Why the figures of a release are only provisional, or NULL. */
const char *vp_runtime_provisional(vp_runner runner, vp_release release);

#endif
