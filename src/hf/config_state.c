/* SPDX-License-Identifier: Apache-2.0 */
/* Layers with a state among layers with attention: which is which, and how both are made. */
#include "hf/config_state.h"

#include <string.h>

#include "hf/config.h"
#include "hf/python_json.h"

/** Layers that a list of numbers names, counted from `base`; *given is false without the list. */
static bool listed_layers(vp_reader *r, const json_t *object, const char *key, uint64_t base, vp_layers *out,
                          bool *given)
{
    const json_t *list = vp_member(object, key);
    *given = list != NULL;
    if (list && !json_is_array(list)) return vp_reader_fail(r, VLLMPLAN_E_TYPE, key, "is not a list");
    for (size_t i = 0; i < json_array_size(list); i++) {
        const json_t *number = json_array_get(list, i);
        if (!json_is_integer(number))
            return vp_reader_fail(r, VLLMPLAN_E_TYPE, key, "holds other than whole numbers");
        json_int_t layer = json_integer_value(number) - (json_int_t)base;
        if (layer >= 0 && (uint64_t)layer < r->model->layers) vp_layers_add(out, (uint64_t)layer);
    }
    return true;
}

static void all_but(const vp_reader *r, const vp_layers *some, vp_layers *out)
{
    for (uint64_t i = 0; i < r->model->layers; i++)
        if (!vp_layers_has(some, i)) vp_layers_add(out, i);
}

/** Attention in the layers of one list, a state in the others; without the list attention everywhere, or
 *  nowhere. */
static bool attention_listed(vp_reader *r, const char *key, bool otherwise, vp_layers *state)
{
    vp_layers attention = {{0}};
    bool given;
    if (!listed_layers(r, r->config, key, 0, &attention, &given)) return false;
    if (given || !otherwise) all_but(r, &attention, state);
    return true;
}

/** Attention in the layers i with i % period == offset. */
static bool attention_by_period(vp_reader *r, uint64_t period, uint64_t offset, vp_layers *state)
{
    for (uint64_t i = 0; i < r->model->layers; i++)
        if (i % period != offset) vp_layers_add(state, i);
    return true;
}

/** jamba.py:JambaConfig.layers_block_type */
static bool jamba_layers(vp_reader *r, vp_layers *state)
{
    uint64_t period, offset;
    return vp_read_count(r, "attn_layer_period", 8, &period) &&
           vp_read_optional(r, "attn_layer_offset", &offset) && attention_by_period(r, period, offset, state);
}

/** The last layer of each group has attention. A group of 0 or 1 leaves no state. */
static bool last_of_group(vp_reader *r, const char *key, uint64_t fallback, vp_layers *state)
{
    uint64_t period;
    if (!vp_read_count(r, key, fallback, &period)) return false;
    return attention_by_period(r, period, period - 1, state);
}

/** minimax_text_01.py: 0 is a layer with a state; bailing_moe_linear.py:is_linear_layer. */
static bool lightning_layers(vp_reader *r, vp_layers *state)
{
    const json_t *types = vp_member(r->config, "attn_type_list");
    if (!types) return last_of_group(r, "layer_group_size", 1, state);
    if (!json_is_array(types) || json_array_size(types) < r->model->layers)
        return vp_reader_fail(r, VLLMPLAN_E_RANGE, "attn_type_list",
                              "is no list as long as num_hidden_layers");
    for (uint64_t i = 0; i < r->model->layers; i++)
        if (json_integer_value(json_array_get(types, (size_t)i)) == 0) vp_layers_add(state, i);
    return true;
}

/** The same, and layers behind the last whole group have attention too (bailing_moe_v3.py:_is_kda_layer). */
static bool whole_groups(vp_reader *r, vp_layers *state)
{
    uint64_t period;
    if (!vp_read_count(r, "layer_group_size", 1, &period)) return false;
    for (uint64_t i = 0; i < r->model->layers / period * period; i++)
        if ((i + 1) % period != 0) vp_layers_add(state, i);
    return true;
}

/** configuration_kimi_linear.py:is_kda_layer counts layers from 1. */
static bool kda_layers(vp_reader *r, vp_layers *state)
{
    const json_t *own = vp_member(r->config, "linear_attn_config");
    bool given;
    if (!own) return whole_groups(r, state);
    return listed_layers(r, own, "kda_layers", 1, state, &given) &&
           (given || vp_reader_fail(r, VLLMPLAN_E_MISSING, "linear_attn_config/kda_layers", "is missing"));
}

static bool mamba2_layers(vp_reader *r, vp_layers *state)
{
    return attention_listed(r, "attn_layer_indices", false, state);
}

static bool gdn_layers(vp_reader *r, vp_layers *state)
{
    return last_of_group(r, "full_attention_interval", 4, state);
}

static bool short_conv_layers(vp_reader *r, vp_layers *state)
{
    return attention_listed(r, "full_attn_idxs", true, state);
}

