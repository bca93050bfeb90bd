/* SPDX-License-Identifier: Apache-2.0 */
/* A set of layer numbers. */
#ifndef VP_CORE_LAYERS_H
#define VP_CORE_LAYERS_H

#include <stdbool.h>
#include <stdint.h>

enum { VP_MAX_LAYERS = 1024 };

typedef struct vp_layers {
    uint64_t bits[VP_MAX_LAYERS / 64];
} vp_layers;

void vp_layers_add(vp_layers *set, uint64_t layer);
void vp_layers_add_range(vp_layers *set, uint64_t first, uint64_t end);
void vp_layers_remove(vp_layers *set, uint64_t layer);
bool vp_layers_has(const vp_layers *set, uint64_t layer);
bool vp_layers_empty(const vp_layers *set);
uint64_t vp_layers_count(const vp_layers *set);
/** How many of the set's layers lie in [first, end). */
uint64_t vp_layers_count_in(const vp_layers *set, uint64_t first, uint64_t end);
/** What is in both. */
vp_layers vp_layers_both(const vp_layers *a, const vp_layers *b);

#endif
