/* SPDX-License-Identifier: Apache-2.0 */
/* Default batch settings by release and card: rows of batch_defaults.def. */
#ifndef VP_DATA_BATCH_DEFAULTS_H
#define VP_DATA_BATCH_DEFAULTS_H

#include <stdbool.h>
#include <stdint.h>

#include "base/vp_release.h"

typedef struct vp_batch_row {
    bool v0;
    vp_release since, before;
    uint64_t from_gib;
    const char *name_lacks; /* lower case; NULL = no such rule */
    uint16_t capability_not;
    uint64_t max_num_seqs, max_num_batched_tokens;
} vp_batch_row;

/** total_bytes is the driver's figure; gpu_name may be NULL, capability (86) may be 0: not known. */
const vp_batch_row *vp_batch_find(vp_release release, bool v0, uint64_t total_bytes, const char *gpu_name,
                                  uint16_t capability);

#endif
