/* SPDX-License-Identifier: Apache-2.0 */
/* The GPUs of this machine, as its drivers see them. The libraries of a driver are loaded at run time: a
 * machine without one has no GPUs, which is an answer. */
#ifndef VP_PROBE_PROBE_H
#define VP_PROBE_PROBE_H

#include <stdbool.h>
#include <stdint.h>

enum {
    VP_MAX_PROBED = 64,
    VP_MAX_HOLDERS = 8,
    VP_PROBED_NAME = 96,
};

/** A process that holds memory of a card. */
typedef struct vp_holder {
    uint32_t pid;
    char name[VP_PROBED_NAME]; /* "" when it may not be asked */
    uint64_t bytes;            /* 0 = the driver does not say (containers, WSL2) */
} vp_holder;

typedef struct vp_probed {
    const char *vendor; /* "nvidia" or "amd" */
    uint32_t index;     /* the driver's own number: by PCI bus, which need not be CUDA's order */
    uint32_t position;  /* among what a process sees of this vendor, slices counted */
    char name[VP_PROBED_NAME];
    char uuid[VP_PROBED_NAME]; /* "GPU-..." or "MIG-..."; "" when there is none */
    bool slice;                /* a MIG slice, not a whole card */
    uint64_t total_bytes;      /* the driver's figure: more than CUDA hands out; 0 = not told */
    uint64_t free_bytes;
    uint16_t capability; /* 86 = 8.6; 0 = not CUDA, or not told */
    vp_holder holders[VP_MAX_HOLDERS];
    uint32_t holder_count; /* of them listed */
    uint32_t more_holders; /* beyond the list */
} vp_probed;

/** Why there is nothing, or less than there could be. */
typedef enum vp_probe_state {
    VP_PROBE_OK,
    VP_PROBE_NO_DRIVER,     /* no library of a driver to load */
    VP_PROBE_DRIVER_SILENT, /* the library is there, the driver does not answer; `reason` says why */
    VP_PROBE_NO_DEVICE,     /* a driver without cards */
} vp_probe_state;

typedef struct vp_probe {
    vp_probed gpus[VP_MAX_PROBED];
    uint32_t count;
    vp_probe_state nvidia;
    char reason[128]; /* the driver's own words */
    bool mixed_order; /* numbers in CUDA_VISIBLE_DEVICES may mean other cards than here */
} vp_probe;

/** Asks NVML (nvidia) and sysfs (amdgpu). Never fails: a machine without GPUs has an empty list. */
void vp_probe_machine(vp_probe *out);

/** Keeps the cards that a list such as CUDA_VISIBLE_DEVICES names, in its order: numbers, UUIDs or their
 *  beginnings. As CUDA does, the list ends at the first entry that names no card. NULL: no list, all stay.
 *  pci_order: CUDA_DEVICE_ORDER=PCI_BUS_ID; else numbers of unlike cards are uncertain (mixed_order). */
void vp_probe_visible(vp_probe *probe, const char *list, bool pci_order, const char *vendor);

/** The cards with the most free memory first; equal ones keep their order. */
void vp_probe_idle_first(vp_probe *probe);

/* The two ways of asking. `root` stands before "/sys": "" on a machine, a folder in tests. */
void vp_probe_nvml(vp_probe *out);
void vp_probe_amdgpu(vp_probe *out, const char *root);

#endif
