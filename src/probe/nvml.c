/* SPDX-License-Identifier: Apache-2.0 */
/* NVIDIA's management library (NVML API reference: device queries, MIG). Its functions are looked up one by one: a
 * driver may lack the newer ones. */
#include <string.h>

#include "base/vp_text.h"
#include "probe/library.h"
#include "probe/probe.h"

typedef struct nvml_device nvml_device; /* opaque there too */

typedef struct nvml_memory {
    unsigned long long total, free, used;
} nvml_memory;

/** nvmlProcessInfo_t since driver 510 (nvmlDeviceGetComputeRunningProcesses_v3). */
typedef struct nvml_process {
    unsigned int pid;
    unsigned long long used;
    unsigned int gpu_instance, compute_instance;
} nvml_process;

enum {
    NVML_SUCCESS = 0,
    NVML_INSUFFICIENT_SIZE = 7,
    NVML_MAX_PROCESSES = 64,
};
#define NVML_NOT_AVAILABLE 0xFFFFFFFFFFFFFFFFull

typedef struct nvml {
    vp_library library;
    int (*init)(void);
    int (*shutdown)(void);
    const char *(*error_text)(int code);
    int (*count)(unsigned int *count);
    int (*by_index)(unsigned int index, nvml_device **device);
    int (*name)(nvml_device *device, char *text, unsigned int room);
    int (*uuid)(nvml_device *device, char *text, unsigned int room);
    int (*memory)(nvml_device *device, nvml_memory *memory);
    int (*capability)(nvml_device *device, int *major, int *minor);
    /* may be missing */
    int (*processes)(nvml_device *device, unsigned int *count, nvml_process *list);
    int (*process_name)(unsigned int pid, char *text, unsigned int room);
    int (*mig_mode)(nvml_device *device, unsigned int *now, unsigned int *pending);
    int (*mig_count)(nvml_device *device, unsigned int *count);
    int (*mig_by_index)(nvml_device *device, unsigned int index, nvml_device **slice);
} nvml;

#define FIND(member, name) vp_library_find(&n->library, name, &n->member, sizeof n->member)

static bool open_nvml(nvml *n)
{
    static const char *const names[] = {
#ifdef _WIN32
        "nvml.dll",
#else
        "libnvidia-ml.so.1", "/usr/lib/wsl/lib/libnvidia-ml.so.1", /* where WSL2 keeps it */
#endif
        NULL};
    memset(n, 0, sizeof *n);
    if (!vp_library_open(&n->library, names)) return false;
    bool usable =
        FIND(init, "nvmlInit_v2") && FIND(shutdown, "nvmlShutdown") && FIND(count, "nvmlDeviceGetCount_v2") &&
        FIND(by_index, "nvmlDeviceGetHandleByIndex_v2") && FIND(name, "nvmlDeviceGetName") &&
        FIND(uuid, "nvmlDeviceGetUUID") && FIND(memory, "nvmlDeviceGetMemoryInfo") &&
        FIND(capability, "nvmlDeviceGetCudaComputeCapability") && FIND(error_text, "nvmlErrorString");
    if (!usable) {
        vp_library_close(&n->library);
        return false;
    }
    FIND(processes, "nvmlDeviceGetComputeRunningProcesses_v3");
    FIND(process_name, "nvmlSystemGetProcessName");
    FIND(mig_mode, "nvmlDeviceGetMigMode");
    FIND(mig_count, "nvmlDeviceGetMaxMigDeviceCount");
    FIND(mig_by_index, "nvmlDeviceGetMigDeviceHandleByIndex");
    return true;
}

/** A name of the driver's, without what a terminal would act on. */
static void keep_printable(char *text)
{
    for (; *text; text++)
        if ((unsigned char)*text < 0x20 || (unsigned char)*text > 0x7e) *text = '?';
}

static void ask_holders(const nvml *n, nvml_device *device, vp_probed *out)
{
    nvml_process list[NVML_MAX_PROCESSES];
    unsigned int count = NVML_MAX_PROCESSES;
    if (!n->processes) return;
    memset(list, 0, sizeof list);
    int code = n->processes(device, &count, list);
    if (code != NVML_SUCCESS && code != NVML_INSUFFICIENT_SIZE) return;
    if (code == NVML_INSUFFICIENT_SIZE || count > NVML_MAX_PROCESSES) {
        out->more_holders = count; /* it says how many there are, and fills nothing in */
        return;
    }
    for (unsigned int i = 0; i < count; i++) {
        if (out->holder_count == VP_MAX_HOLDERS) {
            out->more_holders++;
            continue;
        }
        vp_holder *holder = &out->holders[out->holder_count++];
        holder->pid = list[i].pid;
        holder->bytes = list[i].used == NVML_NOT_AVAILABLE ? 0 : list[i].used;
        if (!n->process_name ||
            n->process_name(list[i].pid, holder->name, (unsigned int)sizeof holder->name) != NVML_SUCCESS)
            holder->name[0] = '\0';
        holder->name[sizeof holder->name - 1] = '\0';
        keep_printable(holder->name);
    }
}

