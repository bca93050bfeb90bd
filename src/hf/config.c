/* SPDX-License-Identifier: Apache-2.0 */
/* config.json -> vp_model and vp_structure. */
#include "hf/config.h"

#include <string.h>

#include "hf/hf.h"
#include "hf/python_json.h"
#include "hf/show.h"

/** vLLM takes the first name that it knows (vllm/model_executor/models/registry.py:inspect_model_cls),
 *  so a list may begin with a class of the model's own code. */
static bool read_architecture(vp_reader *r, const json_t *root, const char *path)
{
    const json_t *names = json_object_get(root, "architectures");
    if (!json_is_array(names) || json_array_size(names) == 0)
        return vp_member_fail(r->error, VLLMPLAN_E_MISSING, path, "architectures",
                              "is missing; the class is not guessed from model_type");
    vp_str first = {"", 0};
    for (size_t i = 0; i < json_array_size(names) && !r->row; i++) {
        const json_t *name = json_array_get(names, i);
        if (!json_is_string(name))
            return vp_member_fail(r->error, VLLMPLAN_E_TYPE, path, "architectures",
                                  "holds something other than text");
        vp_str text = {json_string_value(name), json_string_length(name)};
        r->row = vp_architecture_find(text);
        if (r->row) r->head = r->row->head;
        if (!r->row) r->row = vp_architecture_convert(text, &r->head);
        if (i == 0 || r->row) first = text;
    }
    vp_shown shown;
    vp_writer w;
    r->model->architecture = r->row;
    vp_writer_start(&w, r->model->architecture_name, sizeof r->model->architecture_name);
    vp_put(&w, vp_show(&shown, first));
    return true;
}

/** The element type: the part's, else the whole config's (transformers: a part without one has none of its
 *  own, and vllm/config/model.py:_find_dtype asks the whole). Qwen-1 wrote flags in its place. */
static bool read_dtype(vp_reader *r)
{
    static const struct {
        const char *key;
        vp_dtype dtype;
    } flags[] = {{"bf16", VP_DTYPE_BFLOAT16}, {"fp16", VP_DTYPE_FLOAT16}, {"fp32", VP_DTYPE_FLOAT32}};
    const json_t *places[] = {r->root, r->config};
    vp_str name = {"", 0};
    for (size_t i = 0; i < 2 && name.length == 0; i++) {
        name = vp_member_text(places[i], "dtype"); /* wins over torch_dtype: configuration_utils.py */
        if (name.length == 0) name = vp_member_text(places[i], "torch_dtype");
    }
    r->model->dtype = vp_dtype_from_name(name);
    if (name.length > 0 && r->model->dtype == VP_DTYPE_NONE) {
        vp_shown shown;
        vp_facts_find(r->facts, "config_dtype_unknown", VP_WARNING, "", "%s: dtype \"%s\" is not known.",
                      r->path, vp_show(&shown, name));
    }
    if (name.length > 0 || !r->row || r->row->recipe != VP_RECIPE_QWEN1) return true;
    for (size_t i = 0; i < sizeof flags / sizeof flags[0] && r->model->dtype == VP_DTYPE_NONE; i++) {
        bool set;
        if (!vp_read_switch(r, flags[i].key, false, &set)) return false;
        if (set) r->model->dtype = flags[i].dtype;
    }
    return true;
}

/** gate and up are counted together: qwen.py:QWenBlock. */
static bool halve_intermediate(vp_reader *r)
{
    r->model->intermediate /= 2;
    return r->model->intermediate > 0 ||
           vp_reader_fail(r, VLLMPLAN_E_RANGE, "intermediate_size", "must be larger than 1");
}

static bool read_mixers(vp_reader *r)
{
    switch (r->row->recipe) {
    case VP_RECIPE_QWEN1:
    case VP_RECIPE_DECODER:
        return vp_config_attention(r);
    case VP_RECIPE_BLOCKS:
        return vp_config_blocks(r);
    case VP_RECIPE_CHUNKED:
        return vp_config_chunked(r);
    case VP_RECIPE_WINDOW_HEADS:
        return vp_config_window_heads(r);
    case VP_RECIPE_KINDS:
        return vp_config_kinds(r);
    case VP_RECIPE_LOOPS:
        return vp_config_loops(r);
    case VP_RECIPE_ALTUP:
        return vp_config_altup(r);
    case VP_RECIPE_LATENT:
        return vp_config_latent(r);
    case VP_RECIPE_MAMBA1:
    case VP_RECIPE_MAMBA2:
    case VP_RECIPE_GDN:
    case VP_RECIPE_KDA:
    case VP_RECIPE_SHORT_CONV:
    case VP_RECIPE_LIGHTNING:
        return vp_config_state(r);
    }
    return false;
}

