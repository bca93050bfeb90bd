/* SPDX-License-Identifier: Apache-2.0 */
/* Shared libraries that are loaded at run time. */
#ifndef VP_PROBE_LIBRARY_H
#define VP_PROBE_LIBRARY_H

#include <stdbool.h>
#include <stddef.h>

typedef struct vp_library {
    void *handle;
} vp_library;

/** Opens the first of the NULL-terminated names that can be loaded. */
bool vp_library_open(vp_library *library, const char *const *names);
void vp_library_close(vp_library *library);
/** Copies the address of a function into *function, of `size` bytes; false when there is none. */
bool vp_library_find(const vp_library *library, const char *name, void *function, size_t size);

#endif
