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

/** Bytes that the pool is checked for before it starts: of whole groups, in older releases of their layers. */
static uint64_t needed(const vp_kv_case *c, const vp_kv_shape *shape, uint64_t length)
{
    uint64_t bytes = 0;
    if (vp_rule_value(VP_RULE_NEED_OF_GROUPS, c->release))
        return vp_mul(shape->bytes_per_block, vp_kv_request_blocks(shape, length));
    for (uint32_t i = 0; i < shape->group_count; i++) {
        const vp_kv_group *group = &shape->groups[i];
        bytes = vp_add(bytes, vp_mul(vp_mul(group->group_bytes, group_blocks(group, length)), group->times));
    }
    return bytes;
}

void vp_kv_measure(const vp_kv_case *c, vp_kv_shape *shape)
{
    for (uint32_t i = 0; i < shape->group_count; i++)
        shape->groups[i].blocks_per_request = group_blocks(&shape->groups[i], c->max_model_len);
    shape->blocks_per_request = vp_kv_request_blocks(shape, c->max_model_len);
    shape->needed_bytes = needed(c, shape, c->max_model_len);
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
    uint64_t block_size = UINT64_MAX, ranks = vp_max(1, c->asked.dcp);
    for (uint32_t i = 0; i < shape->group_count; i++)
        block_size = vp_min(block_size, shape->groups[i].block_size);
    out->tokens = vp_mul(vp_mul(blocks / shape->group_total, block_size), ranks);
    if (!vp_rule_value(VP_RULE_CONCURRENCY_IN_BLOCKS, c->release)) {
        out->concurrency = (double)out->tokens / (double)c->max_model_len;
        return;
    }
    out->concurrency = (double)blocks / (double)shape->blocks_per_request;
    if (vp_rule_value(VP_RULE_TOKENS_FROM_CONCURRENCY, c->release))
        out->tokens = vp_floor_times(c->max_model_len, out->concurrency);
}

uint64_t vp_kv_bytes_for(const vp_kv_case *c, const vp_kv_shape *shape, uint64_t requests, uint64_t length)
{
    uint64_t blocks = vp_mul(requests, vp_kv_request_blocks(shape, length));
    return vp_add(vp_mul(blocks, shape->bytes_per_block), kept_back(c, shape));
}

/** The longest length at most max_model_len of which `requests` take at most `bytes`; starting: by the
 *  start's own check. */
static uint64_t longest(const vp_kv_case *c, const vp_kv_shape *shape, uint64_t requests, uint64_t bytes,
                        bool starting)
{
    uint64_t low = 0, high = c->max_model_len; /* low fits, anything above high does not */
    while (low < high) {
        uint64_t middle = low + (high - low + 1) / 2;
        uint64_t blocks = vp_mul(requests, vp_kv_request_blocks(shape, middle));
        uint64_t taken = starting ? needed(c, shape, middle) : vp_mul(blocks, shape->bytes_per_block);
        if (taken <= bytes)
            low = middle;
        else
            high = middle - 1;
    }
    return low;
}

uint64_t vp_kv_longest_for(const vp_kv_case *c, const vp_kv_shape *shape, uint64_t requests,
                           uint64_t available)
{
    return longest(c, shape, requests, vp_sub0(available, kept_back(c, shape)), false);
}

uint64_t vp_kv_longest_len(const vp_kv_case *c, const vp_kv_shape *shape, uint64_t available)
{
    return longest(c, shape, 1, vp_sub0(available, kept_back(c, shape)), true);
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
