/* SPDX-License-Identifier: Apache-2.0 */
/* What a model is made of, layer by layer: read from config.json, turned into parameter groups
 * (core/inventory.h) and the attention list (core/attention.h). Nothing behind those two looks at it. */
#ifndef VP_CORE_STRUCTURE_H
#define VP_CORE_STRUCTURE_H

#include <stdbool.h>
#include <stdint.h>

#include "core/layers.h"
#include "data/architectures.h"
#include "data/dtypes.h"

enum {
    VP_MAX_MIXERS = 12,
    VP_MAX_FFNS = 24,
    VP_MAX_TOWERS = 3,
    VP_MAX_TOWER_SIZES = 16,
};

/** What mixes tokens in a layer. */
typedef enum vp_mixer_kind {
    VP_MIXER_ATTENTION,  /* q, k, v of their own; grouped and multi-query too */
    VP_MIXER_LATENT,     /* MLA: k and v from one low-rank vector */
    VP_MIXER_MAMBA1,     /* mamba_mixer.py */
    VP_MIXER_MAMBA2,     /* mamba_mixer2.py */
    VP_MIXER_GDN,        /* gated delta net: gdn/qwen_gdn_linear_attn.py */
    VP_MIXER_KDA,        /* gdn/kimi_gdn_linear_attn.py */
    VP_MIXER_SHORT_CONV, /* short_conv.py */
    VP_MIXER_LIGHTNING,  /* linear attention with a decay: linear/, minimax_text_01.py */
} vp_mixer_kind;

typedef struct vp_mixer {
    vp_mixer_kind kind;
    vp_layers layers;
    uint64_t heads, kv_heads, head_dim, v_head_dim;
    vp_qk_norm qk_norm;
    bool qkv_bias, o_bias;
    bool norm_bias;   /* the norms on q and k have a bias */
    bool gated;       /* q carries a gate of the same size (Qwen3-Next) */
    bool sinks;       /* a learned sink for each head */
    bool shares_kv;   /* uses another layer's keys and values: no cache of its own */
    bool causal;      /* false: encoder-only, no cache */
    uint64_t window;  /* sliding window, or size of a chunk; 0 = sees everything */
    bool chunked;
    /* latent: head_dim is the part of q and k without positions, rope_head_dim the part with */
    uint64_t q_lora_rank, kv_lora_rank, rope_head_dim;
    uint64_t index_heads, index_head_dim; /* sparse indexer; 0 = none */
    /* state: heads and head_dim above are those of the values; keys have their own */
    uint64_t k_heads, k_head_dim, groups, state_size, conv_kernel, inner, dt_rank;
    bool conv_bias;
    vp_dtype state_dtype, conv_dtype; /* VP_DTYPE_NONE: the model's */
} vp_mixer;

/** What follows the mixer: a dense MLP or experts. */
typedef struct vp_ffn {
    vp_layers layers;
    bool gated, bias;
    uint64_t intermediate; /* of a dense MLP; 0 = none */
    uint64_t experts, expert_intermediate, experts_per_token;
    uint64_t expert_hidden; /* what experts see, when it is not the hidden size (latent experts); 0 = hidden */
    bool expert_bias, router_bias;
    bool correction_bias;      /* one float32 for each expert (e_score_correction_bias) */
    vp_dtype router_dtype;     /* VP_DTYPE_NONE: the model's */
    uint64_t shared_intermediate;
    bool shared_gate; /* a row that weighs the shared expert */
} vp_ffn;

/** An encoder for images or sound beside the decoder. What the sizes mean is told by its kind's builder. */
typedef struct vp_tower {
    vp_tower_kind kind;
    uint64_t layers, hidden, intermediate, heads, head_dim;
    uint64_t sizes[VP_MAX_TOWER_SIZES];
} vp_tower;

typedef struct vp_structure {
    uint64_t hidden, vocab, layers;
    uint64_t embed_hidden;     /* width of the embedding when it is not `hidden`; 0 = hidden */
    uint64_t position_rows;    /* learned positions; 0 = none */
    uint64_t token_types;      /* learned token types (BERT); 0 = none */
    vp_norm_kind norm;
    uint32_t norms;            /* VP_NORM_... */
    bool embed_norm, final_norm, tied, head_bias, has_head;
    vp_mixer mixers[VP_MAX_MIXERS];
    uint32_t mixer_count;
    vp_ffn ffns[VP_MAX_FFNS];
    uint32_t ffn_count;
    vp_tower towers[VP_MAX_TOWERS];
    uint32_t tower_count;
} vp_structure;

#endif
