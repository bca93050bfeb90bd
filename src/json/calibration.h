/* SPDX-License-Identifier: Apache-2.0 */
/* Measured terms that are kept for later plans, with all that they depend on: explain writes an entry, a plan
 * that is given entries takes the nearest one that is valid for it. */
#ifndef VP_JSON_CALIBRATION_H
#define VP_JSON_CALIBRATION_H

#include "json/explain.h"
#include "json/put.h"

enum { VP_MAX_CALIBRATION = 100000 };

/** "calibration": the entry for this start, or null when not all that it depends on is known. */
void vp_out_calibration(vp_out *out, const vp_explanation *what);

/** Takes the terms of the nearest valid entry into the request, unless it brings its own. *note says what was
 *  taken, or that nothing fits; NULL when there were no entries. Facts and settings must have been read. */
bool vp_json_calibrate(const json_t *entries, vp_request *request, vp_arena *arena, const char **note,
                       vp_error *error);

#endif