/** The recipes with states: which layers have one where no list of types names them, and its sizes. */
static const struct state_recipe {
    vp_recipe recipe;
    bool (*layers)(vp_reader *r, vp_layers *state);
    bool (*sizes)(vp_reader *r, vp_mixer *m);
} state_recipes[] = {
    {VP_RECIPE_MAMBA1, jamba_layers, vp_config_mamba1},
    {VP_RECIPE_MAMBA2, mamba2_layers, vp_config_mamba2},
    {VP_RECIPE_GDN, gdn_layers, vp_config_gdn},
    {VP_RECIPE_KDA, kda_layers, vp_config_kda},
    {VP_RECIPE_SHORT_CONV, short_conv_layers, vp_config_short_conv},
    {VP_RECIPE_LIGHTNING, lightning_layers, vp_config_lightning},
};

static const struct state_recipe *recipe_of(const vp_reader *r)
{
    for (size_t i = 0; i < sizeof state_recipes / sizeof state_recipes[0]; i++)
        if (state_recipes[i].recipe == r->row->recipe) return &state_recipes[i];
    return NULL;
}

/** Whether the layers are listed in the recipe's own way, and not by types: then the class makes the types of
 *  that list. */
static bool has_own_list(vp_reader *r)
{
    char key[VP_MAX_KEY];
    return !vp_read_member(r, "layer_types|layers_block_type", key) &&
           vp_read_member(r, "full_attn_idxs|attn_layer_indices|attn_type_list|linear_attn_config", key);
}

/** Sorts the layers by the row's rule. */
static bool place(vp_reader *r, const struct state_recipe *recipe, vp_layers *attention, vp_layers *state)
{
    bool given;
    switch (r->row->state.hybrid) {
    case VP_HYBRID_NONE:
        vp_layers_add_range(state, 0, r->model->layers);
        return true;
    case VP_HYBRID_BOTH:
        vp_layers_add_range(state, 0, r->model->layers);
        vp_layers_add_range(attention, 0, r->model->layers);
        return true;
    case VP_HYBRID_SINGLE:
        return vp_config_single_layers(r, "linear_attention", state) &&
               vp_config_single_layers(r, "full_attention", attention);
    case VP_HYBRID_TYPES:
        break;
    }
    if (has_own_list(r))
        given = false;
    else if (!vp_config_layer_types(r, "linear_attention|mamba|conv", state, &given))
        return false;
    if (!given && !recipe->layers(r, state)) return false;
    all_but(r, state, attention);
    return true;
}

/** What the config asks of the recurrent state's cache under "auto" (models/config.py). */
static bool read_cache_dtype(vp_reader *r, vp_mixer *m)
{
    const char *key = r->row->state.cache_dtype;
    if (!key) return true;
    vp_str name = vp_read_text(r, key);
    m->state_dtype = r->row->state.cache_single ? VP_DTYPE_FLOAT32 : VP_DTYPE_NONE;
    if (name.length == 0 || vp_str_equal(name, "auto")) return true;
    m->state_dtype = vp_dtype_from_name(name);
    return m->state_dtype != VP_DTYPE_NONE ||
           vp_reader_fail(r, VLLMPLAN_E_RANGE, key, "is no dtype that is known");
}

/** The layers with attention, of one kind; nothing where there are none. */
static bool add_attention(vp_reader *r, const vp_layers *layers)
{
    vp_mixer m;
    if (vp_layers_empty(layers)) return true;
    if (r->row->state.latent) return vp_config_latent_layers(r, layers);
    bool rotary = true;
    if (!vp_config_mixer(r, &m)) return false;
    m.layers = *layers;
    if ((r->row->state.gated_attention && !vp_read_switch(r, "attn_output_gate", true, &m.gated)) ||
        (r->row->rotary && !vp_read_rule(r, r->row->rotary, &rotary)) ||
        (rotary && !vp_config_rope(r, NULL, m.head_dim, layers)))
        return false;
    return vp_config_add_mixer(r, &m);
}

static bool read_residuals(vp_reader *r)
{
    uint64_t block = 0;
    const vp_state_rules *rules = &r->row->state;
    if (rules->residuals && !vp_read_optional(r, rules->residuals, &block)) return false;
    r->structure->residuals = block > 0;
    r->structure->residuals_from = rules->residuals_from;
    return true;
}

bool vp_config_state(vp_reader *r)
{
    vp_mixer state;
    vp_layers attention = {{0}};
    const struct state_recipe *recipe = recipe_of(r);
    if (!recipe || !read_residuals(r)) return false;
    memset(&state, 0, sizeof state);
    state.causal = true;
    if (!place(r, recipe, &attention, &state.layers)) return false;
    if (!vp_layers_empty(&state.layers) && (!recipe->sizes(r, &state) || !read_cache_dtype(r, &state)))
        return false;
    r->structure->attention = attention;
    r->structure->attention_norms = r->row->attention_norms;
    bool state_first = vp_layers_has(&state.layers, 0) && r->row->state.hybrid != VP_HYBRID_BOTH;
    return (!state_first || vp_config_add_mixer(r, &state)) && add_attention(r, &attention) &&
           (state_first || vp_config_add_mixer(r, &state));
}
