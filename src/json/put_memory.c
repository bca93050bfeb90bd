/* SPDX-License-Identifier: Apache-2.0 */
#include "json/put_memory.h"

#include "base/vp_decimal.h"
#include "core/host.h"

static uint32_t cards_per_node(const vp_request *request)
{
    uint32_t cards = 0;
    for (uint32_t i = 0; i < request->device_count; i++) cards += request->devices[i].count;
    return cards > 0 ? cards : 1;
}

/** The weights by what they are for; null when they are not known. */
static void put_roles(vp_out *out, bool known, const vp_weights *weights)
{
    if (!known) {
        vp_out_null(out, "weights_by_role");
        return;
    }
    vp_out_object(out, "weights_by_role");
    for (int role = 0; role < VP_ROLE_COUNT; role++)
        vp_out_u64(out, vp_role_name((vp_role)role), weights->by_role[role]);
    vp_out_end(out);
}

/** One pipeline rank; its tensor-parallel and data-parallel ranks are equal and folded into it. */
static void put_rank(vp_out *out, const vp_plan *plan, const vp_rank *rank)
{
    const vp_evaluation *e = &plan->returned.evaluation;
    uint32_t cards = cards_per_node(plan->request);
    bool known = e->weights_known;
    vp_out_object(out, NULL);
    vp_out_u64(out, "dp", 0);
    vp_out_u64(out, "pp", rank->pp_rank);
    vp_out_u64(out, "tp", 0);
    vp_out_u64(out, "node", rank->first_gpu / cards);
    vp_out_u64(out, "gpu", rank->first_gpu % cards);
    vp_out_u64(out, "ranks", (uint64_t)e->args.tp * e->args.dp);
    vp_out_u64(out, "total_bytes", rank->total_bytes);
    vp_out_u64(out, "free_bytes", rank->free_bytes);
    vp_out_u64(out, "requested_bytes", rank->requested_bytes);
    vp_out_figure(out, "weights_bytes", known, rank->weights.bytes);
    vp_out_figure(out, "weights_allocated_bytes", known, rank->weights.allocated);
    put_roles(out, known, &rank->weights);
    vp_out_u64(out, "attention_layers", rank->weights.attention_layers);
    vp_out_figure(out, "load_peak_bytes", known, rank->weights.load_peak);
    vp_out_figure(out, "offloaded_bytes", known, rank->offloaded_bytes);
    vp_out_figure(out, "weights_created_bytes", known, rank->weights.created);
    if (known)
        vp_out_bool(out, "weights_proved", rank->weights.proved);
    else
        vp_out_null(out, "weights_proved");
    vp_out_interval(out, "activation_bytes", true, &rank->runtime.activation);
    vp_out_interval(out, "non_torch_bytes", true, &rank->runtime.non_torch);
    vp_out_interval(out, "graphs_bytes", true, &rank->runtime.graphs);
    vp_out_u64(out, "graphs_late_bytes", rank->runtime.graphs_late.likely);
    vp_out_interval(out, "available_kv_bytes", known, &rank->available);
    vp_out_end(out);
}

/** What one machine needs beside its GPUs. */
static void put_host(vp_out *out, const vp_plan *plan)
{
    const vp_evaluation *e = &plan->returned.evaluation;
    vp_host host;
    vp_host_of(plan->request, &plan->returned.settings, e, &host);
    vp_out_object(out, "host");
    vp_out_figure(out, "files_bytes", host.files_bytes > 0, host.files_bytes);
    vp_out_figure(out, "pinned_bytes", e->weights_known, host.pinned_bytes);
    vp_out_u64(out, "swap_bytes", host.swap_bytes);
    vp_out_u64(out, "shm_bytes", host.shm_bytes);
    vp_out_end(out);
}

void vp_out_memory(vp_out *out, const vp_plan *plan)
{
    const vp_evaluation *e = &plan->returned.evaluation;
    vp_out_object(out, "memory");
    vp_out_figure(out, "tightest", e->rank_count > 0, e->tightest);
    vp_out_list(out, "ranks");
    for (uint32_t i = 0; i < e->rank_count; i++) put_rank(out, plan, &e->ranks[i]);
    vp_out_end(out);
    put_host(out, plan);
    vp_out_end(out);
}

static void put_groups(vp_out *out, const vp_kv_shape *shape)
{
    vp_out_list(out, "groups");
    for (uint32_t i = 0; i < shape->group_count; i++) {
        const vp_kv_group *group = &shape->groups[i];
        vp_out_object(out, NULL);
        vp_out_text(out, "kind", vp_attention_kind_name(group->kind));
        vp_out_u64(out, "times", group->times);
        vp_out_u64(out, "layers", group->layers);
        vp_out_u64(out, "page_bytes", group->page_bytes);
        vp_out_u64(out, "block_size", group->block_size);
        vp_out_u64(out, "blocks_per_request", group->blocks_per_request);
        vp_out_end(out);
    }
    vp_out_end(out);
}

/** What vLLM prints as "%.2f": the double's exact value, rounded half to even at the second decimal. */
static void put_concurrency(vp_out *out, bool known, double concurrency)
{
    char text[32];
    vp_writer w;
    int half;
    vp_out_figure(out, "max_concurrency_permille", known, vp_floor_times(1000, concurrency));
    uint64_t hundredths = vp_double_times(concurrency, 100, &half);
    if (hundredths < UINT64_MAX && (half > 0 || (half == 0 && hundredths % 2 == 1))) hundredths++;
    vp_writer_start(&w, text, sizeof text);
    vp_put_fixed(&w, hundredths, 2);
    vp_out_text(out, "max_concurrency_text", known ? text : NULL);
}

/** The shape is known without the weights; what a pool holds is not. */
void vp_out_kv_cache(vp_out *out, const vp_plan *plan)
{
    const vp_evaluation *e = &plan->returned.evaluation;
    if (!e->kv_known || e->rank_count == 0) {
        vp_out_null(out, "kv_cache");
        return;
    }
    const vp_kv_shape *shape = &e->ranks[e->tightest].kv;
    bool pool = e->weights_known;
    vp_out_object(out, "kv_cache");
    put_groups(out, shape);
    vp_out_u64(out, "bytes_per_block", shape->bytes_per_block);
    vp_out_figure(out, "blocks", pool, e->pool.blocks);
    vp_out_figure(out, "tokens", pool, e->pool.tokens);
    put_concurrency(out, pool, e->pool.concurrency);
    vp_out_u64(out, "needed_bytes", shape->needed_bytes);
    vp_out_u64(out, "min_start_bytes", shape->min_start_bytes);
    vp_out_figure(out, "longest_len", pool, e->pool.longest_len);
    vp_out_end(out);
}
