/* SPDX-License-Identifier: Apache-2.0 */
/* Arguments that come behind the planned ones: read as vLLM reads them, so that the plan is of what will run
 * (argparse: the last of two wins). */
#ifndef VP_LAUNCH_EXTRA_ARGS_H
#define VP_LAUNCH_EXTRA_ARGS_H

#include "core/plan.h"
#include "launch/parse_args.h"

typedef struct vp_extra_args {
    vp_parse parse;
    vp_remarks remarks;
    vp_mend mend;
    vp_settings planned; /* the request's own settings, before */
} vp_extra_args;

/** Reads engine->extra_args and lays their settings over the request's. False only without room. */
bool vp_extra_args_read(vp_extra_args *extra, vp_request *request, vp_arena *arena);
/** Tells the plan what was overridden, and what vLLM would refuse. */
void vp_extra_args_tell(const vp_extra_args *extra, vp_arena *arena, vp_plan *plan);
/** Takes the settings out that the extra arguments say themselves: they stand in argv once. */
void vp_extra_args_take_out(const vp_extra_args *extra, vp_settings *settings);

#endif
