/* SPDX-License-Identifier: Apache-2.0 */
/* The attention list: one entry for each distinct kind of cache that a model's layers keep. Everything
 * about KV memory is a sum over it. An entry is what a layer is, from the config alone; what vLLM makes of
 * it on a card, in a release and under some settings is worked out in core/kv_*.c.
 *
 * No entry stands for a layer that keeps no cache of its own: encoder-only attention, pooling models
 * without a decoder, and layers that read another layer's cache (kv_sharing_target_layer_name). A layer
 * with several caches (index cache beside the latent one, cross beside self attention) is in several
 * entries, in the order in which vLLM's model class makes them. */
#ifndef VP_CORE_ATTENTION_H
#define VP_CORE_ATTENTION_H

#include "core/inventory.h"
#include "core/model.h"
#include "data/kv_dtypes.h"

enum { VP_MAX_ATTENTION = 24, VP_MAX_STATES = 4 };

typedef enum vp_attention_kind {
    VP_ATTENTION_FULL,           /* FullAttentionSpec: every token */
    VP_ATTENTION_SLIDING,        /* SlidingWindowSpec */
    VP_ATTENTION_CHUNKED,        /* ChunkedLocalAttentionSpec */
    VP_ATTENTION_LATENT,         /* MLAAttentionSpec: one vector for each token, no value, not split by tp */
    VP_ATTENTION_LATENT_SLIDING, /* SlidingWindowMLASpec */
    VP_ATTENTION_STATE,          /* MambaSpec: a fixed state instead of tokens */
    VP_ATTENTION_CROSS,          /* CrossAttentionSpec: the encoder's tokens */
    VP_ATTENTION_RING,           /* CircularBufferSpec: one block for a request's whole life */
    VP_ATTENTION_KINDS
} vp_attention_kind;

/** Which code reads the cache. It decides about block sizes only; VP_READER_USUAL is right for whatever
 *  goes through vLLM's Attention or MLAAttention layer. */
typedef enum vp_attention_reader {
    VP_READER_USUAL,
    VP_READER_MM_PREFIX,    /* images attend both ways (is_mm_prefix_lm): Gemma 3 and 4 with pictures */
    VP_READER_SPARSE,       /* latent attention that reads what an indexer chose (DeepSeek-V3.2) */
    VP_READER_INDEX,        /* that indexer's own cache */
    VP_READER_COMPRESSED,   /* DeepSeek-V4: latent, one state for several tokens, and its index cache */
    VP_READER_WINDOW,       /* DeepSeek-V4: the window beside it */
    VP_READER_COMPRESSOR,   /* DeepSeek-V4: what waits to be compressed */
    VP_READER_BLOCK_SPARSE, /* MiniMax-M3: sparse blocks of 128 tokens, and their index cache */
    VP_READERS
} vp_attention_reader;

/** The recurrence of a VP_ATTENTION_STATE entry: which states vLLM keeps besides the running one. */
typedef enum vp_recurrence {
    VP_RECURRENCE_MAMBA1,
    VP_RECURRENCE_MAMBA2,
    VP_RECURRENCE_GATED_DELTA, /* Qwen3-Next, Qwen3.5 */
    VP_RECURRENCE_KDA,         /* Kimi Linear, Kimi-K3 */
    VP_RECURRENCE_SHORT_CONV,  /* LFM2 */
    VP_RECURRENCE_LIGHTNING,   /* MiniMax-Text, Bailing: linear attention */
    VP_RECURRENCES
} vp_recurrence;

/** One state tensor: `whole` elements that every tensor-parallel rank holds, times (`split` + `groups` *
 *  `group_width`) that are divided. Groups that the ranks do not divide are first raised to the number of
 *  ranks (mamba_utils.py:extra_groups_for_head_shards). */
typedef struct vp_state_tensor {
    uint64_t whole, split;
    uint64_t groups, group_width; /* Mamba 2: n_groups, 2 * state size; else 0 */
    bool lengthens;               /* a convolution: `whole` grows by one for each speculative token */
    bool recurrent;               /* of --mamba-ssm-cache-dtype, else of --mamba-cache-dtype */
    vp_dtype dtype;               /* what the config asks for under "auto"; VP_DTYPE_NONE: the model's, or
                                     for a recurrent state what the convolution has */
} vp_state_tensor;

typedef struct vp_attention {
    vp_attention_kind kind;
    vp_attention_reader reader;
    uint64_t kv_heads, head_size, head_size_v; /* latent kinds: 1, lora rank + rope, 0 */
    /* sliding: tokens; chunked: tokens of a chunk; ring: tokens of a group that is compressed at once; state:
     * tokens of a kernel's chunk (mamba_chunk_size), 0 = not said */
    uint64_t window;
    uint64_t tokens_per_state; /* DeepSeek-V4's compression ratio; 0 = 1 */
    uint64_t states_per_token; /* Whisper's pooled blocks; 0 = 1 */
    /* what one head's state takes: elements of the KV dtype, unless one of these says otherwise */
    vp_dtype element;       /* elements have this dtype whatever the KV dtype */
    uint64_t cell_bytes;    /* bytes of the state whatever the KV dtype */
    uint64_t ds_cell_bytes; /* bytes under the ds_mla KV dtypes */
    uint64_t alignment;     /* a page is rounded up to this; 0 = not */
    uint64_t ds_alignment;  /* the same under the ds_mla KV dtypes; 0 = `alignment` */
    uint64_t block_size;    /* tokens of a block, when they are its own; 0 = the engine's */
    uint64_t kernel_block;  /* its kernels take multiples of this many tokens; 0 = by `reader` */
    /* the pages of all layers lie side by side in a block (its kernels want it; VP_READER_COMPRESSED implies
     * it), which is then a multiple of so many bytes long; 0 = any length */
    bool packed;
    uint64_t stride_alignment;
    bool copied; /* not split by tp even though it is not latent (is_kv_cache_tp_replicated) */
    bool draft;  /* of the draft model or an MTP layer; its layers are numbered from model->layers on and
                    stand on the last pipeline rank */
    vp_recurrence recurrence;
    vp_state_tensor states[VP_MAX_STATES];
    uint32_t state_count;
    vp_layers layers;
} vp_attention;

typedef struct vp_attention_list {
    vp_attention entries[VP_MAX_ATTENTION];
    uint32_t count;
    char auto_100[24]; /* KV dtype that the model class sets for "auto" on capability 10.x (GlmMoeDsa:
                          "fp8_e4m3"); "" = none */
} vp_attention_list;

const char *vp_attention_kind_name(vp_attention_kind kind);
const char *vp_attention_reader_name(vp_attention_reader reader);
const char *vp_recurrence_name(vp_recurrence recurrence);
/** The layers of a structure that keep something for each token or request. */
void vp_attention_from_structure(const vp_structure *structure, vp_attention_list *out);

#endif
