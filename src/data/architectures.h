/* SPDX-License-Identifier: Apache-2.0 */
/* Model architectures: rows of architectures.def. A row maps vLLM's class name to a structure, and says
 * which members of config.json decide about its parts. */
#ifndef VP_DATA_ARCHITECTURES_H
#define VP_DATA_ARCHITECTURES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/vp_release.h"
#include "base/vp_text.h"

/** How the tensors of the files are called: rows of tensor_names.def. */
typedef enum vp_spelling {
#define SPELLING(key, ...) VP_SPELLING_##key,
#include "data/spellings.def"
#undef SPELLING
    VP_SPELLING_COUNT
} vp_spelling;

/** Which reader of hf/ makes a structure of the config. */
typedef enum vp_recipe {
    VP_RECIPE_DECODER, /* attention with keys and values of its own in every layer; dense or experts */
    VP_RECIPE_QWEN1,   /* the same in Qwen-1's words */
    VP_RECIPE_LATENT,  /* multi-head latent attention */
    VP_RECIPE_GDN,     /* gated delta net layers among attention layers (Qwen3-Next, Qwen3.5) */
} vp_recipe;

/** Norms on queries and keys. */
typedef enum vp_qk_norm {
    VP_QK_NORM_NONE,
    VP_QK_NORM_HEAD,  /* one vector of the head size, for all heads */
    VP_QK_NORM_HEADS, /* a vector for each head, divided with them */
    VP_QK_NORM_WHOLE, /* over all heads, whole on every rank */
} vp_qk_norm;

typedef enum vp_norm_kind {
    VP_NORM_RMS,       /* a weight */
    VP_NORM_LAYER,     /* weight and bias */
    VP_NORM_NO_WEIGHT, /* nothing learned */
} vp_norm_kind;

/** Which norms a layer has. */
enum {
    VP_NORM_INPUT = 1,
    VP_NORM_POST = 2, /* behind attention, or before the MLP where there is no other */
    VP_NORM_PRE_FF = 4,
    VP_NORM_POST_FF = 8,
    VP_NORMS_TWO = VP_NORM_INPUT | VP_NORM_POST,
    VP_NORMS_FOUR = VP_NORMS_TWO | VP_NORM_PRE_FF | VP_NORM_POST_FF,
};

/** Which layers see a window only. */
typedef enum vp_window_rule {
    VP_WINDOW_NONE,   /* sliding_window is not looked at */
    VP_WINDOW_ALL,    /* all layers, when sliding_window is set */
    VP_WINDOW_SWITCH, /* all layers, when use_sliding_window is set; vLLM refuses some layers only */
    VP_WINDOW_TYPES,  /* layer_types names them */
} vp_window_rule;

/** How many experts all tokens pass through. */
typedef enum vp_shared_rule {
    VP_SHARED_NONE,
    VP_SHARED_COUNT, /* the key counts experts of the routed size */
    VP_SHARED_SIZE,  /* the key is their intermediate size */
} vp_shared_rule;

/** Which layers of a mixture model are dense. */
typedef enum vp_dense_rule {
    VP_DENSE_NONE,
    VP_DENSE_FIRST, /* the first first_k_dense_replace; moe_layer_freq of the others */
    VP_DENSE_STEP,  /* all but each decoder_sparse_step-th, and those of mlp_only_layers */
} vp_dense_rule;

/** Experts of a mixture model. `count` NULL: dense. */
typedef struct vp_expert_rules {
    const char *count, *size; /* config members, first that is there: "num_experts|num_local_experts" */
    vp_shared_rule shared;
    const char *shared_key;
    bool shared_gate;
    const char *correction_bias; /* a rule, see below */
    bool float_router;           /* the router stays in float32 */
    vp_dense_rule dense;
} vp_expert_rules;

/** Encoders beside the decoder: rows of towers.def. */
typedef enum vp_tower_kind {
#define TOWER(key, ...) VP_TOWER_##key,
#include "data/towers.def"
#undef TOWER
    VP_TOWER_COUNT
} vp_tower_kind;

/** Rules for switches: NULL is never, "!" always; else members of the config, "a|b" any of them is true,
 *  "a:b" the first of them that is there decides. "=member:text" is true when the member is that text. */
typedef struct vp_architecture {
    const char *name;      /* "Qwen2ForCausalLM" */
    const char *structure; /* "dense decoder" */
    const char *scope;      /* where the decoder's part of the config is: "text_config"; NULL = the whole */
    const char *model_type; /* whose defaults count when that part names no model_type */
    vp_recipe recipe;
    vp_spelling spelling;
    const char *qkv_bias, *o_bias, *mlp_bias, *head_bias, *qk_norm_rule;
    vp_qk_norm qk_norm;
    const char *tied;
    vp_norm_kind norm;
    uint32_t norms; /* VP_NORM_...; 0 = VP_NORMS_TWO */
    bool ungated;   /* the MLP has no gate */
    vp_window_rule windows;
    vp_expert_rules experts;
    vp_tower_kind towers[3]; /* VP_TOWER_NONE ends the list */
    vp_release until;        /* the last release that has it */
    const char *source;
} vp_architecture;

size_t vp_architecture_count(void);
const vp_architecture *vp_architecture_at(size_t index);
const vp_architecture *vp_architecture_find(vp_str name);

#endif
