/* SPDX-License-Identifier: Apache-2.0 */
/* Which cards a process may see (CUDA programming guide, environment variables: CUDA_VISIBLE_DEVICES,
 * CUDA_DEVICE_ORDER; ROCm: HIP_VISIBLE_DEVICES). */
#include <string.h>

#include "base/vp_text.h"
#include "probe/probe.h"

static bool is_vendor(const vp_probed *gpu, const char *vendor) { return strcmp(gpu->vendor, vendor) == 0; }

/** The place of the card that one entry names, from `first` on; `count` when there is none. A number counts the
 *  vendor's cards as they were found; text is a UUID or its unambiguous beginning. */
static uint32_t named(const vp_probe *probe, uint32_t first, vp_str entry, const char *vendor)
{
    uint64_t number;
    uint32_t found = probe->count;
    bool numeric = vp_str_to_u64(entry, &number);
    for (uint32_t i = first; i < probe->count && entry.length > 0; i++) {
        const vp_probed *gpu = &probe->gpus[i];
        if (!is_vendor(gpu, vendor)) continue;
        if (numeric ? gpu->position != number : strncmp(gpu->uuid, entry.at, entry.length) != 0) continue;
        if (found < probe->count) return probe->count; /* it means several */
        found = i;
    }
    return found;
}

/** Moves the card at `from` to `to`, before it; those between move up. */
static void move(vp_probe *probe, uint32_t from, uint32_t to)
{
    vp_probed gpu = probe->gpus[from];
    for (uint32_t i = from; i > to; i--) probe->gpus[i] = probe->gpus[i - 1];
    probe->gpus[to] = gpu;
}

/** Whether two cards of the vendor have different names: then the fastest come first in CUDA's own order. */
static bool unlike(const vp_probe *probe, const char *vendor)
{
    const char *first = NULL;
    for (uint32_t i = 0; i < probe->count; i++) {
        if (!is_vendor(&probe->gpus[i], vendor)) continue;
        if (first && strcmp(first, probe->gpus[i].name) != 0) return true;
        first = probe->gpus[i].name;
    }
    return false;
}

static vp_str next_entry(const char **list)
{
    vp_str entry = {*list, strcspn(*list, ",")};
    *list += entry.length + ((*list)[entry.length] == ',');
    while (entry.length > 0 && entry.at[0] == ' ') {
        entry.at++;
        entry.length--;
    }
    while (entry.length > 0 && entry.at[entry.length - 1] == ' ') entry.length--;
    return entry;
}

void vp_probe_visible(vp_probe *probe, const char *list, bool pci_order, const char *vendor)
{
    uint32_t kept = 0;
    bool numbers = false, mixed = unlike(probe, vendor);
    if (!list) return;
    for (const char *rest = list; *rest;) {
        uint64_t number;
        vp_str entry = next_entry(&rest);
        uint32_t at = named(probe, kept, entry, vendor);
        if (at == probe->count) break;
        numbers = numbers || vp_str_to_u64(entry, &number);
        move(probe, at, kept++);
    }
    if (numbers && !pci_order && mixed) probe->mixed_order = true;
    uint32_t left = kept;
    for (uint32_t i = kept; i < probe->count; i++)
        if (!is_vendor(&probe->gpus[i], vendor)) probe->gpus[left++] = probe->gpus[i];
    probe->count = left;
}
