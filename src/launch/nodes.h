/* SPDX-License-Identifier: Apache-2.0 */
/* One plan on several machines: what runs on each, by vLLM's own means or on Ray. */
#ifndef VP_LAUNCH_NODES_H
#define VP_LAUNCH_NODES_H

#include "core/plan.h"
#include "launch/argv.h"

enum { VP_MAX_LAUNCHES = 64 + 1 }; /* one a machine, and on Ray one more on the first */

/** Stands in arguments for the address of the first machine, where nothing says it. */
#define VP_HEAD_ADDRESS "HEAD_ADDRESS"

typedef enum vp_launch_role {
    VP_RUNS_SERVE,
    VP_RUNS_HEADLESS,
    VP_RUNS_RAY_HEAD,
    VP_RUNS_RAY_WORKER,
} vp_launch_role;

typedef struct vp_launch {
    uint32_t node;
    vp_launch_role role;
    vp_argv argv;
} vp_launch;

/** The server's own comes first; on Ray those of the cluster have to run before it. */
typedef struct vp_launches {
    vp_launch items[VP_MAX_LAUNCHES];
    uint32_t count;
    uint32_t machines;
    uint32_t cards; /* of each machine that are used, at most */
    bool ray;
    bool address_missing; /* VP_HEAD_ADDRESS stands in the arguments */
    const char *left_out; /* why the split is spread over machines and only one is started; NULL: it is not */
} vp_launches;

const char *vp_launch_role_name(vp_launch_role role);

/** Builds the arguments of every machine. `shown`: the settings that argv says; head_address may be NULL. */
bool vp_launch_nodes(const vp_plan *plan, const vp_settings *shown, const char *head_address, vp_arena *arena,
                     vp_launches *out, vp_error *error);

/** Says in the plan's notes what the caller still has to do. */
void vp_launch_nodes_tell(const vp_launches *launches, vp_plan *plan);

#endif
