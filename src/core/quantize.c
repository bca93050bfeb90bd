/* SPDX-License-Identifier: Apache-2.0 */
#include "core/quantize.h"

#include <string.h>

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
    if (row->packing == VP_PACKING_NOTHING) {
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
    out->text = "stored in 4 bits by bitsandbytes; loaded as it is, its absmax expanded to float32";
    if (stored->bits == 8) {
        out->known = false;
        out->reason = VP_REASON_NOT_COMPUTED;
        out->text = "stored in 8 bits by bitsandbytes; the sizes of that form are not computed";
    }
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
        out->stored = true;
        out->known = false;
        out->reason = VP_REASON_NOT_COMPUTED;
        out->name = stored->method;
        out->row = vp_method_find(vp_str_from(stored->method), vp_release_of(request->engine.release));
        out->text = vp_arena_format(
            arena, "the checkpoint is stored as %s; the sizes of that form are not computed", stored->method);
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
        .pp = args->pp,
        /* fused_moe/config.py:FusedMoEParallelConfig.make flattens tp over dp, with expert parallelism and
         * without */
        .expert_tp = args->tp * args->dp,
        .expert_ranks = args->expert_parallel ? args->tp * args->dp : 0,
    };
    return c;
}
