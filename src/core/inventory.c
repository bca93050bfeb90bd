/* SPDX-License-Identifier: Apache-2.0 */
#include "core/inventory.h"

#include <string.h>

#include "base/vp_int.h"

void vp_layers_add(vp_layers *set, uint64_t layer)
{
    if (layer < VP_MAX_LAYERS) set->bits[layer / 64] |= (uint64_t)1 << (layer % 64);
}

void vp_layers_add_range(vp_layers *set, uint64_t first, uint64_t end)
{
    for (uint64_t layer = first; layer < end && layer < VP_MAX_LAYERS; layer++) vp_layers_add(set, layer);
}

bool vp_layers_has(const vp_layers *set, uint64_t layer)
{
    return layer < VP_MAX_LAYERS && (set->bits[layer / 64] >> (layer % 64) & 1) != 0;
}

uint64_t vp_layers_count_in(const vp_layers *set, uint64_t first, uint64_t end)
{
    uint64_t count = 0;
    for (uint64_t word = first / 64; word * 64 < end && word < VP_MAX_LAYERS / 64; word++) {
        uint64_t bits = set->bits[word];
        if (word == first / 64) bits &= UINT64_MAX << (first % 64);
        if (end - word * 64 < 64) bits &= ((uint64_t)1 << (end - word * 64)) - 1;
        for (; bits != 0; bits &= bits - 1) count++;
    }
    return count;
}

uint64_t vp_layers_count(const vp_layers *set) { return vp_layers_count_in(set, 0, VP_MAX_LAYERS); }

uint64_t vp_group_out(const vp_group *group)
{
    uint64_t out = 0;
    for (uint32_t i = 0; i < group->part_count; i++) out = vp_add(out, group->parts[i].out);
    return out;
}

uint64_t vp_group_elements(const vp_group *group)
{
    uint64_t out = vp_group_out(group);
    return group->in == 0 ? out : vp_mul(out, group->in);
}

uint64_t vp_group_instances(const vp_group *group)
{
    uint64_t layers = vp_layers_count(&group->layers);
    return layers == 0 ? 1 : layers;
}

uint64_t vp_inventory_parameters(const vp_inventory *inventory)
{
    uint64_t total = 0;
    for (uint32_t i = 0; i < inventory->count; i++) {
        const vp_group *group = &inventory->groups[i];
        if (group->alias) continue;
        uint64_t one = vp_group_elements(group);
        if (group->bias) one = vp_add(one, vp_group_out(group));
        total = vp_add(total, vp_mul(one, vp_group_instances(group)));
    }
    return total;
}

/** Appends a group; parts with no outputs are left out. */
static vp_group *add_group(vp_inventory *inventory, vp_module_key key, uint64_t in, uint64_t out)
{
    vp_group *group = &inventory->groups[inventory->count++];
    memset(group, 0, sizeof *group);
    group->module = vp_module_at(key);
    group->in = in;
    group->parts[0].out = out;
    group->part_count = 1;
    return group;
}

static vp_group *add_layer_group(vp_inventory *inventory, const vp_model *model, vp_module_key key,
                                 uint64_t in, uint64_t out, bool bias)
{
    vp_group *group = add_group(inventory, key, in, out);
    group->bias = bias;
    vp_layers_add_range(&group->layers, 0, model->layers);
    return group;
}

static void add_part(vp_group *group, uint64_t out) { group->parts[group->part_count++].out = out; }

/** The layers of a dense decoder: LlamaDecoderLayer and its kin (vllm/model_executor/models/llama.py,
 *  qwen.py, qwen2.py, qwen3.py; the same in 0.11 and 0.33). */
static void add_dense_layers(const vp_model *model, vp_inventory *out)
{
    uint64_t hidden = model->hidden;
    uint64_t q = vp_mul(model->heads, model->head_dim), kv = vp_mul(model->kv_heads, model->head_dim);
    vp_group *group;

    add_layer_group(out, model, VP_MODULE_INPUT_NORM, 0, hidden, false);
    group = add_layer_group(out, model, VP_MODULE_QKV_PROJ, hidden, q, model->qkv_bias);
    add_part(group, kv);
    add_part(group, kv);
    if (model->qk_norm) {
        add_layer_group(out, model, VP_MODULE_Q_NORM, 0, model->head_dim, false);
        add_layer_group(out, model, VP_MODULE_K_NORM, 0, model->head_dim, false);
    }
    add_layer_group(out, model, VP_MODULE_O_PROJ, q, hidden, model->o_bias);
    add_layer_group(out, model, VP_MODULE_POST_NORM, 0, hidden, false);
    group = add_layer_group(out, model, VP_MODULE_GATE_UP_PROJ, hidden, model->intermediate, model->mlp_bias);
    add_part(group, model->intermediate);
    add_layer_group(out, model, VP_MODULE_DOWN_PROJ, model->intermediate, hidden, model->mlp_bias);
}

bool vp_inventory_from_config(const vp_model *model, vp_inventory *out, vp_error *error)
{
    memset(out, 0, sizeof *out);
    if (!model->architecture)
        return vp_fail(error, VLLMPLAN_E_UNSUPPORTED, "/model", "architecture \"%s\" is not in the tables",
                       model->architecture_name);
    if (model->layers > VP_MAX_LAYERS)
        return vp_fail(error, VLLMPLAN_E_LIMIT, "/model", "%llu layers; at most %d are supported",
                       (unsigned long long)model->layers, (int)VP_MAX_LAYERS);
    add_group(out, VP_MODULE_EMBED_TOKENS, model->hidden, model->vocab);
    add_dense_layers(model, out);
    add_group(out, VP_MODULE_FINAL_NORM, 0, model->hidden);
    vp_group *head = add_group(out, VP_MODULE_LM_HEAD, model->hidden, model->vocab);
    head->alias = model->tied;

    vp_dtype dtype = model->dtype == VP_DTYPE_NONE ? VP_DTYPE_BFLOAT16 : model->dtype;
    for (uint32_t i = 0; i < out->count; i++) {
        const vp_group *group = &out->groups[i];
        if (group->alias) continue;
        uint64_t elements = vp_group_elements(group);
        if (group->bias) elements = vp_add(elements, vp_group_out(group));
        uint64_t bytes = vp_mul(vp_dtype_bytes(dtype, elements), vp_group_instances(group));
        out->bytes_by_role[group->module->role] = vp_add(out->bytes_by_role[group->module->role], bytes);
        out->checkpoint_bytes = vp_add(out->checkpoint_bytes, bytes);
    }
    return true;
}
