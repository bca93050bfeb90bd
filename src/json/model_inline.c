/* SPDX-License-Identifier: Apache-2.0 */
/* A model that stands in the request: config.json's content, maybe with the tensors of its files. */
#include <stdlib.h>
#include <string.h>

#include "base/vp_int.h"
#include "hf/hf.h"
#include "hf/show.h"
#include "json/json.h"

typedef bool (*text_reader)(vp_str text, const char *path, vp_facts *facts, vp_error *error);

/** The readers of hf take text, as it stands in files. */
static bool read_object(const json_t *object, const char *path, text_reader reader, vp_facts *facts,
                        vp_error *error)
{
    char *text = json_dumps(object, JSON_COMPACT);
    if (!text) return vp_fail(error, VLLMPLAN_E_NO_MEMORY, path, "no memory");
    bool ok = reader(vp_str_from(text), path, facts, error);
    free(text);
    return ok;
}

static vp_str member_text(const json_t *object, const char *key)
{
    const json_t *value = json_object_get(object, key);
    return value ? (vp_str){json_string_value(value), json_string_length(value)} : (vp_str){"", 0};
}

/** The bytes in a file follow from the header's offsets even then; here only the dtype says them. */
static bool fail_dtype(const vp_tensor *tensor, const char *path, vp_error *error)
{
    vp_shown shown;
    return vp_fail(error, VLLMPLAN_E_UNKNOWN_NAME, path,
                   "there is no dtype \"%s\"; safetensors has BF16, F16, F32 ...",
                   vp_show(&shown, tensor->dtype_text));
}

/** One tensor; its types were checked with the request. */
static bool read_tensor(const json_t *object, const char *path, vp_tensor *out, vp_error *error)
{
    const json_t *shape = json_object_get(object, "shape");
    *out = (vp_tensor){
        .name = member_text(object, "name"), .dtype_text = member_text(object, "dtype"), .elements = 1};
    if (out->name.length == 0 || out->dtype_text.length == 0 || !shape)
        return vp_fail(error, VLLMPLAN_E_MISSING, path, "a tensor has a name, a dtype and a shape");
    if (out->name.length > VP_MAX_TENSOR_NAME)
        return vp_fail(error, VLLMPLAN_E_LIMIT, path, "the name is longer than %d bytes", VP_MAX_TENSOR_NAME);
    out->dtype = vp_dtype_from_file(out->dtype_text);
    if (out->dtype == VP_DTYPE_NONE) out->dtype = vp_dtype_from_name(out->dtype_text);
    if (out->dtype == VP_DTYPE_NONE) return fail_dtype(out, path, error);
    out->dimensions = (uint32_t)json_array_size(shape);
    for (uint32_t i = 0; i < out->dimensions; i++) {
        out->shape[i] = (uint64_t)json_integer_value(json_array_get(shape, i));
        out->elements = vp_mul(out->elements, out->shape[i]);
    }
    out->bytes = vp_dtype_bytes(out->dtype, out->elements);
    if (out->bytes <= VP_MAX_FIGURE) return true;
    return vp_fail(error, VLLMPLAN_E_RANGE, path, "the tensor is absurdly large");
}

static bool take_tensors(const json_t *list, vp_hf_collector *collector, vp_error *error)
{
    for (size_t i = 0; i < json_array_size(list); i++) {
        vp_tensor tensor;
        char path[40];
        vp_writer w;
        vp_writer_start(&w, path, sizeof path);
        vp_put_format(&w, "/model/tensors/%zu", i);
        if (!read_tensor(json_array_get(list, i), path, &tensor, error) ||
            !vp_hf_take_tensor(collector, &tensor, error))
            return false;
    }
    return true;
}

static bool read_tensors(const json_t *list, vp_facts *facts, vp_error *error)
{
    vp_hf_collector *collector = vp_hf_collector_new(facts);
    if (!collector) return vp_fail(error, VLLMPLAN_E_NO_MEMORY, "", "no memory");
    bool ok = take_tensors(list, collector, error) && vp_hf_collector_finish(collector, facts, error);
    vp_hf_collector_free(collector);
    if (!ok && error->path[0] == '\0')
        strcpy(error->path, "/model/tensors"); /* hf does not know the request */
    return ok;
}

static bool read_config(const vp_model_source *source, vp_facts *facts, vp_error *error)
{
    if (!read_object(source->config, "/model/config", vp_hf_config, facts, error)) return false;
    return !source->quantization_config ||
           read_object(source->quantization_config, "/model/quantization_config", vp_hf_quantization, facts,
                       error);
}

static bool fill_inventory(const vp_model_source *source, vp_facts *facts, vp_error *error)
{
    bool ok = true;
    if (source->tensors) ok = read_tensors(source->tensors, facts, error);
    /* an architecture without a row has no inventory: the verdict is then "unknown" */
    else if (facts->model.architecture)
        ok = vp_inventory_from_structure(&facts->model, &facts->structure, &facts->inventory, error);
    if (source->checkpoint_bytes_given) {
        facts->inventory.checkpoint_bytes = source->checkpoint_bytes;
        facts->inventory.checkpoint_bytes_known = true;
    }
    return ok;
}

bool vp_json_model_inline(const vp_model_source *source, vp_facts *facts, vp_error *error)
{
    memset(facts, 0, sizeof *facts);
    if (source->facts) return vp_json_facts(source->facts, "/model/facts", facts, error);
    if (!read_config(source, facts, error) || !fill_inventory(source, facts, error)) return false;
    vp_attention_from_structure(&facts->structure, &facts->attention);
    return true;
}
