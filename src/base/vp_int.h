/* SPDX-License-Identifier: Apache-2.0 */
/* Unsigned arithmetic that saturates. A sum that would wrap becomes UINT64_MAX and stays there, so a
 * formula can be written as it is read; whoever shows a figure refuses what is above VP_MAX_FIGURE. */
#ifndef VP_BASE_VP_INT_H
#define VP_BASE_VP_INT_H

#include <stdbool.h>
#include <stdint.h>

/** The largest number an answer may hold: 2^53-1, exact in every JSON reader. */
#define VP_MAX_FIGURE ((uint64_t)9007199254740991u)

static inline uint64_t vp_add(uint64_t a, uint64_t b) { return a > UINT64_MAX - b ? UINT64_MAX : a + b; }

static inline uint64_t vp_mul(uint64_t a, uint64_t b)
{
    return a != 0 && b > UINT64_MAX / a ? UINT64_MAX : a * b;
}

/** a - b, or 0 when b is larger. */
static inline uint64_t vp_sub0(uint64_t a, uint64_t b) { return a > b ? a - b : 0; }

/** a / b rounded up; 0 when b is 0. */
static inline uint64_t vp_ceil_div(uint64_t a, uint64_t b) { return b == 0 ? 0 : a / b + (a % b != 0); }

/** a rounded up to a multiple of b. */
static inline uint64_t vp_round_up(uint64_t a, uint64_t b) { return vp_mul(vp_ceil_div(a, b), b); }

static inline uint64_t vp_min(uint64_t a, uint64_t b) { return a < b ? a : b; }
static inline uint64_t vp_max(uint64_t a, uint64_t b) { return a > b ? a : b; }

#endif
