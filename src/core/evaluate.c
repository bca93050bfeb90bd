/* SPDX-License-Identifier: Apache-2.0 */
#include "core/evaluate.h"

#include <stddef.h>
#include <string.h>

#include "base/vp_decimal.h"
#include "base/vp_int.h"
#include "core/budget.h"
#include "core/host.h"
#include "core/lora.h"
#include "core/runtime_case.h"
#include "data/release_rules.h"

const char *vp_verdict_name(vp_verdict verdict)
{
    switch (verdict) {
    case VP_VERDICT_FITS:
        return "fits";
    case VP_VERDICT_BORDERLINE:
        return "borderline";
    case VP_VERDICT_DOES_NOT_FIT:
        return "does_not_fit";
    case VP_VERDICT_REFUSED:
        return "refused";
    case VP_VERDICT_UNKNOWN:
        break;
    }
    return "unknown";
}

/** The device that GPU number `index` of the machines is; NULL beyond the last. */
static const vp_device *device_of(const vp_request *request, uint64_t index)
{
    uint64_t per_node = 0;
    for (uint32_t i = 0; i < request->device_count; i++) per_node += request->devices[i].count;
    if (per_node == 0 || index >= per_node * request->nodes) return NULL;
    index %= per_node;
    for (uint32_t i = 0; i < request->device_count; i++) {
        if (index < request->devices[i].count) return &request->devices[i];
        index -= request->devices[i].count;
    }
    return NULL;
}

/** The smallest of the cards that one pipeline rank spreads over decides for all of them. */
static const vp_device *smallest_device(const vp_request *request, uint64_t first, uint32_t count)
{
    const vp_device *smallest = NULL;
    for (uint32_t i = 0; i < count; i++) {
        const vp_device *device = device_of(request, first + i);
        if (!device) return NULL;
        if (!smallest || device->total_bytes < smallest->total_bytes) smallest = device;
    }
    return smallest;
}

static bool refuse(vp_evaluation *out, const char *step, const char *reason)
{
    out->verdict = VP_VERDICT_REFUSED;
    out->failing_step = step;
    out->reason = reason;
    return false;
}

/** Splits and lengths that vLLM refuses whatever the memory. */
static bool legal(const vp_request *request, const vp_settings *settings, vp_arena *arena, vp_evaluation *out)
{
    const vp_engine_args *args = &out->args;
    const vp_model *model = &request->facts->model;
    char why[320];
    vp_writer w;
    const char *step = NULL;
    const vp_release_row *row = request->engine.release;
    if (model->architecture && vp_release_compare(vp_release_of(row), model->architecture->until) > 0)
        /* models/registry.py:_raise_for_unsupported */
        return refuse(out, "config",
                      vp_arena_format(arena, "vLLM %s has no %s any more; it was supported until %u.%u.%u",
                                      row->key, model->architecture_name, model->architecture->until.major,
                                      model->architecture->until.minor, model->architecture->until.patch));
    vp_writer_start(&w, why, sizeof why);
    if (!vp_layout_legal(model, &request->facts->inventory, args->tp, args->pp, args->encoders_whole, &w,
                         &step))
        return refuse(out, step, vp_arena_copy(arena, vp_str_from(why)));
    if (!device_of(request, (uint64_t)args->tp * args->pp * args->dp - 1))
        return refuse(
            out, "config",
            vp_arena_format(arena,
                            "tensor_parallel_size %u times pipeline_parallel_size %u%s needs more cards "
                            "than there are",
                            args->tp, args->pp, args->dp > 1 ? " times data_parallel_size" : ""));
    if (args->pp > VP_MAX_STAGES)
        return refuse(
            out, "arguments",
            vp_arena_format(arena, "more than %d pipeline stages are not computed", (int)VP_MAX_STAGES));
    uint64_t context = vp_model_context(model, vp_release_of(request->engine.release));
    if (context > 0 && args->max_model_len > context)
        /* config/model.py:_get_and_verify_max_len, unless VLLM_ALLOW_LONG_MAX_MODEL_LEN is set */
        return refuse(out, "config",
                      vp_arena_format(
                          arena, "max_model_len %llu is above the %llu tokens that the model's config allows",
                          (unsigned long long)args->max_model_len, (unsigned long long)context));
    const char *host = vp_host_problem(request, settings, args, arena);
    if (host) return refuse(out, "config", host);
    vp_kv_case kv = vp_evaluate_kv_case(request, args);
    const char *problem = kv.kv_dtype ? vp_kv_dtype_problem(&kv, &step) : NULL;
    if (problem) return refuse(out, step, problem);
    return true;
}

