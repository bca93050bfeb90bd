/* SPDX-License-Identifier: Apache-2.0 */
/* Patterns that quantization configs name modules by: regular expressions and shell wildcards. They come from
 * strangers, so a match costs at most the length of the name times the length of the pattern. */
#ifndef VP_HF_PATTERN_H
#define VP_HF_PATTERN_H

#include <stdbool.h>
#include <stdint.h>

#include "base/vp_text.h"

enum { VP_MAX_PATTERN = 512 };

/** One step of a compiled expression. */
typedef struct vp_pattern_step {
    uint8_t kind;
    uint16_t a, b;     /* where to go on: both of a fork, the first of a jump */
    uint32_t chars[4]; /* ASCII characters that the step takes; names have no others */
} vp_pattern_step;

typedef struct vp_pattern {
    vp_pattern_step steps[VP_MAX_PATTERN];
    uint32_t count;
} vp_pattern;

/** Compiles what Python's `re` takes, less look-around, back references and flags: false for those, and for
 *  what is longer than VP_MAX_PATTERN steps. */
bool vp_pattern_compile(vp_str text, vp_pattern *out);
/** Whether the expression matches from the front of the name on (re.match). */
bool vp_pattern_matches(const vp_pattern *pattern, vp_str name);
/** Whether the whole name matches a wildcard of *, ? and [...] (fnmatch.fnmatch). */
bool vp_wildcard_matches(vp_str wildcard, vp_str name);

#endif
