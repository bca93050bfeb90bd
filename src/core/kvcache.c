/* SPDX-License-Identifier: Apache-2.0 */
#include "core/kvcache.h"

#include <string.h>

#include "base/vp_decimal.h"
#include "base/vp_int.h"
#include "data/release_rules.h"

/** Tokens that are scheduled but not yet settled, which a window has to hold besides its own
 *  (config/vllm.py:max_in_flight_tokens): pp + 1 batches with asynchronous scheduling, before 0.26 one. */
static uint64_t in_flight(const vp_kv_case *c)
{
    uint64_t batches = vp_rule_value(VP_RULE_TWO_BATCHES_IN_FLIGHT, c->release) ? (uint64_t)c->pp + 1 : 1;
    return vp_mul(c->max_num_batched_tokens, batches);
}

/** Blocks of one layer for one request of `length` tokens
 *  (v1/kv_cache_interface.py: max_memory_usage_bytes of each spec). */
static uint64_t blocks_for(const vp_kv_case *c, const vp_attention *a, uint64_t length)
{
    if (a->kind == VP_ATTENTION_SLIDING) {
        uint64_t held = vp_min(vp_add(vp_sub0(a->window, 1), in_flight(c)), length);
        return vp_ceil_div(held, c->block_size) + 1;
    }
    return vp_ceil_div(length, c->block_size);
}

void vp_kv_shape_of_rank(const vp_kv_case *c, uint32_t pp_rank, vp_kv_shape *out)
{
    vp_stage stage = vp_layout_stage(c->layers, c->pp, pp_rank);
    memset(out, 0, sizeof *out);
    for (uint32_t i = 0; i < c->attention->count; i++) {
        const vp_attention *a = &c->attention->entries[i];
        vp_kv_group *group = &out->groups[out->group_count++];
        /* v1/kv_cache_interface.py:AttentionSpec.page_size_bytes */
        uint64_t token = vp_mul(vp_layout_kv_heads(a->kv_heads, c->tp), vp_add(a->head_size, a->head_size_v));
        group->kind = a->kind;
        group->layers = vp_layers_count_in(&a->layers, stage.first, stage.end);
        group->block_size = c->block_size;
        group->page_bytes = vp_mul(vp_mul(token, c->block_size), c->element_bits) / 8;
        group->blocks_per_request = blocks_for(c, a, c->max_model_len);
        out->blocks_per_request = vp_add(out->blocks_per_request, group->blocks_per_request);
        out->bytes_per_block = vp_max(out->bytes_per_block, vp_mul(group->page_bytes, group->layers));
    }
    out->needed_bytes = vp_mul(out->bytes_per_block, out->blocks_per_request);
    /* the null block is never usable; newer releases keep it back in the check
     * (v1/core/kv_cache_planning.py:_check_enough_kv_cache_memory) */
    bool kept = vp_rule_value(VP_RULE_NULL_BLOCK_KEPT, c->release) != 0;
    out->min_start_bytes = vp_add(out->needed_bytes, kept ? out->bytes_per_block : 0);
}

uint64_t vp_kv_blocks(const vp_kv_shape *shape, uint64_t available)
{
    return shape->bytes_per_block == 0 ? 0 : available / shape->bytes_per_block;
}

void vp_kv_pool_of_blocks(const vp_kv_case *c, const vp_kv_shape *shape, uint64_t blocks, vp_kv_pool *out)
{
    memset(out, 0, sizeof *out);
    out->blocks = blocks;
    if (shape->blocks_per_request == 0 || shape->group_count == 0) return;
    /* v1/core/kv_cache_utils.py:get_max_concurrency_for_kv_cache_config, get_kv_cache_capacity; doubles in
     * vLLM's own order */
    out->concurrency = (double)blocks / (double)shape->blocks_per_request;
    if (vp_rule_value(VP_RULE_TOKENS_FROM_CONCURRENCY, c->release))
        out->tokens = vp_floor_times(c->max_model_len, out->concurrency);
    else
        out->tokens = vp_mul(blocks / shape->group_count, c->block_size);
}

uint64_t vp_kv_longest_len(const vp_kv_case *c, uint32_t pp_rank, uint64_t available)
{
    vp_kv_case trial = *c;
    vp_kv_shape shape;
    uint64_t low = 0, high = c->max_model_len; /* low starts, anything above high does not */
    while (low < high) {
        trial.max_model_len = low + (high - low + 1) / 2;
        vp_kv_shape_of_rank(&trial, pp_rank, &shape);
        if (shape.min_start_bytes <= available)
            low = trial.max_model_len;
        else
            high = trial.max_model_len - 1;
    }
    return low;
}
