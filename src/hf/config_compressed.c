/* SPDX-License-Identifier: Apache-2.0 */
/* compressed-tensors: groups of modules, each with its weights and activations
 * (vllm/model_executor/layers/quantization/compressed_tensors/compressed_tensors.py:
 * _quantization_scheme_map_from_config, _get_scheme_from_parts, get_scheme_dict; 0.33.0). */
#include <string.h>

#include "hf/python_json.h"
#include "hf/quant_rules.h"

/** QuantizationArgs of weights or activations. */
typedef struct vp_quant_args {
    bool given, is_float, dynamic, symmetric;
    uint32_t bits, group, block_out;
    vp_str strategy;
    vp_str act_order;
} vp_quant_args;

static uint32_t small_number(const json_t *value, uint32_t limit)
{
    if (!json_is_integer(value) || json_integer_value(value) < 0 || json_integer_value(value) > limit)
        return 0;
    return (uint32_t)json_integer_value(value);
}

static vp_quant_args read_args(const json_t *object)
{
    vp_quant_args args = {.given = json_is_object(object), .symmetric = true};
    if (!args.given) return args;
    const json_t *symmetric = vp_member(object, "symmetric"), *dynamic = vp_member(object, "dynamic");
    const json_t *block = vp_member(object, "block_structure");
    vp_str type = vp_member_text(object, "type");
    args.is_float = vp_str_equal(type, "float");
    args.dynamic = json_is_true(dynamic) || json_is_string(dynamic); /* "local" */
    args.symmetric = !json_is_false(symmetric);
    args.bits = small_number(vp_member(object, "num_bits"), 16);
    args.group = small_number(vp_member(object, "group_size"), 1u << 20);
    args.strategy = vp_member_text(object, "strategy");
    args.act_order = vp_member_text(object, "actorder");
    if (args.strategy.length == 0) /* QuantizationArgs.validate_model_after */
        args.strategy = vp_str_from(args.group > 0 ? "group" : "tensor");
    if (json_array_size(block) == 2) {
        args.block_out = small_number(json_array_get(block, 0), 1u << 20);
        args.group = small_number(json_array_get(block, 1), 1u << 20);
    }
    return args;
}

static bool is(vp_str text, const char *name) { return vp_str_equal(text, name); }

/** Floats of 8 bits. */
static bool read_fp8(const vp_quant_args *w, const vp_quant_args *in, vp_scheme *out)
{
    out->packing = is(w->strategy, "block")     ? VP_PACKING_FP8_BLOCK
                   : is(w->strategy, "channel") ? VP_PACKING_FP8_CHANNEL
                                                : VP_PACKING_FP8_TENSOR;
    out->group = out->packing == VP_PACKING_FP8_BLOCK ? w->group : 0;
    out->block_out = w->block_out;
    out->weight_only = !in->given;
    out->static_inputs = in->given && !in->dynamic;
    bool known = is(w->strategy, "block") || is(w->strategy, "channel") || is(w->strategy, "tensor");
    return known && (out->packing != VP_PACKING_FP8_BLOCK || (w->group > 0 && w->block_out > 0));
}

/** Floats of 4 bits, or of 8 in groups of 32. */
static bool read_small_float(const vp_quant_args *w, const vp_quant_args *in, vp_scheme *out)
{
    out->weight_only = !in->given;
    if (w->bits == 4 && w->group == 16) out->packing = VP_PACKING_NVFP4;
    if (w->group == 32) out->packing = w->bits == 4 ? VP_PACKING_MXFP4 : VP_PACKING_MXFP8;
    return out->packing != VP_PACKING_NOTHING;
}

