/* SPDX-License-Identifier: Apache-2.0 */
/* config.json -> vp_model. */
#include "hf/config.h"

#include <string.h>

#include "hf/hf.h"
#include "hf/python_json.h"
#include "hf/show.h"

static const struct config_defaults {
    const char *architecture;
    uint64_t max_position, kv_heads, head_dim, sliding_window;
} defaults[] = {
#define CONFIG_DEFAULTS(architecture, ...) {architecture, __VA_ARGS__},
#include "hf/config_defaults.def"
#undef CONFIG_DEFAULTS
};

/** What is read at a time: the config, where it came from, what it becomes. */
typedef struct reader {
    const json_t *config;
    const char *path;
    vp_facts *facts;
    vp_model *model;
    vp_error *error;
    const struct config_defaults *fallback;
} reader;

static const struct config_defaults *defaults_of(const vp_architecture *architecture)
{
    static const struct config_defaults none = {"", 0, 0, 0, 0};
    for (size_t i = 0; i < sizeof defaults / sizeof defaults[0]; i++)
        if (strcmp(defaults[i].architecture, architecture->name) == 0) return &defaults[i];
    return &none;
}

static bool count(reader *r, const char *key, uint64_t fallback, uint64_t *out)
{
    return vp_member_count(r->config, key, r->path, VP_MAX_MEMBER, fallback, out, r->error);
}

/** vLLM takes the first name that it knows (vllm/model_executor/models/registry.py:inspect_model_cls),
 *  so a list may begin with a class of the model's own code. */
static bool read_architecture(reader *r)
{
    const json_t *names = json_object_get(r->config, "architectures");
    if (!json_is_array(names) || json_array_size(names) == 0)
        return vp_member_fail(r->error, VLLMPLAN_E_MISSING, r->path, "architectures",
                              "is missing; the class is not guessed from model_type");
    vp_str first = {"", 0};
    for (size_t i = 0; i < json_array_size(names) && !r->model->architecture; i++) {
        const json_t *name = json_array_get(names, i);
        if (!json_is_string(name))
            return vp_member_fail(r->error, VLLMPLAN_E_TYPE, r->path, "architectures",
                                  "holds something other than text");
        vp_str text = {json_string_value(name), json_string_length(name)};
        r->model->architecture = vp_architecture_find(text);
        if (i == 0 || r->model->architecture) first = text;
    }
    vp_shown shown;
    vp_writer w;
    vp_writer_start(&w, r->model->architecture_name, sizeof r->model->architecture_name);
    vp_put(&w, vp_show(&shown, first));
    return true;
}

/** The element type. Qwen-1 wrote flags in its place. */
static bool read_dtype(reader *r)
{
    static const struct {
        const char *key;
        vp_dtype dtype;
    } flags[] = {{"bf16", VP_DTYPE_BFLOAT16}, {"fp16", VP_DTYPE_FLOAT16}, {"fp32", VP_DTYPE_FLOAT32}};
    vp_str name = vp_member_text(r->config, "dtype"); /* wins over torch_dtype: configuration_utils.py */
    if (name.length == 0) name = vp_member_text(r->config, "torch_dtype");
    r->model->dtype = vp_dtype_from_name(name);
    if (name.length > 0 && r->model->dtype == VP_DTYPE_NONE) {
        vp_shown shown;
        vp_facts_find(r->facts, "config_dtype_unknown", VP_WARNING, "", "%s: dtype \"%s\" is not known.",
                      r->path, vp_show(&shown, name));
    }
    if (name.length > 0 || !r->model->architecture || r->model->architecture->spelling != VP_SPELLING_QWEN1)
        return true;
    for (size_t i = 0; i < sizeof flags / sizeof flags[0] && r->model->dtype == VP_DTYPE_NONE; i++) {
        bool set;
        if (!vp_member_switch(r->config, flags[i].key, r->path, false, &set, r->error)) return false;
        if (set) r->model->dtype = flags[i].dtype;
    }
    return true;
}

/** Biases as LlamaDecoderLayer decides them (vllm/model_executor/models/llama.py, 0.11.2 and 0.33.0); a
 *  class whose MLP never has one is not built from it and reads attention_bias alone (qwen3.py). */
static bool read_biases(reader *r)
{
    const vp_architecture *row = r->model->architecture;
    bool attention, bias, qkv, mlp;
    if (!vp_member_switch(r->config, "attention_bias", r->path, false, &attention, r->error) ||
        !vp_member_switch(r->config, "bias", r->path, false, &bias, r->error) ||
        !vp_member_switch(r->config, "mlp_bias", r->path, false, &mlp, r->error))
        return false;
    bool llama = row->mlp_bias == VP_FROM_CONFIG;
    if (llama) attention = attention || bias;
    if (!vp_member_switch(r->config, "qkv_bias", r->path, attention, &qkv, r->error)) return false;
    if (!llama) qkv = attention;
    r->model->qkv_bias = row->qkv_bias == VP_FROM_CONFIG ? qkv : row->qkv_bias == VP_ON;
    r->model->o_bias = row->o_bias == VP_FROM_CONFIG ? attention : row->o_bias == VP_ON;
    r->model->mlp_bias = llama ? mlp : row->mlp_bias == VP_ON;
    r->model->qk_norm = row->qk_norm == VP_ON;
    return true;
}

/** One window for all layers, or none. Qwen2Config and Qwen3Config forget the window unless
 *  use_sliding_window is set; vLLM refuses a window for some layers only (qwen2.py:Qwen2Model). */
