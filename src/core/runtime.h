/* SPDX-License-Identifier: Apache-2.0 */
/* What vLLM measures instead of computing: activation peak, memory outside of torch, CUDA graphs.
 * We can only give intervals, from a law fitted on public start logs. */
#ifndef VP_CORE_RUNTIME_H
#define VP_CORE_RUNTIME_H

#include <stdbool.h>
#include <stdint.h>

#include "base/vp_release.h"

typedef struct vp_interval {
    uint64_t low, likely, high;
} vp_interval;

typedef enum vp_compile_cache { VP_CACHE_UNKNOWN, VP_CACHE_COLD, VP_CACHE_WARM } vp_compile_cache;

typedef struct vp_runtime_case {
    vp_release release;
    const char *architecture; /* vLLM's class name: which runner is the default depends on it */
    uint64_t layers, hidden, intermediate, vocab, heads, kv_heads, head_dim;
    bool gated;                 /* gate and up in the MLP */
    bool quantized;             /* the weights are: 0.22 and 0.23 then keep the first runner */
    bool quantized_activations; /* 8-bit copies of the activations are made (w8a8, fp8 kernels) */
    uint32_t activation_bytes;  /* 2, or 4 for float32 */
    uint64_t max_num_seqs, max_num_batched_tokens, max_model_len;
    bool batch_settings_known; /* the two above are the user's or the release's own defaults */
    uint32_t tp, pp, pp_rank;
    bool enforce_eager;
    uint16_t capability;       /* 86 */
    uint16_t multiprocessors;  /* 0 = not known */
    bool nvlink;               /* ranks of one node are joined by NVLink (or it is not known) */
    bool runner_v1, runner_v2; /* the request fixed the runner */
    vp_compile_cache compile_cache;
} vp_runtime_case;

typedef struct vp_runtime {
    vp_interval activation; /* bytes: the peak, buffers of the runner that stay, what a cold compile adds */
    vp_interval non_torch;
    vp_interval graphs;    /* what is subtracted before the KV pool */
    uint64_t graphs_late;  /* likely bytes that come on top after the pool is made, not reserved */
    const char *runner;    /* "v1", "v2" or "v0" */
    const char *validated; /* NULL, or why this release's interval is only provisional */
} vp_runtime;

/** Dense text decoders. Sums of the low and of the high ends bound the sum of the terms. */
void vp_runtime_estimate(const vp_runtime_case *c, vp_runtime *out);

#endif
