/* SPDX-License-Identifier: Apache-2.0 */
/* What the rules of a command ask about a model, from config.json itself: also for models whose memory is not
 * computed. */
#include <string.h>

#include "base/vp_int.h"
#include "json/check_request.h"

/* Names of the same number in the configurations that transformers knows; the first that is there counts. */
static const struct {
    vp_operand operand;
    const char *names[6];
} numbers[] = {
    {VP_OF_HEADS, {"num_attention_heads", "n_head", "n_heads", "num_heads"}},
    {VP_OF_KV_HEADS, {"num_key_value_heads", "num_kv_heads", "n_head_kv", "multi_query_group_num"}},
    {VP_OF_LAYERS, {"num_hidden_layers", "n_layer", "n_layers", "num_layers"}},
    {VP_OF_INTERMEDIATE, {"intermediate_size", "ffn_hidden_size", "ffn_dim", "n_inner"}},
    {VP_OF_EXPERTS, {"num_experts", "num_local_experts", "n_routed_experts", "moe_num_experts"}},
    {VP_OF_EXPERT_INTERMEDIATE, {"moe_intermediate_size"}},
    {VP_OF_HEAD_SIZE, {"head_dim"}},
};

static bool number(const json_t *object, const char *name, uint64_t *out)
{
    const json_t *value = json_object_get(object, name);
    if (!json_is_integer(value) || json_integer_value(value) < 0) return false;
    *out = (uint64_t)json_integer_value(value);
    return true;
}

static void take_numbers(const json_t *config, vp_situation *s)
{
    uint64_t value;
    for (size_t i = 0; i < sizeof numbers / sizeof numbers[0]; i++)
        for (size_t n = 0; n < 6 && numbers[i].names[n] && !s->known[numbers[i].operand]; n++)
            if (number(config, numbers[i].names[n], &value)) vp_situation_set(s, numbers[i].operand, value);
}

/** What follows from what is there: one KV head for each head, no experts, no latent attention. */
static void take_defaults(const json_t *config, vp_situation *s)
{
    uint64_t vocab, hidden;
    bool latent = json_is_integer(json_object_get(config, "kv_lora_rank"));
    vp_situation_set(s, VP_OF_MLA, latent);
    if (latent) s->known[VP_OF_KV_HEADS] = false; /* one latent head, the same on every GPU */
    if (!latent && !s->known[VP_OF_KV_HEADS] && s->known[VP_OF_HEADS])
        vp_situation_set(s, VP_OF_KV_HEADS, s->value[VP_OF_HEADS]);
    if (!s->known[VP_OF_EXPERTS]) vp_situation_set(s, VP_OF_EXPERTS, 0);
    if (s->value[VP_OF_EXPERTS] > 0) {
        if (!s->known[VP_OF_EXPERT_INTERMEDIATE] && s->known[VP_OF_INTERMEDIATE])
            vp_situation_set(s, VP_OF_EXPERT_INTERMEDIATE, s->value[VP_OF_INTERMEDIATE]);
        s->known[VP_OF_INTERMEDIATE] = false; /* of dense layers, which there may be none of */
    }
    if (number(config, "vocab_size", &vocab)) vp_situation_set(s, VP_OF_PADDED_VOCAB, vp_round_up(vocab, 64));
    if (!s->known[VP_OF_HEAD_SIZE] && s->value[VP_OF_HEADS] > 0 && number(config, "hidden_size", &hidden))
        vp_situation_set(s, VP_OF_HEAD_SIZE, hidden / s->value[VP_OF_HEADS]);
}

/** bits and group size: plain members, or those of the first group of a compressed-tensors record. */
static void take_packing(const json_t *record, vp_situation *s)
{
    const json_t *groups = json_object_get(record, "config_groups");
    const json_t *weights = json_object_get(json_object_get(groups, "group_0"), "weights");
    const json_t *block = json_object_get(record, "weight_block_size");
    const json_t *sym = json_object_get(record, "sym");
    uint64_t value;
    if (number(record, "bits", &value) || number(record, "w_bit", &value) ||
        number(weights, "num_bits", &value))
        vp_situation_set(s, VP_OF_BITS, value);
    else if (json_is_true(json_object_get(record, "load_in_8bit")))
        vp_situation_set(s, VP_OF_BITS, 8);
    else if (json_is_true(json_object_get(record, "load_in_4bit")))
        vp_situation_set(s, VP_OF_BITS, 4);
    if (number(record, "group_size", &value) || number(record, "q_group_size", &value) ||
        number(weights, "group_size", &value))
        vp_situation_set(s, VP_OF_GROUP, value);
    if (json_is_boolean(sym)) vp_situation_set(s, VP_OF_ASYMMETRIC, json_is_false(sym));
    vp_situation_set(s, VP_OF_DESC_ACT, json_is_true(json_object_get(record, "desc_act")));
    if (json_array_size(block) == 2) {
        vp_situation_set(s, VP_OF_BLOCK_OUT, (uint64_t)json_integer_value(json_array_get(block, 0)));
        vp_situation_set(s, VP_OF_BLOCK_IN, (uint64_t)json_integer_value(json_array_get(block, 1)));
    }
}

/** The type that a model runs in when the command does not say (config/model.py:_resolve_auto_dtype). */
static const char *own_dtype(const json_t *config, const vp_situation *s)
{
    const char *text = json_string_value(json_object_get(config, "dtype"));
    if (!text) text = json_string_value(json_object_get(config, "torch_dtype"));
    if (!text) return NULL;
    bool old_card = s->known[VP_OF_CAPABILITY] && s->value[VP_OF_CAPABILITY] < 80;
    if (strcmp(text, "float16") == 0 || old_card) return "float16";
    return "bfloat16";
}

void vp_json_situation(const json_t *config, const json_t *quantization, vp_situation *s)
{
    if (!config) return;
    const json_t *text = json_object_get(config, "text_config");
    const json_t *record = quantization ? quantization : json_object_get(config, "quantization_config");
    if (!json_is_object(text)) text = config;
    if (!record) record = json_object_get(text, "quantization_config");
    vp_situation_set(s, VP_OF_MODEL_KNOWN, 1);
    take_numbers(text, s);
    take_defaults(text, s);
    const char *method = json_string_value(json_object_get(record, "quant_method"));
    s->stored = method ? method : record ? NULL : "";
    if (json_is_object(record)) take_packing(record, s);
    s->model_type = json_string_value(json_object_get(text, "model_type"));
    if (!s->dtype) s->dtype = own_dtype(text, s);
}
