/* SPDX-License-Identifier: Apache-2.0 */
/* Numbers as logs print them: rounded, with a unit, with separators. */
#ifndef VP_DIAGNOSE_LOG_NUMBERS_H
#define VP_DIAGNOSE_LOG_NUMBERS_H

#include <stdbool.h>
#include <stdint.h>

#include "base/vp_text.h"

#define VP_GIB ((uint64_t)1 << 30)

/** A size that was printed with few decimals: what was meant lies within `half` of `bytes`. */
typedef struct vp_printed {
    uint64_t bytes;
    uint64_t half; /* half of the last printed decimal; 0: exact */
    bool negative; /* vLLM prints what is left for the KV cache also when nothing is */
    bool known;
} vp_printed;

/** Takes "15.27", "-0.41" or "1e-2"-free decimals off the front of *text. unit: the bytes of one; 0: the
 *  unit is in the text ("14.81 MiB", "23.46GiB"). least_decimals: format_gib() drops zeros at the end, so
 *  "8.4" is as sharp as "8.40". False, and *text untouched, when no number stands there. */
bool vp_take_size(vp_str *text, uint64_t unit, unsigned least_decimals, vp_printed *out);
/** Takes "65,536" or "65536". */
bool vp_take_count(vp_str *text, uint64_t *out);
/** Takes "24.96" as thousandths, cut off: 24960. */
bool vp_take_permille(vp_str *text, uint64_t *out);

#endif
