/* SPDX-License-Identifier: Apache-2.0 */
/* Formulas of the tables: whole numbers, names, + - * / %, < and =, parentheses. Every step saturates; a
 * difference is never below 0. */
#ifndef VP_CORE_FORMULA_H
#define VP_CORE_FORMULA_H

#include <stdbool.h>
#include <stdint.h>

#include "base/vp_text.h"

typedef struct vp_formula_names {
    bool (*value)(const void *context, vp_str name, uint64_t *out);
    const void *context;
} vp_formula_names;

/** False when the text is no formula, names what is not known, or divides by 0. The text ends with NUL or "|". */
bool vp_formula(const char *text, const vp_formula_names *names, uint64_t *out);

#endif
