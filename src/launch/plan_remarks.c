/* SPDX-License-Identifier: Apache-2.0 */
/* What the plan of a command says, as remarks about it. */
#include "launch/plan_remarks.h"

#include <string.h>

/** "--max-model-len 8192", for the first remedy that is a change of settings. */
static const char *remedy_text(const vp_plan *plan, const vp_release_row *release, vp_arena *arena)
{
    for (uint32_t i = 0; i < plan->remedy_count; i++) {
        const vp_remedy *remedy = &plan->remedies[i];
        const char *text = "";
        for (uint32_t n = 0; n < remedy->change_count; n++) {
            const vp_setting *s = &remedy->changes[n];
            const vp_flag *flag = vp_flag_find(vp_str_from(s->name), release);
            if (flag)
                text = vp_arena_format(arena, "%s%s%s %s", text, n > 0 ? " " : "", flag->option, s->text);
        }
        if (text[0]) return vp_arena_format(arena, "%s: %s", text, remedy->text);
    }
    return plan->remedy_count > 0 ? plan->remedies[0].text : NULL;
}

/** What took the place of a method that the release no longer has: the plan knows what fits this card. */
static void replace_method(vp_check *check, const vp_plan *plan)
{
    const vp_given *asked = NULL;
    for (uint32_t i = 0; i < check->parse.given_count; i++)
        if (strcmp(check->parse.given[i].flag->setting, "quantization") == 0) asked = &check->parse.given[i];
    for (uint32_t i = 0; asked && i < check->remarks.count; i++) {
        vp_remark *remark = &check->remarks.items[i];
        bool its =
            remark->index >= asked->option->index && remark->index < asked->option->index + asked->items;
        if (!its || strcmp(remark->code, "removed_choice") != 0) continue;
        for (uint32_t n = 0; n < plan->remedy_count; n++) {
            const vp_setting *s = &plan->remedies[n].changes[0];
            if (plan->remedies[n].change_count != 1 || strcmp(s->name, "quantization") != 0) continue;
            vp_remark_fix(&check->remarks, remark, "write --quantization %s: %s", s->text,
                          plan->remedies[n].text);
            return;
        }
    }
}

void vp_plan_remarks(vp_check *check, const vp_plan *plan)
{
    const vp_evaluation *e = &plan->returned.evaluation;
    vp_remark_code code;
    switch (e->verdict) {
    case VP_VERDICT_DOES_NOT_FIT:
        code = VP_REMARK_does_not_fit;
        break;
    case VP_VERDICT_BORDERLINE:
        code = VP_REMARK_borderline;
        break;
    case VP_VERDICT_REFUSED:
        code = VP_REMARK_plan_refused;
        break;
    default:
        return;
    }
    uint32_t index = check->parse.model ? check->parse.model->index : VP_NO_INDEX;
    const char *fix = remedy_text(plan, check->release, check->arena);
    vp_remark *remark = e->missing_bytes > 0
                            ? vp_remark_put(&check->remarks, index, code, "%s %llu bytes are missing.",
                                            plan->summary, (unsigned long long)e->missing_bytes)
                            : vp_remark_put(&check->remarks, index, code, "%s", plan->summary);
    if (fix) vp_remark_fix(&check->remarks, remark, "%s", fix);
    replace_method(check, plan);
    vp_remarks_sort(&check->remarks);
}
