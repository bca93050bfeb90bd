/* SPDX-License-Identifier: Apache-2.0 */
/* All that starts a plan: arguments for each machine, environment, and a rendering of both. */
#ifndef VP_LAUNCH_START_H
#define VP_LAUNCH_START_H

#include "launch/render.h"

typedef struct vp_start {
    vp_launches launches;
    vp_env env;
    vp_rendered rendered;
} vp_start;

/** `shown`: the settings that argv says. `model_path`: the model's own directory when the arguments name it, or
 *  NULL. Adds notes to the plan. */
bool vp_start_make(vp_plan *plan, const vp_settings *shown, const vp_deploy *deploy, const char *model_path,
                   vp_arena *arena, vp_start *out, vp_error *error);

#endif
