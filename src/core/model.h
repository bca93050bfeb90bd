/* SPDX-License-Identifier: Apache-2.0 */
/* A model as the planner sees it: the sizes and switches of its config, under one set of names. What it is
 * made of, layer by layer, is core/structure.h. */
#ifndef VP_CORE_MODEL_H
#define VP_CORE_MODEL_H

#include <stdbool.h>
#include <stdint.h>

#include "base/vp_release.h"
#include "core/layers.h"
#include "data/architectures.h"
#include "data/dtypes.h"
#include "data/methods.h"

enum {
    VP_MAX_NAME = 96,
    VP_MAX_ROPES = 4,
    VP_MAX_SCHEMES = 8,
};

/** How a rotary table is lengthened (rope_scaling / rope_parameters). */
typedef enum vp_rope_kind {
    VP_ROPE_DEFAULT,
    VP_ROPE_LINEAR,
    VP_ROPE_DYNAMIC,
    VP_ROPE_YARN,
    VP_ROPE_LLAMA3,
    VP_ROPE_LONG,  /* longrope: a short and a long table */
    VP_ROPE_OTHER, /* known to exist, its table is not computed: the figure is withheld */
    VP_ROPE_KINDS
} vp_rope_kind;

const char *vp_rope_kind_name(vp_rope_kind kind);

/** One rotary table of cosines and sines; layers whose tables are equal share one. */
typedef struct vp_rope {
    vp_rope_kind kind;
    double factor;         /* 1.0 when there is none */
    double base;           /* rope_theta: tables of different bases are different tables */
    uint64_t original_max; /* original_max_position_embeddings; 0 = not given */
    uint64_t max_position; /* as the table sees it */
    uint64_t rotary_dim;   /* part of a head that is rotated */
    uint32_t times;        /* mrope: the table is so many times as long; 0 = 1 */
    bool counted;          /* where positions are counted by tokens: once, from a release on */
    uint32_t kinds;        /* kinds of layers that asked for it: transformers keeps one for each */
    bool single;           /* kept in float32, whatever the model's dtype */
    bool
        single_operator; /* the same where vLLM's own operator turns: deepseek_scaling_rope.py, use_flashinfer */
    bool capped;         /* no longer than max_model_len */
    bool both_styles;    /* two tables: elements turned in pairs for attention, in halves for its indexer */
    vp_layers layers;    /* that use it */
} vp_rope;

/** Whose way of laying a packed weight out in the files it is: what vLLM keeps of it differs. */
typedef enum vp_form {
    VP_FORM_PLAIN,
    VP_FORM_GPTQ,       /* qweight, qzeros, scales; packed along the inputs */
    VP_FORM_AWQ,        /* the same, packed along the outputs */
    VP_FORM_COMPRESSED, /* compressed-tensors: weight_packed, weight_shape */
    VP_FORM_MODELOPT,
    VP_FORM_AUTOROUND, /* GPTQ's or AWQ's, read by code of its own */
    VP_FORM_COUNT
} vp_form;

const char *vp_form_name(vp_form form);

/** A way in which linear layers or experts are stored; which, says each group. */
typedef struct vp_scheme {
    vp_packing packing;
    vp_form form;
    uint32_t bits;      /* of a weight */
    uint32_t group;     /* inputs that share a scale; 0 = whole rows */
    uint32_t block_out; /* outputs that share a scale, for blocks; 0 = none */
    bool zero_points;   /* stored beside the scales; INT8: of the activations */
    bool act_order;     /* an index for each input (desc_act) */
    bool static_inputs; /* a scale for the activations, measured beforehand */
    bool weight_only;   /* the activations stay in 16 bit whatever the card can do */
} vp_scheme;

/** What a checkpoint's own files say about their quantization. */
typedef struct vp_stored {
    char method[VP_MAX_NAME]; /* quantization_config.quant_method; "" = none */
    uint32_t bits;            /* 4 or 8; 0 = not said or mixed */
    bool nested;              /* bitsandbytes: absmax is itself quantized (bnb_4bit_use_double_quant) */
    bool nf4;                 /* bitsandbytes: nf4, else fp4 */
    bool from_config;         /* config.json or a sidecar says so; false: only the headers show it */
    bool kv_scales;           /* the method looks after scales of the KV cache (BaseKVCacheMethod) */
    bool latent_kv_scales;    /* the same for latent attention */
    bool computed;            /* the schemes below are all there is; false: sizes are not known */
    char kv_dtype[16];        /* KV cache type that the checkpoint asks for; "" = none */
    vp_scheme schemes[VP_MAX_SCHEMES];
    uint32_t scheme_count;
} vp_stored;

typedef struct vp_model {
    const vp_architecture *architecture; /* NULL: no row, `architecture_name` says which */
    char architecture_name[VP_MAX_NAME];
    vp_spelling spelling; /* how the files call the decoder's tensors */
    uint64_t layers, hidden, heads, kv_heads, head_dim, intermediate, vocab;
    uint64_t max_position;   /* max_position_embeddings */
    uint64_t context;        /* the longest context that vLLM derives by default; see vp_model_context() */
    uint64_t sliding_window; /* of all layers; 0 = none, or in some layers only */
    uint64_t experts, experts_per_token, expert_intermediate; /* 0 = dense */
    vp_rope ropes[VP_MAX_ROPES];
    uint32_t rope_count;
    bool tied;      /* tie_word_embeddings */
    vp_dtype dtype; /* torch_dtype; VP_DTYPE_NONE when the config says nothing */
    vp_stored stored;
} vp_model;

/** The context that a release derives from the config when max_model_len is not given
 *  (config/model.py:_get_and_verify_max_len). */
uint64_t vp_model_context(const vp_model *model, vp_release release);
/** Whether every rotary table's size is known. */
bool vp_model_ropes_known(const vp_model *model);

#endif
