/* SPDX-License-Identifier: Apache-2.0 */
/* What a memory holds, and which memory something takes. */
#include "core/kv_spec.h"

#include "base/vp_decimal.h"
#include "base/vp_int.h"
#include "data/release_rules.h"

static uint64_t group_blocks(const vp_kv_group *group, uint64_t length)
{
    if (group->fixed_blocks > 0) return group->fixed_blocks;
    uint64_t tokens = group->window > 0 ? vp_min(group->window, length) : vp_ceil_div(length, group->ranks);
    return vp_ceil_div(tokens, group->block_size) + group->extra_blocks;
}

uint64_t vp_kv_request_blocks(const vp_kv_shape *shape, uint64_t length)
{
    uint64_t blocks = 0;
    for (uint32_t i = 0; i < shape->group_count; i++)
        blocks = vp_add(blocks, vp_mul(group_blocks(&shape->groups[i], length), shape->groups[i].times));
    return blocks;
}

/** The null block is never usable; newer releases keep it back in the check
 *  (v1/core/kv_cache_planning.py:get_kv_cache_configs). */
static uint64_t kept_back(const vp_kv_case *c, const vp_kv_shape *shape)
{
    return vp_rule_value(VP_RULE_NULL_BLOCK_KEPT, c->release) ? shape->bytes_per_block : 0;
}

void vp_kv_measure(const vp_kv_case *c, vp_kv_shape *shape)
{
    for (uint32_t i = 0; i < shape->group_count; i++)
        shape->groups[i].blocks_per_request = group_blocks(&shape->groups[i], c->max_model_len);
    shape->blocks_per_request = vp_kv_request_blocks(shape, c->max_model_len);
    shape->needed_bytes = vp_mul(shape->bytes_per_block, shape->blocks_per_request);
    shape->min_start_bytes = vp_add(shape->needed_bytes, kept_back(c, shape));
}

uint64_t vp_kv_blocks(const vp_kv_shape *shape, uint64_t available)
{
    return shape->bytes_per_block == 0 ? 0 : available / shape->bytes_per_block;
}

void vp_kv_pool_of_blocks(const vp_kv_case *c, const vp_kv_shape *shape, uint64_t blocks, vp_kv_pool *out)
{
    *out = (vp_kv_pool){.blocks = blocks};
    if (shape->blocks_per_request == 0 || shape->group_total == 0) return;
    /* v1/core/kv_cache_utils.py:get_max_concurrency_for_kv_cache_config, get_kv_cache_capacity; doubles in
     * vLLM's own order */
    out->concurrency = (double)blocks / (double)shape->blocks_per_request;
    if (vp_rule_value(VP_RULE_TOKENS_FROM_CONCURRENCY, c->release))
        out->tokens = vp_floor_times(c->max_model_len, out->concurrency);
    else
        out->tokens = vp_mul(blocks / shape->group_total, shape->groups[0].block_size);
}

uint64_t vp_kv_bytes_for(const vp_kv_case *c, const vp_kv_shape *shape, uint64_t requests, uint64_t length)
{
    uint64_t blocks = vp_mul(requests, vp_kv_request_blocks(shape, length));
    return vp_add(vp_mul(blocks, shape->bytes_per_block), kept_back(c, shape));
}

uint64_t vp_kv_longest_for(const vp_kv_case *c, const vp_kv_shape *shape, uint64_t requests,
                           uint64_t available)
{
    uint64_t low = 0, high = c->max_model_len; /* low fits, anything above high does not */
    while (low < high) {
        uint64_t middle = low + (high - low + 1) / 2;
        if (vp_kv_bytes_for(c, shape, requests, middle) <= available)
            low = middle;
        else
            high = middle - 1;
    }
    return low;
}

uint64_t vp_kv_longest_len(const vp_kv_case *c, const vp_kv_shape *shape, uint64_t available)
{
    return vp_kv_longest_for(c, shape, 1, available);
}

uint64_t vp_kv_requests_for(const vp_kv_case *c, const vp_kv_shape *shape, uint64_t length,
                            uint64_t available)
{
    uint64_t one = vp_mul(vp_kv_request_blocks(shape, length), shape->bytes_per_block);
    return one == 0 ? 0 : vp_sub0(available, kept_back(c, shape)) / one;
}

uint64_t vp_kv_state_requests(const vp_kv_case *c, uint64_t blocks)
{
    for (uint32_t i = 0; i < c->attention->count; i++)
        if (c->attention->entries[i].kind == VP_ATTENTION_STATE) return blocks;
    return UINT64_MAX;
}
