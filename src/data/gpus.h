/* SPDX-License-Identifier: Apache-2.0 */
/* Accelerators: rows of gpus.def, found by any name that people or drivers use. */
#ifndef VP_DATA_GPUS_H
#define VP_DATA_GPUS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/vp_error.h"
#include "base/vp_text.h"

typedef struct vp_gpu {
    const char *key;          /* "rtx_3090" */
    const char *name;         /* "GeForce RTX 3090" */
    const char *aliases;      /* other names, separated by '|' */
    const char *vendor;       /* "nvidia", "amd", "intel" */
    const char *architecture; /* "ampere", ... or "" */
    uint32_t marketing_gb;
    uint32_t driver_mib;      /* total as nvidia-smi prints it; 0 = not seen */
    uint32_t torch_mib;       /* total as CUDA and torch report it: the lowest sighting of the newest
                                drivers; 0 = not seen */
    uint32_t free_mib;        /* lowest sighting of free memory with nothing but a CUDA context; 0 = none */
    uint16_t capability;      /* 86 = compute capability 8.6; 0 = not CUDA */
    uint16_t multiprocessors; /* 0 = not known */
    uint32_t bandwidth_gbs;   /* memory bandwidth, GB/s, rounded; 0 = not known */
    bool nvlink;              /* cards of this name can be joined by NVLink */
    const char *source;       /* where the memory figure is from */
} vp_gpu;

size_t vp_gpu_count(void);
const vp_gpu *vp_gpu_at(size_t index);
/** Finds a card by key, name or alias, however it is spelled. On failure names the nearest card
 *  (VLLMPLAN_E_UNKNOWN_NAME) or the several that fit (VLLMPLAN_E_AMBIGUOUS) and returns NULL. */
const vp_gpu *vp_gpu_find(vp_str name, const char *path, vp_error *error);
/** The same with the card's total memory, which tells cards of one name apart: the RTX 3080 with 10
 *  and with 12 GB. 0 bytes: not known. */
const vp_gpu *vp_gpu_find_sized(vp_str name, uint64_t total_bytes, const char *path, vp_error *error);

#endif
