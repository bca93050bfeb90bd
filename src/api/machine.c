/* SPDX-License-Identifier: Apache-2.0 */
#include "api/machine.h"

#include <stdlib.h>
#include <string.h>

#include "api/api.h"
#include "base/vp_int.h"
#include "data/gpus.h"
#include "json/put.h"

/** A variable as the request gives it, else as the process has it, where the call allows that. */
static const char *variable(const char *name, uint32_t allow, const json_t *env)
{
    if (env) return json_string_value(json_object_get(env, name));
    return allow & VLLMPLAN_ALLOW_ENV ? getenv(name) : NULL;
}

bool vp_machine_look(vp_probe *out, uint32_t allow, const json_t *env, vp_error *error)
{
    if (!(allow & VLLMPLAN_ALLOW_PROBE))
        return vp_fail(
            error, VLLMPLAN_E_NOT_ALLOWED, "/gpus",
            "devices are asked only when the call allows it: pass VLLMPLAN_ALLOW_PROBE, or name the card");
    const char *order = variable("CUDA_DEVICE_ORDER", allow, env);
    vp_probe_machine(out);
    vp_probe_visible(out, variable("CUDA_VISIBLE_DEVICES", allow, env),
                     order && strcmp(order, "PCI_BUS_ID") == 0, "nvidia");
    vp_probe_visible(out, variable("HIP_VISIBLE_DEVICES", allow, env), true, "amd");
    vp_probe_idle_first(out);
    return true;
}

/** The table's row of a card that a driver named; NULL when it is in none. */
static const vp_gpu *row_of(const vp_probed *gpu)
{
    vp_error ignored;
    vp_error_start(&ignored);
    if (gpu->name[0] == '\0') return NULL;
    return vp_gpu_find_sized(vp_str_from(gpu->name), gpu->total_bytes, "", &ignored);
}

/** Whether the row tells how much of the driver's figure CUDA hands out. */
static bool is_translated(const vp_gpu *row) { return row && row->driver_mib > 0 && row->torch_mib > 0; }

/** A card as a request describes one. */
static json_t *card(const vp_probed *gpu)
{
    const vp_gpu *row = row_of(gpu);
    char capability[16];
    vp_writer w;
    json_t *object = json_object();
    if (row) json_object_set_new(object, "name", json_string(row->key));
    if (gpu->uuid[0]) json_object_set_new(object, "uuid", json_string(gpu->uuid));
    if (!gpu->slice)
        json_object_set_new(object, "index", json_integer(gpu->index)); /* a slice has no number */
    if (gpu->total_bytes > 0) {
        json_object_set_new(object, is_translated(row) ? "driver_total_bytes" : "total_bytes",
                            json_integer((json_int_t)gpu->total_bytes));
        json_object_set_new(object, "free_bytes", json_integer((json_int_t)gpu->free_bytes));
    }
    if (gpu->capability > 0) {
        vp_writer_start(&w, capability, sizeof capability);
        vp_put_format(&w, "%u.%u", gpu->capability / 10u, gpu->capability % 10u);
        json_object_set_new(object, "compute_capability", json_string(capability));
    }
    return object;
}

/** Why there is no card to plan for, and what to do. */
static bool fail_none(const vp_probe *probe, vp_error *error)
{
    const char *instead = "Name the card, such as --gpu rtx_3090.";
    if (probe->count > 0)
        return vp_fail(error, VLLMPLAN_E_UNSUPPORTED, "/gpus",
                       "this machine has %s, and only CUDA cards are computed in this version. %s",
                       probe->gpus[0].name, instead);
    switch (probe->nvidia) {
    case VP_PROBE_DRIVER_SILENT:
        return vp_fail(error, VLLMPLAN_E_MISSING, "/gpus", "NVIDIA's driver does not answer: %s. %s",
                       probe->reason[0] ? probe->reason : "its library is too old", instead);
    case VP_PROBE_OK:
        return vp_fail(error, VLLMPLAN_E_MISSING, "/gpus",
                       "CUDA_VISIBLE_DEVICES hides every card of this machine. %s", instead);
    case VP_PROBE_NO_DRIVER:
    case VP_PROBE_NO_DEVICE:
        break;
    }
    return vp_fail(error, VLLMPLAN_E_MISSING, "/gpus", "no GPU was found on this machine: %s. %s",
                   probe->nvidia == VP_PROBE_NO_DRIVER ? "there is no NVIDIA driver"
                                                       : "its driver sees no card",
                   instead);
}

bool vp_machine_fill(const vp_probe *probe, json_t *root, vp_error *error)
{
    json_t *list = json_array();
    for (uint32_t i = 0; i < probe->count; i++)
        if (strcmp(probe->gpus[i].vendor, "nvidia") == 0 && json_array_size(list) < VP_MAX_DEVICES)
            json_array_append_new(list, card(&probe->gpus[i]));
    if (json_array_size(list) == 0) {
        json_decref(list);
        return fail_none(probe, error);
    }
    return json_object_set_new(root, "gpus", list) == 0 ||
           vp_fail(error, VLLMPLAN_E_NO_MEMORY, "", "no memory");
}

