/* SPDX-License-Identifier: Apache-2.0 */
/* Gemma 4: layers that see everything have heads of another size than sliding ones, the last layers use the
 * keys and values of earlier ones, and every layer may take an input of its own
 * (vllm/model_executor/models/gemma4.py; transformers, configuration_gemma4.py). */
#include <string.h>

#include "base/vp_int.h"
#include "hf/config_kinds.h"
#include "hf/python_json.h"

bool vp_kinds_read(vp_reader *r, uint64_t every, vp_kinds *k)
{
    uint64_t layers = r->model->layers, shared;
    bool given;
    memset(k, 0, sizeof *k);
    if (!vp_config_layer_types(r, "sliding_attention", &k->sliding, &given) ||
        !vp_read_optional(r, "num_kv_shared_layers", &shared))
        return false;
    for (uint64_t i = 0; i < layers; i++)
        if (!given && (i + 1) % every != 0) vp_layers_add(&k->sliding, i);
    for (uint64_t i = 0; i < layers; i++)
        if (!vp_layers_has(&k->sliding, i)) vp_layers_add(&k->full, i);
    k->first_shared = vp_sub0(layers, shared);
    return true;
}

/** The layers of one kind, those that share keys and values apart. */
static bool add_mixers(vp_reader *r, const vp_kinds *k, const vp_layers *layers, vp_mixer *like)
{
    vp_mixer own = *like, shared = *like;
    shared.shares_kv = true;
    for (uint64_t i = 0; i < r->model->layers; i++)
        if (vp_layers_has(layers, i)) vp_layers_add(i < k->first_shared ? &own.layers : &shared.layers, i);
    /* norms without a weight keep ones all the same: layernorm.py:RMSNorm */
    if (!vp_layers_empty(&own.layers))
        vp_config_add_extra(r, VP_MODULE_VALUE_NORM, &own.layers, 0, vp_copied(own.head_dim))->made = true;
    return vp_config_add_mixer(r, &own) && vp_config_add_mixer(r, &shared);
}

bool vp_kinds_attention(vp_reader *r, const vp_kinds *k, bool global_head)
{
    vp_mixer sliding, full;
    bool same;
    if (!vp_config_mixer(r, &sliding)) return false;
    full = sliding;
    if (!vp_read_optional(r, "sliding_window", &sliding.window) ||
        (global_head && !vp_read_count(r, "global_head_dim", 512, &full.head_dim)) ||
        !vp_read_switch(r, "attention_k_eq_v", false, &same) ||
        (same && !vp_read_count(r, "num_global_key_value_heads", full.kv_heads, &full.kv_heads)))
        return false;
    vp_str both_ways = vp_read_text(r, "use_bidirectional_attention");
    if (vp_str_equal(both_ways, "all")) sliding.window = sliding.window / 2 + 1;
    full.v_head_dim = full.head_dim;
    full.value_is_key = same;
    return vp_config_local_rope(r, sliding.head_dim, &k->sliding) &&
           vp_config_rope(r, "full_attention", full.head_dim, &k->full) &&
           add_mixers(r, k, &k->sliding, &sliding) && add_mixers(r, k, &k->full, &full);
}

/** Every layer has a dense MLP, of twice the size where keys and values are shared and the config says so. */
static bool add_dense(vp_reader *r, const vp_kinds *k)
{
    vp_ffn own, shared;
    bool twice;
    if (!vp_read_switch(r, "use_double_wide_mlp", false, &twice)) return false;
    memset(&own, 0, sizeof own);
    own.gated = true;
    own.intermediate = r->model->intermediate;
    if (own.intermediate == 0)
        return vp_reader_fail(r, VLLMPLAN_E_MISSING, "intermediate_size", "is missing");
    shared = own;
    if (twice) shared.intermediate = vp_mul(2, own.intermediate);
    vp_layers_add_range(&own.layers, 0, k->first_shared);
    vp_layers_add_range(&shared.layers, k->first_shared, r->model->layers);
    return vp_config_add_ffn(r, &own) && vp_config_add_ffn(r, &shared);
}

/** Beside it experts, whose router scales its input and each expert. */
static bool add_experts(vp_reader *r, const vp_layers *all)
{
    uint64_t experts, hidden = r->structure->hidden;
    if (!vp_read_optional(r, r->row->experts.count, &experts)) return false;
    if (experts == 0) return true;
    vp_config_add_extra(r, VP_MODULE_ROUTER_SCALE, all, 0, vp_copied(hidden));
    vp_config_add_extra(r, VP_MODULE_EXPERT_SCALES, all, 0, vp_copied(experts));
    vp_config_add_extra(r, VP_MODULE_ROUTER_NORM, all, 0, vp_copied(hidden))->made = true;
    vp_config_add_extra(r, VP_MODULE_ROUTER_ROOT, all, 0, vp_copied(1))->made = true;
    vp_config_add_extra(r, VP_MODULE_POST_FF_NORM_1, all, 0, vp_copied(hidden));
    vp_config_add_extra(r, VP_MODULE_PRE_FF_NORM_2, all, 0, vp_copied(hidden));
    vp_config_add_extra(r, VP_MODULE_POST_FF_NORM_2, all, 0, vp_copied(hidden));
    return vp_config_ffns(r);
}

bool vp_kinds_inputs(vp_reader *r, const vp_layers *all)
{
    uint64_t hidden = r->structure->hidden, size, rows;
    if (!vp_read_optional(r, "hidden_size_per_layer_input", &size)) return false;
    if (size == 0) return true;
    if (!vp_read_count(r, "vocab_size_per_layer_input", r->model->vocab, &rows)) return false;
    uint64_t total = vp_mul(size, r->model->layers);
    vp_config_add_extra(r, VP_MODULE_LAYER_EMBED, NULL, total, vp_vocabulary(rows));
    vp_config_add_extra(r, VP_MODULE_LAYER_MODEL_PROJ, NULL, hidden, vp_divided(total));
    vp_config_add_extra(r, VP_MODULE_LAYER_PROJ_NORM, NULL, 0, vp_copied(size));
    vp_config_add_extra(r, VP_MODULE_LAYER_SCALES, NULL, 0, vp_copied(3))->made = true;
    vp_config_add_extra(r, VP_MODULE_LAYER_INPUT_GATE, all, hidden, vp_copied(size));
    vp_config_add_extra(r, VP_MODULE_LAYER_INPUT_PROJ, all, size, vp_copied(hidden));
    vp_config_add_extra(r, VP_MODULE_LAYER_INPUT_NORM, all, 0, vp_copied(hidden));
    return true;
}

/** The last layer always sees everything. */
static bool read_kinds(vp_reader *r, vp_kinds *k)
{
    uint64_t last = r->model->layers - 1;
    if (!vp_kinds_read(r, 6, k)) return false;
    vp_layers_remove(&k->sliding, last);
    vp_layers_add(&k->full, last);
    return true;
}

bool vp_config_kinds(vp_reader *r)
{
    vp_kinds k;
    vp_layers all = {{0}};
    vp_layers_add_range(&all, 0, r->model->layers);
    vp_config_add_extra(r, VP_MODULE_LAYER_SCALAR, &all, 0, vp_copied(1));
    return read_kinds(r, &k) && vp_kinds_attention(r, &k, true) && add_experts(r, &all) && add_dense(r, &k) &&
           vp_kinds_inputs(r, &all);
}
