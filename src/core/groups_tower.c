/* SPDX-License-Identifier: Apache-2.0 */
/* Groups of encoders for images and sound, and of what ties them to the decoder: rows of data/towers.def. */
#include <string.h>

#include "core/formula.h"
#include "core/groups.h"
#include "core/towers.h"

typedef struct tower_names {
    const vp_tower *tower;
    uint64_t decoder;
} tower_names;

static bool value_of(const void *context, vp_str name, uint64_t *out)
{
    const tower_names *names = context;
    uint32_t own = 0;
    for (size_t i = 0; i < vp_tower_size_count(); i++) {
        const vp_tower_size *size = vp_tower_size_at(i);
        if (size->tower != names->tower->kind) continue;
        if (vp_str_equal(name, size->name)) {
            *out = names->tower->sizes[own];
            return true;
        }
        own++;
    }
    *out = names->decoder;
    return vp_str_equal(name, "decoder");
}

bool vp_tower_formula(const char *text, const vp_tower *tower, uint64_t decoder, uint64_t *out)
{
    tower_names names = {tower, decoder};
    vp_formula_names lookup = {value_of, &names};
    return vp_formula(text, &lookup, out);
}

/** A formula of a row; no formula is `absent`. One that cannot be computed fills the inventory: a list that is
 *  not complete is not used. */
static uint64_t computed(vp_inventory *out, const vp_structure *s, const vp_tower *tower, const char *text,
                         uint64_t absent)
{
    uint64_t value = 0;
    if (!text) return absent;
    if (!vp_tower_formula(text, tower, s->hidden, &value)) out->full = true;
    return value;
}

static vp_part part_of(const vp_tower_part *row, bool first, uint64_t size, uint64_t unit)
{
    vp_part part = {size, unit, VP_SHARD_COPY};
    if (row->split == VP_TOWER_COLUMNS || (row->split == VP_TOWER_GROUPED && first))
        part.shard = VP_SHARD_DIVIDE;
    if (row->split == VP_TOWER_GROUPED && !first) part.shard = VP_SHARD_HEADS;
    if (row->split == VP_TOWER_VOCAB) part.shard = VP_SHARD_VOCAB;
    return part;
}

/** `layers` is empty for a module that stands once. */
static void add_group(vp_inventory *out, const vp_structure *s, const vp_tower *tower,
                      const vp_tower_part *row, const vp_layers *layers)
{
    uint64_t unit = computed(out, s, tower, row->unit, 1), in = computed(out, s, tower, row->in, 0);
    vp_group *group = NULL;
    for (const char *formula = row->out; formula; formula = strchr(formula, '|')) {
        if (*formula == '|') formula++;
        uint64_t size = computed(out, s, tower, formula, 0);
        vp_part part = part_of(row, group == NULL, size, unit == 0 ? 1 : unit);
        if (group)
            vp_group_add_part(group, part);
        else
            group = vp_group_add(out, VP_MODULE_TOWER, layers, in, part);
    }
    if (!group) return;
    group->module = &row->module;
    group->place = VP_PLACE_TOWER;
    group->in_divided = row->split == VP_TOWER_ROWS;
    group->bias = computed(out, s, tower, row->bias, 0) > 0;
    group->dtype = row->dtype;
    group->buffer = row->buffer;
    group->made = row->made;
    group->bias_made = row->bias_made;
    group->per_token = row->per_token;
    const char *data = row->data ? row->data : vp_tower_row_of(tower->kind)->data;
    group->whole_unless = computed(out, s, tower, data, 0);
}

void vp_groups_tower(vp_inventory *out, const vp_structure *s, const vp_tower *tower)
{
    for (size_t i = 0; i < vp_tower_part_count(); i++) {
        const vp_tower_part *row = vp_tower_part_at(i);
        vp_layers layers = {{0}};
        if (row->tower != tower->kind || computed(out, s, tower, row->when, 1) == 0) continue;
        uint64_t first = computed(out, s, tower, row->first, 0);
        uint64_t count = computed(out, s, tower, row->layers, 0);
        if (row->layers && count == 0) continue;
        if (first + count > VP_MAX_LAYERS) out->full = true;
        vp_layers_add_range(&layers, first, first + count);
        add_group(out, s, tower, row, &layers);
    }
}
