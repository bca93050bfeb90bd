/* SPDX-License-Identifier: Apache-2.0 */
#include "core/host.h"

#include "base/vp_decimal.h"
#include "base/vp_int.h"
#include "data/release_rules.h"

#define GIB ((uint64_t)1 << 30)
#define MIB ((uint64_t)1 << 20)

/* A queue between processes is a ring of so many chunks (distributed/device_communicators/shm_broadcast.py:
 * MessageQueue.__init__); the one to all workers has its own size (envs.py: VLLM_MQ_MAX_CHUNK_BYTES_MB). */
enum { RING_CHUNKS = 10, BROADCAST_CHUNK_MIB = 16 };
/* config/cache.py:verify_with_parallel_config, before 0.18 */
enum { SWAP_DEFAULT_GIB = 4, SWAP_LIMIT_TENTHS = 7 };

/** A setting in GiB, fractions allowed. */
static uint64_t gib_setting(const vp_settings *settings, const char *name, uint64_t fallback)
{
    const char *text = vp_settings_text(settings, name);
    double gib;
    if (!text || !vp_decimal_parse(vp_str_from(text), &gib) || !(gib >= 0.0 && gib <= 1048576.0))
        return fallback;
    return vp_floor_times(GIB, gib);
}

static uint64_t swap_of(const vp_request *request, const vp_settings *settings, const vp_engine_args *args)
{
    if (!vp_rule_value(VP_RULE_SWAP_SPACE, vp_release_of(request->engine.release))) return 0;
    return vp_mul(gib_setting(settings, "swap_space", SWAP_DEFAULT_GIB * GIB), args->tp);
}

void vp_host_of(const vp_request *request, const vp_settings *settings, const vp_evaluation *evaluation,
                vp_host *out)
{
    const vp_engine_args *args = &evaluation->args;
    const vp_inventory *inventory = &request->facts->inventory;
    uint64_t ranks = vp_ceil_div((uint64_t)args->tp * args->pp * args->dp, vp_max(1, request->nodes));
    uint64_t chunk = vp_rule_value(VP_RULE_QUEUE_CHUNK_MIB, vp_release_of(request->engine.release)) * MIB;
    *out = (vp_host){0, 0, 0, 0};
    for (uint32_t i = 0; i < evaluation->rank_count; i++)
        out->pinned_bytes = vp_add(
            out->pinned_bytes, vp_mul(evaluation->ranks[i].offloaded_bytes, (uint64_t)args->tp * args->dp));
    out->pinned_bytes = vp_ceil_div(out->pinned_bytes, vp_max(1, request->nodes));
    /* of all ranks together (config/cache.py: kv_offloading_size) */
    out->pinned_bytes = vp_add(out->pinned_bytes, gib_setting(settings, "kv_offloading_size", 0));
    out->swap_bytes = swap_of(request, settings, args);
    out->files_bytes = inventory->checkpoint_bytes_known ? inventory->checkpoint_bytes : 0;
    /* one process for each rank, unless there is one only (v1/executor/multiproc_executor.py) */
    if (ranks > 1) out->shm_bytes = RING_CHUNKS * (BROADCAST_CHUNK_MIB * MIB + vp_mul(ranks, chunk));
}

const char *vp_host_problem(const vp_request *request, const vp_settings *settings,
                            const vp_engine_args *args, vp_arena *arena)
{
    uint64_t swap = swap_of(request, settings, args);
    vp_gib a, b;
    if (request->ram_bytes == 0 || swap <= request->ram_bytes / 10 * SWAP_LIMIT_TENTHS) return NULL;
    return vp_arena_format(
        arena, "swap_space takes %s GiB for %u GPUs, more than 7 tenths of the %s GiB of main memory",
        vp_gib_text(&a, swap), args->tp, vp_gib_text(&b, request->ram_bytes));
}
