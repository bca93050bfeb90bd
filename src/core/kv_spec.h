/* SPDX-License-Identifier: Apache-2.0 */
/* Between the files of the KV cache: what one entry of the attention list becomes on one rank
 * (v1/kv_cache_interface.py:KVCacheSpec and its kinds). */
#ifndef VP_CORE_KV_SPEC_H
#define VP_CORE_KV_SPEC_H

#include "core/kvcache.h"

typedef struct vp_kv_spec {
    const vp_attention *from;
    vp_attention_kind kind; /* of the entry, or what it was promoted to */
    uint64_t block_size;
    uint64_t page;         /* bytes of a block of one layer, padded */
    uint64_t bare_page;    /* unpadded */
    uint64_t first;        /* lowest layer */
    uint64_t layers;       /* of the whole model */
    uint64_t before, here; /* of these, on earlier ranks and on the rank that was asked for */
    uint32_t state_blocks;
} vp_kv_spec;

typedef struct vp_kv_specs {
    vp_kv_spec specs[VP_MAX_ATTENTION]; /* in the order of their first layers */
    uint32_t count;
    uint64_t block_size; /* of the engine */
    vp_state_mode mode;
} vp_kv_specs;

/** Layers whose places in a bucket are counted together: those of equal pages, or of equal specs. */
typedef struct vp_kv_row {
    const vp_kv_spec *spec; /* the first of them */
    uint32_t bucket;
    uint64_t layers, before, here;
} vp_kv_row;

/** Layers that can share block numbers. They are cut into `groups`: layer i goes to group i mod groups. */
typedef struct vp_kv_bucket {
    const vp_kv_spec *spec; /* the first of them */
    uint64_t layers, groups;
    uint64_t most; /* layers of its longest row */
    uint32_t rows;
    bool balanced; /* its rows are of one length */
} vp_kv_bucket;

typedef struct vp_kv_grouping {
    vp_kv_row rows[VP_MAX_ATTENTION];
    vp_kv_bucket buckets[VP_MAX_ATTENTION];
    uint32_t row_count, bucket_count;
    bool joined; /* the rows of a bucket stand behind each other, else side by side */
} vp_kv_grouping;

/* kv_pages.c */

/** The KV dtype that "auto" stands for. */
const vp_kv_dtype *vp_kv_effective_dtype(const vp_kv_case *c);
/** Bytes of a block of `tokens` tokens of one layer of the entry, unpadded. */
uint64_t vp_kv_token_page(const vp_kv_case *c, const vp_attention *a, uint64_t tokens);
/** The same, rounded up to the entry's alignment. */
uint64_t vp_kv_padded_page(const vp_kv_case *c, const vp_attention *a, uint64_t tokens);
/** Bytes of the states of one layer. */
uint64_t vp_kv_state_page(const vp_kv_case *c, const vp_attention *a);

/* kv_blocks.c */

/** Settles the engine's block size and each spec's own, and with them the pages. */
void vp_kv_settle_blocks(const vp_kv_case *c, vp_kv_specs *specs);
/** True when vLLM lays this model's blocks out side by side (a block-outermost layout). */
bool vp_kv_block_outermost(const vp_kv_case *c);
/** Bytes that a block's length is then a multiple of (_get_kv_cache_bytes_per_block). */
uint64_t vp_kv_stride_alignment(const vp_kv_case *c);

/* kv_unify.c */

/** Equal but for the layers. */
bool vp_kv_same_spec(const vp_kv_spec *a, const vp_kv_spec *b);
/** `other` needs the same blocks as `first` (UniformTypeKVCacheSpecs.is_uniform_type). */
bool vp_kv_uniform(const vp_kv_spec *first, const vp_kv_spec *other);
bool vp_kv_all_uniform(const vp_kv_specs *specs);
/** Windows and chunks keep every token, as full attention does; NULL, or why that is impossible
 *  (_promote_local_kv_cache_specs). */
const char *vp_kv_promote(const vp_kv_case *c, vp_kv_specs *specs);
/** Brings all pages to the largest (unify_kv_cache_spec_page_size). NULL, or why that is impossible; "" when
 *  vLLM then promotes the windows (_try_get_full_allocation_fallback_groups). The specs are changed only when
 *  it is possible. */
const char *vp_kv_unify_pages(const vp_kv_case *c, vp_kv_specs *specs);

/* kv_packed.c */

/** Buckets of layers of several page sizes that lie side by side (_get_packed_kv_cache_groups). */
void vp_kv_pack(const vp_kv_specs *specs, vp_kv_grouping *out);

/* kv_groups.c */

/** Adds a spec to a bucket, to the row of `alike` (NULL: a row of its own). */
void vp_kv_put(vp_kv_grouping *grouping, uint32_t bucket, vp_kv_row *alike, const vp_kv_spec *spec);

/* kv_pool.c */

/** What one request of max_model_len takes, from the shape's groups. */
void vp_kv_measure(const vp_kv_case *c, vp_kv_shape *shape);

#endif
