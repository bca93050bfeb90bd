/* SPDX-License-Identifier: Apache-2.0 */
/* The server arguments that matter to memory, with vLLM's own defaults filled in. */
#ifndef VP_CORE_ENGINE_ARGS_H
#define VP_CORE_ENGINE_ARGS_H

#include "base/vp_error.h"
#include "core/kvcache.h"
#include "core/request.h"

typedef struct vp_engine_args {
    const char *quantization;   /* as asked with --quantization; NULL = none asked */
    vp_dtype dtype;             /* of the loaded model */
    const char *kv_cache_dtype; /* "auto" when not asked */
    uint32_t kv_bits;           /* bits of one cached element; 0 = a kind that is not computed */
    vp_kv_wishes kv;            /* what else was asked about the cache */
    double utilization;
    const char *utilization_text;
    uint64_t max_model_len;  /* the model's own context when not asked */
    bool max_model_len_auto; /* "auto" or -1: vLLM takes the longest that fits */
    uint64_t max_num_seqs, max_num_batched_tokens, block_size;
    uint32_t tp, pp, dp;
    bool expert_parallel;     /* experts whole, divided over the tp * dp ranks */
    bool no_vision, no_audio; /* limits of 0 a prompt: encoders that are not loaded (language_model_only) */
    bool encoders_whole; /* encoders that can be are held whole by every rank (mm_encoder_tp_mode data) */
    bool enforce_eager;
    bool drafts; /* speculative_config names a draft model or layers: weights that are not counted yet */
    bool without_items;     /* no image or sound is taken: encoders are not profiled */
    uint64_t capture_count; /* sizes of graphs that were asked for; 0 = the release's own */
    bool no_graphs;         /* none is captured: eager, or cudagraph_mode NONE */
    bool full_graphs;       /* graphs of whole decodes are captured: cudagraph_mode FULL..., the default */
    uint64_t cpu_offload_bytes;                              /* of each rank; 0 = not asked */
    uint64_t kv_cache_memory_bytes, num_gpu_blocks_override; /* 0 = not asked */
    bool quantization_override; /* hf_overrides puts a bitsandbytes quantization_config in place */
} vp_engine_args;

/** Resolves settings for a model, a release and a card. Range errors carry "/settings/NAME". `arena`
 *  takes the text of defaults. */
bool vp_engine_args_resolve(const vp_request *request, const vp_settings *settings, const vp_device *device,
                            vp_arena *arena, vp_engine_args *out, vp_error *error);

/** "4k" is 4000, "4K" 4096, and so on to g and G (engine/arg_utils.py:human_readable_int). */
bool vp_human_int(vp_str text, uint64_t *out);

#endif
