/* SPDX-License-Identifier: Apache-2.0 */
#include "core/quantize.h"

#include <string.h>

#include "core/runtime_case.h"
#include "data/kv_dtypes.h"
#include "data/release_rules.h"

const char *vp_reason_name(vp_reason reason)
{
    static const char *const names[VP_REASON_COUNT] = {
        [VP_REASON_NONE] = NULL,
        [VP_REASON_NOT_IN_RELEASE] = "not_in_release",
        [VP_REASON_UNKNOWN_METHOD] = "unknown_method",
        [VP_REASON_PLUGIN_MISSING] = "plugin_missing",
        [VP_REASON_CAPABILITY] = "capability",
        [VP_REASON_NEEDS_CHECKPOINT] = "needs_checkpoint",
        [VP_REASON_NEEDS_CONFIGURATION] = "needs_configuration",
        [VP_REASON_NEEDS_GGUF] = "needs_gguf",
        [VP_REASON_OTHER_PLATFORM] = "other_platform",
        [VP_REASON_INVALID] = "invalid",
        [VP_REASON_PACKS_NOTHING] = "packs_nothing",
        [VP_REASON_ALREADY_QUANTIZED] = "already_quantized",
        [VP_REASON_CONFIG_MISSING] = "quantization_config_missing",
        [VP_REASON_DTYPE] = "dtype",
        [VP_REASON_KERNEL] = "kernel",
        [VP_REASON_NOT_COMPUTED] = "not_computed",
    };
    return reason < VP_REASON_COUNT ? names[reason] : NULL;
}

bool vp_quantize_has_plugin(const vp_engine *engine, const char *plugin)
{
    for (uint32_t i = 0; i < engine->plugin_count; i++)
        if (vp_name_equal(vp_str_from(engine->plugins[i]), vp_str_from(plugin))) return true;
    return false;
}

static void reject(vp_judgement *out, vp_reason reason, const char *step, const char *text)
{
    out->starts = false;
    out->reason = reason;
    out->step = step;
    out->text = text;
}

/** The method's row for the release and card, or a rejection. */
static bool row_allowed(const vp_request *request, const char *name, const vp_device *device, vp_arena *arena,
                        vp_judgement *out)
{
    const char *release = request->engine.release->key;
    vp_release number = vp_release_of(request->engine.release);
    out->name = name;
    out->row = vp_method_find(vp_str_from(name), number);
    if (!out->row) {
        const vp_method *other = vp_method_find_any(vp_str_from(name));
        vp_reason reason = other ? VP_REASON_NOT_IN_RELEASE : VP_REASON_UNKNOWN_METHOD;
        reject(out, reason, "config",
               !other ? vp_arena_format(arena, "no release has a method named %s", name)
               : vp_release_compare(number, other->since) < 0
                   ? vp_arena_format(arena, "vLLM %s does not have it yet", release)
                   : vp_arena_format(arena, "vLLM %s does not have it any more", release));
        return false;
    }
    if (out->row->kind == VP_METHOD_PLUGIN && !vp_quantize_has_plugin(&request->engine, VP_BNB_PLUGIN)) {
        reject(out, VP_REASON_PLUGIN_MISSING, "config", out->row->text);
        return false;
    }
    if (device->capability != 0 && device->capability < out->row->capability) {
        reject(out, VP_REASON_CAPABILITY, "config",
               vp_arena_format(arena, "needs capability %u.%u; this card has %u.%u",
                               out->row->capability / 10u, out->row->capability % 10u,
                               device->capability / 10u, device->capability % 10u));
        return false;
    }
    return true;
}

static bool has_experts(const vp_inventory *inventory)
{
    for (uint32_t i = 0; i < inventory->count; i++)
        if (inventory->groups[i].module->kind == VP_KIND_EXPERTS) return true;
    return false;
}

/** A method that is asked for on 16-bit files. */
static void judge_load_time(const vp_request *request, const vp_engine_args *args, const vp_device *device,
                            vp_arena *arena, vp_judgement *out)
{
    if (!row_allowed(request, args->quantization, device, arena, out)) return;
    const vp_method *row = out->row;
    out->text = row->text;
    switch (row->kind) {
    case VP_METHOD_STORED:
        reject(out, VP_REASON_NEEDS_CHECKPOINT, "config", row->text);
        return;
    case VP_METHOD_NEEDS_CONFIG:
        reject(out, VP_REASON_NEEDS_CONFIGURATION, "config", row->text);
        return;
    case VP_METHOD_NEEDS_GGUF:
        reject(out, VP_REASON_NEEDS_GGUF, "weights_load", row->text);
        return;
    case VP_METHOD_OTHER_PLATFORM:
        reject(out, VP_REASON_OTHER_PLATFORM, "config", row->text);
        return;
    case VP_METHOD_INVALID:
        reject(out, VP_REASON_INVALID, "config", row->text);
        return;
    case VP_METHOD_LOAD_TIME:
    case VP_METHOD_EXPERIMENT:
    case VP_METHOD_PLUGIN:
        break;
    }
    out->packing = row->packing;
    if (row->packing == VP_PACKING_INT8_CHANNEL && !has_experts(&request->facts->inventory))
        out->packing = VP_PACKING_NOTHING;
    if (out->packing == VP_PACKING_NOTHING) {
        out->reason = VP_REASON_PACKS_NOTHING; /* it starts, in 16 bit */
        return;
    }
    if (args->dtype == VP_DTYPE_FLOAT32)
        reject(out, VP_REASON_DTYPE, row->packing == VP_PACKING_BNB4 ? "weights_load" : "config",
               "works with 16-bit dtypes only, and dtype is float32");
}

