/* SPDX-License-Identifier: Apache-2.0 */
/* Secrets of a log are counted and never repeated. */
#ifndef VP_DIAGNOSE_REDACT_H
#define VP_DIAGNOSE_REDACT_H

#include "base/vp_text.h"

/** Writes the text with "***" in the place of every secret, and returns how many there were. What was masked
 *  already is no secret any more. `out` may have no room: then only the count matters. */
uint32_t vp_redact(vp_str text, vp_writer *out);
/** The same into an arena. */
const char *vp_redact_copy(vp_str text, vp_arena *arena);

#endif
