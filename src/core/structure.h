/* SPDX-License-Identifier: Apache-2.0 */
/* What a model is made of, layer by layer: read from config.json, turned into parameter groups
 * (core/inventory.h) and the attention list (core/attention.h). Nothing behind those two looks at it. */
#ifndef VP_CORE_STRUCTURE_H
#define VP_CORE_STRUCTURE_H

#include <stdbool.h>
#include <stdint.h>

#include "core/group.h"
#include "data/architectures.h"

enum {
    VP_MAX_MIXERS = 12,
    VP_MAX_FFNS = 24,
    VP_MAX_EXTRAS = 48,
    VP_MAX_STORED_AS = 64,
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
    VP_MIXER_CROSS,      /* reads what an encoder made of the input: keys and values of that */
    VP_MIXER_LIGHTNING,  /* linear attention with a decay: linear/, minimax_text_01.py */
} vp_mixer_kind;

typedef struct vp_mixer {
    vp_mixer_kind kind;
    vp_layers layers;
    uint64_t heads, kv_heads, head_dim, v_head_dim;
    vp_qk_norm qk_norm;
    bool qkv_bias, o_bias;
    bool keys_unbiased;           /* files have no bias of k_proj, vLLM fills it in */
    bool norm_bias;               /* the norms on q and k have a bias */
    bool gated;                   /* q carries a gate of the same size (Qwen3-Next) */
    bool sinks;                   /* a learned sink for each head */
    bool value_is_key;            /* the files hold no values: keys are loaded for them too */
    bool float_sinks;             /* in float32 */
    bool head_gate, element_gate; /* a layer that weighs what attention gives, by head or by element */
    bool shares_kv;               /* uses another layer's keys and values: no cache of its own */
    bool causal;                  /* false: encoder-only, no cache */
    uint64_t window;              /* sliding window, or size of a chunk; 0 = sees everything */
    bool chunked;
    /* latent: head_dim is the part of q and k without positions, rope_head_dim the part with */
    uint64_t q_lora_rank, kv_lora_rank, rope_head_dim;
    uint64_t index_topk;                  /* tokens that sparse attention reads; 0 = all */
    uint64_t index_heads, index_head_dim; /* the indexer that chooses them; 0 = another layer's */
    bool unfolded;                        /* the cache holds keys and values of every head */
    bool cache_only;                      /* the same weights once more: a cache and scales of its own */
    bool split_a;                         /* q_a_proj and kv_a_proj are layers of their own */
    bool own_scales;                      /* three more scalars are kept (Kimi) */
    /* state: heads and head_dim above are those of the values; keys have their own */
    uint64_t k_heads, k_head_dim, groups, state_size, conv_kernel, inner, dt_rank;
    bool conv_bias;
    bool state_norms;           /* Mamba: norms inside of it; the other kinds always have them */
    bool state_norms_made;      /* they are ones that vLLM makes, in no file (FalconMamba) */
    bool multipliers;           /* Mamba 2: a factor for each output of in_proj, made by vLLM (FalconH1) */
    bool full_gate, full_decay; /* KDA: one matrix each; else two with a rank of head_dim between them */
    bool decode_copies;         /* KDA: the convolution and the norm once more, in float32 (Kimi-K3) */
    bool apart;                 /* gated delta net: q, k and v stand apart in the files */
    vp_dtype a_dtype;           /* of A_log; VP_DTYPE_NONE: the model's */
    vp_dtype state_dtype, conv_dtype; /* of the cache; VP_DTYPE_NONE: the model's */
} vp_mixer;

/** What follows the mixer: a dense MLP or experts. */
typedef struct vp_ffn {
    vp_layers layers;
    bool gated, bias;
    bool up_unbiased;      /* of a dense MLP: only `down` has the bias */
    bool whole_if_backed;  /* of a dense MLP: see vp_group */
    uint64_t intermediate; /* of a dense MLP; 0 = none */
    uint64_t experts, expert_intermediate, experts_per_token;
    bool own_loop;         /* experts are the class's own parameters, see vp_expert_rules */
    uint64_t zero_experts; /* without weights, but the router sees them */
    uint64_t
        expert_hidden; /* what experts see, when it is not the hidden size (latent experts); 0 = hidden */
    bool latent_norm;  /* a norm on what latent experts give */
    bool expert_bias, router_bias;
    bool correction_bias;  /* one float32 for each expert (e_score_correction_bias) */
    bool router_exact;     /* it computes in float32: see vp_group */
    vp_dtype router_dtype; /* VP_DTYPE_NONE: the model's */
    uint64_t shared_intermediate;
    bool apart;        /* gate and up of MLPs are layers of their own */
    bool shared_gate;  /* a row that weighs the shared expert */
    bool shared_whole; /* see vp_expert_rules */
    bool router_linear;
} vp_ffn;

/** An encoder for images or sound beside the decoder, or what ties it to that: its sizes in the order of their
 *  rows in towers.def. */
typedef struct vp_tower {
    vp_tower_kind kind;
    uint64_t sizes[VP_MAX_TOWER_SIZES];
} vp_tower;

/** Modules that the files hold packed. */
typedef struct vp_stored_as {
    const vp_module *module;
    uint32_t scheme;  /* index of stored.schemes */
    vp_layers layers; /* empty: the module outside of the layers */
} vp_stored_as;

typedef struct vp_structure {
    uint64_t hidden, vocab, layers;
    uint64_t embed_hidden;  /* width of the embedding when it is not `hidden`; 0 = hidden */
    bool image_prefix;      /* the tokens of an image see each other both ways: its own kernels */
    bool embed_whole;       /* every rank has the whole embedding (Whisper) */
    bool tables, slopes;    /* rotary tables are kept, ALiBi slopes are */
    uint64_t position_rows; /* learned positions; 0 = none */
    bool positions_divided; /* they are padded and divided as the vocabulary is (BERT) */
    uint64_t token_types;   /* learned token types, padded and divided too; 0 = none */
    vp_norm_kind norm;
    uint32_t norms;           /* VP_NORM_... */
    uint32_t attention_norms; /* in layers with attention among others; 0 = the same */
    vp_layers attention;      /* these layers */
    bool residuals; /* attention over earlier residuals: a norm and a row, twice a layer and at the end */
    uint64_t residuals_from; /* first layer whose mixer has them */
    bool embed_norm, final_norm, tied, head_bias, has_head;
    bool every_stage;             /* every pipeline rank has what stands before and behind the layers */
    bool float_head;              /* the head is float32 */
    bool every_embed, every_head; /* the embedding; the head */
    vp_mixer mixers[VP_MAX_MIXERS];
    uint32_t mixer_count;
    vp_ffn ffns[VP_MAX_FFNS];
    uint32_t ffn_count;
    vp_tower towers[VP_MAX_TOWERS];
    uint32_t tower_count;
    vp_group extras[VP_MAX_EXTRAS]; /* groups that only few classes have, as they are */
    uint32_t extra_count;
    bool extras_full; /* one more found no room: nothing may rest on the list */
    vp_stored_as stored_as[VP_MAX_STORED_AS];
    uint32_t stored_as_count;
    bool stored_by_files;      /* which modules are packed, say the files: the config has no list */
    bool stored_shards_differ; /* parts of a fused module are stored in different ways: vLLM refuses that */
} vp_structure;

#endif
