/* SPDX-License-Identifier: Apache-2.0 */
#include "probe/probe.h"

#include <string.h>

void vp_probe_machine(vp_probe *out)
{
    memset(out, 0, sizeof *out);
    vp_probe_nvml(out);
    uint32_t nvidia = out->count;
    vp_probe_amdgpu(out, "");
    for (uint32_t i = 0; i < out->count; i++) out->gpus[i].position = i < nvidia ? i : i - nvidia;
}

void vp_probe_idle_first(vp_probe *probe)
{
    for (uint32_t i = 1; i < probe->count; i++) {
        vp_probed gpu = probe->gpus[i];
        uint32_t at = i;
        for (; at > 0 && probe->gpus[at - 1].free_bytes < gpu.free_bytes; at--)
            probe->gpus[at] = probe->gpus[at - 1];
        probe->gpus[at] = gpu;
    }
}
