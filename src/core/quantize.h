/* SPDX-License-Identifier: Apache-2.0 */
/* The decision about quantization: may this method be used on this checkpoint, card and release, and
 * what becomes of the weights. */
#ifndef VP_CORE_QUANTIZE_H
#define VP_CORE_QUANTIZE_H

#include "core/engine_args.h"
#include "core/weights.h"
#include "data/methods.h"

/** Why a method is out (closed set, the contract's `reason`). */
typedef enum vp_reason {
    VP_REASON_NONE,
    VP_REASON_NOT_IN_RELEASE,
    VP_REASON_UNKNOWN_METHOD,
    VP_REASON_PLUGIN_MISSING,
    VP_REASON_CAPABILITY,
    VP_REASON_NEEDS_CHECKPOINT,
    VP_REASON_NEEDS_CONFIGURATION,
    VP_REASON_NEEDS_GGUF,
    VP_REASON_OTHER_PLATFORM,
    VP_REASON_INVALID,
    VP_REASON_PACKS_NOTHING,
    VP_REASON_ALREADY_QUANTIZED,
    VP_REASON_CONFIG_MISSING, /* packed files under a config that says nothing */
    VP_REASON_DTYPE,
    VP_REASON_KERNEL,       /* sizes or splits that the method's code cannot take */
    VP_REASON_NOT_COMPUTED, /* vLLM may well take it; this version has no figures for it */
    VP_REASON_COUNT
} vp_reason;

const char *vp_reason_name(vp_reason reason);

typedef struct vp_judgement {
    const vp_method *row; /* NULL for 16 bit, and for methods without a row */
    const char *name;     /* the method as vLLM reports it; "none" for 16 bit */
    bool starts;          /* vLLM takes it; false: refused at `step` */
    bool known;           /* its weights can be computed */
    bool stored;          /* the files are packed already */
    vp_packing packing;
    vp_reason reason; /* VP_REASON_NONE, or why it is out */
    const char *step; /* the failing step when it does not start */
    const char *text; /* one sentence; in the arena or constant */
} vp_judgement;

/** Judges what `args` ask for (a method by name, or none) on the request's checkpoint and `device`. */
void vp_quantize_judge(const vp_request *request, const vp_engine_args *args, const vp_device *device,
                       vp_arena *arena, vp_judgement *out);

/** The case of weights that a judgement leads to. */
vp_weights_case vp_quantize_weights_case(const vp_request *request, const vp_engine_args *args,
                                         const vp_device *device, const vp_judgement *judgement);

/** True when the request declares the plugin that brings a method back. */
bool vp_quantize_has_plugin(const vp_engine *engine, const char *plugin);

#endif
