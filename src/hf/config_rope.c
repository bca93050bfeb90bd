/* SPDX-License-Identifier: Apache-2.0 */
/* Rotary embedding and the context that follows from it. */
#include <string.h>

#include "base/vp_int.h"
#include "hf/config.h"
#include "hf/config_class_defaults.h"
#include "hf/python_json.h"

/** The object with the parameters, or NULL. Newer files call it rope_parameters, one per kind of layer
 *  where they differ; rope_scaling wins (transformers: convert_rope_params_to_dict). */
static const json_t *rope_object(const json_t *config, const char *kind)
{
    const json_t *rope = json_object_get(config, "rope_scaling");
    if (json_object_size(rope) == 0) rope = json_object_get(config, "rope_parameters");
    const json_t *own = json_object_get(rope, kind ? kind : "full_attention");
    if (json_is_object(own)) rope = own;
    return json_object_size(rope) > 0 ? rope : NULL;
}

static vp_rope_kind rope_kind(vp_str name)
{
    for (int kind = 0; kind < VP_ROPE_OTHER; kind++)
        if (vp_str_equal(name, vp_rope_kind_name((vp_rope_kind)kind))) return (vp_rope_kind)kind;
    /* mrope turns the same table in sections; "su" is an old name of longrope */
    if (vp_str_equal(name, "mrope") || vp_str_equal(name, "proportional")) return VP_ROPE_DEFAULT;
    return vp_str_equal(name, "su") ? VP_ROPE_LONG : VP_ROPE_OTHER;
}

/** What the config's class says about a number that config.json does not have. */
static double class_number(const vp_reader *r, const char *key, double fallback)
{
    vp_class_default own;
    if (!vp_class_default_find(r->model_type, key, &own)) return fallback;
    return own.kind == VP_CLASS_NUMBER    ? own.number
           : own.kind == VP_CLASS_INTEGER ? (double)own.integer
                                          : fallback;
}

/** A number above zero and at most `limit`; missing or null: fallback. */
static bool positive_number(const vp_reader *r, const json_t *object, const char *key, double limit,
                            double fallback, double *out)
{
    const json_t *value = vp_member(object, key);
    *out = value ? json_number_value(value) : fallback;
    if (value && !json_is_number(value)) return vp_reader_fail(r, VLLMPLAN_E_TYPE, key, "is not a number");
    return (*out > 0 && *out <= limit) || vp_reader_fail(r, VLLMPLAN_E_RANGE, key, "is out of range");
}

/** Layers with equal tables share one (layers/rotary_embedding/__init__.py:_ROPE_DICT). */
static bool add_rope(vp_reader *r, const vp_rope *rope)
{
    vp_model *m = r->model;
    for (uint32_t i = 0; i < m->rope_count; i++) {
        vp_rope *same = &m->ropes[i];
        if (same->kind != rope->kind || same->factor < rope->factor || same->factor > rope->factor ||
            same->original_max != rope->original_max || same->times != rope->times ||
            same->max_position != rope->max_position || same->rotary_dim != rope->rotary_dim ||
            same->base < rope->base || same->base > rope->base)
            continue;
        same->kinds++;
        for (uint64_t layer = 0; layer < m->layers; layer++)
            if (vp_layers_has(&rope->layers, layer)) vp_layers_add(&same->layers, layer);
        return true;
    }
    if (m->rope_count == VP_MAX_ROPES)
        return vp_fail(r->error, VLLMPLAN_E_LIMIT, r->path, "more than %d different rotary tables",
                       (int)VP_MAX_ROPES);
    m->ropes[m->rope_count++] = *rope;
    return true;
}

/** The part of a head that is turned. qwen.py:QWenAttention turns whole heads, whatever rotary_pct says. */
static bool read_rotary_dim(vp_reader *r, const json_t *object, uint64_t head_dim, vp_rope *rope)
{
    double part;
    rope->rotary_dim = head_dim;
    if (r->row->recipe == VP_RECIPE_QWEN1) return true;
    char own[VP_MAX_KEY];
    if (vp_read_member(r, "rotary_dim|attn_rotary_emb", own))
        return vp_member_count(r->config, own, r->path, head_dim, 1, &rope->rotary_dim, r->error);
    /* gemma4_rope.py: what is not turned stands in the table too */
    if (vp_str_equal(vp_member_text(object, "rope_type"), "proportional")) return true;
    const json_t *holder = vp_member(object, "partial_rotary_factor") ? object : r->config;
    const char *key = vp_member(holder, "rotary_pct") ? "rotary_pct" : "partial_rotary_factor";
    double usual = r->row->rotary_part > 0 ? r->row->rotary_part : 1.0;
    if (!positive_number(r, holder, key, 1.0, class_number(r, "partial_rotary_factor", usual), &part))
        return false;
    rope->rotary_dim = (uint64_t)((double)head_dim * part);
    return true;
}

/** What lengthens the table: a factor, and the length that it was trained with. */
static bool read_scaling(const vp_reader *r, const json_t *object, vp_rope *rope)
{
    vp_str name = vp_member_text(object, "rope_type");
    if (name.length == 0) name = vp_member_text(object, "type");
    rope->kind = name.length == 0 ? VP_ROPE_DEFAULT : rope_kind(name);
    /* positions of pictures run ahead of the tokens: mrope.py:MRotaryEmbedding */
    rope->times = vp_member(object, "mrope_section") ? 4 : 1;
    rope->counted = r->model->architecture && r->model->architecture->counted_positions;
    if (json_is_true(json_object_get(object, "use_fope"))) rope->kind = VP_ROPE_OTHER;
    if (rope->kind == VP_ROPE_DYNAMIC && vp_member(object, "alpha")) rope->kind = VP_ROPE_DEFAULT;
    if (!positive_number(r, object, "factor", 1e6, 1.0, &rope->factor)) return false;
    if (rope->kind == VP_ROPE_DEFAULT) {
        rope->factor = 1.0;
        return true;
    }
    /* a member beside the object wins, and the trained length is the fallback: standardize_rope_params */
    const char *key = "original_max_position_embeddings";
    const json_t *holder = vp_member(r->config, key) ? r->config : object;
    bool needed = rope->kind == VP_ROPE_YARN || rope->kind == VP_ROPE_LLAMA3 || rope->kind == VP_ROPE_LONG;
    if (!needed && !vp_member(holder, key)) return true;
    return vp_member_count(holder, key, r->path, VP_MAX_MEMBER, rope->max_position, &rope->original_max,
                           r->error);
}

