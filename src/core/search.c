/* SPDX-License-Identifier: Apache-2.0 */
#include "core/search.h"

#include <stddef.h>
#include <string.h>

#include "base/vp_decimal.h"
#include "base/vp_int.h"

/** A context that a newcomer can work with: below it a lossier method is preferred to a shorter one. */
#define USEFUL_CONTEXT ((uint64_t)8192)
/** Graphs, the sampler's warm-up and the allocator's slack come on top of what is profiled; starts above
 *  this share of a card are reported to run out later. */
#define HIGHEST_UTILIZATION 95u

static const char *const changeable[] = {
    "quantization",           "kv_cache_dtype",         "max_model_len",        "max_num_seqs",
    "max_num_batched_tokens", "gpu_memory_utilization", "tensor_parallel_size", "enforce_eager",
};

bool vp_search_may_change(const vp_request *request, const char *setting)
{
    const vp_policy *policy = &request->policy;
    if (vp_settings_find(&request->settings, setting)) return false;
    if (policy->may_change_given) {
        for (uint32_t i = 0; i < policy->may_change_count; i++)
            if (strcmp(policy->may_change[i], setting) == 0) return true;
        return false;
    }
    for (size_t i = 0; i < sizeof changeable / sizeof changeable[0]; i++)
        if (strcmp(changeable[i], setting) == 0) return true;
    return false;
}

bool vp_search_works(const vp_request *request, const vp_evaluation *e)
{
    if (e->verdict != VP_VERDICT_FITS && e->verdict != VP_VERDICT_BORDERLINE) return false;
    const vp_kv_pool *pool = request->policy.risk_likely ? &e->pool : &e->pool_low;
    if (e->verdict == VP_VERDICT_BORDERLINE && !(request->policy.risk_likely && pool->starts)) return false;
    return request->wish_concurrency <= 1 || pool->concurrency >= (double)request->wish_concurrency;
}

void vp_search_put_method(const vp_request *request, vp_settings *settings, const char *method)
{
    vp_settings_put(settings, "quantization", VP_VALUE_TEXT, method);
    /* newer releases set the load format themselves (engine/arg_utils.py:create_load_config) */
    bool by_itself = vp_release_compare(vp_release_of(request->engine.release), VP_RELEASE(0, 8, 5)) >= 0;
    if (!by_itself && strcmp(method, "bitsandbytes") == 0)
        vp_settings_put(settings, "load_format", VP_VALUE_TEXT, method);
}

void vp_search_put_number(vp_settings *settings, vp_arena *arena, const char *name, uint64_t value)
{
    vp_settings_put(settings, name, VP_VALUE_INT, vp_arena_format(arena, "%llu", (unsigned long long)value));
}

void vp_search_put_utilization(vp_settings *settings, vp_arena *arena, unsigned hundredths)
{
    char text[16];
    vp_writer w;
    vp_writer_start(&w, text, sizeof text);
    vp_decimal_write(&w, (double)hundredths / 100.0);
    vp_settings_put(settings, "gpu_memory_utilization", VP_VALUE_DECIMAL,
                    vp_arena_copy(arena, vp_str_from(text)));
}

unsigned vp_search_highest_utilization(const vp_evaluation *e)
{
    unsigned highest = HIGHEST_UTILIZATION;
    for (uint32_t i = 0; i < e->rank_count; i++) {
        const vp_rank *rank = &e->ranks[i];
        uint64_t share = rank->total_bytes == 0 ? 0 : vp_mul(rank->free_bytes, 100) / rank->total_bytes;
        if (share < highest) highest = (unsigned)share;
    }
    return highest;
}

/** One search over a candidate's settings; `c` holds the last evaluation. */
typedef struct walk {
    const vp_request *request;
    vp_arena *arena;
    vp_error *error;
    vp_candidate *c;
    char room[1024]; /* for sentences that nobody will read */
} walk;

/** Evaluates the candidate's settings on the way; the last one is repeated with texts that stay. */
static bool evaluate(walk *w)
{
    vp_arena passing;
    vp_arena_start(&passing, w->room, sizeof w->room);
    if (!vp_evaluate(w->request, &w->c->settings, &passing, &w->c->evaluation, w->error)) return false;
    w->c->works = vp_search_works(w->request, &w->c->evaluation);
    return true;
}

static bool try_utilization(walk *w, unsigned hundredths)
{
    vp_search_put_utilization(&w->c->settings, w->arena, hundredths);
    return evaluate(w);
}

/** The smallest utilization in (low, high] that works, when high does. */
static bool least_utilization(walk *w, unsigned low, unsigned high)
{
    while (low + 1 < high) {
        unsigned middle = low + (high - low) / 2;
        if (!try_utilization(w, middle)) return false;
        if (w->c->works)
            high = middle;
        else
            low = middle;
    }
    return try_utilization(w, high);
}

static bool try_length(walk *w, uint64_t length)
{
    vp_search_put_number(&w->c->settings, w->arena, "max_model_len", length);
    return evaluate(w);
}

/** The longest length that works, in whole blocks; 0 when none does. */
static bool longest_length(walk *w, uint64_t own, uint64_t *longest)
{
    uint64_t block = vp_max(1, w->c->evaluation.args.block_size), low = 0, high = own / block;
    while (low < high) {
        uint64_t middle = low + (high - low + 1) / 2;
        if (!try_length(w, middle * block)) return false;
        if (w->c->works)
            low = middle;
        else
            high = middle - 1;
    }
    *longest = low * block;
    return *longest == 0 ? true : try_length(w, *longest);
}

