/* SPDX-License-Identifier: Apache-2.0 */
#include "data/towers.h"

static const vp_tower_row towers[VP_TOWER_COUNT] = {
#define TOWER(key, ...) [VP_TOWER_##key] = {.name = #key, __VA_ARGS__},
#define SIZE(...)
#define PART(...)
#include "data/towers.def"
#undef PART
#undef SIZE
#undef TOWER
};

static const vp_tower_size sizes[] = {
#define TOWER(...)
#define SIZE(tower, name, keys, fallback) {VP_TOWER_##tower, name, keys, fallback},
#define PART(...)
#include "data/towers.def"
#undef PART
#undef SIZE
#undef TOWER
};

static const vp_tower_part parts[] = {
#define TOWER(...)
#define SIZE(...)
#define PART(tower, name, role, kind, ...)                                                                   \
    {VP_TOWER_##tower, {name, VP_MODULE_TOWER, VP_ROLE_##role, VP_KIND_##kind}, __VA_ARGS__},
#include "data/towers.def"
#undef PART
#undef SIZE
#undef TOWER
};

enum { SIZES = sizeof sizes / sizeof sizes[0], PARTS = sizeof parts / sizeof parts[0] };

const vp_tower_row *vp_tower_row_of(vp_tower_kind kind) { return &towers[kind]; }

size_t vp_tower_size_count(void) { return SIZES; }

const vp_tower_size *vp_tower_size_at(size_t index) { return &sizes[index]; }

size_t vp_tower_part_count(void) { return PARTS; }

const vp_tower_part *vp_tower_part_at(size_t index) { return &parts[index]; }

const vp_tower_part *vp_tower_part_of(const vp_module *module)
{
    if (module->key != VP_MODULE_TOWER) return NULL;
    for (size_t i = 0; i < PARTS; i++)
        if (&parts[i].module == module) return &parts[i];
    return NULL;
}

const vp_module *vp_tower_module_find(vp_str tower, vp_str name)
{
    for (size_t i = 0; i < PARTS; i++)
        if (vp_str_equal(name, parts[i].module.name) && vp_str_equal(tower, towers[parts[i].tower].name))
            return &parts[i].module;
    return NULL;
}