/** vLLM counts the slots to the weights ("Model loading took"); they are made before a file is read. */
static void add_adapters(const vp_settings *settings, const vp_weights_case *c, uint32_t pp_rank,
                         vp_weights *w)
{
    uint64_t bytes = vp_lora_bytes(settings, c, pp_rank);
    w->bytes = vp_add(w->bytes, bytes);
    w->allocated = vp_add(w->allocated, bytes);
    w->load_peak = vp_max(w->load_peak, w->bytes);
    w->by_role[VP_ROLE_OTHER] = vp_add(w->by_role[VP_ROLE_OTHER], bytes);
}

/** Whole parameters of the layers, until so many bytes are out of the way
 *  (model_executor/models/utils.py:maybe_offload_to_cpu). */
static uint64_t offloaded(const vp_engine_args *args, const vp_weights *weights)
{
    static const vp_role outside[] = {VP_ROLE_EMBEDDING, VP_ROLE_LM_HEAD, VP_ROLE_OTHER};
    uint64_t layers = weights->bytes;
    for (size_t i = 0; i < sizeof outside / sizeof outside[0]; i++)
        layers = vp_sub0(layers, weights->by_role[outside[i]]);
    return vp_min(args->cpu_offload_bytes, layers);
}

/** A log that has them is of a start that came through loading. */
static void use_measured_weights(uint64_t bytes, vp_weights *w)
{
    w->bytes = w->allocated = bytes;
    w->created = vp_min(w->created, bytes);
    w->load_peak = vp_min(w->load_peak, bytes);
}

static void fill_rank(const vp_request *request, const vp_settings *settings, const vp_evaluation *evaluation,
                      uint32_t pp_rank, vp_rank *rank)
{
    const vp_engine_args *args = &evaluation->args;
    memset(rank, 0, sizeof *rank);
    rank->pp_rank = pp_rank;
    rank->first_gpu = pp_rank * args->tp;
    rank->device = smallest_device(request, rank->first_gpu, args->tp);
    rank->total_bytes = rank->device->total_bytes;
    vp_weights_case weights = vp_quantize_weights_case(request, args, rank->device, &evaluation->method);
    if (evaluation->weights_known) {
        vp_weights_of_rank(&weights, pp_rank, &rank->weights);
        add_adapters(settings, &weights, pp_rank, &rank->weights);
        if (evaluation->measured[VP_TERM_WEIGHTS])
            use_measured_weights(request->measured_weights, &rank->weights);
    }
    rank->offloaded_bytes = offloaded(args, &rank->weights);
    vp_runtime_case runtime = vp_runtime_case_of(request, args, rank->device, &evaluation->method);
    runtime.pp_rank = pp_rank;
    runtime.adapter_bytes = vp_lora_bytes(settings, &weights, pp_rank);
    vp_runtime_estimate(&runtime, &rank->runtime);
    rank->others_counted =
        vp_rule_value(VP_RULE_OTHERS_COUNT, runtime.release) && strcmp(rank->runtime.runner, "v1") == 0;
    vp_measured_use(request, evaluation->measured, &rank->runtime);
    if (evaluation->kv_known) {
        vp_kv_case kv = vp_evaluate_kv_case(request, args);
        vp_kv_shape_of_rank(&kv, pp_rank, &rank->kv);
    }
    vp_budget_of_rank(request, args, evaluation->weights_known, rank);
}

vp_kv_case vp_evaluate_kv_case(const vp_request *request, const vp_engine_args *args)
{
    vp_kv_case c = {
        .attention = &request->facts->attention,
        .layers = request->facts->model.layers,
        .release = vp_release_of(request->engine.release),
        .capability = request->devices[0].capability,
        .kv_dtype = vp_kv_dtype_find(vp_str_from(args->kv_cache_dtype)),
        .stored_dtype = request->facts->model.stored.kv_dtype,
        .model_dtype = args->dtype,
        /* vLLM's default is not a wish: kernels that take no such blocks choose another size */
        .block_size = args->block_size == VP_KV_DEFAULT_BLOCK ? 0 : args->block_size,
        .max_model_len = args->max_model_len,
        .max_num_batched_tokens = args->max_num_batched_tokens,
        .tp = args->tp,
        .pp = args->pp,
        .runner_v1 = request->engine.runner && strcmp(request->engine.runner, "v1") == 0,
        .asked = args->kv,
    };
    return c;
}