/** The base of the table, where the object does not tell it: members beside it, then the class. */
static bool read_base(const vp_reader *r, const json_t *object, const char *kind, vp_rope *rope)
{
    const json_t *holder = vp_member(object, "rope_theta") ? object : r->config;
    const char *path = kind && strcmp(kind, "sliding_attention") == 0
                           ? "rope_parameters.sliding_attention.rope_theta"
                           : "rope_parameters.full_attention.rope_theta";
    double usual = class_number(r, path, class_number(r, "rope_theta", 10000.0));
    return positive_number(r, holder, "rope_theta", 1e18, usual, &rope->base);
}

bool vp_config_rope(vp_reader *r, const char *kind, uint64_t head_dim, const vp_layers *layers)
{
    const json_t *object = rope_object(r->config, kind);
    vp_rope rope = {
        .factor = 1.0, .max_position = r->model->max_position, .kinds = 1, .times = 1, .layers = *layers};
    rope.single = r->row->float_rope;
    rope.capped = r->row->capped_rope;
    if (vp_member(r->config, "dual_chunk_attention_config")) rope.kind = VP_ROPE_OTHER;
    if (vp_layers_empty(layers) || !r->structure->tables) return true;
    return read_rotary_dim(r, object, head_dim, &rope) && read_base(r, object, kind, &rope) &&
           (!object || rope.kind == VP_ROPE_OTHER || read_scaling(r, object, &rope)) && add_rope(r, &rope);
}

bool vp_config_rope_of_base(vp_reader *r, double base, uint64_t head_dim, const vp_layers *layers)
{
    const json_t *object = rope_object(r->config, NULL);
    vp_rope rope = {.factor = 1.0,
                    .base = base,
                    .max_position = r->model->max_position,
                    .kinds = 1,
                    .times = 1,
                    .layers = *layers};
    return read_rotary_dim(r, object, head_dim, &rope) && (!object || read_scaling(r, object, &rope)) &&
           add_rope(r, &rope);
}

bool vp_config_local_rope(vp_reader *r, uint64_t head_dim, const vp_layers *layers)
{
    const char *kind = "sliding_attention", *key = r->row->local_base;
    const json_t *object = json_object_get(r->config, "rope_parameters");
    if (json_is_object(json_object_get(object, kind)) || !key)
        return vp_config_rope(r, kind, head_dim, layers);
    vp_rope rope = {
        .factor = 1.0, .max_position = r->model->max_position, .kinds = 1, .times = 1, .layers = *layers};
    if (vp_layers_empty(layers)) return true;
    return read_rotary_dim(r, NULL, head_dim, &rope) &&
           (*key ? positive_number(r, r->config, key, 1e18, 10000.0, &rope.base)
                 : read_base(r, object, NULL, &rope)) &&
           add_rope(r, &rope);
}

/** The smallest of the members that may name a length, or model_max_length, which overrules them
 *  (vllm/config/model.py:_get_and_verify_max_len to 0.14,
 *  transformers_utils/model_arch_config_convertor.py:derive_max_model_len_and_key since). */
static bool smallest_length(const vp_reader *r)
{
    const json_t *config = r->config;
    vp_model *model = r->model;
    static const char *const keys[] = {
        "n_positions",         "max_seq_len",    "seq_length", "max_target_positions",
        "max_sequence_length", "max_seq_length", "seq_len"};
    model->context = model->max_position;
    for (size_t i = 0; i < sizeof keys / sizeof keys[0]; i++) {
        uint64_t length;
        if (!vp_member_count(config, keys[i], r->path, VP_MAX_MEMBER, model->context, &length, r->error))
            return false;
        model->context = vp_min(model->context, length);
    }
    const json_t *own = vp_member(config, "model_max_length");
    if (json_is_real(own) || (json_is_integer(own) && json_integer_value(own) == 0))
        return true; /* "no limit" */
    return vp_member_count(config, "model_max_length", r->path, VP_MAX_MEMBER, model->context,
                           &model->context, r->error);
}

/** vllm/config/model.py:_get_and_verify_max_len as of 0.8 to 0.29. From 0.31 on, the length of a yarn
 *  model is taken as already stretched: then it is max_position, whatever the factor. */
bool vp_config_context(vp_reader *r)
{
    vp_model *model = r->model;
    if (!smallest_length(r)) return false;
    if (model->rope_count == 0) return true;
    const vp_rope *rope = &model->ropes[0];
    if (rope->kind == VP_ROPE_LONG) {
        if (vp_member(r->config, "original_max_position_embeddings")) model->context = rope->original_max;
        return true;
    }
    if (rope->kind == VP_ROPE_LLAMA3) return true;
    if (rope->kind == VP_ROPE_YARN) model->context = rope->original_max;
    /* int(length * factor): at most 2^40 * 10^6 = 2^60 */
    model->context = (uint64_t)((double)model->context * rope->factor);
    return model->context > 0 || vp_reader_fail(r, VLLMPLAN_E_RANGE, "rope_scaling", "leaves no context");
}
