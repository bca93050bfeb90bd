/* SPDX-License-Identifier: Apache-2.0 */
#include "core/model.h"

#include "data/release_rules.h"

const char *vp_rope_kind_name(vp_rope_kind kind)
{
    static const char *const names[VP_ROPE_KINDS] = {"default", "linear",   "dynamic", "yarn",
                                                     "llama3",  "longrope", "other"};
    return kind < VP_ROPE_KINDS ? names[kind] : "other";
}

const char *vp_form_name(vp_form form)
{
    static const char *const names[VP_FORM_COUNT] = {"plain",      "gptq",     "awq",
                                                     "compressed", "modelopt", "autoround"};
    return form < VP_FORM_COUNT ? names[form] : "plain";
}

uint64_t vp_model_context(const vp_model *model, vp_release release)
{
    bool yarn = model->rope_count > 0 && model->ropes[0].kind == VP_ROPE_YARN;
    if (yarn && vp_rule_value(VP_RULE_YARN_KEEPS_CONTEXT, release)) return model->max_position;
    return model->context;
}

bool vp_model_ropes_known(const vp_model *model)
{
    for (uint32_t i = 0; i < model->rope_count; i++)
        if (model->ropes[i].kind == VP_ROPE_OTHER) return false;
    return true;
}
