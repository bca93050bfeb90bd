/* SPDX-License-Identifier: Apache-2.0 */
#include "data/modules.h"

#include <stddef.h>

static const vp_module rows[VP_MODULE_COUNT] = {
#define MODULE(key, name, role, shard, linear)                                                               \
    [VP_MODULE_##key] = {name, VP_MODULE_##key, VP_ROLE_##role, VP_SHARD_##shard, linear},
#include "data/modules.def"
#undef MODULE
};

const vp_module *vp_module_at(vp_module_key key) { return &rows[key]; }

const vp_module *vp_module_find(vp_str name)
{
    for (int i = 0; i < VP_MODULE_COUNT; i++)
        if (vp_str_equal(name, rows[i].name)) return &rows[i];
    return NULL;
}

const char *vp_role_name(vp_role role)
{
    static const char *const names[VP_ROLE_COUNT] = {"embedding", "lm_head", "attention",
                                                     "mlp",       "norms",   "other"};
    return role < VP_ROLE_COUNT ? names[role] : "other";
}
