/* SPDX-License-Identifier: Apache-2.0 */
#include "core/engine_args.h"

#include <string.h>

#include "base/vp_decimal.h"
#include "base/vp_int.h"
#include "core/batch_defaults.h"
#include "core/runtime_case.h"
#include "data/runtime.h"

bool vp_human_int(vp_str text, uint64_t *out)
{
    static const char suffixes[] = "kmgt";
    uint64_t unit = 1;
    if (text.length > 1) {
        char last = text.at[text.length - 1];
        for (unsigned i = 0; suffixes[i]; i++) {
            bool decimal = last == suffixes[i], binary = last == suffixes[i] - 'a' + 'A';
            if (!decimal && !binary) continue;
            for (unsigned n = 0; n <= i; n++) unit *= decimal ? 1000 : 1024;
            text.length--;
            break;
        }
    }
    double value;
    if (vp_str_to_u64(text, out)) {
        *out = vp_mul(*out, unit);
        return *out <= VP_MAX_FIGURE;
    }
    if (unit == 1 || unit % 1000 != 0 || !vp_decimal_parse(text, &value))
        return false; /* "1.5k"; not "1.5K" */
    *out = vp_floor_times(unit, value);
    return true;
}

static bool bad(vp_error *error, const char *name, const char *text, const char *allowed)
{
    char path[128];
    vp_writer w;
    vp_writer_start(&w, path, sizeof path);
    vp_put_format(&w, "/settings/%s", name);
    return vp_fail(error, VLLMPLAN_E_RANGE, path, "%s is \"%s\"; allowed: %s", name, text, allowed);
}

/** A whole number within bounds, or `fallback` when the setting is not there. */
static bool number(const vp_settings *settings, const char *name, uint64_t low, uint64_t high,
                   uint64_t fallback, uint64_t *out, vp_error *error)
{
    const char *text = vp_settings_text(settings, name);
    *out = fallback;
    if (!text) return true;
    if (vp_human_int(vp_str_from(text), out) && *out >= low && *out <= high) return true;
    char allowed[64];
    vp_writer w;
    vp_writer_start(&w, allowed, sizeof allowed);
    vp_put_format(&w, "whole numbers from %llu to %llu", (unsigned long long)low, (unsigned long long)high);
    return bad(error, name, text, allowed);
}

static bool utilization(const vp_request *request, const vp_settings *settings, vp_arena *arena,
                        vp_engine_args *out, vp_error *error)
{
    const char *text = vp_settings_text(settings, "gpu_memory_utilization");
    if (!text) {
        char buffer[16];
        vp_writer w;
        vp_writer_start(&w, buffer, sizeof buffer);
        out->utilization = (double)request->engine.release->utilization_default_permille / 1000.0;
        vp_decimal_write(&w, out->utilization);
        out->utilization_text = vp_arena_copy(arena, vp_str_from(buffer));
        return true;
    }
    out->utilization_text = text;
    if (!vp_decimal_parse(vp_str_from(text), &out->utilization) ||
        !(out->utilization > 0.0 && out->utilization <= 1.0))
        return bad(error, "gpu_memory_utilization", text, "above 0 and at most 1, in digits such as 0.9");
    return true;
}

/** vLLM loads float32 checkpoints in 16 bit unless asked otherwise (config/model.py:_resolve_auto_dtype);
 *  bfloat16 becomes float16 on cards without it (capability below 8.0). */
static bool dtype(const vp_request *request, const vp_settings *settings, const vp_device *device,
                  vp_engine_args *out, vp_error *error)
{
    const char *text = vp_settings_text(settings, "dtype");
    vp_dtype model = request->facts->model.dtype;
    if (text && strcmp(text, "auto") != 0) {
        out->dtype = vp_dtype_from_name(vp_str_from(text));
        if (out->dtype != VP_DTYPE_FLOAT16 && out->dtype != VP_DTYPE_BFLOAT16 &&
            out->dtype != VP_DTYPE_FLOAT32)
            return bad(error, "dtype", text, "auto, half, float16, bfloat16, float, float32");
        return true;
    }
    out->dtype = model == VP_DTYPE_FLOAT16 ? VP_DTYPE_FLOAT16 : VP_DTYPE_BFLOAT16;
    if (device->capability != 0 && device->capability < 80) out->dtype = VP_DTYPE_FLOAT16;
    return true;
}

static void kv_dtype(const vp_settings *settings, vp_engine_args *out)
{
    const char *text = vp_settings_text(settings, "kv_cache_dtype");
    out->kv_cache_dtype = text ? text : "auto";
    const vp_kv_dtype *row = vp_kv_dtype_find(vp_str_from(out->kv_cache_dtype));
    if (row) out->kv_bits = row->packing == VP_KV_MODEL ? vp_dtype_bits(out->dtype) : row->key_bits;
    vp_kv_wishes_read(settings, &out->kv);
}