/** Integers: weights alone or with activations of 8 bits. */
static bool read_int(const vp_quant_args *w, const vp_quant_args *in, vp_str format, vp_scheme *out)
{
    bool channel = is(w->strategy, "channel"), group = is(w->strategy, "group");
    bool packed = is(format, "pack-quantized");
    out->bits = w->bits;
    out->weight_only = !in->given;
    out->group = group ? w->group : 0;
    out->act_order = is(w->act_order, "group") || is(w->act_order, "dynamic");
    if (packed && (w->bits == 4 || w->bits == 8) && (channel || group)) {
        bool fp8_inputs = in->given && in->is_float;
        out->packing = fp8_inputs ? VP_PACKING_INT4_FP8 : VP_PACKING_INT;
        out->zero_points = !w->symmetric;
        return !fp8_inputs || (w->bits == 4 && group && w->symmetric && in->dynamic);
    }
    if (w->bits != 8 || !in->given || in->is_float || in->bits != 8 || !w->symmetric || group) return false;
    out->packing = channel ? VP_PACKING_INT8_CHANNEL : VP_PACKING_INT8_TENSOR;
    out->static_inputs = !in->dynamic;
    out->zero_points = !in->symmetric;
    return true;
}

static bool read_scheme(const json_t *group, vp_str format, vp_scheme *out)
{
    vp_quant_args w = read_args(vp_member(group, "weights"));
    vp_quant_args in = read_args(vp_member(group, "input_activations"));
    vp_quant_args after = read_args(vp_member(group, "output_activations"));
    vp_str own = vp_member_text(group, "format");
    memset(out, 0, sizeof *out);
    out->form = VP_FORM_COMPRESSED;
    out->bits = w.bits;
    if (!w.given || after.given) return false;
    if (!w.is_float) return read_int(&w, &in, own.length > 0 ? own : format, out);
    bool grouped = is(w.strategy, "group") || is(w.strategy, "tensor_group");
    return grouped ? read_small_float(&w, &in, out) : w.bits == 8 && read_fp8(&w, &in, out);
}

/** A class of modules among the targets: "Linear" stands for every linear layer. */
static bool has_linear(const json_t *targets)
{
    for (size_t i = 0; i < json_array_size(targets); i++) {
        const json_t *item = json_array_get(targets, i);
        if (json_is_string(item) && strcmp(json_string_value(item), "Linear") == 0) return true;
    }
    return false;
}

/** Groups that quantize attention mean the KV cache, which has a member of its own. */
static bool is_attention(const json_t *targets)
{
    vp_str first = {"", 0};
    const json_t *item = json_array_get(targets, 0);
    if (json_array_size(targets) != 1 || !json_is_string(item)) return false;
    first = (vp_str){json_string_value(item), json_string_length(item)};
    size_t n = strlen("Attention");
    return first.length >= n && memcmp(first.at + first.length - n, "Attention", n) == 0;
}

bool vp_quant_compressed(const json_t *block, vp_stored *stored, vp_quant_rules *rules)
{
    json_t *groups = json_object_get(block, "config_groups");
    vp_str format = vp_member_text(block, "format");
    stored->kv_scales = true; /* CompressedTensorsKVCacheMethod, for Attention alone */
    if (json_is_object(vp_member(block, "kv_cache_scheme"))) strcpy(stored->kv_dtype, "fp8");
    rules->head = true; /* by name only: ParallelLMHead is no "Linear" */
    if (!vp_entries_read(&rules->skip, VP_ENTRY_PATTERN, json_object_get(block, "ignore"))) return false;
    for (void *at = json_object_iter(groups); at; at = json_object_iter_next(groups, at)) {
        const json_t *targets = vp_member(json_object_iter_value(at), "targets");
        vp_scheme scheme;
        if (is_attention(targets)) continue;
        bool known = read_scheme(json_object_iter_value(at), format, &scheme);
        vp_quant_group *group = known ? vp_quant_add_group(rules, &scheme) : NULL;
        if (!group) {
            rules->unknown = true;
            continue;
        }
        group->linear = has_linear(targets);
        if (!vp_entries_read(&group->targets, VP_ENTRY_PATTERN, targets)) return false;
    }
    return true;
}
