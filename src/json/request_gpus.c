/* SPDX-License-Identifier: Apache-2.0 */
/* The cards: names looked up in the table, memory as CUDA reports it. */
#include <string.h>

#include "base/vp_int.h"
#include "hf/show.h"
#include "json/request.h"

/** "/gpus/0/name"; "/gpus/name" for a card that stands alone. */
static bool fail_at(const char *path, const char *key, vp_error *error, int32_t code, const char *message)
{
    char below[sizeof error->path];
    vp_writer w;
    vp_writer_start(&w, below, sizeof below);
    vp_put_format(&w, "%s/%s", path, key);
    return vp_fail(error, code, below, "%s", message);
}

/** "8.6" is 86, "12.0" is 120. */
static bool read_capability(const char *text, const char *path, uint16_t *out, vp_error *error)
{
    const char *point = strchr(text, '.');
    uint64_t major, minor;
    bool ok = point && vp_str_to_u64((vp_str){text, (size_t)(point - text)}, &major) &&
              vp_str_to_u64(vp_str_from(point + 1), &minor) && major >= 5 && major <= 19 && minor <= 9;
    if (!ok)
        return fail_at(path, "compute_capability", error, VLLMPLAN_E_RANGE,
                       "compute_capability is text from \"5.0\" to \"19.9\", such as \"8.6\"");
    *out = (uint16_t)(major * 10 + minor);
    return true;
}

static bool read_name(const json_t *object, const char *path, uint64_t total, vp_device *out, vp_error *error)
{
    char below[sizeof error->path];
    vp_writer w;
    out->name = vp_get_text(object, "name");
    if (!out->name) return true;
    vp_writer_start(&w, below, sizeof below);
    vp_put_format(&w, "%s/name", path);
    out->gpu = vp_gpu_find_sized(vp_str_from(out->name), total, below, error);
    return out->gpu != NULL;
}

/** The driver counts memory that CUDA does not hand out: the row's two sightings tell how much. */
static bool read_total(const json_t *object, const char *path, vp_device *out, vp_error *error)
{
    const uint64_t mib = (uint64_t)1 << 20;
    uint64_t driver = vp_get_u64(object, "driver_total_bytes", 0);
    const vp_gpu *gpu = out->gpu;
    bool both_seen = gpu && gpu->driver_mib > 0 && gpu->torch_mib > 0 && gpu->driver_mib >= gpu->torch_mib;
    out->total_bytes = vp_get_u64(object, "total_bytes", 0);
    if (out->total_bytes > 0) return true;
    if (driver > 0 && !both_seen)
        return fail_at(path, "total_bytes", error, VLLMPLAN_E_MISSING,
                       "the driver's total cannot be translated for this card; give what CUDA reports "
                       "(torch.cuda.get_device_properties(0).total_memory)");
    if (driver > 0)
        out->total_bytes = vp_sub0(driver, (gpu->driver_mib - gpu->torch_mib) * mib);
    else if (gpu)
        out->total_bytes = gpu->torch_mib * mib;
    if (out->total_bytes > 0) return true;
    return fail_at(path, "total_bytes", error, VLLMPLAN_E_MISSING,
                   gpu ? "the total memory of this card was never seen; give what CUDA reports"
                       : "give the card's name, or its total memory");
}

static bool read_free(const json_t *object, const char *path, vp_device *out, vp_error *error)
{
    out->free_given = json_object_get(object, "free_bytes") != NULL;
    out->free_bytes = vp_get_u64(object, "free_bytes", out->total_bytes);
    out->free_after_context = vp_get_is(object, "free_measured", "after_context");
    /* what nvidia-smi calls free may exceed torch's total on an idle card, never the driver's */
    uint64_t most = vp_max(out->total_bytes, vp_get_u64(object, "driver_total_bytes", 0));
    if (out->gpu) most = vp_max(most, (uint64_t)out->gpu->driver_mib << 20);
    if (out->free_given && out->free_bytes > most)
        return fail_at(path, "free_bytes", error, VLLMPLAN_E_RANGE,
                       "more is free than the card has in total");
    out->free_bytes = vp_min(out->free_bytes, out->total_bytes);
    return true;
}

static bool read_gpu(const json_t *object, const char *path, vp_device *out, vp_error *error)
{
    const char *capability = vp_get_text(object, "compute_capability");
    uint64_t total = vp_get_u64(object, "total_bytes", vp_get_u64(object, "driver_total_bytes", 0));
    out->uuid = vp_get_text(object, "uuid");
    out->index_given = json_object_get(object, "index") != NULL;
    out->index = (uint32_t)vp_get_u64(object, "index", 0);
    out->count = (uint32_t)vp_get_u64(object, "count", 1);
    if (!read_name(object, path, total, out, error)) return false;
    if (out->gpu && strcmp(out->gpu->vendor, "nvidia") != 0)
        return fail_at(path, "name", error, VLLMPLAN_E_UNSUPPORTED,
                       "only CUDA cards are computed in this version");
    if (!read_total(object, path, out, error) || !read_free(object, path, out, error)) return false;
    if (capability) return read_capability(capability, path, &out->capability, error);
    if (out->gpu) out->capability = out->gpu->capability;
    return out->capability > 0 || fail_at(path, "compute_capability", error, VLLMPLAN_E_MISSING,
                                          "give the card's compute capability, such as \"8.6\"");
}

bool vp_request_gpus(const json_t *root, vp_request *out, vp_error *error)
{
    const json_t *gpus = json_object_get(root, "gpus");
    out->nodes = (uint32_t)vp_get_u64(root, "nodes", 1);
    if (!gpus || (json_is_array(gpus) && json_array_size(gpus) == 0))
        return vp_fail(error, VLLMPLAN_E_MISSING, "/gpus",
                       "say which cards there are, such as {\"name\": \"RTX 3090\"}");
    out->device_count = json_is_array(gpus) ? (uint32_t)json_array_size(gpus) : 1;
    for (uint32_t i = 0; i < out->device_count; i++) {
        char path[32];
        vp_writer w;
        vp_writer_start(&w, path, sizeof path);
        vp_put(&w, "/gpus");
        if (json_is_array(gpus)) vp_put_format(&w, "/%u", i);
        if (!read_gpu(json_is_array(gpus) ? json_array_get(gpus, i) : gpus, path, &out->devices[i], error))
            return false;
    }
    return true;
}