static bool read_window(reader *r)
{
    vp_model *model = r->model;
    bool in_use = true;
    if (!model->architecture->sliding) return true;
    bool has_switch = vp_str_starts(vp_str_from(model->architecture->name), "Qwen");
    if (has_switch && !vp_member_switch(r->config, "use_sliding_window", r->path, false, &in_use, r->error))
        return false;
    const json_t *value = json_object_get(r->config, "sliding_window");
    if (!in_use || json_is_null(value)) return true;
    if (!count(r, "sliding_window", r->fallback->sliding_window, &model->sliding_window)) return false;
    const json_t *full = vp_member(r->config, "max_window_layers");
    if (has_switch && json_is_integer(full) && json_integer_value(full) > 0 &&
        (uint64_t)json_integer_value(full) < model->layers)
        vp_facts_find(
            r->facts, "sliding_window_in_some_layers", VP_SEVERE,
            "Set use_sliding_window to false, or max_window_layers to num_hidden_layers.",
            "The first %llu of %llu layers see everything, the others a window; vLLM refuses that for %s.",
            (unsigned long long)json_integer_value(full), (unsigned long long)model->layers,
            model->architecture->name);
    return true;
}

/** A member of the config class: its default when the member is not there, `null_value` when it is
 *  null (LlamaConfig and its kin fill such members in from others). */
static bool count_or(reader *r, const char *key, uint64_t absent, uint64_t null_value, uint64_t *out)
{
    const json_t *value = json_object_get(r->config, key);
    uint64_t fallback = value || absent == 0 ? null_value : absent;
    return count(r, key, fallback, out);
}

static bool read_sizes(reader *r)
{
    vp_model *model = r->model;
    bool qwen1 = model->architecture->spelling == VP_SPELLING_QWEN1;
    if (!vp_member_count(r->config, "num_hidden_layers", r->path, VP_MAX_LAYERS, 0, &model->layers,
                         r->error) ||
        !count(r, "hidden_size", 0, &model->hidden) || !count(r, "num_attention_heads", 0, &model->heads) ||
        !count(r, "intermediate_size", 0, &model->intermediate) ||
        !count(r, "vocab_size", 0, &model->vocab) ||
        !count(r, "max_position_embeddings", r->fallback->max_position, &model->max_position) ||
        !vp_member_switch(r->config, "tie_word_embeddings", r->path, false, &model->tied, r->error))
        return false;
    if (model->heads > model->hidden)
        return vp_member_fail(r->error, VLLMPLAN_E_RANGE, r->path, "num_attention_heads",
                              "is above hidden_size");
    uint64_t head_dim = model->hidden / model->heads;
    model->kv_heads = model->heads;
    model->head_dim = head_dim; /* of Qwen-1 always: qwen.py:QWenAttention does not look at kv_channels */
    if (qwen1) {
        model->intermediate /= 2; /* gate and up are counted together: qwen.py:QWenBlock */
        return model->intermediate > 0 || vp_member_fail(r->error, VLLMPLAN_E_RANGE, r->path,
                                                         "intermediate_size", "must be larger than 1");
    }
    const json_t *zero = json_object_get(r->config, "head_dim");
    if (json_is_integer(zero) && json_integer_value(zero) == 0) /* as null: get_head_size() */
        model->head_dim = head_dim;
    else if (!count_or(r, "head_dim", r->fallback->head_dim, head_dim, &model->head_dim))
        return false;
    if (!count_or(r, "num_key_value_heads", r->fallback->kv_heads, model->heads, &model->kv_heads))
        return false;
    if (model->kv_heads > model->heads)
        return vp_member_fail(r->error, VLLMPLAN_E_RANGE, r->path, "num_key_value_heads",
                              "is above num_attention_heads");
    if (!model->architecture->tied) model->tied = false;
    return true;
}

/** An architecture without a row: what can be read is shown, nothing is refused. */
static void read_unknown(reader *r)
{
    const struct {
        const char *key;
        uint64_t *to;
    } members[] = {{"num_hidden_layers", &r->model->layers},
                   {"hidden_size", &r->model->hidden},
                   {"num_attention_heads", &r->model->heads},
                   {"num_key_value_heads", &r->model->kv_heads},
                   {"intermediate_size", &r->model->intermediate},
                   {"vocab_size", &r->model->vocab},
                   {"head_dim", &r->model->head_dim},
                   {"max_position_embeddings", &r->model->max_position}};
    for (size_t i = 0; i < sizeof members / sizeof members[0]; i++) {
        const json_t *value = json_object_get(r->config, members[i].key);
        if (json_is_integer(value) && json_integer_value(value) > 0 &&
            (uint64_t)json_integer_value(value) <= VP_MAX_MEMBER)
            *members[i].to = (uint64_t)json_integer_value(value);
    }
    r->model->context = r->model->max_position;
    r->model->tied = json_is_true(json_object_get(r->config, "tie_word_embeddings"));
}

static bool read_all(reader *r)
{
    if (!read_architecture(r) || !read_dtype(r)) return false;
    if (!vp_config_quantization(r->config, r->path, r->model, r->error)) return false;
    if (!r->model->architecture) {
        read_unknown(r);
        return true;
    }
    r->fallback = defaults_of(r->model->architecture);
    return read_sizes(r) && read_biases(r) && read_window(r) &&
           vp_config_rope(r->config, r->path, r->model, r->error) &&
           vp_config_context(r->config, r->path, r->model, r->error);
}

bool vp_hf_config(vp_str text, const char *path, vp_facts *facts, vp_error *error)
{
    memset(&facts->model, 0, sizeof facts->model);
    facts->model.rope_factor = 1.0;
    json_t *config = vp_python_json(text, path, facts, error);
    if (!config) return false;
    reader r = {config, path, facts, &facts->model, error, NULL};
    bool ok = read_all(&r);
    json_decref(config);
    return ok;
}
