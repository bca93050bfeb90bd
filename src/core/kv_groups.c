/* SPDX-License-Identifier: Apache-2.0 */
/* Layers that share block numbers, and what a block number and a request cost
 * (v1/core/kv_cache_planning.py:get_kv_cache_groups, before 0.33 v1/core/kv_cache_utils.py). */
#include "core/kv_spec.h"

#include <stddef.h>
#include <string.h>

#include "base/vp_int.h"
#include "data/release_rules.h"

static uint64_t first_layer(const vp_layers *layers)
{
    for (uint64_t word = 0; word < VP_MAX_LAYERS / 64; word++)
        if (layers->bits[word] != 0)
            for (uint64_t layer = word * 64;; layer++)
                if (vp_layers_has(layers, layer)) return layer;
    return VP_MAX_LAYERS;
}

/** The mode in force (models/config.py:MambaModelConfig): none without prefix caching, which models of
 *  states alone never have by default, and those with attention beside them only in newer releases. */
static vp_state_mode state_mode(const vp_kv_case *c)
{
    bool attention = false, whole = true; /* whole: the class has mode all: every recurrence is a Mamba */
    const vp_kv_wishes *asked = &c->asked;
    for (uint32_t i = 0; i < c->attention->count; i++) {
        const vp_attention *a = &c->attention->entries[i];
        if (a->kind != VP_ATTENTION_STATE)
            attention = true;
        else
            whole = whole && a->recurrence <= VP_RECURRENCE_MAMBA2;
    }
    bool by_default = attention && vp_rule_value(VP_RULE_HYBRID_PREFIXES, c->release);
    if (asked->prefix_caching_off || !(asked->prefix_caching_on || by_default)) return VP_STATES_NONE;
    if (!vp_rule_value(VP_RULE_STATE_MODES, c->release)) return whole ? VP_STATES_ALL : VP_STATES_NONE;
    if (!whole || vp_rule_value(VP_RULE_STATES_ALL_GONE, c->release)) return VP_STATES_ALIGN;
    if (asked->state_mode == VP_STATES_ALL || asked->state_mode == VP_STATES_ALIGN) return asked->state_mode;
    return vp_rule_value(VP_RULE_STATES_ALIGN, c->release) || asked->speculative_tokens > 0 ? VP_STATES_ALIGN
                                                                                            : VP_STATES_ALL;
}

/** The specs of the whole model in vLLM's order, that of the layers, and how many of their layers stand on
 *  the rank. */
static void specs_of(const vp_kv_case *c, vp_stage stage, vp_kv_specs *out)
{
    out->count = 0;
    out->mode = state_mode(c);
    for (uint32_t i = 0; i < c->attention->count; i++) {
        const vp_attention *a = &c->attention->entries[i];
        uint64_t first = first_layer(&a->layers);
        uint32_t place = out->count;
        if (first == VP_MAX_LAYERS) continue;
        for (; place > 0 && out->specs[place - 1].first > first; place--)
            out->specs[place] = out->specs[place - 1];
        vp_kv_spec *spec = &out->specs[place];
        memset(spec, 0, sizeof *spec);
        spec->from = a;
        spec->kind = a->kind;
        spec->first = first;
        spec->layers = vp_layers_count(&a->layers);
        spec->before = vp_layers_count_in(&a->layers, 0, stage.first);
        spec->here = stage.is_last ? spec->layers - spec->before
                                   : vp_layers_count_in(&a->layers, stage.first, stage.end);
        out->count++;
    }
}

void vp_kv_put(vp_kv_grouping *grouping, uint32_t bucket, vp_kv_row *alike, const vp_kv_spec *spec)
{
    vp_kv_bucket *to = &grouping->buckets[bucket];
    if (bucket == grouping->bucket_count) {
        memset(to, 0, sizeof *to);
        to->spec = spec;
        to->groups = 1;
        grouping->bucket_count++;
    }
    if (!alike) {
        alike = &grouping->rows[grouping->row_count++];
        memset(alike, 0, sizeof *alike);
        alike->spec = spec;
        alike->bucket = bucket;
        to->rows++;
    }
    alike->layers += spec->layers;
    alike->before += spec->before;
    alike->here += spec->here;
    to->layers += spec->layers;
    to->most = vp_max(to->most, alike->layers);
}