static bool length(const vp_request *request, const vp_settings *settings, vp_engine_args *out,
                   vp_error *error)
{
    const char *text = vp_settings_text(settings, "max_model_len");
    uint64_t own = vp_model_context(&request->facts->model, vp_release_of(request->engine.release));
    if (text && (strcmp(text, "auto") == 0 || strcmp(text, "-1") == 0)) {
        out->max_model_len = own;
        out->max_model_len_auto = true;
        return true;
    }
    return number(settings, "max_model_len", 1, (uint64_t)1 << 40, own, &out->max_model_len, error);
}

static bool is_any(const char *text, const char *const *words)
{
    for (; text && *words; words++)
        if (strcmp(text, *words) == 0) return true;
    return false;
}

/** What the model has to do with the defaults of a batch. */
static void read_model(const vp_request *request, const vp_settings *settings, vp_batch_case *c)
{
    static const char *const pooling[] = {"pooling", "embed",  "embedding", "classify",
                                          "score",   "reward", NULL};
    static const char *const exchanges[] = {"deepep_low_latency", "nixl_ep", NULL};
    bool there[VP_TOWER_COUNT] = {false}, prefix = false;
    const vp_inventory *inventory = &request->facts->inventory;
    const vp_attention_list *attention = &request->facts->attention;
    for (uint32_t i = 0; i < inventory->count; i++) {
        const vp_tower_part *part = vp_tower_part_of(inventory->groups[i].module);
        if (part) there[part->tower] = c->multimodal = true;
    }
    for (uint32_t i = 0; i < attention->count; i++)
        prefix = prefix || attention->entries[i].reader == VP_READER_MM_PREFIX;
    if (prefix && c->multimodal) c->whole_item = vp_encoder_find(there)->item;
    c->pooling = is_any(vp_settings_text(settings, "runner"), pooling) ||
                 is_any(vp_settings_text(settings, "task"), pooling);
    c->adapters = vp_settings_bool(settings, "enable_lora", false);
    c->batched_experts = is_any(vp_settings_text(settings, "all2all_backend"), exchanges) &&
                         vp_settings_bool(settings, "enable_expert_parallel", false) &&
                         vp_settings_u64(settings, "data_parallel_size", 1) > 1;
}

/** The two batch settings: the user's, or what the release makes of the card and the length. */
static bool batch(const vp_request *request, const vp_settings *settings, const vp_device *device,
                  vp_engine_args *out, vp_error *error)
{
    const char *chunked = vp_settings_text(settings, "enable_chunked_prefill");
    const char *mode = vp_settings_text(settings, "performance_mode");
    vp_batch_case c = {
        .release = vp_runtime_release(&request->engine),
        .gpu_name = device->gpu ? device->gpu->key : device->name,
        .total_bytes = device->total_bytes,
        .capability = device->capability,
        .max_model_len = out->max_model_len,
        .chunked_prefill_on = chunked && strcmp(chunked, "true") == 0,
        .chunked_prefill_off = chunked && strcmp(chunked, "false") == 0,
        .performance_throughput = mode && strcmp(mode, "throughput") == 0,
    };
    read_model(request, settings, &c);
    if (!number(settings, "max_num_seqs", 1, 1000000, 0, &c.max_num_seqs, error) ||
        !number(settings, "max_num_batched_tokens", 1, (uint64_t)1 << 40, 0, &c.max_num_batched_tokens,
                error))
        return false;
    vp_batch_defaults(&c, &out->max_num_seqs, &out->max_num_batched_tokens);
    return true;
}

/** Whether speculation brings weights of its own: all ways but those that look tokens up in the text
 *  (config/speculative.py:SpeculativeMethod). */
static bool has_draft(const vp_settings *settings)
{
    const char *text = vp_settings_text(settings, "speculative_config");
    return text && !strstr(text, "\"ngram\"") && !strstr(text, "\"suffix\"");
}

/** Whether hf_overrides brings the quantization_config that config.json lacks. vLLM sets it before it
 *  looks for a method (config/model.py:_apply_dict_overrides, then _verify_quantization). */
static bool has_override(const vp_settings *settings)
{
    const char *text = vp_settings_text(settings, "hf_overrides");
    return text && strstr(text, "\"quantization_config\"") && strstr(text, "\"bitsandbytes\"");
}

/** The sizes of graphs that were asked for: as a flag, or in the compilation config. */
static void capture_sizes(const vp_settings *settings, const char *config, vp_engine_args *out)
{
    const char *list = vp_settings_text(settings, "cudagraph_capture_sizes");
    if (!list && config) list = strstr(config, "\"cudagraph_capture_sizes\"");
    if (list && *list == '"') list = strchr(list, '[');
    for (const char *at = list; at && *at && *at != ']'; at += strcspn(at, "0123456789]")) {
        vp_str digits = {at, strspn(at, "0123456789")};
        if (digits.length > 0) out->capture_count++;
        at += digits.length;
    }
}