/** One card, or one slice of it. What cannot be asked stays empty or 0. */
static void ask_device(const nvml *n, nvml_device *device, uint32_t index, uint16_t capability, vp_probe *out)
{
    nvml_memory memory = {0, 0, 0};
    int major = 0, minor = 0;
    if (out->count == VP_MAX_PROBED) return;
    vp_probed *gpu = &out->gpus[out->count++];
    memset(gpu, 0, sizeof *gpu);
    gpu->vendor = "nvidia";
    gpu->index = index;
    if (n->name(device, gpu->name, (unsigned int)sizeof gpu->name) != NVML_SUCCESS) gpu->name[0] = '\0';
    if (n->uuid(device, gpu->uuid, (unsigned int)sizeof gpu->uuid) != NVML_SUCCESS) gpu->uuid[0] = '\0';
    gpu->name[sizeof gpu->name - 1] = gpu->uuid[sizeof gpu->uuid - 1] = '\0';
    keep_printable(gpu->name);
    keep_printable(gpu->uuid);
    if (n->memory(device, &memory) == NVML_SUCCESS && memory.free <= memory.total) {
        gpu->total_bytes = memory.total;
        gpu->free_bytes = memory.free;
    }
    gpu->capability = capability;
    if (capability == 0 && n->capability(device, &major, &minor) == NVML_SUCCESS && major > 0 &&
        major < 100 && minor >= 0 && minor < 10)
        gpu->capability = (uint16_t)(major * 10 + minor);
    ask_holders(n, device, gpu);
}

/** The slices of a card in MIG mode; CUDA sees them in its place. False: it is no such card. */
static bool ask_slices(const nvml *n, nvml_device *card, uint32_t index, vp_probe *out)
{
    unsigned int now = 0, pending = 0, most = 0;
    int major = 0, minor = 0;
    if (!n->mig_mode || !n->mig_count || !n->mig_by_index) return false;
    if (n->mig_mode(card, &now, &pending) != NVML_SUCCESS || now != 1) return false;
    if (n->mig_count(card, &most) != NVML_SUCCESS) return true;
    n->capability(card, &major, &minor);
    for (unsigned int i = 0; i < most && i < VP_MAX_PROBED; i++) {
        nvml_device *slice = NULL;
        if (n->mig_by_index(card, i, &slice) != NVML_SUCCESS) continue;
        uint32_t before = out->count;
        ask_device(n, slice, index, (uint16_t)(major * 10 + minor), out);
        if (out->count > before) out->gpus[before].slice = true;
    }
    return true;
}

static void say_reason(const nvml *n, int code, vp_probe *out)
{
    vp_writer w;
    const char *text = n->error_text(code);
    vp_writer_start(&w, out->reason, sizeof out->reason);
    vp_put(&w, text ? text : "no reason given");
    keep_printable(out->reason);
}

void vp_probe_nvml(vp_probe *out)
{
    nvml n;
    unsigned int count = 0;
    out->nvidia = VP_PROBE_NO_DRIVER;
    if (!open_nvml(&n)) return;
    out->nvidia = VP_PROBE_DRIVER_SILENT;
    int code = n.init();
    if (code != NVML_SUCCESS) {
        say_reason(&n, code, out);
        vp_library_close(&n.library);
        return;
    }
    code = n.count(&count);
    if (code != NVML_SUCCESS) say_reason(&n, code, out);
    if (code == NVML_SUCCESS) out->nvidia = count > 0 ? VP_PROBE_OK : VP_PROBE_NO_DEVICE;
    for (unsigned int i = 0; code == NVML_SUCCESS && i < count && i < VP_MAX_PROBED; i++) {
        nvml_device *card = NULL;
        if (n.by_index(i, &card) != NVML_SUCCESS) continue; /* a card that fell off the bus */
        if (!ask_slices(&n, card, i, out)) ask_device(&n, card, i, 0, out);
    }
    n.shutdown();
    vp_library_close(&n.library);
}
