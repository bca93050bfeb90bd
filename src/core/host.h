/* SPDX-License-Identifier: Apache-2.0 */
/* Main memory and /dev/shm of one machine: what a start takes of them. */
#ifndef VP_CORE_HOST_H
#define VP_CORE_HOST_H

#include "core/evaluate.h"

/** Bytes on one machine, of all ranks on it. */
typedef struct vp_host {
    uint64_t pinned_bytes; /* of weights and KV cache that are offloaded: not swappable */
    uint64_t swap_bytes;   /* pinned too: --swap-space, in releases that have it */
    uint64_t
        files_bytes; /* of the checkpoint, mapped while loading: the page cache gives them back; 0 = not known */
    uint64_t shm_bytes; /* buffers between the processes, touched as messages grow */
} vp_host;

void vp_host_of(const vp_request *request, const vp_settings *settings, const vp_evaluation *evaluation,
                vp_host *out);
/** Why vLLM refuses the machine's main memory; NULL: it does not, or how much there is was not said. */
const char *vp_host_problem(const vp_request *request, const vp_settings *settings,
                            const vp_engine_args *args, vp_arena *arena);

#endif
