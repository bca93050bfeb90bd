/* SPDX-License-Identifier: Apache-2.0 */
#include "launch/start.h"

static void tell(const vp_start *start, vp_plan *plan, vp_arena *arena)
{
    vp_launch_nodes_tell(&start->launches, plan);
    if (start->env.uuid_refused)
        vp_plan_note(
            plan, "uuid_not_taken", VP_WARNING, "/gpus",
            vp_arena_format(arena,
                            "vLLM %s reads CUDA_VISIBLE_DEVICES as numbers and would stop at a UUID, so the "
                            "environment names no cards; gpus.index gives their numbers",
                            plan->request->engine.release->key));
}

bool vp_start_make(vp_plan *plan, const vp_settings *shown, const vp_deploy *deploy, const char *model_path,
                   vp_arena *arena, vp_start *out, vp_error *error)
{
    vp_render_from from = {plan, &out->launches, &out->env, deploy, model_path};
    if (!vp_launch_nodes(plan, shown, deploy->head_address, arena, &out->launches, error)) return false;
    if (!vp_launch_env(plan, deploy, &out->launches, arena, &out->env))
        return vp_fail(error, VLLMPLAN_E_LIMIT, "/host/env",
                       "there are too many variables, or too long ones");
    tell(out, plan, arena);
    return vp_render(&from, arena, &out->rendered, error);
}
