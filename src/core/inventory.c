/* SPDX-License-Identifier: Apache-2.0 */
#include "core/inventory.h"

#include <string.h>

#include "base/vp_int.h"
#include "core/groups.h"

const char *vp_shard_name(vp_shard shard)
{
    static const char *const names[VP_SHARD_COUNT] = {"copy", "divide", "heads", "vocab"};
    return shard < VP_SHARD_COUNT ? names[shard] : "copy";
}

const char *vp_place_name(vp_place place)
{
    static const char *const names[VP_PLACE_COUNT] = {"layers", "first", "last", "every", "tower"};
    return place < VP_PLACE_COUNT ? names[place] : "layers";
}

uint64_t vp_group_out(const vp_group *group)
{
    uint64_t out = 0;
    for (uint32_t i = 0; i < group->part_count; i++) out = vp_add(out, group->parts[i].out);
    return out;
}

uint64_t vp_group_elements(const vp_group *group)
{
    uint64_t out = vp_mul(vp_group_out(group), group->copies);
    return group->in == 0 ? out : vp_mul(out, group->in);
}

uint64_t vp_group_instances(const vp_group *group)
{
    uint64_t layers = vp_layers_count(&group->layers);
    return layers == 0 ? 1 : layers;
}

/** Elements of all modules of a group, biases included. */
static uint64_t group_parameters(const vp_group *group)
{
    uint64_t one = vp_group_elements(group);
    if (group->bias) one = vp_add(one, vp_mul(vp_group_out(group), group->copies));
    return vp_mul(one, vp_group_instances(group));
}

bool vp_group_is_stored(const vp_group *group) { return !group->alias && !group->made; }

uint64_t vp_inventory_parameters(const vp_inventory *inventory)
{
    uint64_t total = 0;
    for (uint32_t i = 0; i < inventory->count; i++)
        if (vp_group_is_stored(&inventory->groups[i]))
            total = vp_add(total, group_parameters(&inventory->groups[i]));
    return total;
}

void vp_group_start(vp_group *group, vp_module_key key, const vp_layers *layers, uint64_t in, vp_part part)
{
    memset(group, 0, sizeof *group);
    group->module = vp_module_at(key);
    group->in = in;
    group->copies = 1;
    if (layers) group->layers = *layers;
    vp_group_add_part(group, part);
}

void vp_group_add_part(vp_group *group, vp_part part)
{
    if (part.out > 0 && group->part_count < VP_MAX_PARTS) group->parts[group->part_count++] = part;
}

vp_group *vp_group_add(vp_inventory *inventory, vp_module_key key, const vp_layers *layers, uint64_t in,
                       vp_part part)
{
    if (inventory->count == VP_MAX_GROUPS) {
        inventory->full = true; /* the last group is overwritten: the list is not used any more */
        inventory->count--;
    }
    vp_group *group = &inventory->groups[inventory->count++];
    vp_group_start(group, key, layers, in, part);
    return group;
}

void vp_group_add_norm(vp_inventory *inventory, const vp_structure *s, vp_module_key key,
                       const vp_layers *layers, uint64_t size)
{
    if (s->norm == VP_NORM_NO_WEIGHT) return;
    vp_group *group = vp_group_add(inventory, key, layers, 0, vp_copied(size));
    group->bias = s->norm == VP_NORM_LAYER;
}

/** What stands before the layers. */
static void add_front(vp_inventory *out, const vp_structure *s)
{
    uint64_t width = s->embed_hidden ? s->embed_hidden : s->hidden;
    uint32_t first = out->count;
    vp_group_add(out, VP_MODULE_EMBED_TOKENS, NULL, width,
                 s->embed_whole ? vp_copied(s->vocab) : vp_vocabulary(s->vocab));
    if (s->position_rows > 0)
        vp_group_add(out, VP_MODULE_EMBED_POSITIONS, NULL, s->hidden,
                     s->positions_divided ? vp_vocabulary(s->position_rows) : vp_copied(s->position_rows));
    if (s->token_types > 0)
        vp_group_add(out, VP_MODULE_EMBED_TYPES, NULL, s->hidden, vp_vocabulary(s->token_types));
    if (s->embed_norm) vp_group_add_norm(out, s, VP_MODULE_EMBED_NORM, NULL, width);
    for (uint32_t i = first; i < out->count; i++) out->groups[i].place = VP_PLACE_FIRST;
}