/** The pool is as large as the rank with the fewest blocks allows. */
static void fill_pool(const vp_request *request, vp_evaluation *out, bool pessimistic, vp_kv_pool *pool)
{
    vp_kv_case kv = vp_evaluate_kv_case(request, &out->args);
    uint64_t blocks = UINT64_MAX, longest = UINT64_MAX;
    for (uint32_t i = 0; i < out->rank_count; i++) {
        const vp_rank *rank = &out->ranks[i];
        uint64_t available = pessimistic ? rank->available.low : rank->available.likely;
        if (out->args.num_gpu_blocks_override > 0)
            available = vp_mul(out->args.num_gpu_blocks_override, rank->kv.bytes_per_block);
        uint64_t own = vp_kv_blocks(&rank->kv, available);
        if (own < blocks) {
            blocks = own;
            if (!pessimistic) out->tightest = i;
        }
        longest = vp_min(longest, vp_kv_longest_len(&kv, &rank->kv, available));
    }
    vp_kv_pool_of_blocks(&kv, &out->ranks[out->tightest].kv, blocks, pool);
    pool->longest_len = longest;
    pool->starts = longest >= out->args.max_model_len;
}

/** vLLM takes the longest length that fits by itself; the plan then speaks of that length. */
static void settle_auto_length(const vp_request *request, vp_evaluation *out)
{
    if (!out->args.max_model_len_auto || !out->kv_known) return;
    fill_pool(request, out, true, &out->pool_low);
    out->args.max_model_len = vp_max(1, out->pool_low.longest_len);
    vp_kv_case kv = vp_evaluate_kv_case(request, &out->args);
    for (uint32_t i = 0; i < out->rank_count; i++)
        vp_kv_shape_of_rank(&kv, out->ranks[i].pp_rank, &out->ranks[i].kv);
}

/** The full graphs of a decode want a state for every request (config/compilation.py:
 *  resolve_cudagraph_mode_and_sizes); piecewise ones do not. */
static bool states_checked(const vp_request *request, const vp_engine_args *args)
{
    return vp_rule_value(VP_RULE_STATES_CHECKED, vp_release_of(request->engine.release)) &&
           !args->enforce_eager && args->full_graphs;
}

/** What cannot be known makes the verdict unknown, unless something refuses anyway. */
static const char *unknown_reason(const vp_request *request, const vp_evaluation *out, vp_arena *arena)
{
    const vp_model *model = &request->facts->model;
    if (!model->architecture)
        return vp_arena_format(arena, "the architecture %s is not in this version's tables",
                               model->architecture_name);
    if (!out->method.known) return out->method.text;
    if (!vp_model_ropes_known(model)) return "the model's kind of rotary scaling is not computed";
    if (out->args.drafts) return "the weights of the draft in speculative_config are not computed";
    if (out->args.kv_bits == 0)
        return vp_arena_format(arena, "the KV cache type %s is not computed", out->args.kv_cache_dtype);
    return NULL;
}

bool vp_evaluate(const vp_request *request, const vp_settings *settings, vp_arena *arena, vp_evaluation *out,
                 vp_error *error)
{
    memset(out, 0, offsetof(vp_evaluation, ranks));
    out->reason = "";
    vp_measured_hold(request, settings, out->measured);
    const vp_device *first = &request->devices[0];
    if (!vp_engine_args_resolve(request, settings, first, arena, &out->args, error)) return false;
    if (!legal(request, settings, arena, out)) return true;
    const vp_device *smallest =
        smallest_device(request, 0, (uint32_t)((uint64_t)out->args.tp * out->args.pp));
    vp_quantize_judge(request, &out->args, smallest, arena, &out->method);
    const char *unknown = unknown_reason(request, out, arena);
    out->weights_known = out->method.known && request->facts->inventory.count > 0 &&
                         vp_model_ropes_known(&request->facts->model) && !out->args.drafts;
    out->kv_known = request->facts->attention.count > 0 && out->args.kv_bits > 0;
    out->start_checked = vp_rule_value(VP_RULE_START_CHECK, vp_runtime_release(&request->engine)) > 0;
    out->states_checked = states_checked(request, &out->args);
    out->rank_count = request->facts->model.architecture ? out->args.pp : 0;
    for (uint32_t i = 0; i < out->rank_count; i++) fill_rank(request, settings, out, i, &out->ranks[i]);
    settle_auto_length(request, out);
    if (out->rank_count > 0 && out->kv_known && out->weights_known) {
        fill_pool(request, out, false, &out->pool);
        fill_pool(request, out, true, &out->pool_low);
    }
    if (!out->method.starts && strcmp(out->method.step, "weights_load") != 0)
        refuse(out, out->method.step, out->method.text);
    else if (out->rank_count > 0 && out->kv_known && out->ranks[0].kv.refused)
        refuse(out, "no_cache_blocks", out->ranks[0].kv.refused);
    else if (unknown && out->method.starts) {
        out->verdict = VP_VERDICT_UNKNOWN;
        out->reason = unknown;
    } else
        vp_budget_verdict(request, arena, out);
    return true;
}
