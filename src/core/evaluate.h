/* SPDX-License-Identifier: Apache-2.0 */
/* One evaluation: would vLLM start with exactly these settings, and what would it have? Everything
 * deterministic, without search; the search calls it again and again. */
#ifndef VP_CORE_EVALUATE_H
#define VP_CORE_EVALUATE_H

#include "core/engine_args.h"
#include "core/kvcache.h"
#include "core/measured.h"
#include "core/quantize.h"
#include "core/runtime.h"
#include "core/weights.h"

enum { VP_MAX_STAGES = 64 };

typedef enum vp_verdict {
    VP_VERDICT_FITS,
    VP_VERDICT_BORDERLINE,
    VP_VERDICT_DOES_NOT_FIT,
    VP_VERDICT_REFUSED,
    VP_VERDICT_UNKNOWN,
} vp_verdict;

const char *vp_verdict_name(vp_verdict verdict);

/** The ledger of one pipeline rank; its tensor-parallel ranks are equal. */
typedef struct vp_rank {
    const vp_device *device;
    uint32_t pp_rank, first_gpu; /* index of the first card it uses */
    uint64_t total_bytes, free_bytes, requested_bytes;
    bool others_counted; /* what others have on the card is taken off the share too: V1 before 0.9 */
    vp_weights weights;
    uint64_t offloaded_bytes; /* weights that stay in main memory: --cpu-offload-gb */
    vp_runtime runtime;
    vp_kv_shape kv;
    vp_interval available; /* for the KV cache: low is the pessimistic end */
} vp_rank;

typedef struct vp_evaluation {
    vp_verdict verdict;
    const char *failing_step; /* NULL when nothing fails at the pessimistic end */
    uint64_t missing_bytes;
    const char *reason; /* one sentence on why it fails or is refused; "" when it fits */
    vp_engine_args args;
    vp_judgement method; /* what the quantization comes to */
    bool weights_known, kv_known;
    bool start_checked;               /* the release looks at the free memory first */
    bool states_checked;              /* it wants a block for the state of each of max_num_seqs requests */
    bool measured[VP_MEASURED_TERMS]; /* terms of the request's log that hold for these settings */
    uint32_t rank_count;
    uint32_t tightest;            /* index of the rank with the least memory left */
    vp_kv_pool pool;              /* at the likely figures */
    vp_kv_pool pool_low;          /* at the pessimistic ones */
    vp_rank ranks[VP_MAX_STAGES]; /* last: only the first rank_count are written */
} vp_evaluation;

/** The KV case of the request under some arguments. */
vp_kv_case vp_evaluate_kv_case(const vp_request *request, const vp_engine_args *args);

/** Evaluates the request's model and cards with `settings`. False only for a request that cannot be
 *  understood (a setting out of range); everything else is a verdict. Texts go into `arena`. */
bool vp_evaluate(const vp_request *request, const vp_settings *settings, vp_arena *arena, vp_evaluation *out,
                 vp_error *error);

#endif
