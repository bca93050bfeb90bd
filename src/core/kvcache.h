/* SPDX-License-Identifier: Apache-2.0 */
/* The KV cache: pages, blocks, what one request needs, and the figures vLLM prints. Exact, given the
 * memory that is left for it. */
#ifndef VP_CORE_KVCACHE_H
#define VP_CORE_KVCACHE_H

#include "base/vp_release.h"
#include "core/attention.h"
#include "core/layout.h"

typedef struct vp_kv_case {
    const vp_attention_list *attention;
    uint64_t layers; /* of the model */
    vp_release release;
    uint64_t block_size;   /* tokens */
    uint32_t element_bits; /* of the KV dtype: 16, or 8 for fp8 */
    uint64_t max_model_len, max_num_batched_tokens;
    uint32_t tp, pp;
} vp_kv_case;

typedef struct vp_kv_group {
    vp_attention_kind kind;
    uint64_t layers;     /* on the rank that was asked for */
    uint64_t page_bytes; /* one block of one layer */
    uint64_t block_size;
    uint64_t blocks_per_request; /* at max_model_len */
} vp_kv_group;

/** What does not depend on the memory. */
typedef struct vp_kv_shape {
    vp_kv_group groups[VP_MAX_ATTENTION];
    uint32_t group_count;
    uint64_t bytes_per_block; /* one block id of this rank's pool */
    uint64_t blocks_per_request;
    uint64_t needed_bytes;    /* one request of max_model_len */
    uint64_t min_start_bytes; /* smallest memory that starts */
} vp_kv_shape;

/** What a pool of that memory gives. */
typedef struct vp_kv_pool {
    bool starts;
    uint64_t blocks, tokens, longest_len;
    double concurrency;
} vp_kv_pool;

void vp_kv_shape_of_rank(const vp_kv_case *c, uint32_t pp_rank, vp_kv_shape *out);
/** Blocks of a memory, on one rank. */
uint64_t vp_kv_blocks(const vp_kv_shape *shape, uint64_t available);
/** The figures for a number of blocks: num_blocks is the smallest over the ranks. */
void vp_kv_pool_of_blocks(const vp_kv_case *c, const vp_kv_shape *shape, uint64_t blocks, vp_kv_pool *out);
/** The longest length at most max_model_len that starts with `available` bytes on this rank. */
uint64_t vp_kv_longest_len(const vp_kv_case *c, uint32_t pp_rank, uint64_t available);

#endif
