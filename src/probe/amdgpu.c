/* SPDX-License-Identifier: Apache-2.0 */
/* amdgpu's files in sysfs (Linux kernel, Documentation/gpu/amdgpu: mem_info_vram_total and _used,
 * unique_id, product_name). */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>

#ifndef _WIN32
#include <unistd.h>
#endif

#include "base/vp_text.h"
#include "probe/probe.h"

enum { MOST_CARDS = 64 };
#ifndef O_CLOEXEC
#define O_CLOEXEC 0
#endif

#ifdef _WIN32
void vp_probe_amdgpu(vp_probe *out, const char *root)
{
    (void)out;
    (void)root; /* there is no sysfs */
}
#else

/** One line of a small file, without its end; false when it cannot be read. */
static bool read_line(const char *root, unsigned card, const char *file, char *text, size_t room)
{
    char path[256];
    int length = snprintf(path, sizeof path, "%s/sys/class/drm/card%u/device/%s", root, card, file);
    if (length < 0 || (size_t)length >= sizeof path) return false;
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    if (fd < 0) return false;
    ssize_t got;
    do {
        got = read(fd, text, room - 1);
    } while (got < 0 && errno == EINTR);
    close(fd);
    if (got <= 0) return false;
    text[got] = '\0';
    text[strcspn(text, "\n")] = '\0';
    return true;
}

static bool read_bytes(const char *root, unsigned card, const char *file, uint64_t *out)
{
    char text[32];
    return read_line(root, card, file, text, sizeof text) && vp_str_to_u64(vp_str_from(text), out);
}

void vp_probe_amdgpu(vp_probe *out, const char *root)
{
    for (unsigned card = 0; card < MOST_CARDS && out->count < VP_MAX_PROBED; card++) {
        char text[VP_PROBED_NAME];
        uint64_t total, used;
        if (!read_line(root, card, "vendor", text, sizeof text) || strcmp(text, "0x1002") != 0) continue;
        if (!read_bytes(root, card, "mem_info_vram_total", &total) ||
            !read_bytes(root, card, "mem_info_vram_used", &used) || used > total)
            continue;
        vp_probed *gpu = &out->gpus[out->count++];
        memset(gpu, 0, sizeof *gpu);
        gpu->vendor = "amd";
        gpu->index = card;
        gpu->total_bytes = total;
        gpu->free_bytes = total - used;
        if (!read_line(root, card, "product_name", gpu->name, sizeof gpu->name)) strcpy(gpu->name, "AMD GPU");
        if (read_line(root, card, "unique_id", text, sizeof text))
            snprintf(gpu->uuid, sizeof gpu->uuid, "GPU-%.80s", text);
    }
}
#endif
