/* SPDX-License-Identifier: Apache-2.0 */
/* Changes that the log's own figures speak for, without a model or a card at hand. */
#include <string.h>

#include "base/vp_int.h"
#include "diagnose/diagnose.h"

static void add(vp_diagnosis *d, vp_arena *arena, const char *setting, vp_value_kind kind, const char *value,
                const char *text)
{
    if (d->remedy_count == VP_MAX_LOG_REMEDIES) return;
    vp_log_remedy *remedy = &d->remedies[d->remedy_count++];
    remedy->change = (vp_setting){setting, kind, vp_arena_copy(arena, vp_str_from(value))};
    remedy->text = text;
}

static void add_count(vp_diagnosis *d, vp_arena *arena, const char *setting, uint64_t value, const char *text)
{
    if (value > 0 && value <= VP_MAX_FIGURE)
        add(d, arena, setting, VP_VALUE_INT, vp_arena_format(arena, "%llu", (unsigned long long)value), text);
}

static void add_utilization(vp_diagnosis *d, vp_arena *arena, uint64_t hundredths, const char *text)
{
    char digits[16];
    vp_writer w;
    if (hundredths == 0 || hundredths > 100) return;
    vp_writer_start(&w, digits, sizeof digits);
    vp_put_fixed(&w, hundredths, 2);
    add(d, arena, "gpu_memory_utilization", VP_VALUE_DECIMAL, digits, text);
}

/** The largest share of two decimals that was free on every card, to the safe side of the rounding. */
static uint64_t free_hundredths(const vp_log_start *start)
{
    uint64_t least = 0;
    for (uint32_t i = 0; i < start->rank_count; i++) {
        const vp_printed *total = &start->ranks[i].sizes[VP_SIZE_TOTAL],
                         *free = &start->ranks[i].sizes[VP_SIZE_FREE];
        if (!total->known || !free->known || total->bytes == 0) continue;
        uint64_t share = vp_mul(vp_sub0(free->bytes, free->half), 100) / vp_add(total->bytes, total->half);
        if (least == 0 || share < least) least = share;
    }
    return least;
}

/** A larger share that gives the pool what it lacked, where that much was free. */
static void raise_utilization(vp_diagnosis *d, vp_arena *arena)
{
    const vp_log_start *start = &d->start;
    uint64_t most = free_hundredths(start), wanted = 0;
    if (!start->failure.missing_known) return;
    for (uint32_t i = 0; i < start->rank_count; i++) {
        const vp_printed *total = &start->ranks[i].sizes[VP_SIZE_TOTAL];
        const vp_printed *requested = &start->ranks[i].sizes[VP_SIZE_REQUESTED];
        if (!total->known || !requested->known || total->bytes == 0) continue;
        uint64_t bytes = vp_add(requested->bytes, start->failure.missing);
        wanted = vp_max(wanted, vp_ceil_div(vp_mul(bytes, 100), total->bytes));
    }
    if (wanted > 0 && wanted <= most)
        add_utilization(d, arena, wanted, "use a larger share of the card; that much was free");
}

/** The largest number of ranks, not above `ways`, that the heads can be divided by. */
static uint64_t fitting_ways(uint64_t heads, uint64_t ways)
{
    if (ways > heads) ways = heads;
    if (ways > 1024) ways = 1024;
    while (ways > 1 && heads % ways != 0) ways--;
    return ways;
}

static void mend_pool(vp_diagnosis *d, vp_arena *arena)
{
    const vp_log_start *start = &d->start;
    if (start->counted[VP_COUNT_LONGEST])
        add_count(d, arena, "max_model_len", start->counts[VP_COUNT_LONGEST],
                  "the longest request that vLLM itself found to fit into this pool");
    raise_utilization(d, arena);
}

void vp_log_mend(vp_diagnosis *d, vp_arena *arena)
{
    const vp_log_failure *f = &d->start.failure;
    if (d->outcome != VP_LOG_FAILED) return;
    const char *name = f->kind->name;
    if (strcmp(name, "max_model_len") == 0 || strcmp(name, "no_cache_blocks") == 0) {
        mend_pool(d, arena);
    } else if (strcmp(name, "state_blocks") == 0) {
        add_count(d, arena, "max_num_seqs", f->counts[VP_COUNT_BLOCKS], "one block for each sequence");
        raise_utilization(d, arena);
    } else if (strcmp(name, "free_memory") == 0) {
        add_utilization(d, arena, free_hundredths(&d->start), "the share of the card that was free");
    } else if (strcmp(name, "context_too_long") == 0) {
        add_count(d, arena, "max_model_len", f->counts[VP_COUNT_LIMIT], "what the model's config allows");
    } else if (strcmp(name, "batch_too_small") == 0) {
        add_count(d, arena, "max_num_batched_tokens", f->counts[VP_COUNT_ASKED],
                  "as long as the longest request");
    } else if (strcmp(name, "split_not_divisible") == 0 && strstr(f->text, "attention heads")) {
        add_count(d, arena, "tensor_parallel_size",
                  fitting_ways(f->counts[VP_COUNT_LIMIT], f->counts[VP_COUNT_ASKED]),
                  "the largest split that divides the attention heads");
    } else if (strcmp(name, "dtype_unsupported") == 0 && strstr(f->text, "Bfloat16")) {
        add(d, arena, "dtype", VP_VALUE_TEXT, "half", "this card computes in float16 instead");
    }
}
