/* SPDX-License-Identifier: Apache-2.0 */
#include "data/steps.h"

#include <string.h>

static const char *const steps[] = {
#define STEP(name) name,
#include "data/steps.def"
#undef STEP
};

enum { STEPS = sizeof steps / sizeof steps[0] };

const char *vp_step_at(size_t place) { return place < STEPS ? steps[place] : NULL; }

size_t vp_step_place(const char *name)
{
    size_t place = 0;
    while (place < STEPS && strcmp(name, steps[place]) != 0) place++;
    return place;
}
