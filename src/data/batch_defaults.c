/* SPDX-License-Identifier: Apache-2.0 */
#include "data/batch_defaults.h"

#include <stddef.h>

static const vp_batch_row rows[] = {
#define BATCH(...) {__VA_ARGS__},
#include "data/batch_defaults.def"
#undef BATCH
};

static char lower(char c) { return c >= 'A' && c <= 'Z' ? (char)(c - 'A' + 'a') : c; }

static bool contains(const char *name, const char *part)
{
    for (; *name; name++) {
        size_t i = 0;
        while (part[i] && lower(name[i]) == part[i]) i++;
        if (!part[i]) return true;
    }
    return false;
}

const vp_batch_row *vp_batch_find(vp_release release, bool v0, uint64_t total_bytes, const char *gpu_name,
                                  uint16_t capability)
{
    size_t i = 0;
    for (; i < sizeof rows / sizeof rows[0] - 1; i++) {
        const vp_batch_row *row = &rows[i];
        if (row->v0 != v0 || vp_release_compare(release, row->since) < 0 ||
            vp_release_compare(release, row->before) >= 0)
            continue;
        if (total_bytes >> 30 < row->from_gib) continue;
        if (row->name_lacks && gpu_name && contains(gpu_name, row->name_lacks)) continue;
        if (row->capability_not && capability == row->capability_not) continue;
        break;
    }
    return &rows[i]; /* the last row fits every card */
}
