/* SPDX-License-Identifier: Apache-2.0 */
/* The KV cache: pages, blocks, groups, what a request needs, and the figures vLLM prints. Exact, given the
 * memory that is left for it. How it is worked out: kv_pages.c (one page of one layer), kv_blocks.c (tokens
 * of a block), kv_groups.c (layers that share block numbers), kv_pool.c (what a memory holds). */
#ifndef VP_CORE_KVCACHE_H
#define VP_CORE_KVCACHE_H

#include "base/vp_release.h"
#include "core/attention.h"
#include "core/layout.h"
#include "core/request.h"

/** Tokens of a block when neither the user nor a kernel says otherwise (config/cache.py). */
enum { VP_KV_DEFAULT_BLOCK = 16 };

/** --mamba-cache-mode: what vLLM keeps of recurrent states. */
typedef enum vp_state_mode {
    VP_STATES_AUTO,  /* align with prefix caching, else none */
    VP_STATES_NONE,  /* the running state */
    VP_STATES_ALIGN, /* and one at a block's end */
    VP_STATES_ALL,   /* and one for each block */
} vp_state_mode;

/** Settings that only the cache asks for. All zero: nothing was asked. */
typedef struct vp_kv_wishes {
    uint32_t dcp;                /* --decode-context-parallel-size; 0 = 1 */
    uint32_t speculative_tokens; /* of --speculative-config */
    uint32_t prefill_lookahead;  /* num_prefill_lookahead_tokens: of a chain of MTP modules; 0 else */
    uint64_t max_encoder_tokens; /* max_num_encoder_input_tokens; 0 = max_num_batched_tokens */
    vp_dtype state_dtype;        /* --mamba-cache-dtype; VP_DTYPE_NONE = auto */
    vp_dtype recurrent_dtype;    /* --mamba-ssm-cache-dtype; VP_DTYPE_NONE = auto */
    vp_state_mode state_mode;    /* --mamba-cache-mode */
    bool prefix_caching_off, prefix_caching_on; /* neither: the default */
    bool hybrid_off;                            /* --disable-hybrid-kv-cache-manager */
    bool async_off;                             /* --no-async-scheduling */
} vp_kv_wishes;

/** The engine's side: everything beside the model that decides about the cache. */
typedef struct vp_kv_case {
    const vp_attention_list *attention;
    uint64_t layers; /* of the model; drafts are numbered from there on */
    vp_release release;
    uint16_t capability;         /* 90; 0 = not known: as 8.0 */
    const vp_kv_dtype *kv_dtype; /* never NULL */
    const char *stored_dtype;    /* KV dtype that the checkpoint asks for under "auto"; NULL or "" = none */
    vp_dtype model_dtype;
    uint64_t block_size; /* as asked; 0 = not asked */
    uint64_t max_model_len, max_num_batched_tokens;
    uint32_t tp, pp;
    bool runner_v1; /* the V1 model runner serves it */
    vp_kv_wishes asked;
} vp_kv_case;

/** Layers that share their block numbers; `times` groups that are alike. */
typedef struct vp_kv_group {
    vp_attention_kind kind;
    uint32_t times;
    uint64_t layers;      /* of one of them, on the rank that was asked for */
    uint64_t page_bytes;  /* one block of one layer; 0 when its layers differ */
    uint64_t group_bytes; /* one block of all its layers */
    uint64_t block_size;
    uint64_t blocks_per_request; /* of one of them, at max_model_len */
    uint64_t window;             /* tokens that recycled blocks have to hold at most, 0 = all */
    uint64_t extra_blocks;       /* beside those of the tokens */
    uint64_t fixed_blocks;       /* of states, rings and encoders: whatever the length */
    uint64_t ranks;              /* that the tokens are spread over (dcp) */
} vp_kv_group;

enum { VP_MAX_KV_GROUPS = 2 * VP_MAX_ATTENTION };

/** What does not depend on the memory. */
typedef struct vp_kv_shape {
    vp_kv_group groups[VP_MAX_KV_GROUPS];
    uint32_t group_count;     /* entries of `groups` */
    uint64_t group_total;     /* groups, each counted `times` */
    const char *refused;      /* why vLLM has no layout for it; NULL: it has */
    uint64_t block_size;      /* cache_config.block_size after adjustment */
    uint64_t bytes_per_block; /* one block number of this rank's pool */
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

/** Reads the wishes from a request's settings; values that are not understood are left out. */
void vp_kv_wishes_read(const vp_settings *settings, vp_kv_wishes *out);

/** Why the release, card or model refuses the KV dtype, and the step that does; NULL: it is taken. */
const char *vp_kv_dtype_problem(const vp_kv_case *c, const char **step);
/** What the figures of this case leave out, in one sentence; NULL: they are vLLM's own. */
const char *vp_kv_doubt(const vp_kv_case *c);

void vp_kv_shape_of_rank(const vp_kv_case *c, uint32_t pp_rank, vp_kv_shape *out);
/** Blocks of a memory, on one rank. */
uint64_t vp_kv_blocks(const vp_kv_shape *shape, uint64_t available);
/** The figures for a number of blocks: num_blocks is the smallest over the ranks. */
void vp_kv_pool_of_blocks(const vp_kv_case *c, const vp_kv_shape *shape, uint64_t blocks, vp_kv_pool *out);
/** The longest length at most max_model_len that starts with `available` bytes on this rank. */
uint64_t vp_kv_longest_len(const vp_kv_case *c, const vp_kv_shape *shape, uint64_t available);

/* The other way round, for `requests` that are all in the pool at once. */

/** Blocks that one request of `length` tokens takes. */
uint64_t vp_kv_request_blocks(const vp_kv_shape *shape, uint64_t length);
/** Smallest memory that starts and holds them. */
uint64_t vp_kv_bytes_for(const vp_kv_case *c, const vp_kv_shape *shape, uint64_t requests, uint64_t length);
/** The longest length at most max_model_len of which that memory holds `requests`; 0 = none. */
uint64_t vp_kv_longest_for(const vp_kv_case *c, const vp_kv_shape *shape, uint64_t requests,
                           uint64_t available);
/** How many requests of `length` tokens that memory holds. */
uint64_t vp_kv_requests_for(const vp_kv_case *c, const vp_kv_shape *shape, uint64_t length,
                            uint64_t available);
/** Requests that may run at once before CUDA graphs are refused for want of states: each needs a block
 *  (config/compilation.py:resolve_cudagraph_mode_and_sizes); UINT64_MAX without recurrent layers. */
uint64_t vp_kv_state_requests(const vp_kv_case *c, uint64_t blocks);

#endif
