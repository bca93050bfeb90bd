/* SPDX-License-Identifier: Apache-2.0 */
/* Terms that were measured on a start of the asked settings, and for which other settings they still hold. */
#ifndef VP_CORE_MEASURED_H
#define VP_CORE_MEASURED_H

#include "core/request.h"
#include "core/runtime.h"

/** In the order of the request's measured terms. */
enum { VP_TERM_WEIGHTS, VP_TERM_ACTIVATION, VP_TERM_NON_TORCH, VP_TERM_GRAPHS, VP_MEASURED_TERMS };

/** holds[term]: the request brings this term, and `settings` leave alone what it depends on. */
void vp_measured_hold(const vp_request *request, const vp_settings *settings, bool holds[VP_MEASURED_TERMS]);
/** Puts the terms that hold in the place of the law's. */
void vp_measured_use(const vp_request *request, const bool holds[VP_MEASURED_TERMS], vp_runtime *runtime);

#endif
