/* SPDX-License-Identifier: Apache-2.0 */
/* The library's own error: a code, a path into the request, one sentence. The first error wins,
 * because the innermost part knows most. Codes are those of <vllmplan/status.h>. */
#ifndef VP_BASE_VP_ERROR_H
#define VP_BASE_VP_ERROR_H

#include <stdbool.h>
#include <stdint.h>
#include <vllmplan/status.h>

#include "base/vp_text.h"

typedef struct vp_error {
    int32_t code; /* VLLMPLAN_OK: no error yet */
    char path[256];
    char message[768];
} vp_error;

void vp_error_start(vp_error *error);
/** Notes the error unless there is one already. Always returns false, so that a check can end with
 *  `return vp_fail(...)`. path is a JSON pointer; "" is the whole request. */
bool vp_fail(vp_error *error, int32_t code, const char *path, const char *format, ...) VP_PRINTF(4, 5);
/** Ends the message with the nearest name, when there is one: "; did you mean \"x\"?". */
void vp_error_suggest(vp_error *error, const vp_nearest *nearest);
const char *vp_status_name(int32_t code);

#endif
