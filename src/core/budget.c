/* SPDX-License-Identifier: Apache-2.0 */
#include "core/budget.h"

#include <string.h>

#include "base/vp_decimal.h"
#include "base/vp_int.h"
#include "data/steps.h"

/* A CUDA context with cuBLAS, gone from "free" before vLLM takes its first snapshot. Start logs show free /
 * total of 78.68 / 79.19 (H100), 23.05 / 23.56 (RTX 3090), 30.86 / 31.36 (RTX 5090), 78.84 / 79.25 (A100):
 * 0.41 to 0.51 GiB. Under WSL2 21.97 / 23.99 (RTX 4090). */
#define CONTEXT_BYTES ((uint64_t)522 << 20)
#define CONTEXT_BYTES_LEAST ((uint64_t)400 << 20)
#define CONTEXT_BYTES_WSL2 ((uint64_t)2068 << 20)

static void set_interval(vp_interval *interval, uint64_t bytes)
{
    interval->low = interval->likely = interval->high = bytes;
}

/** Free memory when vLLM looks for the first time. */
static uint64_t free_at_start(const vp_request *request, const vp_device *device)
{
    bool wsl2 = request->platform && strcmp(request->platform, "wsl2") == 0;
    uint64_t context = wsl2 ? CONTEXT_BYTES_WSL2 : CONTEXT_BYTES;
    uint64_t free = device->free_given ? device->free_bytes : device->total_bytes;
    if (!device->free_given || !device->free_after_context) free = vp_sub0(free, context);
    return vp_sub0(vp_min(free, device->total_bytes), request->policy.reserve_bytes);
}

/** total * utilization as vLLM rounds it (v1/worker/utils.py:request_memory). */
static uint64_t requested(const vp_engine_args *args, uint64_t total)
{
    return vp_ceil_times(total, args->utilization);
}

/** end: +1 the high end, 0 likely, -1 the low one. */
static uint64_t at_end(const vp_interval *interval, int end)
{
    return end < 0 ? interval->low : end > 0 ? interval->high : interval->likely;
}

static uint64_t terms(const vp_rank *rank, int end)
{
    const vp_runtime *r = &rank->runtime;
    const vp_interval *all[] = {&r->activation, &r->non_torch, &r->graphs};
    uint64_t sum = 0;
    for (size_t i = 0; i < sizeof all / sizeof all[0]; i++) sum = vp_add(sum, at_end(all[i], end));
    return sum;
}

/** The free memory at an end: known when the request gives it, else between two sizes of context. */
static uint64_t free_at(const vp_rank *rank, int end)
{
    if (rank->device->free_given || end >= 0) return rank->free_bytes;
    return vp_add(rank->free_bytes, CONTEXT_BYTES - CONTEXT_BYTES_LEAST);
}

/** The share that is vLLM's own to fill: what was asked for, or that less whatever else is on the card, its own
 *  context too. */
static uint64_t share_at(const vp_rank *rank, int end)
{
    if (!rank->others_counted) return rank->requested_bytes;
    return vp_sub0(rank->requested_bytes, vp_sub0(rank->total_bytes, free_at(rank, end)));
}

void vp_budget_of_rank(const vp_request *request, const vp_engine_args *args, bool weights_known,
                       vp_rank *rank)
{
    rank->free_bytes = free_at_start(request, rank->device);
    rank->requested_bytes = requested(args, rank->total_bytes);
    if (!weights_known) return;
    uint64_t weights = vp_sub0(rank->weights.allocated, rank->offloaded_bytes);
    if (args->kv_cache_memory_bytes > 0) {
        set_interval(&rank->available, args->kv_cache_memory_bytes);
        return;
    }
    rank->available.low = vp_sub0(share_at(rank, 1), vp_add(weights, terms(rank, 1)));
    rank->available.likely = vp_sub0(share_at(rank, 0), vp_add(weights, terms(rank, 0)));
    rank->available.high = vp_sub0(share_at(rank, -1), vp_add(weights, terms(rank, -1)));
}

/** One check of a start, at one end of the intervals (+1 pessimistic, 0 likely, -1 optimistic). */
typedef struct check {
    const char *step;
    uint64_t missing; /* 0: passed */
    uint64_t needed, there;
} check;

