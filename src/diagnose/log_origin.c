/* SPDX-License-Identifier: Apache-2.0 */
/* The names that vLLM's processes put before their lines. */
#include <string.h>

#include "base/vp_int.h"
#include "diagnose/log_lines.h"

/* What a name begins with. Sources: v1/executor/multiproc_executor.py ("VllmWorker rank=1" to 0.9,
 * setup_proc_title_and_log_prefix since 0.10), v1/engine/core.py and entrypoints/cli/serve.py
 * (set_process_title), executor/multiproc_worker_utils.py ("VllmWorkerProcess", V0), Ray's own names. */
static const struct {
    const char *start;
    vp_log_process process;
} names[] = {{"VllmWorker", VP_PROCESS_WORKER},    {"Worker", VP_PROCESS_WORKER},
             {"RayWorker", VP_PROCESS_WORKER},     {"EngineCore", VP_PROCESS_ENGINE},
             {"APIServer", VP_PROCESS_SERVER},     {"ApiServer", VP_PROCESS_SERVER},
             {"DPCoordinator", VP_PROCESS_SERVER}, {"Process-", VP_PROCESS_ENGINE}};

static bool name_of(vp_str text, vp_log_process *process)
{
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        if (!vp_str_starts(text, names[i].start)) continue;
        *process = names[i].process;
        return true;
    }
    return false;
}

/** The digits after `label` inside of the name; -1 when it is not there. */
static int32_t number_after(vp_str name, const char *label)
{
    size_t n = strlen(label);
    for (size_t i = 0; i + n < name.length; i++) {
        if (memcmp(name.at + i, label, n) != 0) continue;
        int32_t value = VP_LOG_UNKNOWN;
        for (size_t k = i + n; k < name.length && name.at[k] >= '0' && name.at[k] <= '9' && value < 100000000;
             k++)
            value = (value < 0 ? 0 : value) * 10 + (name.at[k] - '0');
        if (value >= 0) return value;
    }
    return VP_LOG_UNKNOWN;
}

/** The axes that a V1 worker's name leaves out have one rank. */
static void read_axes(vp_str name, vp_log_origin *origin)
{
    origin->dp = number_after(name, "_DP");
    origin->pp = number_after(name, "_PP");
    origin->tp = number_after(name, "_TP");
    if (origin->tp < 0) origin->tp = number_after(name, " TP");
    origin->rank = number_after(name, "rank=");
    bool any = origin->dp >= 0 || origin->pp >= 0 || origin->tp >= 0;
    if (origin->process != VP_PROCESS_WORKER || !any) return;
    if (origin->dp < 0) origin->dp = 0;
    if (origin->pp < 0) origin->pp = 0;
    if (origin->tp < 0) origin->tp = 0;
}

bool vp_log_take_origin(vp_str *text, vp_log_origin *origin)
{
    vp_log_process process;
    if (text->length < 4 || text->at[0] != '(' ||
        !name_of((vp_str){text->at + 1, text->length - 1}, &process))
        return false;
    const char *end = memchr(text->at, ')', text->length < 128 ? text->length : 128);
    if (!end) return false;
    vp_str name = {text->at + 1, (size_t)(end - text->at) - 1};
    int32_t pid = VP_LOG_UNKNOWN;
    for (size_t i = 0; i + 5 < name.length && pid < 0; i++)
        if (memcmp(name.at + i, " pid=", 5) == 0)
            pid = number_after((vp_str){name.at + i, name.length - i}, " pid=");
    origin->process = process;
    read_axes(name, origin);
    origin->pid = pid > 0 ? (uint64_t)pid : 0;
    for (size_t i = 0; i + 4 < name.length; i++) /* Ray: "ip=10.1.0.4" */
        if (memcmp(name.at + i, " ip=", 4) == 0)
            for (size_t k = i + 4; k < name.length; k++)
                origin->host = origin->host * 31 + (unsigned char)name.at[k];
    size_t used = (size_t)(end - text->at) + 1;
    while (used < text->length && text->at[used] == ' ') used++;
    text->at += used;
    text->length -= used;
    return true;
}