/** An architecture without a row: what can be read is shown, nothing is refused. */
static void read_unknown(vp_reader *r)
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

/** The row of a decoder that a model is built around (models/utils.py:init_vllm_registered_model). */
static const vp_architecture *decoder_row(const vp_reader *r, const vp_architecture *row)
{
    if (strcmp(row->text, "*") != 0) return vp_architecture_find(vp_str_from(row->text));
    const json_t *names = json_object_get(r->config, "architectures");
    for (size_t i = 0; i < json_array_size(names) && r->config != r->root; i++) {
        const char *name = json_string_value(json_array_get(names, i));
        const vp_architecture *found = name ? vp_architecture_find(vp_str_from(name)) : NULL;
        if (found) return found;
    }
    for (size_t i = 0; i < vp_architecture_count(); i++) {
        const vp_architecture *found = vp_architecture_at(i);
        if (found->model_type && !found->text && vp_str_equal(r->model_type, found->model_type)) return found;
    }
    return NULL;
}

/** Turns to the decoder's own row; a decoder without one leaves the whole model without. */
static void turn_to_decoder(vp_reader *r)
{
    if (r->row && r->row->text) r->row = decoder_row(r, r->row);
    if (!r->row) r->model->architecture = NULL;
    if (r->row) r->model->spelling = r->row->spelling;
}

/** Recipes that add the MLPs themselves. */
static bool own_ffns(const vp_reader *r)
{
    return r->row->recipe == VP_RECIPE_BLOCKS || r->row->recipe == VP_RECIPE_KINDS ||
           r->row->recipe == VP_RECIPE_ALTUP;
}

static bool read_decoder(vp_reader *r)
{
    if (!vp_config_sizes(r) || (r->row->recipe == VP_RECIPE_QWEN1 && !halve_intermediate(r))) return false;
    if (!read_mixers(r) || (!own_ffns(r) && !vp_config_ffns(r))) return false;
    return vp_config_context(r);
}

/** A decoder inside of another model is tied when the whole says so (config/vllm.py:VllmConfig.with_hf_config). */
static bool read_outer_tie(vp_reader *r)
{
    vp_reader whole = *r;
    whole.config = r->root;
    whole.model_type = vp_member_text(r->root, "model_type");
    if (!r->row->tied || strcmp(r->row->tied, "tie_word_embeddings") != 0 || r->config == r->root)
        return true;
    /* without a word about it, what the decoder's part says counts where the class of the whole has none */
    bool said = json_is_true(json_object_get(r->config, "tie_word_embeddings"));
    if (!vp_read_switch(&whole, "tie_word_embeddings", r->model->tied, &r->model->tied)) return false;
    if (!vp_member(r->root, "tie_word_embeddings")) r->model->tied = r->model->tied || said;
    r->structure->tied = r->model->tied;
    return true;
}

static bool read_all(vp_reader *r, const json_t *root, const char *path)
{
    bool known = true;
    if (!read_architecture(r, root, path)) return false;
    const vp_architecture *whole = r->row;
    vp_reader_open(r, root, path, whole ? whole->scope : "text_config");
    turn_to_decoder(r);
    if (!read_dtype(r) || !vp_config_quantization(root, path, r->model, r->error)) return false;
    if (!r->row) {
        read_unknown(r);
        return true;
    }
    const char *key;
    if (!read_decoder(r) || (whole->text && !read_outer_tie(r)) || !vp_config_towers(r, whole, &known))
        return false;
    if (!vp_read_rule(r, whole->image_prefix, &r->structure->image_prefix)) return false;
    if (!known) r->model->architecture = NULL;
    return vp_config_schemes(vp_quantization_block(root, &key), r->facts, r->error);
}

bool vp_hf_config(vp_str text, const char *path, vp_facts *facts, vp_error *error)
{
    memset(&facts->model, 0, sizeof facts->model);
    memset(&facts->structure, 0, sizeof facts->structure);
    json_t *config = vp_python_json(text, path, facts, error);
    if (!config) return false;
    vp_reader r = {.facts = facts, .model = &facts->model, .structure = &facts->structure, .error = error};
    bool ok = read_all(&r, config, path);
    json_decref(config);
    return ok;
}
