/* SPDX-License-Identifier: Apache-2.0 */
/* A config.json made into groups and an attention list, for tests of what models are made of. */
#ifndef T_BUILT_H
#define T_BUILT_H

#include "../support/t_hf.h"
#include "core/attention.h"
#include "core/inventory.h"
#include "core/layout.h"

static vp_inventory inventory;
static vp_attention_list attention;

static inline void build(const char *config)
{
    must_read(config);
    assert_false(has_finding("config_dtype_unknown"));
    assert_true(vp_inventory_from_structure(&facts.model, &facts.structure, &inventory, &error));
    vp_attention_from_structure(&facts.structure, &attention);
}

/** The group of a module; NULL when the model has none. */
static inline const vp_group *group(vp_module_key key)
{
    for (uint32_t i = 0; i < inventory.count; i++)
        if (inventory.groups[i].module->key == key) return &inventory.groups[i];
    return NULL;
}

static inline uint64_t out(vp_module_key key, uint32_t tp)
{
    const vp_group *found = group(key);
    if (!found) fail_msg("no group of module %d", (int)key);
    return vp_layout_group_out(found, tp);
}

#endif