static bool short_of(check *c, const char *step, uint64_t needed, uint64_t there)
{
    if (needed <= there) return false;
    *c = (check){step, needed - there, needed, there};
    return true;
}

/** The pool at an end: what is left, or what was asked for. */
static uint64_t pool_at(const vp_evaluation *e, const vp_rank *rank, int end)
{
    if (e->args.num_gpu_blocks_override > 0)
        return vp_mul(e->args.num_gpu_blocks_override, rank->kv.bytes_per_block);
    return at_end(&rank->available, -end);
}

/** Before a layer exists: the share that is asked for, then the weights. */
static bool fails_loading(const vp_evaluation *e, const vp_rank *rank, uint64_t free, check *c)
{
    uint64_t away = rank->offloaded_bytes;
    bool fixed_pool = e->args.kv_cache_memory_bytes > 0;
    if (!fixed_pool && e->start_checked && short_of(c, "free_memory", rank->requested_bytes, free))
        return true;
    if (short_of(c, "weights_create", vp_sub0(rank->weights.created, away), free)) return true;
    if (!e->method.starts) {
        c->step = e->method.step; /* refused there, whatever the memory */
        return true;
    }
    return short_of(c, "weights_load", vp_sub0(rank->weights.load_peak, away), free);
}

/** The pool, and what has to fit beside it. The peak of the profile is given back before the pool is made, and
 *  needed again when the engine warms up (v1/worker/gpu_worker.py:compile_or_warm_up_model). */
static bool fails_pool(const vp_request *request, const vp_evaluation *e, const vp_rank *rank, int end,
                       uint64_t free, uint64_t spent, check *c)
{
    uint64_t available = pool_at(e, rank, end), fixed = e->args.kv_cache_memory_bytes;
    uint64_t least = vp_max(rank->kv.bytes_per_block, 1);
    bool measured = fixed == 0 && e->args.num_gpu_blocks_override == 0;
    if (measured && short_of(c, "no_cache_blocks", least, available)) {
        c->missing = vp_sub0(vp_add(spent, rank->kv.min_start_bytes), share_at(rank, end));
        return true;
    }
    if (short_of(c, "max_model_len", rank->kv.min_start_bytes, available)) return true;
    uint64_t blocks = vp_kv_blocks(&rank->kv, available), seqs = e->args.max_num_seqs;
    vp_kv_case kv = vp_evaluate_kv_case(request, &e->args);
    if (e->states_checked && seqs > vp_kv_state_requests(&kv, blocks)) {
        *c = (check){"state_blocks", vp_mul(seqs - blocks, rank->kv.bytes_per_block), seqs, blocks};
        return true;
    }
    if (fixed == 0) return false;
    uint64_t activation = at_end(&rank->runtime.activation, end);
    return short_of(c, "cache_alloc", vp_add(vp_sub0(spent, activation), fixed), free) ||
           short_of(c, "sampler_warmup", vp_add(spent, fixed), free);
}

/** What is held once graphs are captured that were not set aside. The profile's peak was given back by then: a
 *  small one leaves less room in a share that is used up. */
static uint64_t with_graphs(const vp_evaluation *e, const vp_rank *rank, int end, uint64_t spent)
{
    const vp_interval *activation = &rank->runtime.activation;
    uint64_t held = vp_sub0(share_at(rank, end), at_end(activation, -end));
    if (e->args.kv_cache_memory_bytes > 0 || e->args.num_gpu_blocks_override > 0)
        held = vp_add(vp_sub0(spent, at_end(activation, end)), pool_at(e, rank, end));
    return vp_add(held, at_end(&rank->runtime.graphs_late, end));
}

static check first_failure(const vp_request *request, const vp_evaluation *e, const vp_rank *rank, int end)
{
    check c = {NULL, 0, 0, 0};
    uint64_t free = free_at(rank, end);
    uint64_t spent = vp_add(vp_sub0(rank->weights.allocated, rank->offloaded_bytes), terms(rank, end));
    if (fails_loading(e, rank, free, &c) || short_of(&c, "profile", spent, free)) return c;
    if (e->kv_known) fails_pool(request, e, rank, end, free, spent, &c);
    if (!c.step) short_of(&c, "graph_capture", with_graphs(e, rank, end, spent), free);
    return c;
}

