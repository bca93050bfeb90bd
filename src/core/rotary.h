/* SPDX-License-Identifier: Apache-2.0 */
/* The tables of cosines and sines that vLLM keeps on the GPU. */
#ifndef VP_CORE_ROTARY_H
#define VP_CORE_ROTARY_H

#include "core/model.h"

/** Bytes of one table, which a worker holds once for all layers that use it. own_operators: see vp_weights_case. */
uint64_t vp_rotary_bytes(const vp_rope *rope, vp_dtype model_dtype, vp_release release, bool own_operators);

#endif
