/* SPDX-License-Identifier: Apache-2.0 */
/* max_num_seqs and max_num_batched_tokens of a start of the API server: the user's, or what the release
 * makes of the card, the context and the other of the two. */
#ifndef VP_CORE_BATCH_DEFAULTS_H
#define VP_CORE_BATCH_DEFAULTS_H

#include <stdbool.h>
#include <stdint.h>

#include "base/vp_release.h"

typedef struct vp_batch_case {
    vp_release release;
    const char *gpu_name; /* its key or the driver's name, NULL = not known: "a100" in it matters */
    uint64_t total_bytes; /* the driver's figure (NVML); torch's serves, no card lies between the two */
    uint16_t capability;  /* 86; 0 = not known */
    uint64_t max_model_len;
    uint64_t max_num_seqs, max_num_batched_tokens; /* the user's; 0 = not given */
    bool chunked_prefill_on, chunked_prefill_off;  /* the user's; neither = not given */
    bool performance_throughput;                   /* --performance-mode throughput */
    bool multimodal, pooling, adapters;            /* what the model is, and --enable-lora */
    uint64_t whole_item;  /* tokens of an item that has to be in one batch (is_mm_prefix_lm); 0 = none */
    bool batched_experts; /* experts of several data-parallel ranks that exchange fixed batches */
} vp_batch_case;

void vp_batch_defaults(const vp_batch_case *c, uint64_t *max_num_seqs, uint64_t *max_num_batched_tokens);

#endif