/** Full attention may remember one window and still be one kind (FullAttentionSpec.merge). */
static bool mergeable(const vp_kv_grouping *g, uint32_t bucket, const vp_kv_spec *spec)
{
    const vp_attention *window = NULL;
    for (uint32_t r = 0; r < g->row_count; r++) {
        const vp_kv_spec *other = g->rows[r].spec;
        if (g->rows[r].bucket != bucket) continue;
        if (other->kind != VP_ATTENTION_FULL || other->from->head_size != spec->from->head_size ||
            other->from->head_size_v != spec->from->head_size_v ||
            other->from->kv_heads != spec->from->kv_heads || other->block_size != spec->block_size ||
            other->bare_page != spec->bare_page)
            return false;
        if (other->from->window != 0) window = other->from;
    }
    return spec->kind == VP_ATTENTION_FULL &&
           (!window || spec->from->window == 0 ||
            (spec->from->window == window->window && spec->from->kind == window->kind));
}

/** Buckets of specs that are equal or can be merged, cut into groups of about equal length
 *  (_get_kv_cache_groups_uniform_page_size). */
static void cut(const vp_kv_case *c, const vp_kv_specs *specs, vp_kv_grouping *out)
{
    uint64_t least = UINT64_MAX, most = 0;
    out->joined = true;
    for (uint32_t i = 0; i < specs->count; i++) {
        const vp_kv_spec *spec = &specs->specs[i];
        vp_kv_row *alike = NULL;
        for (uint32_t r = 0; r < out->row_count && !alike; r++)
            if (vp_kv_same_spec(out->rows[r].spec, spec)) alike = &out->rows[r];
        uint32_t bucket = alike ? alike->bucket : 0;
        while (!alike && bucket < out->bucket_count && !mergeable(out, bucket, spec)) bucket++;
        vp_kv_put(out, bucket, alike, spec);
    }
    for (uint32_t b = 0; b < out->bucket_count; b++) {
        least = vp_min(least, out->buckets[b].layers);
        most = vp_max(most, out->buckets[b].layers);
    }
    uint64_t more = vp_rule_value(VP_RULE_CLOSE_BUCKETS, c->release) +
                    vp_rule_value(VP_RULE_CLOSE_BUCKETS_MORE, c->release);
    bool close = more > 0 && 100 * most < (100 + more) * least;
    for (uint32_t b = 0; b < out->bucket_count; b++)
        out->buckets[b].groups = vp_ceil_div(out->buckets[b].layers, close ? most : least);
}

/** All layers in one bucket of one group. */
static void one_group(const vp_kv_specs *specs, vp_kv_grouping *out)
{
    for (uint32_t i = 0; i < specs->count; i++) vp_kv_put(out, 0, NULL, &specs->specs[i]);
}

static bool one_page_size(const vp_kv_specs *specs)
{
    for (uint32_t i = 1; i < specs->count; i++)
        if (specs->specs[i].page != specs->specs[0].page) return false;
    return true;
}

/** NULL, or why vLLM finds no layout. */
static const char *group(const vp_kv_case *c, vp_kv_specs *specs, vp_kv_grouping *out)
{
    const char *refused = NULL;
    out->row_count = out->bucket_count = 0;
    out->joined = false;
    if (c->asked.hybrid_off || !vp_rule_value(VP_RULE_KV_GROUPS, c->release))
        refused = vp_kv_promote(c, specs);
    if (refused || specs->count == 0) return refused;
    if (!vp_rule_value(VP_RULE_MIXED_PAGES, c->release) && !one_page_size(specs))
        return "this release keeps no caches of different page sizes";
    if (vp_kv_all_uniform(specs)) {
        one_group(specs, out);
        return NULL;
    }
    if (vp_kv_block_outermost(c) && !one_page_size(specs)) {
        vp_kv_pack(specs, out);
        return NULL;
    }
    refused = vp_kv_unify_pages(c, specs);
    if (refused && refused[0] == '\0') {
        refused = vp_kv_promote(c, specs);
        if (!refused) one_group(specs, out);
        return refused;
    }
    if (!refused) cut(c, specs, out);
    return refused;
}

/** Tokens that are scheduled but not yet settled, which a window has to hold besides its own
 *  (config/vllm.py:max_in_flight_tokens). */
static uint64_t in_flight(const vp_kv_case *c)
{
    uint64_t batches = 1;
    if (vp_rule_value(VP_RULE_TWO_BATCHES_IN_FLIGHT, c->release)) {
        batches = c->pp;
        if (!c->asked.async_off && !c->runner_v1) batches = (uint64_t)c->pp + 1;
        if (!c->asked.async_off && c->runner_v1 && c->pp <= 1) batches = 2;
    }
    return vp_mul(c->max_num_batched_tokens, batches);
}