/** Files that are packed by bitsandbytes, under a config that says so (or is made to). */
static void judge_stored_bnb(const vp_request *request, const vp_engine_args *args, const vp_device *device,
                             vp_arena *arena, vp_judgement *out)
{
    const vp_stored *stored = &request->facts->model.stored;
    out->stored = true;
    out->packing = VP_PACKING_BNB4;
    if (args->quantization && strcmp(args->quantization, "bitsandbytes") != 0) {
        out->name = args->quantization;
        out->row = vp_method_find(vp_str_from(args->quantization), vp_release_of(request->engine.release));
        /* config/model.py:_verify_quantization */
        reject(out, VP_REASON_ALREADY_QUANTIZED, "config",
               "the files are bitsandbytes 4-bit already, and vLLM refuses another method for them");
        return;
    }
    if (!row_allowed(request, "bitsandbytes", device, arena, out)) return;
    out->text = stored->bits == 8
                    ? "stored in 8 bits by bitsandbytes"
                    : "stored in 4 bits by bitsandbytes; loaded as it is, its absmax expanded to float32";
    if (stored->bits == 8) out->packing = VP_PACKING_BNB8;
    if (stored->bits != 8 && stored->bits != 4) {
        out->known = false;
        out->reason = VP_REASON_NOT_COMPUTED;
        out->text = "stored by bitsandbytes in a width that the config does not tell";
    }
}

/** Names that mean the same method: what the files call it and what may be asked for
 *  (auto_gptq.py, auto_awq.py, inc.py, modelopt.py: override_quantization_method). */
static bool same_method(const char *stored, const char *asked)
{
    static const char *const families[][6] = {
        {"gptq", "auto_gptq", "gptq_marlin", "marlin"},
        {"awq", "auto_awq", "awq_marlin", "marlin"},
        {"auto-round", "inc"},
        {"modelopt", "modelopt_fp4", "modelopt_mxfp8", "modelopt_mixed"},
        {"mxfp4", "gpt_oss_mxfp4"},
    };
    if (strcmp(stored, asked) == 0) return true;
    for (size_t f = 0; f < sizeof families / sizeof families[0]; f++) {
        bool has_stored = false, has_asked = false;
        for (size_t i = 0; i < 6 && families[f][i]; i++) {
            has_stored |= strcmp(families[f][i], stored) == 0;
            has_asked |= strcmp(families[f][i], asked) == 0;
        }
        if (has_stored && has_asked) return true;
    }
    return false;
}

/** The name of vLLM's row for a stored method: AutoRound's is inc, once there is one for these cards. */
static const char *row_name(const char *stored, vp_release release)
{
    bool inc = strcmp(stored, "auto-round") == 0 || strcmp(stored, "inc") == 0;
    return !inc ? stored : vp_method_find(vp_str_from("auto-round"), release) ? "auto-round" : "inc";
}

/** Files that are packed by another method, under a config that says so. */
static void judge_stored(const vp_request *request, const vp_engine_args *args, const vp_device *device,
                         vp_arena *arena, vp_judgement *out)
{
    const vp_stored *stored = &request->facts->model.stored;
    const char *name = row_name(stored->method, vp_release_of(request->engine.release));
    out->stored = true;
    out->packing = stored->scheme_count > 0 ? stored->schemes[0].packing : VP_PACKING_NOTHING;
    if (vp_method_find_any(vp_str_from(name)) && !row_allowed(request, name, device, arena, out)) return;
    out->name = stored->method;
    if (args->quantization && !same_method(stored->method, args->quantization)) {
        /* config/model.py:_verify_quantization */
        reject(out, VP_REASON_ALREADY_QUANTIZED, "config",
               vp_arena_format(arena, "the files are %s already, and vLLM refuses another method for them",
                               stored->method));
        return;
    }
    if (request->facts->structure.stored_shards_differ) {
        reject(out, VP_REASON_KERNEL, "weights_create",
               "parts of one fused layer are stored in different ways, which vLLM refuses");
        return;
    }
    vp_weights_case c = vp_quantize_weights_case(request, args, device, out);
    out->known = stored->computed && vp_weights_known(&c);
    out->text = out->known
                    ? vp_arena_format(arena, "stored as %s", stored->method)
                    : vp_arena_format(
                          arena, "the checkpoint is stored as %s; the sizes of that form are not computed",
                          stored->method);
    if (!out->known) out->reason = VP_REASON_NOT_COMPUTED;
}

