/* SPDX-License-Identifier: Apache-2.0 */
/* Model architectures: rows of architectures.def. A row maps vLLM's class name to a structure. */
#ifndef VP_DATA_ARCHITECTURES_H
#define VP_DATA_ARCHITECTURES_H

#include <stdbool.h>
#include <stddef.h>

#include "base/vp_release.h"
#include "base/vp_text.h"

/** How the config names its members, and how the tensors of the files are called. */
typedef enum vp_spelling {
    VP_SPELLING_LLAMA, /* model.layers.N.self_attn.q_proj..., hidden_size, intermediate_size */
    VP_SPELLING_QWEN1, /* transformer.h.N.attn.c_attn..., intermediate_size counts both halves */
} vp_spelling;

/** Where a switch of the structure comes from. */
typedef enum vp_switch {
    VP_OFF,
    VP_ON,
    VP_FROM_CONFIG, /* the config's own key: attention_bias, mlp_bias ... */
} vp_switch;

typedef struct vp_architecture {
    const char *name;      /* "Qwen2ForCausalLM" */
    const char *structure; /* "dense decoder" */
    vp_spelling spelling;
    vp_switch qkv_bias, o_bias, mlp_bias, qk_norm;
    vp_switch tied;   /* VP_OFF: tie_word_embeddings is not looked at */
    bool sliding;     /* sliding_window is honoured, else ignored */
    vp_release until; /* the last release that has it */
    const char *source;
} vp_architecture;

size_t vp_architecture_count(void);
const vp_architecture *vp_architecture_at(size_t index);
const vp_architecture *vp_architecture_find(vp_str name);

#endif