/** How the group's blocks follow from a request's length (max_memory_usage_bytes of each spec). */
static void set_blocks(const vp_kv_case *c, const vp_kv_spec *spec, vp_state_mode mode, vp_kv_group *group)
{
    uint64_t encoder =
        c->asked.max_encoder_tokens > 0 ? c->asked.max_encoder_tokens : c->max_num_batched_tokens;
    group->ranks = 1;
    switch (spec->kind) {
    case VP_ATTENTION_SLIDING:
    case VP_ATTENTION_LATENT_SLIDING:
        group->window = vp_add(vp_add(vp_sub0(spec->from->window, 1), vp_sub0(c->asked.prefill_lookahead, 1)),
                               in_flight(c));
        group->extra_blocks = 1; /* a window may begin in the middle of a block */
        break;
    case VP_ATTENTION_CHUNKED:
        group->window = vp_add(spec->from->window, in_flight(c));
        break;
    case VP_ATTENTION_STATE: /* mode all: a state for each block of tokens, and the speculative ones */
        if (mode == VP_STATES_ALL)
            group->extra_blocks = spec->state_blocks;
        else
            group->fixed_blocks = spec->state_blocks;
        break;
    case VP_ATTENTION_CROSS:
        group->fixed_blocks = vp_ceil_div(encoder, spec->block_size);
        break;
    case VP_ATTENTION_RING:
        group->fixed_blocks = 1;
        break;
    case VP_ATTENTION_FULL:
    case VP_ATTENTION_LATENT:
        group->ranks = vp_max(1, c->asked.dcp);
        break;
    case VP_ATTENTION_KINDS:
        break;
    }
}

/** Layers of the row's positions [from, from + here) that fall to group `index` of `groups`. */
static uint64_t share(uint64_t from, uint64_t here, uint64_t groups, uint64_t index)
{
    return (from + here + groups - 1 - index) / groups - (from + groups - 1 - index) / groups;
}

/** Layers, bytes and common page of one group of a bucket, on the rank. */
static void fill_group(const vp_kv_grouping *g, uint32_t bucket, uint64_t index, vp_kv_group *group)
{
    uint64_t offset = 0, groups = g->buckets[bucket].groups;
    group->page_bytes = g->buckets[bucket].spec->page;
    for (uint32_t r = 0; r < g->row_count; r++) {
        const vp_kv_row *row = &g->rows[r];
        if (row->bucket != bucket) continue;
        uint64_t layers = share(offset + row->before, row->here, groups, index);
        if (g->joined) offset += row->layers;
        if (row->spec->page != group->page_bytes) group->page_bytes = 0;
        group->layers += layers;
        group->group_bytes = vp_add(group->group_bytes, vp_mul(layers, row->spec->page));
    }
}

static void add_bucket(const vp_kv_case *c, const vp_kv_grouping *g, vp_state_mode mode, uint32_t bucket,
                       vp_kv_shape *out)
{
    uint32_t start = out->group_count;
    const vp_kv_spec *spec = g->buckets[bucket].spec;
    for (uint64_t i = 0; i < g->buckets[bucket].groups; i++) {
        vp_kv_group group = {.kind = spec->kind, .times = 1, .block_size = spec->block_size};
        fill_group(g, bucket, i, &group);
        uint32_t at = start;
        while (at < out->group_count &&
               (out->groups[at].layers != group.layers || out->groups[at].group_bytes != group.group_bytes))
            at++;
        if (at < out->group_count) {
            out->groups[at].times++;
        } else if (at < VP_MAX_KV_GROUPS) {
            set_blocks(c, spec, mode, &group);
            out->groups[at] = group;
            out->group_count++;
        }
        out->group_total++;
        out->bytes_per_block = vp_max(out->bytes_per_block, group.group_bytes);
    }
}

void vp_kv_shape_of_rank(const vp_kv_case *c, uint32_t pp_rank, vp_kv_shape *out)
{
    vp_kv_specs specs;
    vp_kv_grouping grouping;
    specs_of(c, vp_layout_stage(c->layers, c->pp, pp_rank), &specs);
    vp_kv_settle_blocks(c, &specs);
    out->group_count = 0;
    out->group_total = out->bytes_per_block = out->blocks_per_request = 0;
    out->block_size = specs.block_size;
    out->refused = group(c, &specs, &grouping);
    for (uint32_t b = 0; !out->refused && b < grouping.bucket_count; b++)
        add_bucket(c, &grouping, specs.mode, b, out);
    if (vp_kv_block_outermost(c))
        out->bytes_per_block = vp_round_up(out->bytes_per_block, vp_kv_stride_alignment(c));
    vp_kv_measure(c, out);
}