/** Packed files while config.json says nothing: vLLM builds a 16-bit model and cannot fill it. */
static void judge_lost_config(const vp_request *request, const vp_engine_args *args, const vp_device *device,
                              vp_arena *arena, vp_judgement *out)
{
    if (args->quantization && !row_allowed(request, args->quantization, device, arena, out)) return;
    if (args->quantization && out->row->kind != VP_METHOD_LOAD_TIME && out->row->kind != VP_METHOD_PLUGIN) {
        judge_load_time(request, args, device, arena, out);
        return;
    }
    out->packing = args->quantization ? out->row->packing : VP_PACKING_NOTHING;
    out->stored = false;
    if (args->quantization && strcmp(args->quantization, "bitsandbytes") == 0)
        /* bitsandbytes_loader.py:_unquantized_generator hands the packed bytes to quantize_4bit */
        reject(out, VP_REASON_CONFIG_MISSING, "weights_load",
               "without a quantization_config vLLM takes the packed bytes for 16-bit weights and quantizes "
               "them again, "
               "which bitsandbytes refuses at the first packed tensor");
    else
        /* parameter.py:RowvLLMParameter.load_row_parallel_weight */
        reject(out, VP_REASON_CONFIG_MISSING, "weights_load",
               "the files hold packed 4-bit tensors but config.json has no quantization_config, so vLLM "
               "builds 16-bit "
               "layers and the packed shapes do not fit into them");
}

void vp_quantize_judge(const vp_request *request, const vp_engine_args *args, const vp_device *device,
                       vp_arena *arena, vp_judgement *out)
{
    const vp_stored *stored = &request->facts->model.stored;
    memset(out, 0, sizeof *out);
    out->starts = out->known = true;
    out->name = "none";
    out->text = "16-bit weights";
    bool bnb = strcmp(stored->method, "bitsandbytes") == 0;
    if (bnb && (stored->from_config || args->quantization_override)) {
        judge_stored_bnb(request, args, device, arena, out);
    } else if (bnb) {
        judge_lost_config(request, args, device, arena, out);
    } else if (stored->method[0]) {
        judge_stored(request, args, device, arena, out);
    } else if (args->quantization) {
        judge_load_time(request, args, device, arena, out);
    }
    if (!out->starts || !out->known) return;
    char why[256];
    vp_writer w;
    vp_writer_start(&w, why, sizeof why);
    vp_weights_case c = vp_quantize_weights_case(request, args, device, out);
    const char *step = NULL;
    if (out->packing != VP_PACKING_NOTHING && request->facts->inventory.count > 0 &&
        !vp_weights_possible(&c, &w, &step))
        reject(out, VP_REASON_KERNEL, step, vp_arena_copy(arena, vp_str_from(why)));
}

/** Whether the KV cache has elements of 8 bits or less: what was asked, else what the checkpoint asks for. */
static bool cache_is_quantized(const vp_request *request, const vp_engine_args *args)
{
    const char *name = args->kv_cache_dtype;
    if (strcmp(name, "auto") == 0) name = request->facts->model.stored.kv_dtype;
    const vp_kv_dtype *row = vp_kv_dtype_find(vp_str_from(name));
    return row && vp_kv_dtype_quantized(row);
}

/** Whether the class runs vLLM's own operators in place of what torch.compile makes. */
static bool is_uncompiled(const vp_request *request)
{
    const vp_architecture *row = request->facts->model.architecture;
    return row && row->uncompiled &&
           vp_rule_value(VP_RULE_UNCOMPILED_CLASSES, vp_release_of(request->engine.release));
}

vp_weights_case vp_quantize_weights_case(const vp_request *request, const vp_engine_args *args,
                                         const vp_device *device, const vp_judgement *judgement)
{
    vp_weights_case c = {
        .model = &request->facts->model,
        .inventory = &request->facts->inventory,
        .release = vp_release_of(request->engine.release),
        .packing = judgement->packing,
        .stored = judgement->stored,
        .dtype = args->dtype,
        .capability = device->capability,
        .multiprocessors = device->gpu ? device->gpu->multiprocessors : 0,
        .tp = args->tp,
        .step_tokens = args->max_num_batched_tokens,
        .max_model_len = args->max_model_len,
        .pp = args->pp,
        /* fused_moe/config.py:FusedMoEParallelConfig.make flattens tp over dp, with expert parallelism and
         * without */
        .expert_tp = args->tp * args->dp,
        .expert_ranks = args->expert_parallel ? args->tp * args->dp : 0,
        .batched_tokens = args->max_num_batched_tokens,
        .max_seqs = args->max_num_seqs,
        .quantized_cache = cache_is_quantized(request, args),
        .own_operators = args->enforce_eager || is_uncompiled(request),
        .encoders_whole = args->encoders_whole,
        .no_vision = args->no_vision,
        .no_audio = args->no_audio,
    };
    vp_runtime_case runtime = vp_runtime_case_of(request, args, device, judgement);
    c.encoders_first = vp_runtime_runs_v2(&runtime);
    return c;
}
