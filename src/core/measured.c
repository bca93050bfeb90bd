/* SPDX-License-Identifier: Apache-2.0 */
#include "core/measured.h"

#include <string.h>

#define BIT(term) (1u << (term))
#define ALL (BIT(VP_TERM_WEIGHTS) | BIT(VP_TERM_ACTIVATION) | BIT(VP_TERM_NON_TORCH) | BIT(VP_TERM_GRAPHS))

/* What moves a term. max_model_len, the utilization and the type of the KV cache move none: the profile
 * run does not touch the cache (v1/worker/gpu_worker.py:determine_available_memory). */
static const struct {
    const char *setting;
    unsigned moves;
} dependencies[] = {
    {"quantization", ALL & ~BIT(VP_TERM_NON_TORCH)},
    {"load_format", BIT(VP_TERM_WEIGHTS)},
    {"hf_overrides", ALL & ~BIT(VP_TERM_NON_TORCH)},
    {"dtype", ALL & ~BIT(VP_TERM_NON_TORCH)},
    {"tensor_parallel_size", ALL},
    {"pipeline_parallel_size", ALL},
    {"data_parallel_size", ALL},
    {"enable_expert_parallel", ALL},
    {"max_num_seqs", BIT(VP_TERM_ACTIVATION) | BIT(VP_TERM_GRAPHS)},
    {"max_num_batched_tokens", BIT(VP_TERM_ACTIVATION) | BIT(VP_TERM_GRAPHS)},
    {"enforce_eager", BIT(VP_TERM_ACTIVATION) | BIT(VP_TERM_NON_TORCH) | BIT(VP_TERM_GRAPHS)},
    {"compilation_config", BIT(VP_TERM_ACTIVATION) | BIT(VP_TERM_GRAPHS)},
};

static bool same(const char *a, const char *b) { return a && b ? strcmp(a, b) == 0 : a == b; }

void vp_measured_hold(const vp_request *request, const vp_settings *settings, bool holds[VP_MEASURED_TERMS])
{
    unsigned moved = 0;
    for (size_t i = 0; i < sizeof dependencies / sizeof dependencies[0]; i++) {
        const char *name = dependencies[i].setting;
        if (!same(vp_settings_text(&request->settings, name), vp_settings_text(settings, name)))
            moved |= dependencies[i].moves;
    }
    for (unsigned term = 0; term < VP_MEASURED_TERMS; term++)
        holds[term] = request->measured_given[term] && !(moved & BIT(term));
    /* a log that has only the sum of several terms gives it as activation and the others as 0: they fall
     * together */
    if (holds[VP_TERM_ACTIVATION]) return;
    if (request->measured_non_torch == 0) holds[VP_TERM_NON_TORCH] = false;
    if (request->measured_graphs == 0) holds[VP_TERM_GRAPHS] = false;
}

static void set(vp_interval *interval, uint64_t bytes) { *interval = (vp_interval){bytes, bytes, bytes}; }

void vp_measured_use(const vp_request *request, const bool holds[VP_MEASURED_TERMS], vp_runtime *runtime)
{
    if (holds[VP_TERM_ACTIVATION]) set(&runtime->activation, request->measured_activation);
    if (holds[VP_TERM_NON_TORCH]) set(&runtime->non_torch, request->measured_non_torch);
    if (!holds[VP_TERM_GRAPHS]) return;
    if (request->engine.release->graphs_deducted)
        set(&runtime->graphs, request->measured_graphs);
    else
        set(&runtime->graphs_late, request->measured_graphs); /* nothing is set aside for them before 0.20 */
}