/** As many requests at once as there are blocks for their states, when that is what stops the start. A smaller
 *  batch leaves more memory, so that the number stays legal. */
static bool fewer_requests(walk *w)
{
    vp_candidate *c = w->c;
    const vp_evaluation *e = &c->evaluation;
    bool stops = e->failing_step && strcmp(e->failing_step, "state_blocks") == 0;
    if (!stops || e->pool_low.blocks == 0 || !vp_search_may_change(w->request, "max_num_seqs")) return true;
    c->changed_requests = true;
    vp_search_put_number(&c->settings, w->arena, "max_num_seqs", e->pool_low.blocks);
    return evaluate(w);
}

/** Changes the number of requests, utilization, then length, as little as it takes. */
static bool settle(walk *w)
{
    const vp_request *request = w->request;
    vp_candidate *c = w->c;
    if (!evaluate(w) || c->works) return w->error->code == VLLMPLAN_OK;
    if (c->evaluation.verdict == VP_VERDICT_REFUSED || c->evaluation.verdict == VP_VERDICT_UNKNOWN)
        return true;
    if (!fewer_requests(w)) return false;
    if (c->works) return true;
    vp_settings before = c->settings;
    unsigned start = (unsigned)(c->evaluation.args.utilization * 100.0 + 0.5);
    unsigned highest = vp_search_highest_utilization(&c->evaluation);
    if (vp_search_may_change(request, "gpu_memory_utilization") && highest != start) {
        c->changed_utilization = true;
        if (!try_utilization(w, highest)) return false;
        if (c->works && highest > start) return least_utilization(w, start, highest);
        if (c->works) return true;
    }
    uint64_t own = c->evaluation.args.max_model_len, longest = 0;
    if (vp_search_may_change(request, "max_model_len")) {
        c->changed_length = true;
        if (!longest_length(w, own, &longest)) return false;
        if (longest > 0) return true;
    }
    /* nothing helps: the candidate stays as it was asked, so that its figures can be read */
    c->changed_utilization = c->changed_length = false;
    c->settings = before;
    return evaluate(w);
}

void vp_candidate_start(vp_candidate *candidate)
{
    memset(candidate, 0, offsetof(vp_candidate, evaluation) + offsetof(vp_evaluation, ranks));
}

void vp_candidate_copy(vp_candidate *to, const vp_candidate *from)
{
    memcpy(to, from,
           offsetof(vp_candidate, evaluation) + offsetof(vp_evaluation, ranks) +
               from->evaluation.rank_count * sizeof from->evaluation.ranks[0]);
}

static bool meets_wishes(const vp_request *request, const vp_candidate *c)
{
    if (!c->works) return false;
    uint64_t own = vp_model_context(&request->facts->model, vp_release_of(request->engine.release));
    uint64_t wanted = request->wish_context > 0 ? request->wish_context : vp_min(own, USEFUL_CONTEXT);
    return c->evaluation.args.max_model_len >= wanted ||
           vp_settings_find(&request->settings, "max_model_len");
}

bool vp_search_better(const vp_request *request, const vp_candidate *a, const vp_candidate *b)
{
    const vp_engine_args *x = &a->evaluation.args, *y = &b->evaluation.args;
    if (a->works != b->works) return a->works;
    if (a->wishes_met != b->wishes_met) return a->wishes_met;
    bool longer = x->max_model_len != y->max_model_len;
    if (request->policy.objective == VP_OBJECTIVE_CONTEXT && longer)
        return x->max_model_len > y->max_model_len;
    if (request->policy.objective == VP_OBJECTIVE_CONCURRENCY &&
        a->evaluation.pool.tokens != b->evaluation.pool.tokens)
        return a->evaluation.pool.tokens > b->evaluation.pool.tokens;
    if (a->loss != b->loss) return a->loss < b->loss;
    if (longer) return x->max_model_len > y->max_model_len;
    if (x->tp * x->pp != y->tp * y->pp) return x->tp * x->pp < y->tp * y->pp;
    if (a->changed_utilization != b->changed_utilization) return b->changed_utilization;
    return a->order < b->order;
}

uint64_t vp_search_cards(const vp_request *request)
{
    uint64_t count = 0;
    for (uint32_t i = 0; i < request->device_count; i++) count += request->devices[i].count;
    return count;
}

bool vp_search_method(const vp_request *request, const vp_method *method, uint32_t order, vp_arena *arena,
                      vp_candidate *scratch, vp_candidate *best, vp_error *error)
{
    bool may_split = vp_search_may_change(request, "tensor_parallel_size");
    bool first = true;
    walk w = {.request = request, .arena = arena, .error = error, .c = scratch};
    for (uint64_t tp = 1; first || (may_split && tp <= vp_search_cards(request)); tp *= 2) {
        vp_candidate_start(scratch);
        scratch->settings = request->settings;
        scratch->order = order;
        scratch->loss = method ? method->loss : VP_LOSS_NONE;
        if (method) vp_search_put_method(request, &scratch->settings, method->key);
        if (request->wish_context > 0 && vp_search_may_change(request, "max_model_len"))
            vp_search_put_number(&scratch->settings, arena, "max_model_len", request->wish_context);
        if (tp > 1) {
            vp_search_put_number(&scratch->settings, arena, "tensor_parallel_size", tp);
            scratch->changed_tp = true;
        }
        if (!settle(&w) || !vp_evaluate(request, &scratch->settings, arena, &scratch->evaluation, error))
            return false;
        scratch->wishes_met = meets_wishes(request, scratch);
        if (first || vp_search_better(request, scratch, best)) vp_candidate_copy(best, scratch);
        first = false;
    }
    return true;
}
