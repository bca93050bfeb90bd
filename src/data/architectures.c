/* SPDX-License-Identifier: Apache-2.0 */
#include "data/architectures.h"

static const vp_architecture rows[] = {
#define ARCHITECTURE(class_name, ...) {.name = class_name, __VA_ARGS__},
#include "data/architectures.def"
#undef ARCHITECTURE
};

size_t vp_architecture_count(void) { return sizeof rows / sizeof rows[0]; }

const vp_architecture *vp_architecture_at(size_t index)
{
    return index < vp_architecture_count() ? &rows[index] : NULL;
}

const vp_architecture *vp_architecture_find(vp_str name)
{
    for (size_t i = 0; i < vp_architecture_count(); i++)
        if (vp_str_equal(name, rows[i].name)) return &rows[i];
    return NULL;
}
