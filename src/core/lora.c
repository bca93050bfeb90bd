/* SPDX-License-Identifier: Apache-2.0 */
#include "core/lora.h"

#include <string.h>

#include "base/vp_int.h"
#include "core/packing.h"

enum { DEFAULT_RANK = 16 }; /* config/lora.py:LoRAConfig.max_lora_rank */

uint64_t vp_lora_slots(const vp_settings *settings)
{
    return vp_settings_bool(settings, "enable_lora", false) ? vp_settings_u64(settings, "max_loras", 1) : 0;
}

/** Elements of one slot and one module: a matrix into the adapter's rank for each of its parts, and one out of
 *  it (lora/layers/base_linear.py:create_lora_weights, vocal_parallel_embedding.py, logits_processor.py). What
 *  of the layer is divided over ranks is divided here. */
static uint64_t slot_elements(const vp_weights_case *c, const vp_group *group, uint64_t rank)
{
    vp_packed m = vp_packing_of(c, group);
    uint64_t into = vp_mul(m.in, group->module->kind == VP_KIND_TABLE ? 1 : group->part_count);
    if (group->module->kind == VP_KIND_TABLE) into = vp_group_out(group); /* of the whole vocabulary */
    uint64_t out = group->module->kind == VP_KIND_TABLE ? group->in : m.out;
    return vp_mul(vp_mul(rank, vp_add(into, out)), m.copies);
}

/** Adapters reach the decoder: linear layers, experts, embedding and head, a tied one too. */
static bool takes_adapters(const vp_group *group)
{
    vp_module_kind kind = group->module->kind;
    return group->place != VP_PLACE_EVERY && group->in > 0 &&
           (kind == VP_KIND_LINEAR || kind == VP_KIND_EXPERTS || kind == VP_KIND_TABLE ||
            kind == VP_KIND_HEAD);
}

uint64_t vp_lora_bytes(const vp_settings *settings, const vp_weights_case *c, uint32_t pp_rank)
{
    uint64_t slots = vp_lora_slots(settings), rank = vp_settings_u64(settings, "max_lora_rank", DEFAULT_RANK);
    const char *dtype = vp_settings_text(settings, "lora_dtype");
    uint64_t element = vp_dtype_bits(c->dtype) / 8, elements = 0;
    if (slots == 0) return 0;
    if (dtype && strcmp(dtype, "float32") == 0) element = 4;
    vp_stage stage = vp_layout_stage(c->model->layers, c->pp, pp_rank);
    for (uint32_t i = 0; i < c->inventory->count; i++) {
        const vp_group *group = &c->inventory->groups[i];
        uint64_t times = vp_layers_count_in(&group->layers, stage.first, stage.end);
        if (group->place == VP_PLACE_FIRST) times = stage.is_first;
        if (group->place == VP_PLACE_LAST) times = stage.is_last;
        if (takes_adapters(group)) elements = vp_add(elements, vp_mul(slot_elements(c, group, rank), times));
    }
    return vp_mul(vp_mul(elements, element), slots);
}
