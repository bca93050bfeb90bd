/* SPDX-License-Identifier: Apache-2.0 */
#include "data/runtime.h"

#include <stddef.h>
#include <string.h>

enum { ANY_PP, PIPELINE };
enum { ANY_LINK, PCIE, NVLINK };
enum { ANY_MODE, EAGER, GRAPHS };
enum { QUANTIZED = 1, EXPERTS = 2, STATES = 4 };

#define COUNT(rows) (sizeof(rows) / sizeof(rows)[0])

static const struct {
    vp_release before;
    uint16_t capability_below;
} v0_rows[] = {
#define RUNNER_V0(before, capability_below) {before, capability_below},
#include "data/runtime.def"
};

static const struct {
    vp_release since, before;
    const char *architecture;
    int takes;
} v2_rows[] = {
#define RUNNER_V2(since, before, architecture, takes) {since, before, architecture, takes},
#include "data/runtime.def"
};

static const vp_card_row cards[] = {
#define CARD(major, workspace_bytes, forward_bytes) {major, workspace_bytes, forward_bytes},
#include "data/runtime.def"
};

static const vp_forward_row forwards[] = {
#define FORWARD(...) {__VA_ARGS__},
#include "data/runtime.def"
};

static const vp_sampler_row samplers[] = {
#define SAMPLER(...) {__VA_ARGS__},
#include "data/runtime.def"
};

static const vp_experts_row experts[] = {
#define EXPERTS(...) {__VA_ARGS__},
#include "data/runtime.def"
};

static const vp_latent_row latents[] = {
#define LATENT(...) {__VA_ARGS__},
#include "data/runtime.def"
};

static const vp_indexer_row indexers[] = {
#define INDEXER(...) {__VA_ARGS__},
#include "data/runtime.def"
};

static const vp_compressed_row compressed[] = {
#define COMPRESSED(...) {__VA_ARGS__},
#include "data/runtime.def"
};

static const vp_encoder_row encoders[] = {
#define ENCODER(tower, item, pixels, patches) {VP_TOWER_##tower, item, pixels, patches},
#include "data/runtime.def"
};

static const vp_adapters_row adapters[] = {
#define ADAPTERS(...) {__VA_ARGS__},
#include "data/runtime.def"
};

static const double runs[] = {
#define RUN(gib) gib,
#include "data/runtime.def"
};

static const vp_non_torch_row non_torch[] = {
#define NON_TORCH(...) {__VA_ARGS__},
#include "data/runtime.def"
};

static const vp_capture_row captures[] = {
#define CAPTURE(...) {__VA_ARGS__},
#include "data/runtime.def"
};

static const vp_graphs_row graphs_reserved[] = {
#define GRAPHS_RESERVED(...) {__VA_ARGS__},
#include "data/runtime.def"
};

static const vp_graphs_row graphs_real[] = {
#define GRAPHS_REAL(runners, ...) {runners, FIRST, OPEN, __VA_ARGS__, 0},
#include "data/runtime.def"
};

static const vp_cold_compile_row cold_compiles[] = {
#define COLD_COMPILE(...) {__VA_ARGS__},
#include "data/runtime.def"
};

static const vp_spread_row spreads[] = {
#define SPREAD(runners, since, before, what, ...) {runners, since, before, VP_SPREAD_##what, __VA_ARGS__},
#include "data/runtime.def"
};

static const struct provisional_row {
    int runners;
    vp_release since, before;
    const char *text;
} provisional[] = {
#define PROVISIONAL(...) {__VA_ARGS__},
#include "data/runtime.def"
};

static bool within(vp_release release, vp_release since, vp_release before)
{
    return vp_release_compare(release, since) >= 0 && vp_release_compare(release, before) < 0;
}

/** The row of a table with runners, since and before that holds, as *found; NULL when none does. */
#define FIND(found, rows, runner, release)                                                                   \
    do {                                                                                                     \
        (found) = NULL;                                                                                      \
        for (size_t i = 0; i < COUNT(rows) && !(found); i++)                                                 \
            if ((rows[i].runners & (int)(runner)) && within(release, rows[i].since, rows[i].before))         \
                (found) = &rows[i];                                                                          \
    } while (0)

bool vp_runner_is_v0(vp_release release, uint16_t capability)
{
    for (size_t i = 0; i < COUNT(v0_rows); i++) {
        uint16_t below = v0_rows[i].capability_below;
        if (vp_release_compare(release, v0_rows[i].before) < 0 &&
            (below == 0 || (capability != 0 && capability < below)))
            return true;
    }
    return false;
}

bool vp_runner_is_v2(vp_release release, const vp_runner_model *model)
{
    int needs =
        (model->quantized ? QUANTIZED : 0) | (model->experts ? EXPERTS : 0) | (model->states ? STATES : 0);
    for (size_t i = 0; i < COUNT(v2_rows); i++) {
        const char *name = v2_rows[i].architecture;
        if (within(release, v2_rows[i].since, v2_rows[i].before) && (needs & ~v2_rows[i].takes) == 0 &&
            (!name || (model->architecture && strcmp(model->architecture, name) == 0)))
            return true;
    }
    return false;
}

