/* SPDX-License-Identifier: Apache-2.0 */
/* A stand-in for NVIDIA's management library: answers what FAKE_NVML says, so that probing is tested on machines
 * without a GPU. One card is NAME|UUID|TOTAL|FREE|CAPABILITY[|PID:BYTES...]; cards are separated by ';'. A name that
 * begins with '~' is a card in MIG mode with the next entries that begin with '+' as its slices; "!N" makes nvmlInit
 * fail with N. Bytes of "?" are not told, as in containers. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

typedef struct nvmlDevice {
    char text[2048];
} nvmlDevice;
typedef struct nvmlMemory {
    unsigned long long total, free, used;
} nvmlMemory;
typedef struct nvmlProcess {
    unsigned int pid;
    unsigned long long used;
    unsigned int gpu_instance, compute_instance;
} nvmlProcess;

static nvmlDevice cards[80];
static unsigned int card_count;

static void load(const char *text)
{
    card_count = 0;
    while (*text && card_count < 80) {
        size_t n = strcspn(text, ";");
        snprintf(cards[card_count++].text, sizeof cards[0].text, "%.*s", (int)n, text);
        text += n + (text[n] == ';');
    }
}

/** Copies field `which` of a card; empty when there is none. */
static void field(const nvmlDevice *card, int which, char *out, size_t room)
{
    const char *text = card->text + (card->text[0] == '~' || card->text[0] == '+');
    for (; which > 0 && *text; which--) {
        text += strcspn(text, "|");
        if (*text) text++;
    }
    snprintf(out, room, "%.*s", (int)strcspn(text, "|"), text);
}

static unsigned long long number(const nvmlDevice *card, int which)
{
    char text[64];
    field(card, which, text, sizeof text);
    return strtoull(text, NULL, 10);
}

int nvmlInit_v2(void)
{
    const char *text = getenv("FAKE_NVML");
    if (!text) return 9; /* NVML_ERROR_DRIVER_NOT_LOADED */
    if (*text == '!') return atoi(text + 1);
    load(text);
    return 0;
}
int nvmlShutdown(void) { return 0; }
const char *nvmlErrorString(int code)
{
    return code == 18 ? "Driver/library version mismatch" : "Driver Not Loaded";
}

static int is_slice(unsigned int i) { return cards[i].text[0] == '+'; }

int nvmlDeviceGetCount_v2(unsigned int *count)
{
    *count = 0;
    for (unsigned int i = 0; i < card_count; i++) *count += !is_slice(i);
    return 0;
}
int nvmlDeviceGetHandleByIndex_v2(unsigned int index, nvmlDevice **out)
{
    for (unsigned int i = 0; i < card_count; i++) {
        if (is_slice(i)) continue;
        if (index-- > 0) continue;
        if (strncmp(cards[i].text, "LOST", 4) == 0) return 15; /* NVML_ERROR_GPU_IS_LOST */
        *out = &cards[i];
        return 0;
    }
    return 2;
}
int nvmlDeviceGetName(nvmlDevice *card, char *out, unsigned int room)
{
    field(card, 0, out, room);
    return 0;
}
int nvmlDeviceGetUUID(nvmlDevice *card, char *out, unsigned int room)
{
    field(card, 1, out, room);
    return 0;
}
int nvmlDeviceGetMemoryInfo(nvmlDevice *card, nvmlMemory *out)
{
    out->total = number(card, 2);
    out->free = number(card, 3);
    out->used = out->total - out->free;
    return out->total ? 0 : 3; /* NVML_ERROR_NOT_SUPPORTED: unified memory */
}
int nvmlDeviceGetCudaComputeCapability(nvmlDevice *card, int *major, int *minor)
{
    char text[16];
    field(card, 4, text, sizeof text);
    return sscanf(text, "%d.%d", major, minor) == 2 ? 0 : 3;
}
int nvmlDeviceGetComputeRunningProcesses_v3(nvmlDevice *card, unsigned int *count, nvmlProcess *list)
{
    unsigned int room = *count;
    *count = 0;
    for (int which = 5;; which++) {
        char text[64];
        field(card, which, text, sizeof text);
        if (!*text) return *count > room ? 7 : 0;
        if (*count < room) {
            char *bytes = strchr(text, ':');
            list[*count].pid = (unsigned int)strtoul(text, NULL, 10);
            list[*count].used = bytes && bytes[1] != '?' ? strtoull(bytes + 1, NULL, 10) : ~0ull;
        }
        ++*count;
    }
}
int nvmlSystemGetProcessName(unsigned int pid, char *out, unsigned int room)
{
    if (pid == 1) return 4; /* NVML_ERROR_NO_PERMISSION */
    snprintf(out, room, "VLLM::EngineCore\x1b[31m");
    return 0;
}
int nvmlDeviceGetMigMode(nvmlDevice *card, unsigned int *now, unsigned int *pending)
{
    *now = *pending = card->text[0] == '~';
    return 0;
}
int nvmlDeviceGetMaxMigDeviceCount(nvmlDevice *card, unsigned int *count)
{
    *count = card->text[0] == '~' ? 7 : 0;
    return 0;
}
int nvmlDeviceGetMigDeviceHandleByIndex(nvmlDevice *card, unsigned int index, nvmlDevice **out)
{
    unsigned int at = (unsigned int)(card - cards) + 1 + index;
    if (at >= card_count || !is_slice(at)) return 6; /* NVML_ERROR_NOT_FOUND */
    *out = &cards[at];
    return 0;
}
