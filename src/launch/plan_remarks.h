/* SPDX-License-Identifier: Apache-2.0 */
#ifndef VP_LAUNCH_PLAN_REMARKS_H
#define VP_LAUNCH_PLAN_REMARKS_H

#include "core/plan.h"
#include "launch/check.h"

/** Adds what the plan of the mended command says against it. */
void vp_plan_remarks(vp_check *check, const vp_plan *plan);

#endif
