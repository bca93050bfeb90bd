/* SPDX-License-Identifier: Apache-2.0 */
/* The figures of a plan. */
#ifndef VP_JSON_PUT_MEMORY_H
#define VP_JSON_PUT_MEMORY_H

#include "core/plan.h"
#include "json/put.h"

void vp_out_memory(vp_out *out, const vp_plan *plan);
void vp_out_kv_cache(vp_out *out, const vp_plan *plan);

#endif
