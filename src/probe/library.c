/* SPDX-License-Identifier: Apache-2.0 */
#include "probe/library.h"

#include <string.h>

#ifdef _WIN32
#include <windows.h>

bool vp_library_open(vp_library *library, const char *const *names)
{
    library->handle = NULL;
    /* from the system's folder only: the current one may be a stranger's */
    for (; *names && !library->handle; names++)
        library->handle = (void *)LoadLibraryExA(*names, NULL, LOAD_LIBRARY_SEARCH_SYSTEM32);
    return library->handle != NULL;
}

void vp_library_close(vp_library *library)
{
    if (library->handle) FreeLibrary((HMODULE)library->handle);
    library->handle = NULL;
}

bool vp_library_find(const vp_library *library, const char *name, void *function, size_t size)
{
    FARPROC found = GetProcAddress((HMODULE)library->handle, name);
    if (!found || size != sizeof found) return false;
    memcpy(function, &found, size);
    return true;
}

#else
#include <dlfcn.h>

bool vp_library_open(vp_library *library, const char *const *names)
{
    library->handle = NULL;
    for (; *names && !library->handle; names++) library->handle = dlopen(*names, RTLD_NOW | RTLD_LOCAL);
    return library->handle != NULL;
}

void vp_library_close(vp_library *library)
{
    if (library->handle) dlclose(library->handle);
    library->handle = NULL;
}

bool vp_library_find(const vp_library *library, const char *name, void *function, size_t size)
{
    void *found = dlsym(library->handle, name); /* ISO C has no cast from this to a function pointer */
    if (!found || size != sizeof found) return false;
    memcpy(function, &found, size);
    return true;
}

#endif
