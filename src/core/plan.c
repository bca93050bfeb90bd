/* SPDX-License-Identifier: Apache-2.0 */
#include "core/plan.h"

#include <stddef.h>
#include <string.h>

/** The request unchanged: what the user's own command would do. */
static bool judge_asked(vp_plan *plan, vp_arena *arena, vp_error *error)
{
    vp_candidate *asked = &plan->asked;
    const vp_request *request = plan->request;
    asked->settings = request->settings;
    if (!vp_evaluate(request, &asked->settings, arena, &asked->evaluation, error)) return false;
    asked->works = vp_search_works(request, &asked->evaluation);
    asked->wishes_met =
        request->wish_context == 0 || asked->evaluation.args.max_model_len >= request->wish_context;
    return true;
}

static void start(vp_plan *plan, const vp_request *request)
{
    memset(plan, 0, offsetof(vp_plan, asked));
    plan->request = request;
    vp_candidate_start(&plan->asked);
    vp_candidate_start(&plan->returned);
    vp_candidate_start(&plan->scratch);
    vp_candidate_start(&plan->trial);
}

bool vp_plan_make(const vp_request *request, vp_arena *arena, vp_plan *plan, vp_error *error)
{
    start(plan, request);
    if (!judge_asked(plan, arena, error) || !vp_plan_decide(plan, arena, error) ||
        !vp_plan_remedies(plan, arena, error))
        return false;
    vp_plan_explain(plan, arena);
    if (arena->exhausted)
        return vp_fail(error, VLLMPLAN_E_LIMIT, "", "the plan's texts are longer than there is room for");
    return true;
}
