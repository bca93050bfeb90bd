/* SPDX-License-Identifier: Apache-2.0 */
/* How the files store each group: the structure's list of packed modules, laid over the inventory. */
#include <string.h>

#include "core/groups.h"

/** Puts a copy of group `at` behind it. */
static vp_group *insert_copy(vp_inventory *inventory, uint32_t at)
{
    if (inventory->count == VP_MAX_GROUPS) {
        inventory->full = true;
        return NULL;
    }
    vp_group *group = &inventory->groups[at];
    memmove(group + 1, group, (inventory->count - at) * sizeof *group);
    inventory->count++;
    return group + 1;
}

static void take_away(vp_layers *from, const vp_layers *what)
{
    for (int i = 0; i < VP_MAX_LAYERS / 64; i++) from->bits[i] &= ~what->bits[i];
}

/** The layers of the group that are stored so; the others stay behind as a group of their own. */
static void lay_over(vp_inventory *inventory, uint32_t at, const vp_stored_as *as)
{
    vp_group *group = &inventory->groups[at];
    vp_layers both = vp_layers_both(&group->layers, &as->layers);
    if (vp_layers_empty(&group->layers) != vp_layers_empty(&as->layers)) return;
    if (!vp_layers_empty(&group->layers)) {
        if (vp_layers_empty(&both)) return;
        if (vp_layers_count(&both) < vp_layers_count(&group->layers)) {
            vp_group *rest = insert_copy(inventory, at);
            if (!rest) return;
            take_away(&rest->layers, &both);
            group->layers = both;
        }
    }
    group->scheme = as->scheme + 1;
}

/** A method that looks after the scales of the KV cache keeps two scalars more of every layer (two float32
 *  that stay on the GPU: layers/attention/attention.py:Attention.process_weights_after_loading moves them to
 *  the CPU for every other method). Which of the two attention classes get such a method, say the methods'
 *  get_quant_method(). */
static void keep_kv_scales(const vp_model *model, const vp_structure *s, vp_group *group)
{
    bool latent = false;
    for (uint32_t i = 0; i < s->mixer_count; i++) {
        vp_layers both = vp_layers_both(&group->layers, &s->mixers[i].layers);
        if (s->mixers[i].kind == VP_MIXER_LATENT && !vp_layers_empty(&both)) latent = true;
    }
    if (latent ? model->stored.latent_kv_scales : model->stored.kv_scales) group->parts[0].out = 3;
}

void vp_schemes_apply(const vp_model *model, const vp_structure *s, vp_inventory *inventory)
{
    for (uint32_t a = 0; a < s->stored_as_count; a++)
        for (uint32_t i = 0; i < inventory->count; i++)
            if (inventory->groups[i].module == s->stored_as[a].module && inventory->groups[i].scheme == 0 &&
                !inventory->groups[i].alias)
                lay_over(inventory, i, &s->stored_as[a]);
    for (uint32_t i = 0; i < inventory->count; i++)
        if (inventory->groups[i].module->key == VP_MODULE_ATTENTION_SCALES)
            keep_kv_scales(model, s, &inventory->groups[i]);
}
