/* SPDX-License-Identifier: Apache-2.0 */
/* Decimal numbers such as a memory utilization of 0.9. Their text is what the user wrote; their
 * value is the IEEE double that Python would read from it, made without strtod and its locale. */
#ifndef VP_BASE_VP_DECIMAL_H
#define VP_BASE_VP_DECIMAL_H

#include <stdbool.h>
#include <stdint.h>

#include "base/vp_text.h"

/** Reads digits with at most one point and a total of 15 digits ("0.9", ".95", "1"): within that
 *  bound digits / 10^decimals is correctly rounded, so the double is exactly Python's float(text). */
bool vp_decimal_parse(vp_str text, double *out);
/** The shortest text that reads back as value; 0 <= value < 10^9 with at most 15 decimals. */
bool vp_decimal_write(vp_writer *w, double value);
/** ceil(bytes * factor) as vLLM's Python computes it: the product in double, then rounded up. */
uint64_t vp_ceil_times(uint64_t bytes, double factor);
/** int(bytes * factor). */
uint64_t vp_floor_times(uint64_t bytes, double factor);

#endif
