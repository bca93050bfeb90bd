/* SPDX-License-Identifier: Apache-2.0 */
/* The figures of a log as the terms of a plan. */
#include <string.h>

#include "base/vp_int.h"
#include "diagnose/diagnose.h"

enum { WEIGHTS, ACTIVATION, NON_TORCH, GRAPHS, TERMS };

static void keep_largest(vp_measured *out, size_t term, uint64_t bytes)
{
    if (!out->known[term] || bytes > out->bytes[term]) out->bytes[term] = bytes;
    out->known[term] = true;
}

/** What is taken off before the pool is sized, where the release does that; else what the graphs took. */
static void graphs_of(const vp_log_start *start, const vp_log_rank *rank, bool deducted, vp_measured *out)
{
    const vp_printed *estimate = &rank->sizes[VP_SIZE_GRAPHS_ESTIMATE],
                     *graphs = &rank->sizes[VP_SIZE_GRAPHS];
    if (!deducted && graphs->known) keep_largest(out, GRAPHS, graphs->bytes);
    if (deducted && estimate->known) keep_largest(out, GRAPHS, estimate->bytes);
    /* the second runner of 0.25 to 0.27 makes no estimate and sets nothing aside */
    if (deducted && !estimate->known && graphs->known && start->runner) keep_largest(out, GRAPHS, 0);
}

static void terms_of(const vp_log_start *start, const vp_log_rank *rank, bool deducted, vp_measured *out)
{
    const vp_printed *sizes = rank->sizes;
    const vp_printed *weights = &sizes[VP_SIZE_WEIGHTS], *consumed = &sizes[VP_SIZE_CONSUMED];
    if (weights->known) keep_largest(out, WEIGHTS, weights->bytes);
    if (sizes[VP_SIZE_ACTIVATION].known) {
        /* gpu_worker.py of 0.27 and later: peak_activation_memory is the headroom and the estimate */
        uint64_t estimate = rank->with_estimate && deducted ? sizes[VP_SIZE_GRAPHS_ESTIMATE].bytes : 0;
        keep_largest(out, ACTIVATION, vp_sub0(sizes[VP_SIZE_ACTIVATION].bytes, estimate));
    }
    if (sizes[VP_SIZE_NON_TORCH].known)
        keep_largest(out, NON_TORCH, sizes[VP_SIZE_NON_TORCH].bytes);
    else if (consumed->known && weights->known)
        keep_largest(out, NON_TORCH, vp_sub0(consumed->bytes, weights->bytes));
    graphs_of(start, rank, deducted, out);
}

/** At its usual level a log prints what was taken, the weights and what was left: the rest is one sum. */
static bool rest_of(const vp_log_rank *rank, uint64_t requested, uint64_t *rest)
{
    const vp_printed *sizes = rank->sizes, *available = &sizes[VP_SIZE_AVAILABLE];
    uint64_t taken = sizes[VP_SIZE_REQUESTED].known ? sizes[VP_SIZE_REQUESTED].bytes : requested;
    if (taken == 0 || !available->known || !sizes[VP_SIZE_WEIGHTS].known) return false;
    uint64_t used = available->negative ? vp_add(taken, available->bytes) : vp_sub0(taken, available->bytes);
    if (used <= sizes[VP_SIZE_WEIGHTS].bytes) return false; /* the pool was fixed by the user */
    *rest = used - sizes[VP_SIZE_WEIGHTS].bytes;
    return true;
}

void vp_log_measured(const vp_log_start *start, uint64_t requested, bool deducted, vp_measured *out)
{
    memset(out, 0, sizeof *out);
    for (uint32_t i = 0; i < start->rank_count; i++) terms_of(start, &start->ranks[i], deducted, out);
    if (out->known[ACTIVATION] && out->known[NON_TORCH]) return;
    for (uint32_t i = 0; i < start->rank_count; i++) {
        uint64_t rest;
        if (!rest_of(&start->ranks[i], requested, &rest)) continue;
        if (!out->as_one) out->known[ACTIVATION] = false;
        out->as_one = true;
        keep_largest(out, ACTIVATION, rest);
    }
    if (!out->as_one) return;
    out->known[NON_TORCH] = true;
    out->bytes[NON_TORCH] = 0;
    if (!deducted) return; /* graphs come on top of the pool there */
    out->known[GRAPHS] = true;
    out->bytes[GRAPHS] = 0;
}
