/* SPDX-License-Identifier: Apache-2.0 */
/* Layers of several page sizes that lie side by side in a block (v1/core/kv_cache_planning.py:
 * _get_packed_kv_cache_groups; DeepSeek-V4). */
#include "core/kv_spec.h"

#include <stddef.h>

#include "base/vp_int.h"

/** The chunk size from `least` on that pads the balanced buckets' rows least when they are filled up to
 *  whole chunks; the larger of equals (_approximate_gcd). */
static uint64_t approximate_gcd(const vp_kv_grouping *g, uint64_t least)
{
    uint64_t most = 0, best = least, best_padding = UINT64_MAX;
    for (uint32_t b = 0; b < g->bucket_count; b++)
        if (g->buckets[b].balanced) most = vp_max(most, g->buckets[b].most);
    for (uint64_t size = least; size <= most; size++) {
        uint64_t padding = 0;
        for (uint32_t b = 0; b < g->bucket_count; b++)
            if (g->buckets[b].balanced) padding += (size - g->buckets[b].most % size) % size;
        if (padding > best_padding) continue;
        best_padding = padding;
        best = size;
    }
    return best;
}

/** Repeats of the layer pattern that a group holds: at least those of the largest balanced bucket that
 *  mixes page sizes; 0 when there is none, and nothing is packed. */
static uint64_t repeats_of_group(const vp_kv_grouping *g)
{
    uint64_t least = 0;
    for (uint32_t b = 0; b < g->bucket_count; b++)
        if (g->buckets[b].balanced && g->buckets[b].rows > 1) least = vp_max(least, g->buckets[b].most);
    return least == 0 ? 0 : approximate_gcd(g, least);
}

/** Bytes of the largest of the groups that a bucket is cut into. */
static uint64_t widest_group(const vp_kv_grouping *g, uint32_t bucket, uint64_t groups)
{
    uint64_t bytes = 0;
    for (uint32_t r = 0; r < g->row_count; r++)
        if (g->rows[r].bucket == bucket)
            bytes = vp_add(bytes, vp_mul(vp_ceil_div(g->rows[r].layers, groups), g->rows[r].spec->page));
    return bytes;
}

/** Buckets that may go down to one state a group. */
static bool is_state(const vp_kv_bucket *bucket, uint64_t repeats)
{
    vp_attention_kind kind = bucket->spec->kind;
    return kind == VP_ATTENTION_STATE || kind == VP_ATTENTION_RING ||
           (repeats == 0 && (kind == VP_ATTENTION_SLIDING || kind == VP_ATTENTION_LATENT_SLIDING));
}

static void fill_buckets(const vp_kv_specs *specs, vp_kv_grouping *out)
{
    for (uint32_t i = 0; i < specs->count; i++) {
        const vp_kv_spec *spec = &specs->specs[i];
        vp_kv_row *alike = NULL;
        uint32_t bucket = 0;
        while (bucket < out->bucket_count && !vp_kv_uniform(out->buckets[bucket].spec, spec)) bucket++;
        for (uint32_t r = 0; r < out->row_count && !alike; r++)
            if (out->rows[r].bucket == bucket && out->rows[r].spec->page == spec->page) alike = &out->rows[r];
        vp_kv_put(out, bucket, alike, spec);
    }
    for (uint32_t r = 0; r < out->row_count; r++) {
        vp_kv_bucket *bucket = &out->buckets[out->rows[r].bucket];
        bucket->balanced = bucket->most * bucket->rows == bucket->layers;
    }
}

void vp_kv_pack(const vp_kv_specs *specs, vp_kv_grouping *out)
{
    uint64_t anchor = 0;
    fill_buckets(specs, out);
    uint64_t repeats = repeats_of_group(out);
    for (uint32_t b = 0; b < out->bucket_count; b++) {
        vp_kv_bucket *bucket = &out->buckets[b];
        bucket->groups = bucket->balanced && repeats != 0 ? vp_ceil_div(bucket->most, repeats) : 1;
        anchor =
            vp_max(anchor, widest_group(out, b, is_state(bucket, repeats) ? bucket->layers : bucket->groups));
    }
    for (uint32_t b = 0; b < out->bucket_count; b++) {
        vp_kv_bucket *bucket = &out->buckets[b];
        if (anchor == 0 || !is_state(bucket, repeats)) continue;
        uint64_t states = vp_max(1, anchor / vp_max(1, bucket->spec->page));
        bucket->groups = vp_max(bucket->groups, vp_ceil_div(bucket->layers, states));
    }
}