const vp_card_row *vp_card_find(uint16_t capability)
{
    size_t i = 0;
    if (capability == 0) return &cards[0];
    while (i < COUNT(cards) - 1 && cards[i].major != capability / 10) i++;
    return &cards[i]; /* the last row is the one for every other card */
}

const vp_forward_row *vp_forward_find(bool eager)
{
    size_t i = 0;
    while (i < COUNT(forwards) - 1 && forwards[i].eager != eager) i++;
    return &forwards[i];
}

const vp_sampler_row *vp_sampler_find(vp_runner runner, vp_release release)
{
    const vp_sampler_row *row;
    FIND(row, samplers, runner, release);
    return row;
}

static bool non_torch_fits(const vp_non_torch_row *row, uint32_t tp, bool pipeline, bool nvlink,
                           uint16_t capability, bool eager)
{
    if (row->mode != ANY_MODE && (row->mode == EAGER) != eager) return false;
    if (tp < row->tp_from || tp > row->tp_to) return false;
    if (row->pp == PIPELINE && !pipeline) return false;
    if (row->link != ANY_LINK && (row->link == NVLINK) != nvlink) return false;
    if (row->capability_to == 0) return true;
    return capability >= row->capability_from && capability <= row->capability_to;
}

const vp_non_torch_row *vp_non_torch_find(vp_runner runner, vp_release release, uint32_t tp, bool pipeline,
                                          bool nvlink, uint16_t capability, bool eager)
{
    for (size_t i = 0; i < COUNT(non_torch); i++) {
        const vp_non_torch_row *row = &non_torch[i];
        if ((row->runners & (int)runner) && within(release, row->since, row->before) &&
            non_torch_fits(row, tp, pipeline, nvlink, capability, eager))
            return row;
    }
    return NULL;
}

/** The same for a table that holds for every runner. */
#define FIND_RELEASE(found, rows, release)                                                                   \
    do {                                                                                                     \
        (found) = NULL;                                                                                      \
        for (size_t i = 0; i < COUNT(rows) && !(found); i++)                                                 \
            if (within(release, rows[i].since, rows[i].before)) (found) = &rows[i];                          \
    } while (0)

const vp_experts_row *vp_experts_find(vp_release release)
{
    const vp_experts_row *row;
    FIND_RELEASE(row, experts, release);
    return row;
}

const vp_latent_row *vp_latent_find(vp_release release)
{
    const vp_latent_row *row;
    FIND_RELEASE(row, latents, release);
    return row;
}

const vp_indexer_row *vp_indexer_find(vp_release release)
{
    const vp_indexer_row *row;
    FIND_RELEASE(row, indexers, release);
    return row;
}

const vp_compressed_row *vp_compressed_find(void) { return compressed; }

const vp_encoder_row *vp_encoder_find(const bool there[VP_TOWER_COUNT])
{
    size_t i = 0;
    while (i < COUNT(encoders) - 1 && !there[encoders[i].tower]) i++;
    return &encoders[i]; /* the last row is the one for every other tower */
}

const vp_capture_row *vp_capture_find(vp_runner runner, vp_release release)
{
    const vp_capture_row *row;
    FIND(row, captures, runner, release);
    return row;
}

const vp_graphs_row *vp_graphs_reserved_find(vp_runner runner, vp_release release)
{
    const vp_graphs_row *row;
    FIND(row, graphs_reserved, runner, release);
    return row;
}

const vp_graphs_row *vp_graphs_real_find(vp_runner runner)
{
    size_t i = 0;
    while (i < COUNT(graphs_real) - 1 && !(graphs_real[i].runners & (int)runner)) i++;
    return &graphs_real[i];
}

const vp_cold_compile_row *vp_cold_compile_find(vp_release release)
{
    const vp_cold_compile_row *row;
    FIND_RELEASE(row, cold_compiles, release);
    return row;
}

const vp_spread_row *vp_spread_find(vp_runner runner, vp_release release, vp_spread_class what)
{
    for (size_t i = 0; i < COUNT(spreads); i++)
        if ((spreads[i].runners & (int)runner) && within(release, spreads[i].since, spreads[i].before) &&
            (spreads[i].what == VP_SPREAD_ANY || spreads[i].what == what))
            return &spreads[i];
    return &spreads[0];
}

const vp_adapters_row *vp_adapters_find(void) { return adapters; }

double vp_runtime_run(void) { return runs[0]; }

const char *vp_runtime_provisional(vp_runner runner, vp_release release)
{
    const struct provisional_row *row;
    FIND(row, provisional, runner, release);
    return row ? row->text : NULL;
}
