/* SPDX-License-Identifier: Apache-2.0 */
#include "core/batch_defaults.h"

#include "base/vp_int.h"
#include "data/batch_defaults.h"
#include "data/runtime.h"

/* 0.6.6 to 0.9.2 config.py: _POOLING_MODEL_MAX_NUM_BATCHED_TOKENS, _MULTIMODAL_MODEL_MAX_NUM_BATCHED_TOKENS;
 * 0.20.2 on config/scheduler.py: DEFAULT_MAX_NUM_BATCHED_TOKENS_FOR_BATCHED_DP */
enum { V0_LONG_CONTEXT = 32768, V0_POOLING = 32768, V0_MULTIMODAL = 5120, BATCHED_EXPERTS = 256 };

/** V0 splits prompts only when told to or when the context is long; else the batch must hold a whole
 *  prompt (0.6.6 engine/arg_utils.py:create_engine_config, later _set_default_args_v0; the exceptions for
 *  sliding windows and drafts are left out). V1 always splits, until 0.11.2 made it a choice. */
static bool prompts_are_split(const vp_batch_case *c, bool v0)
{
    bool plain = !c->multimodal && !c->pooling && !c->adapters;
    if (v0)
        return c->chunked_prefill_on ||
               (plain && !c->chunked_prefill_off && c->max_model_len > V0_LONG_CONTEXT);
    return !c->chunked_prefill_off || !vp_release_at_least(c->release, VP_RELEASE(0, 11, 2));
}

/** Batches that hold at least what some models need, before the length limits them. */
static uint64_t least_tokens(const vp_batch_case *c, bool v0, uint64_t tokens)
{
    if (v0 && c->pooling) tokens = vp_max(tokens, V0_POOLING);
    if (v0 && c->multimodal) tokens = vp_max(tokens, V0_MULTIMODAL);
    /* engine/arg_utils.py:_get_min_mm_batched_tokens */
    if (!v0 && vp_release_at_least(c->release, VP_RELEASE(0, 22, 1))) tokens = vp_max(tokens, c->whole_item);
    return tokens;
}

void vp_batch_defaults(const vp_batch_case *c, uint64_t *max_num_seqs, uint64_t *max_num_batched_tokens)
{
    bool v0 = vp_runner_is_v0(c->release, c->capability);
    const vp_batch_row *row = vp_batch_find(c->release, v0, c->total_bytes, c->gpu_name, c->capability);
    uint64_t times = c->performance_throughput ? 2 : 1;
    uint64_t seqs = c->max_num_seqs ? c->max_num_seqs : row->max_num_seqs * times;
    uint64_t tokens = c->max_num_batched_tokens;

    if (!c->max_num_batched_tokens) {
        bool batched = c->batched_experts && vp_release_at_least(c->release, VP_RELEASE(0, 20, 2));
        tokens = (batched ? BATCHED_EXPERTS : row->max_num_batched_tokens) * times;
        if (!prompts_are_split(c, v0)) tokens = vp_max(tokens, c->max_model_len);
        tokens = least_tokens(c, v0, tokens);
        /* no more than all requests at full length: V0 from 0.9 (config.py:SchedulerConfig), V1 from 0.11.2;
         * in between the server's default has been filled in before that line is reached */
        vp_release since = v0 ? VP_RELEASE(0, 9, 0) : VP_RELEASE(0, 11, 2);
        if (c->max_model_len && vp_release_at_least(c->release, since))
            tokens = vp_min(tokens, vp_mul(seqs, c->max_model_len));
    }
    /* a default number of requests follows a small batch; before 0.10.1, and in V0, the start is refused */
    if (!c->max_num_seqs && !v0 && vp_release_at_least(c->release, VP_RELEASE(0, 10, 1)))
        seqs = vp_min(seqs, tokens);
    *max_num_seqs = seqs;
    *max_num_batched_tokens = tokens;
}
