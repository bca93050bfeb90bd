/* SPDX-License-Identifier: Apache-2.0 */
/* What layers of latent attention keep beside their parameters. */
#ifndef VP_CORE_WEIGHTS_LATENT_H
#define VP_CORE_WEIGHTS_LATENT_H

#include "core/packing.h"

/** The 16-bit copies of a packed kv_b_proj, of one layer. */
void vp_latent_add_copies(const vp_packed *kv_b, vp_allocations *out);
/** Buffers of sparse attention on a stage: an indexer's choice of tokens, and what its readers make of it. */
void vp_latent_count_buffers(const vp_weights_case *c, const vp_stage *stage, vp_weights *out);

#endif