/** What stands behind them. */
static void add_back(vp_inventory *out, const vp_structure *s)
{
    uint32_t first = out->count;
    if (s->final_norm) vp_group_add_norm(out, s, VP_MODULE_FINAL_NORM, NULL, s->hidden);
    if (s->has_head) {
        uint64_t width = s->embed_hidden ? s->embed_hidden : s->hidden;
        vp_group *head = vp_group_add(out, VP_MODULE_LM_HEAD, NULL, width, vp_vocabulary(s->vocab));
        head->bias = s->head_bias;
        head->alias = s->tied;
        if (s->float_head) head->dtype = VP_DTYPE_FLOAT32;
    }
    for (uint32_t i = first; i < out->count; i++) out->groups[i].place = VP_PLACE_LAST;
}

static void add_extras(vp_inventory *out, const vp_structure *s)
{
    for (uint32_t i = 0; i < s->extra_count; i++) {
        const vp_group *extra = &s->extras[i];
        *vp_group_add(out, extra->module->key, NULL, 0, vp_copied(0)) = *extra;
    }
}

/** Classes without PPMissingLayer build both ends, or one of them, on every rank (qwen3_moe.py:Qwen3MoeModel). */
static void stand_everywhere(vp_inventory *out, const vp_structure *s)
{
    for (uint32_t i = 0; i < out->count; i++) {
        vp_group *group = &out->groups[i];
        bool end = group->place == VP_PLACE_FIRST || group->place == VP_PLACE_LAST;
        bool embed = group->module->key == VP_MODULE_EMBED_TOKENS && s->every_embed;
        bool head = group->module->key == VP_MODULE_LM_HEAD && s->every_head;
        if (end && (s->every_stage || embed || head)) group->place = VP_PLACE_EVERY;
    }
}

/** The norms that every layer of a decoder has, whatever stands in it. */
static void add_norms(vp_inventory *out, const vp_structure *s, uint32_t which, vp_module_key key)
{
    vp_layers with = {{0}};
    for (uint64_t i = 0; i < s->layers; i++) {
        bool other = s->attention_norms != 0 && vp_layers_has(&s->attention, i);
        if ((other ? s->attention_norms : s->norms) & which) vp_layers_add(&with, i);
    }
    if (!vp_layers_empty(&with)) vp_group_add_norm(out, s, key, &with, s->hidden);
}

static void sum_checkpoint(const vp_model *model, vp_inventory *out)
{
    vp_dtype usual = model->dtype == VP_DTYPE_NONE ? VP_DTYPE_BFLOAT16 : model->dtype;
    for (uint32_t i = 0; i < out->count; i++) {
        const vp_group *group = &out->groups[i];
        if (!vp_group_is_stored(group)) continue;
        vp_dtype dtype = group->dtype == VP_DTYPE_NONE ? usual : group->dtype;
        uint64_t bytes = vp_dtype_bytes(dtype, group_parameters(group));
        vp_role role = group->module->role;
        out->bytes_by_role[role] = vp_add(out->bytes_by_role[role], bytes);
        out->checkpoint_bytes = vp_add(out->checkpoint_bytes, bytes);
    }
}

bool vp_inventory_from_structure(const vp_model *model, const vp_structure *s, vp_inventory *out,
                                 vp_error *error)
{
    memset(out, 0, sizeof *out);
    if (!model->architecture)
        return vp_fail(error, VLLMPLAN_E_UNSUPPORTED, "/model", "architecture \"%s\" is not in the tables",
                       model->architecture_name);
    add_front(out, s);
    add_norms(out, s, VP_NORM_INPUT, VP_MODULE_INPUT_NORM);
    for (uint32_t i = 0; i < s->mixer_count; i++) vp_groups_mixer(out, s, &s->mixers[i]);
    add_norms(out, s, VP_NORM_POST, VP_MODULE_POST_NORM);
    add_norms(out, s, VP_NORM_PRE_FF, VP_MODULE_PRE_FF_NORM);
    for (uint32_t i = 0; i < s->ffn_count; i++) vp_groups_ffn(out, s, &s->ffns[i]);
    add_norms(out, s, VP_NORM_POST_FF, VP_MODULE_POST_FF_NORM);
    vp_groups_residuals(out, s);
    add_extras(out, s);
    add_back(out, s);
    for (uint32_t i = 0; i < s->tower_count; i++) vp_groups_tower(out, s, &s->towers[i]);
    vp_schemes_apply(model, s, out);
    if (out->full || s->extras_full)
        return vp_fail(error, VLLMPLAN_E_LIMIT, "/model", "more than %d different groups of parameters",
                       (int)VP_MAX_GROUPS);
    stand_everywhere(out, s);
    sum_checkpoint(model, out);
    return true;
}
