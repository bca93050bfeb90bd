/* SPDX-License-Identifier: Apache-2.0 */
/* Quantization methods by release: rows of methods.def. */
#ifndef VP_DATA_METHODS_H
#define VP_DATA_METHODS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/vp_release.h"
#include "base/vp_text.h"

typedef enum vp_method_kind {
    VP_METHOD_LOAD_TIME,
    VP_METHOD_EXPERIMENT, /* as LOAD_TIME, but only when the request names it */
    VP_METHOD_PLUGIN,     /* as LOAD_TIME, when the plugin is declared */
    VP_METHOD_STORED,
    VP_METHOD_NEEDS_CONFIG,
    VP_METHOD_NEEDS_GGUF,
    VP_METHOD_OTHER_PLATFORM,
    VP_METHOD_INVALID,
} vp_method_kind;

typedef enum vp_packing {
    VP_PACKING_NOTHING,
    VP_PACKING_FP8_TENSOR,
    VP_PACKING_FP8_CHANNEL,
    VP_PACKING_FP8_BLOCK,
    VP_PACKING_MXFP8,
    VP_PACKING_MXFP4,
    VP_PACKING_RTN8,
    VP_PACKING_BNB4,
    /* stored only */
    VP_PACKING_INT,         /* 4 or 8 bits, computed with in 16 */
    VP_PACKING_INT8_TENSOR, /* 8 bits, and so are the activations */
    VP_PACKING_INT8_CHANNEL,
    VP_PACKING_INT4_FP8, /* 4 bits, the activations 8-bit floats */
    VP_PACKING_NVFP4,
    VP_PACKING_BNB8,
    VP_PACKING_COUNT
} vp_packing;

typedef enum vp_loss { VP_LOSS_NONE, VP_LOSS_EIGHT_BIT, VP_LOSS_FOUR_BIT } vp_loss;

typedef struct vp_method {
    const char *key;
    vp_release since, until;
    uint16_t capability;
    vp_method_kind kind;
    vp_packing packing;
    vp_loss loss;
    const char *text;
} vp_method;

/** The plugin package that brings bitsandbytes back (0.28.0 and newer). */
#define VP_BNB_PLUGIN "vllm-bnb-plugin"

const char *vp_packing_name(vp_packing packing);
size_t vp_method_count(void);
const vp_method *vp_method_at(size_t index);
/** Whether a row is that of its method in a release. */
bool vp_method_in(const vp_method *method, vp_release release);
/** The row of a method in a release, or NULL. */
const vp_method *vp_method_find(vp_str key, vp_release release);
/** The newest row of a method in any release, or NULL: for "was in vLLM until". */
const vp_method *vp_method_find_any(vp_str key);

#endif
