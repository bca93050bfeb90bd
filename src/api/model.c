/* SPDX-License-Identifier: Apache-2.0 */
/* The model of a request: from files, from the hub's local cache, or from the request itself. */
#include <stdlib.h>
#include <string.h>

#include "api/api.h"
#include "checkpoint/checkpoint.h"
#include "hf/hf.h"

enum { LONGEST_PATH = 3072 };

/** Where huggingface_hub keeps its cache (huggingface_hub/constants.py: HF_HUB_CACHE, HF_HOME). */
static bool find_cache(vp_writer *w)
{
    static const struct {
        const char *variable, *below;
    } places[] = {{"HF_HUB_CACHE", ""},
                  {"HUGGINGFACE_HUB_CACHE", ""},
                  {"HF_HOME", "/hub"},
                  {"XDG_CACHE_HOME", "/huggingface/hub"},
                  {"HOME", "/.cache/huggingface/hub"}};
    for (size_t i = 0; i < sizeof places / sizeof places[0]; i++) {
        const char *value = getenv(places[i].variable);
        if (!value || !*value) continue;
        vp_put_format(w, "%s%s", value, places[i].below);
        return true;
    }
    return false;
}

static bool read_hub(const vp_model_source *source, uint32_t allow, vp_facts *facts, vp_error *error)
{
    char cache[LONGEST_PATH], directory[LONGEST_PATH];
    vp_writer w;
    if (!(allow & VLLMPLAN_ALLOW_FILES))
        return vp_fail(error, VLLMPLAN_E_NOT_ALLOWED, "/model/id",
                       "the hub cache is read only when the call allows it: pass VLLMPLAN_ALLOW_FILES");
    if (!(allow & VLLMPLAN_ALLOW_ENV))
        return vp_fail(
            error, VLLMPLAN_E_NOT_ALLOWED, "/model/id",
            "the environment says where the hub cache is: pass VLLMPLAN_ALLOW_ENV, or give /model/path");
    vp_writer_start(&w, cache, sizeof cache);
    if (!find_cache(&w))
        return vp_fail(error, VLLMPLAN_E_NOT_FOUND, "/model/id",
                       "there is no hub cache: neither HF_HUB_CACHE, HF_HOME nor HOME is set");
    if (vp_writer_cut(&w))
        return vp_fail(error, VLLMPLAN_E_LIMIT, "/model/id", "the path of the hub cache is too long");
    return vp_checkpoint_find_hub(cache, source->id, source->revision, directory, sizeof directory,
                                  "/model/id", error) &&
           vp_checkpoint_read(directory, "/model/id", facts, error);
}

static bool read_path(const vp_model_source *source, uint32_t allow, vp_facts *facts, vp_error *error)
{
    if (!(allow & VLLMPLAN_ALLOW_FILES))
        return vp_fail(error, VLLMPLAN_E_NOT_ALLOWED, "/model/path",
                       "files are read only when the call allows it: pass VLLMPLAN_ALLOW_FILES");
    return vp_checkpoint_read(source->path, "/model/path", facts, error);
}

/** The request's own word on quantization stands in for that of the files. */
static bool replace_quantization(const vp_model_source *source, vp_facts *facts, vp_error *error)
{
    if (!source->quantization_config) return true;
    char *text = json_dumps(source->quantization_config, JSON_COMPACT);
    if (!text) return vp_fail(error, VLLMPLAN_E_NO_MEMORY, "", "no memory");
    bool ok = vp_hf_quantization(vp_str_from(text), "/model/quantization_config", facts, error);
    free(text);
    return ok;
}

bool vp_model_read(const vp_model_source *source, uint32_t allow, vp_facts *facts, vp_error *error)
{
    if (source->path)
        return read_path(source, allow, facts, error) && replace_quantization(source, facts, error);
    if (source->id)
        return read_hub(source, allow, facts, error) && replace_quantization(source, facts, error);
    return vp_json_model_inline(source, facts, error);
}
