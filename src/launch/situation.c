/* SPDX-License-Identifier: Apache-2.0 */
#include "launch/situation.h"

#include <string.h>

#include "base/vp_decimal.h"
#include "base/vp_int.h"
#include "core/engine_args.h"
#include "data/methods.h"
#include "launch/values.h"

const char *vp_operand_name(vp_operand operand)
{
    static const char *const names[VP_OF_COUNT] = {
#define OPERAND(id, name) [VP_OF_##id] = name,
#include "launch/operands.def"
#undef OPERAND
    };
    return operand < VP_OF_COUNT ? names[operand] : NULL;
}

void vp_situation_set(vp_situation *s, vp_operand operand, uint64_t value)
{
    s->known[operand] = true;
    s->value[operand] = value;
}

/** A setting as a number; `fallback` when the command does not have it, if there is one. */
static void take(vp_situation *s, vp_operand operand, const char *setting, const uint64_t *fallback)
{
    const char *text = vp_settings_text(&s->parse->settings, setting);
    uint64_t value;
    if (text && vp_human_int(vp_str_from(text), &value))
        vp_situation_set(s, operand, value);
    else if (!text && fallback)
        vp_situation_set(s, operand, *fallback);
}

static void take_utilization(vp_situation *s)
{
    const char *text = vp_settings_text(&s->parse->settings, "gpu_memory_utilization");
    double value;
    if (!text) return;
    if (text[0] == '-')
        vp_situation_set(s, VP_OF_MILLIONTHS, 0);
    else if (vp_decimal_parse(vp_str_from(text), &value) && value < 1e6)
        vp_situation_set(s, VP_OF_MILLIONTHS, vp_ceil_times(1000000, value));
}

static void take_draft(vp_situation *s)
{
    const char *text = vp_settings_text(&s->parse->settings, "speculative_config");
    uint64_t value;
    vp_str member =
        text ? vp_json_member(vp_str_from(text), "draft_tensor_parallel_size") : (vp_str){NULL, 0};
    if (member.length > 0 && vp_str_to_u64(member, &value)) vp_situation_set(s, VP_OF_DRAFT_TP, value);
}

void vp_situation_start(vp_situation *s, const vp_parse *parse, const vp_command_line *line)
{
    static const uint64_t one = 1;
    *s = (vp_situation){.parse = parse, .line = line};
    take(s, VP_OF_TP, "tensor_parallel_size", &one);
    take(s, VP_OF_PP, "pipeline_parallel_size", &one);
    take(s, VP_OF_DP, "data_parallel_size", &one);
    take(s, VP_OF_DP_LOCAL, "data_parallel_size_local", NULL);
    take(s, VP_OF_DCP, "decode_context_parallel_size", &one);
    take(s, VP_OF_NODES, "nnodes", &one);
    take(s, VP_OF_SEQS, "max_num_seqs", NULL);
    take(s, VP_OF_BATCHED, "max_num_batched_tokens", NULL);
    take(s, VP_OF_GIVEN_LENGTH, "max_model_len", NULL);
    take(s, VP_OF_LONG_PREFILL, "long_prefill_token_threshold", NULL);
    take(s, VP_OF_LORAS, "max_loras", &one);
    take(s, VP_OF_CPU_LORAS, "max_cpu_loras", NULL);
    take_utilization(s);
    take_draft(s);
    const char *dtype = vp_settings_text(&parse->settings, "dtype");
    if (dtype && strcmp(dtype, "auto") != 0) s->dtype = dtype;
}

/** a / b, when both are known and b divides a. */
static void divide(vp_situation *s, vp_operand to, vp_operand a, vp_operand b)
{
    bool known = s->known[a] && s->known[b] && s->value[b] > 0;
    if (known && s->value[a] % s->value[b] == 0) vp_situation_set(s, to, s->value[a] / s->value[b]);
}

static void multiply(vp_situation *s, vp_operand to, vp_operand a, vp_operand b)
{
    if (s->known[a] && s->known[b]) vp_situation_set(s, to, vp_mul(s->value[a], s->value[b]));
}

static void find_method(vp_situation *s)
{
    const char *name = vp_settings_text(&s->parse->settings, "quantization");
    vp_release release = vp_release_of(s->parse->release);
    const char *judged = name ? name : s->stored;
    const vp_method *method = judged ? vp_method_find(vp_str_from(judged), release) : NULL;
    if (!method) return;
    vp_situation_set(s, VP_OF_METHOD_CAPABILITY, method->capability);
    if (name) vp_situation_set(s, VP_OF_METHOD_STORED, method->kind == VP_METHOD_STORED);
}

void vp_situation_finish(vp_situation *s)
{
    multiply(s, VP_OF_WORLD, VP_OF_TP, VP_OF_PP);
    multiply(s, VP_OF_EXPERT_GROUP, VP_OF_TP, VP_OF_DP);
    divide(s, VP_OF_QUERIES_PER_KV, VP_OF_HEADS, VP_OF_KV_HEADS);
    divide(s, VP_OF_DOWN_INPUT, VP_OF_INTERMEDIATE, VP_OF_TP);
    divide(s, VP_OF_EXPERT_DOWN_INPUT, VP_OF_EXPERT_INTERMEDIATE, VP_OF_TP);
    divide(s, VP_OF_KV_COPIES, VP_OF_TP, VP_OF_KV_HEADS);
    divide(s, VP_OF_O_INPUT, VP_OF_HEADS, VP_OF_TP);
    multiply(s, VP_OF_O_INPUT, VP_OF_O_INPUT, VP_OF_HEAD_SIZE);
    if (!s->known[VP_OF_HEAD_SIZE]) s->known[VP_OF_O_INPUT] = false;
    bool given = s->known[VP_OF_GIVEN_LENGTH];
    if (given || s->known[VP_OF_CONTEXT])
        vp_situation_set(s, VP_OF_LENGTH, s->value[given ? VP_OF_GIVEN_LENGTH : VP_OF_CONTEXT]);
    find_method(s);
}
