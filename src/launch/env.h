/* SPDX-License-Identifier: Apache-2.0 */
/* The server's environment: which cards it sees, what the request says, and secrets by name only. */
#ifndef VP_LAUNCH_ENV_H
#define VP_LAUNCH_ENV_H

#include "core/plan.h"
#include "launch/deploy.h"
#include "launch/nodes.h"

enum { VP_MAX_ENV = VP_MAX_HOST_VARIABLES + 8 };

/** What the plan uses of each machine. */
typedef struct vp_cards {
    uint32_t used; /* the first ones of the request's list */
    bool by_uuid;  /* every card that is used has one, and there is one machine */
    bool by_index; /* every card that is used has the driver's number */
} vp_cards;

typedef struct vp_variable_row {
    const char *name;
    const char
        *value; /* NULL: a secret, which the reader of the plan puts in from its own variable of that name */
    bool places_cards; /* means nothing inside a container that is handed its cards */
} vp_variable_row;

typedef struct vp_env {
    vp_variable_row items[VP_MAX_ENV];
    uint32_t count;
    vp_cards cards;
    bool uuid_refused; /* cards have only a UUID, and this release reads only numbers */
} vp_env;

/** False when there are too many variables, or the arena is too small. */
bool vp_launch_env(const vp_plan *plan, const vp_deploy *deploy, const vp_launches *launches, vp_arena *arena,
                   vp_env *out);

/** The used cards, separated by ',': "GPU-1,GPU-2", or "0,1". */
void vp_cards_put(vp_writer *w, const vp_plan *plan, const vp_cards *cards, bool by_uuid);

/** The variable that stands for a secret setting; NULL when vLLM and its libraries read it from none. */
const char *vp_secret_variable(const char *setting);

#endif