/** No item of any kind is taken: --language-model-only, or a limit of 0 for each. */
static bool without_items(const vp_settings *settings)
{
    const char *limit = vp_settings_text(settings, "limit_mm_per_prompt");
    if (vp_settings_bool(settings, "language_model_only", false)) return true;
    return limit && strchr(limit, '0') && !limit[strcspn(limit, "123456789")];
}

/** Eager also by way of the compilation config: cudagraph_mode (config/compilation.py:CUDAGraphMode). */
static void graphs(const vp_settings *settings, vp_engine_args *out)
{
    const char *config = vp_settings_text(settings, "compilation_config");
    const char *mode = config ? strstr(config, "\"cudagraph_mode\"") : NULL;
    mode = mode ? strchr(mode, ':') : NULL;
    if (mode) mode += strspn(mode, ": \t\n\r\"");
    bool none = mode && (strncmp(mode, "NONE", 4) == 0 || strncmp(mode, "none", 4) == 0);
    bool piecewise = mode && (strncmp(mode, "PIECEWISE", 9) == 0 || strncmp(mode, "piecewise", 9) == 0);
    out->enforce_eager = vp_settings_bool(settings, "enforce_eager", false);
    out->full_graphs = !out->enforce_eager && !none && !piecewise;
    out->no_graphs = out->enforce_eager || none;
    capture_sizes(settings, config, out);
}

/** Gigabytes of 2^30, with fractions (config/cache.py: cpu_offload_gb). */
static bool offload(const vp_settings *settings, vp_engine_args *out, vp_error *error)
{
    const char *text = vp_settings_text(settings, "cpu_offload_gb");
    double gib = 0;
    if (text && (!vp_decimal_parse(vp_str_from(text), &gib) || !(gib >= 0.0 && gib <= 1048576.0)))
        return bad(error, "cpu_offload_gb", text, "0 and more, in GiB");
    out->cpu_offload_bytes = vp_floor_times((uint64_t)1 << 30, gib);
    return true;
}

/** Whether a limit for each prompt is 0: {"image": 0} or {"image": {"count": 0, ...}}. */
static bool is_zero_limit(const char *limits, const char *modality)
{
    const char *at = limits ? strstr(limits, modality) : NULL;
    if (!at) return false;
    at += strlen(modality);
    at += strcspn(at, "0123456789,}");
    return at[0] == '0' && (at[1] < '0' || at[1] > '9');
}

/** config/multimodal.py:MultiModalConfig.get_limit_per_prompt. */
static void encoders_left_out(const vp_settings *settings, vp_engine_args *out)
{
    const char *limits = vp_settings_text(settings, "limit_mm_per_prompt");
    bool all = vp_settings_bool(settings, "language_model_only", false);
    out->no_vision = all || (is_zero_limit(limits, "\"image\"") && is_zero_limit(limits, "\"video\""));
    out->no_audio = all || is_zero_limit(limits, "\"audio\"");
}

bool vp_engine_args_resolve(const vp_request *request, const vp_settings *settings, const vp_device *device,
                            vp_arena *arena, vp_engine_args *out, vp_error *error)
{
    uint64_t tp, pp, dp;
    memset(out, 0, sizeof *out);
    out->quantization = vp_settings_text(settings, "quantization");
    out->quantization_override = has_override(settings);
    out->drafts = has_draft(settings);
    graphs(settings, out);
    out->without_items = without_items(settings);
    if (!utilization(request, settings, arena, out, error) || !dtype(request, settings, device, out, error) ||
        !length(request, settings, out, error) ||
        !number(settings, "tensor_parallel_size", 1, VP_MAX_SPLIT, 1, &tp, error) ||
        !number(settings, "pipeline_parallel_size", 1, VP_MAX_SPLIT, 1, &pp, error) ||
        !number(settings, "data_parallel_size", 1, VP_MAX_SPLIT, 1, &dp, error) ||
        !batch(request, settings, device, out, error) || !offload(settings, out, error) ||
        !number(settings, "block_size", 1, 65536, 16, &out->block_size, error) ||
        !number(settings, "kv_cache_memory_bytes", 1, VP_MAX_FIGURE, 0, &out->kv_cache_memory_bytes, error) ||
        !number(settings, "num_gpu_blocks_override", 1, VP_MAX_FIGURE, 0, &out->num_gpu_blocks_override,
                error))
        return false;
    out->tp = (uint32_t)tp;
    out->pp = (uint32_t)pp;
    out->dp = (uint32_t)dp;
    out->expert_parallel = vp_settings_bool(settings, "enable_expert_parallel", false);
    encoders_left_out(settings, out);
    const char *encoders = vp_settings_text(settings, "mm_encoder_tp_mode");
    out->encoders_whole = encoders && strcmp(encoders, "data") == 0;
    kv_dtype(settings, out);
    return true;
}
