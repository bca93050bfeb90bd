/* SPDX-License-Identifier: Apache-2.0 */
#include "core/layers.h"

void vp_layers_add(vp_layers *set, uint64_t layer)
{
    if (layer < VP_MAX_LAYERS) set->bits[layer / 64] |= (uint64_t)1 << (layer % 64);
}

void vp_layers_add_range(vp_layers *set, uint64_t first, uint64_t end)
{
    for (uint64_t layer = first; layer < end && layer < VP_MAX_LAYERS; layer++) vp_layers_add(set, layer);
}

void vp_layers_remove(vp_layers *set, uint64_t layer)
{
    if (layer < VP_MAX_LAYERS) set->bits[layer / 64] &= ~((uint64_t)1 << (layer % 64));
}

bool vp_layers_has(const vp_layers *set, uint64_t layer)
{
    return layer < VP_MAX_LAYERS && (set->bits[layer / 64] >> (layer % 64) & 1) != 0;
}

bool vp_layers_empty(const vp_layers *set)
{
    uint64_t any = 0;
    for (uint32_t word = 0; word < VP_MAX_LAYERS / 64; word++) any |= set->bits[word];
    return any == 0;
}

uint64_t vp_layers_count_in(const vp_layers *set, uint64_t first, uint64_t end)
{
    uint64_t count = 0;
    for (uint64_t word = first / 64; word * 64 < end && word < VP_MAX_LAYERS / 64; word++) {
        uint64_t bits = set->bits[word];
        if (word == first / 64) bits &= UINT64_MAX << (first % 64);
        if (end - word * 64 < 64) bits &= ((uint64_t)1 << (end - word * 64)) - 1;
        for (; bits != 0; bits &= bits - 1) count++;
    }
    return count;
}

uint64_t vp_layers_count(const vp_layers *set) { return vp_layers_count_in(set, 0, VP_MAX_LAYERS); }

vp_layers vp_layers_both(const vp_layers *a, const vp_layers *b)
{
    vp_layers both;
    for (uint32_t word = 0; word < VP_MAX_LAYERS / 64; word++)
        both.bits[word] = a->bits[word] & b->bits[word];
    return both;
}
