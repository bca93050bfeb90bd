/* SPDX-License-Identifier: Apache-2.0 */
#include "core/model.h"

#include "data/release_rules.h"

const char *vp_rope_kind_name(vp_rope_kind kind)
{
    static const char *const names[VP_ROPE_KINDS] = {"default", "linear", "dynamic",
                                                     "yarn",    "llama3", "other"};
    return kind < VP_ROPE_KINDS ? names[kind] : "other";
}

uint64_t vp_model_context(const vp_model *model, vp_release release)
{
    if (model->rope == VP_ROPE_YARN && vp_rule_value(VP_RULE_YARN_KEEPS_CONTEXT, release))
        return model->max_position;
    return model->context;
}
