/* SPDX-License-Identifier: Apache-2.0 */
/* The modules that a model is built from, by vLLM's own (fused) names: rows of modules.def. */
#ifndef VP_DATA_MODULES_H
#define VP_DATA_MODULES_H

#include <stdbool.h>

#include "base/vp_text.h"

typedef enum vp_role {
    VP_ROLE_EMBEDDING,
    VP_ROLE_LM_HEAD,
    VP_ROLE_ATTENTION,
    VP_ROLE_MLP,
    VP_ROLE_EXPERTS,
    VP_ROLE_MAMBA, /* state-space and linear attention, as vLLM groups them */
    VP_ROLE_NORMS,
    VP_ROLE_VISION,
    VP_ROLE_AUDIO,
    VP_ROLE_OTHER, /* tensors that no module takes, rotary tables, scalars */
    VP_ROLE_COUNT
} vp_role;

typedef enum vp_module_kind {
    VP_KIND_TABLE,
    VP_KIND_HEAD,
    VP_KIND_LINEAR,
    VP_KIND_PLAIN,
    VP_KIND_EXPERTS,
} vp_module_kind;

typedef enum vp_module_key {
#define MODULE(key, name, role, kind) VP_MODULE_##key,
#include "data/modules.def"
#undef MODULE
    VP_MODULE_COUNT
} vp_module_key;

typedef struct vp_module {
    const char *name;
    vp_module_key key;
    vp_role role;
    vp_module_kind kind;
} vp_module;

const vp_module *vp_module_at(vp_module_key key);
const vp_module *vp_module_find(vp_str name);
/** Whether quantization methods look at the module: linear layers and experts. */
bool vp_module_is_target(const vp_module *module);
const char *vp_role_name(vp_role role);

#endif
