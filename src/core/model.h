/* SPDX-License-Identifier: Apache-2.0 */
/* A model as the planner sees it: the sizes and switches of its config, under one set of names. */
#ifndef VP_CORE_MODEL_H
#define VP_CORE_MODEL_H

#include <stdbool.h>
#include <stdint.h>

#include "base/vp_release.h"
#include "data/architectures.h"
#include "data/dtypes.h"

enum {
    VP_MAX_LAYERS = 1024,
    VP_MAX_NAME = 96,
};

/** How the rotary table is lengthened (rope_scaling / rope_parameters). */
typedef enum vp_rope_kind {
    VP_ROPE_DEFAULT,
    VP_ROPE_LINEAR,
    VP_ROPE_DYNAMIC,
    VP_ROPE_YARN,
    VP_ROPE_LLAMA3,
    VP_ROPE_OTHER, /* known to exist, its table is not computed: the figure is withheld */
    VP_ROPE_KINDS
} vp_rope_kind;

const char *vp_rope_kind_name(vp_rope_kind kind);

/** What a checkpoint's own files say about their quantization. */
typedef struct vp_stored {
    char method[VP_MAX_NAME]; /* quantization_config.quant_method; "" = none */
    uint32_t bits;            /* 4 or 8; 0 = not said */
    bool nested;              /* bitsandbytes: absmax is itself quantized (bnb_4bit_use_double_quant) */
    bool nf4;                 /* bitsandbytes: nf4, else fp4 */
    bool from_config;         /* config.json or a sidecar says so; false: only the headers show it */
} vp_stored;

typedef struct vp_model {
    const vp_architecture *architecture; /* NULL: no row, `architecture_name` says which */
    char architecture_name[VP_MAX_NAME];
    uint64_t layers, hidden, heads, kv_heads, head_dim, intermediate, vocab;
    uint64_t max_position;      /* max_position_embeddings, as the rotary table sees it */
    uint64_t context;           /* the longest context that vLLM derives by default; see vp_model_context() */
    uint64_t sliding_window;    /* 0 = none in use */
    uint64_t rotary_dim;        /* part of a head that is rotated */
    double rope_factor;         /* 1.0 when there is none */
    uint64_t rope_original_max; /* original_max_position_embeddings; 0 = not given */
    vp_rope_kind rope;
    bool tied; /* tie_word_embeddings */
    bool qkv_bias, o_bias, mlp_bias, qk_norm;
    vp_dtype dtype; /* torch_dtype; VP_DTYPE_NONE when the config says nothing */
    vp_stored stored;
} vp_model;

/** The context that a release derives from the config when max_model_len is not given
 *  (config/model.py:_get_and_verify_max_len). */
uint64_t vp_model_context(const vp_model *model, vp_release release);

#endif
