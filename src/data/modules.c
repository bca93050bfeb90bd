/* SPDX-License-Identifier: Apache-2.0 */
#include "data/modules.h"

#include <stddef.h>

static const vp_module rows[VP_MODULE_COUNT] = {
#define MODULE(key, name, role, kind)                                                                        \
    [VP_MODULE_##key] = {name, VP_MODULE_##key, VP_ROLE_##role, VP_KIND_##kind},
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

bool vp_module_is_target(const vp_module *module)
{
    return module->kind == VP_KIND_LINEAR || module->kind == VP_KIND_EXPERTS;
}

const char *vp_role_name(vp_role role)
{
    static const char *const names[VP_ROLE_COUNT] = {
        [VP_ROLE_EMBEDDING] = "embedding", [VP_ROLE_LM_HEAD] = "lm_head",
        [VP_ROLE_ATTENTION] = "attention", [VP_ROLE_MLP] = "mlp",
        [VP_ROLE_EXPERTS] = "experts",     [VP_ROLE_MAMBA] = "mamba",
        [VP_ROLE_NORMS] = "norms",         [VP_ROLE_VISION] = "vision",
        [VP_ROLE_AUDIO] = "audio",         [VP_ROLE_OTHER] = "other"};
    return role < VP_ROLE_COUNT ? names[role] : "other";
}
