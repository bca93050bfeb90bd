/* SPDX-License-Identifier: Apache-2.0 */
/* The steps of a start: rows of steps.def. */
#ifndef VP_DATA_STEPS_H
#define VP_DATA_STEPS_H

#include <stddef.h>

/** The name of a step by its place in a start; NULL beyond the last. */
const char *vp_step_at(size_t place);
/** The place of a step; the number of steps when the name is none. */
size_t vp_step_place(const char *name);

#endif
