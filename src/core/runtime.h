/* SPDX-License-Identifier: Apache-2.0 */
/* What vLLM measures instead of computing: activation peak, memory outside of torch, CUDA graphs.
 * We can only give intervals, from a law fitted on public start logs. */
#ifndef VP_CORE_RUNTIME_H
#define VP_CORE_RUNTIME_H

#include <stdbool.h>
#include <stdint.h>

#include "base/vp_release.h"
#include "data/towers.h"

typedef struct vp_interval {
    uint64_t low, likely, high;
} vp_interval;

typedef enum vp_compile_cache { VP_CACHE_UNKNOWN, VP_CACHE_COLD, VP_CACHE_WARM } vp_compile_cache;

typedef struct vp_runtime_case {
    vp_release release;
    const char *architecture; /* vLLM's class name: which runner is the default depends on it */
    uint64_t layers, hidden, intermediate, vocab, heads, kv_heads, head_dim;
    bool gated; /* gate and up in the MLP */
    /* mixture of experts: `intermediate` is then that of the shared ones */
    uint64_t experts_per_token, expert_intermediate, expert_hidden; /* 0 = no experts */
    bool experts_gated;
    bool expert_parallel;  /* experts whole, not split over the ranks */
    bool experts_marlin;   /* 4-bit weights: Marlin's own, smaller workspace */
    bool experts_unstaged; /* MXFP4 kernels, which need no workspace */
    uint64_t latent_head;  /* latent attention: a head's part of keys without positions, and its value */
    bool sparse_attention; /* an indexer chooses what latent attention reads */
    bool compressed;       /* DeepSeek-V4: compressed caches and windows */
    bool states;           /* some layers are recurrent */
    bool has_encoders;     /* for images or sound, profiled with the decoder */
    bool towers[VP_TOWER_COUNT];
    uint64_t tower_hidden, tower_intermediate;
    uint32_t speculative_tokens; /* of a draft; 0 = none */
    uint64_t adapter_bytes;     /* of LoRA's slots; 0 = none. Every graph is then captured with and without */
    bool quantized;             /* the weights are: 0.22 and 0.23 then keep the first runner */
    bool quantized_activations; /* 8-bit copies of the activations are made (w8a8, fp8 kernels) */
    uint32_t activation_bytes;  /* 2, or 4 for float32 */
    uint64_t max_num_seqs, max_num_batched_tokens, max_model_len;
    uint32_t tp, pp, pp_rank;
    bool enforce_eager;
    bool no_graphs;            /* compiled, but nothing is captured */
    uint64_t capture_count;    /* sizes that were asked for; 0 = the release's own */
    uint16_t capability;       /* 86 */
    uint16_t multiprocessors;  /* 0 = not known */
    bool nvlink;               /* ranks of one node are joined by NVLink (or it is not known) */
    bool runner_v1, runner_v2; /* the request fixed the runner */
    vp_compile_cache compile_cache;
} vp_runtime_case;

typedef struct vp_runtime {
    vp_interval activation; /* bytes: the peak, buffers of the runner that stay, what a cold compile adds */
    vp_interval non_torch;
    vp_interval graphs;      /* what is subtracted before the KV pool */
    vp_interval graphs_late; /* what comes on top after the pool is made, not reserved */
    const char *runner;      /* "v1", "v2" or "v0" */
    const char *validated;   /* NULL, or why this release's interval is only provisional */
} vp_runtime;

/** The sum of the low and that of the high ends bound the sum of the terms. */
void vp_runtime_estimate(const vp_runtime_case *c, vp_runtime *out);
/** The same, for what is asked about a model whatever the rank. */
bool vp_runtime_runs_v2(const vp_runtime_case *c);

#endif
