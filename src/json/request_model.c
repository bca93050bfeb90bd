/* SPDX-License-Identifier: Apache-2.0 */
#include "json/request.h"

#define PLACEHOLDER "MODEL" /* in the arguments, for a model that the request holds itself */

static bool check_sources(const json_t *model, vp_error *error)
{
    static const char *const keys[] = {"path", "id", "config", "facts"};
    int given = 0;
    for (size_t i = 0; i < sizeof keys / sizeof keys[0]; i++)
        given += json_object_get(model, keys[i]) != NULL;
    if (given == 1) return true;
    if (given == 0)
        return vp_fail(error, VLLMPLAN_E_MISSING, "/model", "say which model: path, id, config or facts");
    return vp_fail(error, VLLMPLAN_E_RANGE, "/model", "only one of path, id, config and facts can be given");
}

/** Members that mean something beside one source only. */
static bool check_companions(const json_t *model, vp_error *error)
{
    static const struct {
        const char *key, *beside, *path;
    } rows[] = {{"revision", "id", "/model/revision"},
                {"tensors", "config", "/model/tensors"},
                {"checkpoint_bytes", "config", "/model/checkpoint_bytes"}};
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
        if (json_object_get(model, rows[i].key) && !json_object_get(model, rows[i].beside))
            return vp_fail(error, VLLMPLAN_E_RANGE, rows[i].path, "%s goes with \"%s\" only", rows[i].key,
                           rows[i].beside);
    return true;
}

static bool check_texts(const json_t *model, vp_error *error)
{
    static const char *const keys[] = {"path", "id", "revision", "serve_as"};
    for (size_t i = 0; i < sizeof keys / sizeof keys[0]; i++) {
        char path[32];
        vp_writer w;
        vp_writer_start(&w, path, sizeof path);
        vp_put_format(&w, "/model/%s", keys[i]);
        if (vp_get_is(model, keys[i], ""))
            return vp_fail(error, VLLMPLAN_E_RANGE, path, "%s is empty", keys[i]);
    }
    return true;
}

bool vp_request_model(const json_t *root, vp_model_source *source, vp_error *error)
{
    const json_t *model = json_object_get(root, "model");
    if (!model) return vp_fail(error, VLLMPLAN_E_MISSING, "/model", "the request names no model");
    if (!check_sources(model, error) || !check_companions(model, error) || !check_texts(model, error))
        return false;
    source->path = vp_get_text(model, "path");
    source->id = vp_get_text(model, "id");
    source->revision = vp_get_text(model, "revision");
    source->serve_as = vp_get_text(model, "serve_as");
    if (!source->serve_as)
        source->serve_as = source->path ? source->path : source->id ? source->id : PLACEHOLDER;
    source->config = json_object_get(model, "config");
    source->facts = json_object_get(model, "facts");
    source->tensors = json_object_get(model, "tensors");
    source->quantization_config = json_object_get(model, "quantization_config");
    source->checkpoint_bytes_given = json_object_get(model, "checkpoint_bytes") != NULL;
    source->checkpoint_bytes = vp_get_u64(model, "checkpoint_bytes", 0);
    return true;
}
