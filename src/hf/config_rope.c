/* SPDX-License-Identifier: Apache-2.0 */
/* Rotary embedding and the context that follows from it. */
#include "base/vp_int.h"
#include "hf/config.h"
#include "hf/python_json.h"

/** The object with the parameters, or NULL. Newer files call it rope_parameters, one per kind of layer
 *  where they differ; rope_scaling wins (transformers: convert_rope_params_to_dict). */
static const json_t *rope_object(const json_t *config)
{
    const json_t *rope = json_object_get(config, "rope_scaling");
    if (json_object_size(rope) == 0) rope = json_object_get(config, "rope_parameters");
    const json_t *full = json_object_get(rope, "full_attention");
    if (json_is_object(full)) rope = full;
    return json_object_size(rope) > 0 ? rope : NULL;
}

static vp_rope_kind rope_kind(vp_str name)
{
    for (int kind = 0; kind < VP_ROPE_OTHER; kind++)
        if (vp_str_equal(name, vp_rope_kind_name((vp_rope_kind)kind))) return (vp_rope_kind)kind;
    return VP_ROPE_OTHER;
}

/** A number above zero and at most `limit`; missing or null: fallback. */
static bool positive_number(const json_t *object, const char *key, const char *path, double limit,
                            double fallback, double *out, vp_error *error)
{
    const json_t *value = vp_member(object, key);
    *out = value ? json_number_value(value) : fallback;
    if (value && !json_is_number(value))
        return vp_member_fail(error, VLLMPLAN_E_TYPE, path, key, "is not a number");
    return (*out > 0 && *out <= limit) ||
           vp_member_fail(error, VLLMPLAN_E_RANGE, path, key, "is out of range");
}

bool vp_config_rope(const json_t *config, const char *path, vp_model *model, vp_error *error)
{
    const json_t *rope = rope_object(config);
    double part;
    model->rope = VP_ROPE_DEFAULT;
    model->rope_factor = 1.0;
    model->rotary_dim = model->head_dim;
    /* qwen.py:QWenAttention turns whole heads and never looks at rotary_pct */
    if (model->architecture->spelling != VP_SPELLING_QWEN1) {
        const json_t *holder = vp_member(rope, "partial_rotary_factor") ? rope : config;
        if (!positive_number(holder, "partial_rotary_factor", path, 1.0, 1.0, &part, error)) return false;
        model->rotary_dim = (uint64_t)((double)model->head_dim * part);
    }
    if (!rope) return true;
    vp_str name = vp_member_text(rope, "rope_type");
    if (name.length == 0) name = vp_member_text(rope, "type");
    model->rope = name.length == 0 ? VP_ROPE_DEFAULT : rope_kind(name);
    if (!positive_number(rope, "factor", path, 1e6, 1.0, &model->rope_factor, error)) return false;
    if (model->rope == VP_ROPE_DEFAULT) {
        model->rope_factor = 1.0;
        return true;
    }
    /* a member beside the object wins, and the trained length is the fallback: standardize_rope_params */
    const char *key = "original_max_position_embeddings";
    const json_t *holder = vp_member(config, key) ? config : rope;
    bool needed = model->rope == VP_ROPE_YARN || model->rope == VP_ROPE_LLAMA3;
    if (!needed && !vp_member(holder, key)) return true;
    return vp_member_count(holder, key, path, VP_MAX_MEMBER, model->max_position, &model->rope_original_max,
                           error);
}

/** The smallest of the members that may name a length, or model_max_length, which overrules them
 *  (vllm/config/model.py:_get_and_verify_max_len to 0.14,
 *  transformers_utils/model_arch_config_convertor.py:derive_max_model_len_and_key since). */
static bool smallest_length(const json_t *config, const char *path, vp_model *model, vp_error *error)
{
    static const char *const keys[] = {
        "n_positions",         "max_seq_len",    "seq_length", "max_target_positions",
        "max_sequence_length", "max_seq_length", "seq_len"};
    model->context = model->max_position;
    for (size_t i = 0; i < sizeof keys / sizeof keys[0]; i++) {
        uint64_t length;
        if (!vp_member_count(config, keys[i], path, VP_MAX_MEMBER, model->context, &length, error))
            return false;
        model->context = vp_min(model->context, length);
    }
    const json_t *own = vp_member(config, "model_max_length");
    if (json_is_real(own) || (json_is_integer(own) && json_integer_value(own) == 0))
        return true; /* "no limit" */
    return vp_member_count(config, "model_max_length", path, VP_MAX_MEMBER, model->context, &model->context,
                           error);
}

/** vllm/config/model.py:_get_and_verify_max_len as of 0.8 to 0.29. From 0.31 on, the length of a yarn
 *  model is taken as already stretched: then it is max_position, whatever the factor. */
bool vp_config_context(const json_t *config, const char *path, vp_model *model, vp_error *error)
{
    if (!smallest_length(config, path, model, error)) return false;
    const json_t *rope = rope_object(config);
    vp_str name = vp_member_text(rope, vp_member(rope, "rope_type") ? "rope_type" : "type");
    if (vp_str_equal(name, "longrope") || vp_str_equal(name, "su")) {
        const json_t *original = vp_member(config, "original_max_position_embeddings");
        if (original) model->context = model->rope_original_max;
        return true;
    }
    if (model->rope == VP_ROPE_LLAMA3) return true;
    if (model->rope == VP_ROPE_YARN) model->context = model->rope_original_max;
    /* int(length * factor): at most 2^40 * 10^6 = 2^60 */
    model->context = (uint64_t)((double)model->context * model->rope_factor);
    return model->context > 0 ||
           vp_member_fail(error, VLLMPLAN_E_RANGE, path, "rope_scaling", "leaves no context");
}