static const char *of_free(vp_arena *arena, const char *what, const check *c)
{
    vp_gib a, b, m;
    return vp_arena_format(arena, "%s %s GiB and %s GiB are free: out of memory by %s GiB", what,
                           vp_gib_text(&a, c->needed), vp_gib_text(&b, c->there),
                           vp_gib_text(&m, c->missing));
}

static const char *sentence(vp_arena *arena, const vp_evaluation *e, const vp_rank *rank, const check *c)
{
    static const struct {
        const char *step, *what;
    } plain[] = {
        {"weights_create", "creating the layers takes"},
        {"weights_load", "loading peaks at"},
        {"profile", "weights and the profile run together take"},
        {"graph_capture", "with its CUDA graphs vLLM takes"},
        {"cache_alloc", "weights and the KV cache that was asked for take"},
        {"sampler_warmup",
         "the KV cache that was asked for leaves too little for the warm-up: together they take"},
    };
    vp_gib a, b, m;
    const char *missing = vp_gib_text(&m, c->missing);
    unsigned long long length = e->args.max_model_len;
    for (size_t i = 0; i < sizeof plain / sizeof plain[0]; i++)
        if (strcmp(c->step, plain[i].step) == 0) return of_free(arena, plain[i].what, c);
    if (strcmp(c->step, "free_memory") == 0)
        return vp_arena_format(
            arena, "vLLM asks for %s GiB (utilization %s) and %s GiB are free: %s GiB are missing",
            vp_gib_text(&a, c->needed), e->args.utilization_text, vp_gib_text(&b, c->there), missing);
    if (strcmp(c->step, "state_blocks") == 0)
        return vp_arena_format(arena,
                               "each of max_num_seqs %llu requests needs a block for its recurrent state and "
                               "there are %llu blocks: max_num_seqs may be at most %llu",
                               (unsigned long long)c->needed, (unsigned long long)c->there,
                               (unsigned long long)c->there);
    if (strcmp(c->step, "max_model_len") == 0)
        return vp_arena_format(arena,
                               "one request of %llu tokens needs %s GiB of KV cache and %s GiB are missing",
                               length, vp_gib_text(&a, rank->kv.needed_bytes), missing);
    return vp_arena_format(
        arena, "nothing is left for the KV cache of one request of %llu tokens: %s GiB are missing", length,
        missing);
}

/** The first failure over all ranks at one end; the larger gap among equals. */
static check worst(const vp_request *request, const vp_evaluation *e, int end, const vp_rank **rank)
{
    check found = {NULL, 0, 0, 0};
    *rank = NULL;
    for (uint32_t i = 0; i < e->rank_count; i++) {
        check c = first_failure(request, e, &e->ranks[i], end);
        if (!c.step) continue;
        bool earlier = !found.step || vp_step_place(c.step) < vp_step_place(found.step);
        if (earlier || (vp_step_place(c.step) == vp_step_place(found.step) && c.missing > found.missing)) {
            found = c;
            *rank = &e->ranks[i];
        }
    }
    return found;
}

void vp_budget_verdict(const vp_request *request, vp_arena *arena, vp_evaluation *e)
{
    const vp_rank *rank;
    check optimistic = worst(request, e, -1, &rank);
    if (!e->method.starts) {
        /* files and config do not match: refused on any card, but a small one dies earlier */
        check shown = optimistic.missing > 0 ? worst(request, e, 0, &rank) : optimistic;
        e->verdict = VP_VERDICT_REFUSED;
        e->failing_step = shown.step ? shown.step : e->method.step;
        e->missing_bytes = shown.missing;
        e->reason = shown.missing > 0 ? vp_arena_format(arena, "%s; and with more memory: %s",
                                                        sentence(arena, e, rank, &shown), e->method.text)
                                      : e->method.text;
        return;
    }
    check shown = worst(request, e, optimistic.step ? 0 : 1, &rank);
    if (!shown.step) {
        e->verdict = VP_VERDICT_FITS;
        return;
    }
    e->verdict = optimistic.step ? VP_VERDICT_DOES_NOT_FIT : VP_VERDICT_BORDERLINE;
    e->failing_step = shown.step;
    e->missing_bytes = shown.missing;
    e->reason = sentence(arena, e, rank, &shown);
}
