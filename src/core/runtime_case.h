/* SPDX-License-Identifier: Apache-2.0 */
/* The case that the runtime law is asked about, from a request and its settings. */
#ifndef VP_CORE_RUNTIME_CASE_H
#define VP_CORE_RUNTIME_CASE_H

#include "core/quantize.h"
#include "core/runtime.h"

/** The release as the user named it: vLLM's releases between the covered ones differ in what they measure. */
vp_release vp_runtime_release(const vp_engine *engine);
/** What is the same for every rank on `device`; pp_rank is 0. */
vp_runtime_case vp_runtime_case_of(const vp_request *request, const vp_engine_args *args,
                                   const vp_device *device, const vp_judgement *judgement);

#endif