bool vp_machine_resolve(json_t *root, uint32_t allow, vp_probe *probe, bool *probed, vp_error *error)
{
    const char *gpus = json_string_value(json_object_get(root, "gpus"));
    const json_t *env = json_object_get(json_object_get(root, "host"), "env");
    *probed = gpus && strcmp(gpus, "auto") == 0;
    return !*probed || (vp_machine_look(probe, allow, env, error) && vp_machine_fill(probe, root, error));
}

/** "1.50 GiB". */
static const char *gib(vp_arena *arena, uint64_t bytes)
{
    uint64_t hundredths = vp_mul(bytes, 100) >> 30;
    return vp_arena_format(arena, "%llu.%llu%llu GiB", (unsigned long long)(hundredths / 100),
                           (unsigned long long)(hundredths / 10 % 10), (unsigned long long)(hundredths % 10));
}

static void note_holders(const vp_probed *gpu, vp_arena *arena, vp_plan *plan)
{
    for (uint32_t i = 0; i < gpu->holder_count; i++) {
        const vp_holder *holder = &gpu->holders[i];
        vp_plan_note(
            plan, "gpu_memory_held", VP_WARNING, "/gpus",
            vp_arena_format(arena,
                            "Process %u%s%s holds %s on GPU %u (%s). If it is left over from an earlier "
                            "start, end it first.",
                            holder->pid, holder->name[0] ? " " : "", holder->name,
                            holder->bytes ? gib(arena, holder->bytes) : "memory", gpu->index, gpu->name));
    }
    if (gpu->more_holders > 0)
        vp_plan_note(plan, "gpu_memory_held", VP_WARNING, "/gpus",
                     vp_arena_format(arena, "%u more processes hold memory on GPU %u.", gpu->more_holders,
                                     gpu->index));
}

void vp_machine_notes(const vp_probe *probe, vp_arena *arena, vp_plan *plan)
{
    if (probe->mixed_order)
        vp_plan_note(plan, "gpu_order", VP_WARNING, "/gpus",
                     "CUDA_VISIBLE_DEVICES numbers unlike cards, and CUDA counts the fastest first unless "
                     "CUDA_DEVICE_ORDER is PCI_BUS_ID; the numbers were taken in bus order.");
    for (uint32_t i = 0; i < probe->count; i++) {
        const vp_probed *gpu = &probe->gpus[i];
        if (strcmp(gpu->vendor, "nvidia") != 0) continue;
        note_holders(gpu, arena, plan);
        if (!is_translated(row_of(gpu)))
            vp_plan_note(
                plan, "gpu_total_is_drivers", VP_WARNING, "/gpus",
                vp_arena_format(arena,
                                "The table does not tell how much of %s CUDA hands out: its total is the "
                                "driver's, which is larger.",
                                gpu->name));
    }
}

static void put_holders(vp_out *out, const vp_probed *gpu)
{
    vp_out_list(out, "holders");
    for (uint32_t i = 0; i < gpu->holder_count; i++) {
        vp_out_object(out, NULL);
        vp_out_u64(out, "pid", gpu->holders[i].pid);
        vp_out_text(out, "name", gpu->holders[i].name);
        vp_out_figure(out, "bytes", gpu->holders[i].bytes > 0, gpu->holders[i].bytes);
        vp_out_end(out);
    }
    vp_out_end(out);
}

static void put_card(vp_out *out, const vp_probed *gpu)
{
    const vp_gpu *row = row_of(gpu);
    char capability[16];
    vp_writer w;
    vp_writer_start(&w, capability, sizeof capability);
    vp_put_format(&w, "%u.%u", gpu->capability / 10u, gpu->capability % 10u);
    vp_out_object(out, NULL);
    vp_out_u64(out, "index", gpu->index);
    vp_out_text(out, "uuid", gpu->uuid);
    vp_out_text(out, "key", row ? row->key : NULL);
    vp_out_figure(out, "driver_total_bytes", gpu->total_bytes > 0, gpu->total_bytes);
    vp_out_figure(out, "free_bytes", gpu->total_bytes > 0, gpu->free_bytes);
    vp_out_text(out, "compute_capability", gpu->capability ? capability : NULL);
    vp_out_text(out, "name", gpu->name);
    vp_out_text(out, "vendor", gpu->vendor);
    vp_out_bool(out, "slice", gpu->slice);
    put_holders(out, gpu);
    vp_out_end(out);
}

bool vp_machine_write(vp_writer *w, const void *what, vp_error *error)
{
    static const char *const states[] = {[VP_PROBE_OK] = "ok",
                                         [VP_PROBE_NO_DRIVER] = "no_driver",
                                         [VP_PROBE_DRIVER_SILENT] = "driver_silent",
                                         [VP_PROBE_NO_DEVICE] = "no_device"};
    const vp_probe *probe = what;
    vp_out out;
    vp_out_start(&out, w, error);
    vp_out_object(&out, NULL);
    vp_out_u64(&out, "schema", 1);
    vp_out_list(&out, "machine");
    for (uint32_t i = 0; i < probe->count; i++) put_card(&out, &probe->gpus[i]);
    vp_out_end(&out);
    vp_out_text(&out, "nvidia", states[probe->nvidia]);
    vp_out_text(&out, "reason", probe->reason);
    vp_out_end(&out);
    return error->code == VLLMPLAN_OK;
}
