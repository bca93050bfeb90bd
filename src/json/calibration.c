/* SPDX-License-Identifier: Apache-2.0 */
#include "json/calibration.h"

#include <string.h>

#include "json/keys.h"

enum {
    ENTRY_SCHEMA = 1,
    MOST_RELEASES_APART = 2, /* texts and terms of neighbours are alike; further away the law is better */
};

static const char *const terms[] = {"weights_bytes", "activation_bytes", "non_torch_bytes", "graphs_bytes"};

/** What terms depend on: the shape of the model, the card, the release, the settings that move a term. */
typedef struct calibration_key {
    const char *architecture, *stored;
    uint64_t parameters, layers;
    const char *card; /* key of its row; NULL: known by its bytes only */
    uint64_t total_bytes;
    const vp_release_row *release;
    const char *quantization, *dtype;
    uint64_t max_num_seqs, max_num_batched_tokens, max_model_len, tp, pp;
    bool enforce_eager;
} calibration_key;

static calibration_key key_of(const vp_request *request, const vp_engine_args *args)
{
    const vp_model *model = &request->facts->model;
    const vp_device *device = &request->devices[0];
    return (calibration_key){
        .architecture = model->architecture_name,
        .stored = model->stored.method,
        .parameters = vp_inventory_parameters(&request->facts->inventory),
        .layers = model->layers,
        .card = device->gpu ? device->gpu->key : NULL,
        .total_bytes = device->total_bytes,
        .release = request->engine.release,
        .quantization = args->quantization,
        .dtype = args->dtype == VP_DTYPE_NONE ? NULL : vp_dtype_name(args->dtype),
        .max_num_seqs = args->max_num_seqs,
        .max_num_batched_tokens = args->max_num_batched_tokens,
        .max_model_len = args->max_model_len,
        .tp = args->tp,
        .pp = args->pp,
        .enforce_eager = args->enforce_eager,
    };
}

static void put_model(vp_out *out, const calibration_key *key)
{
    vp_out_object(out, "model");
    vp_out_text(out, "architecture", key->architecture);
    vp_out_u64(out, "parameters", key->parameters);
    vp_out_u64(out, "layers", key->layers);
    vp_out_text(out, "stored", key->stored);
    vp_out_end(out);
}

static void put_settings(vp_out *out, const calibration_key *key)
{
    vp_out_object(out, "settings");
    vp_out_text(out, "quantization", key->quantization);
    vp_out_text(out, "dtype", key->dtype);
    vp_out_u64(out, "max_model_len", key->max_model_len);
    vp_out_u64(out, "max_num_seqs", key->max_num_seqs);
    vp_out_u64(out, "max_num_batched_tokens", key->max_num_batched_tokens);
    vp_out_u64(out, "tensor_parallel_size", key->tp);
    vp_out_u64(out, "pipeline_parallel_size", key->pp);
    vp_out_bool(out, "enforce_eager", key->enforce_eager);
    vp_out_end(out);
}

void vp_out_calibration(vp_out *out, const vp_explanation *what)
{
    const vp_measured *measured = &what->measured;
    bool any = false;
    for (size_t i = 0; i < VP_MEASURED_TERMS; i++) any = any || measured->known[i];
    if (!what->plan || !any || what->plan->request->facts->inventory.count == 0) {
        vp_out_null(out, "calibration");
        return;
    }
    calibration_key key = key_of(what->plan->request, &what->plan->asked.evaluation.args);
    vp_out_object(out, "calibration");
    vp_out_u64(out, "schema", ENTRY_SCHEMA);
    vp_out_text(out, "release", key.release->key);
    vp_out_object(out, "card");
    vp_out_text(out, "name", key.card);
    vp_out_u64(out, "total_bytes", key.total_bytes);
    vp_out_end(out);
    put_model(out, &key);
    put_settings(out, &key);
    vp_out_object(out, "measured");
    for (size_t i = 0; i < VP_MEASURED_TERMS; i++)
        if (measured->known[i]) vp_out_u64(out, terms[i], measured->bytes[i]);
    vp_out_end(out);
    vp_out_end(out);
}

static bool same_text(const json_t *object, const char *key, const char *text)
{
    const char *there = vp_get_text(object, key);
    return there && text ? strcmp(there, text) == 0 : !there && !text;
}

static bool same_number(const json_t *object, const char *key, uint64_t number)
{
    const json_t *value = json_object_get(object, key);
    return json_is_integer(value) && json_integer_value(value) >= 0 &&
           (uint64_t)json_integer_value(value) == number;
}

/** One card by its name; of a nameless one the bytes, which differ a little between drivers. */
static bool same_card(const json_t *card, const calibration_key *key)
{
    const char *name = vp_get_text(card, "name");
    uint64_t total = vp_get_u64(card, "total_bytes", 0), apart;
    if (name && key->card) return strcmp(name, key->card) == 0;
    apart = total > key->total_bytes ? total - key->total_bytes : key->total_bytes - total;
    return apart <= key->total_bytes / 50;
}

static bool same_settings(const json_t *settings, const calibration_key *key)
{
    return same_text(settings, "quantization", key->quantization) &&
           same_text(settings, "dtype", key->dtype) &&
           same_number(settings, "max_num_seqs", key->max_num_seqs) &&
           same_number(settings, "max_num_batched_tokens", key->max_num_batched_tokens) &&
           same_number(settings, "tensor_parallel_size", key->tp) &&
           same_number(settings, "pipeline_parallel_size", key->pp) &&
           json_is_true(json_object_get(settings, "enforce_eager")) == key->enforce_eager;
}

/** Rows of the release table between two releases; SIZE_MAX where the entry's is not valid for the key's. */
static size_t releases_apart(const char *text, const calibration_key *key)
{
    vp_error ignored;
    bool exact;
    vp_error_start(&ignored);
    const vp_release_row *row = text ? vp_release_find(vp_str_from(text), &exact, "", &ignored) : NULL;
    if (!row || row->graphs_deducted != key->release->graphs_deducted) return SIZE_MAX;
    size_t a = vp_release_index(row), b = vp_release_index(key->release);
    size_t apart = a > b ? a - b : b - a;
    return apart <= MOST_RELEASES_APART ? apart : SIZE_MAX;
}

/** How far the entry is from the key: releases first, then the length of a request. SIZE_MAX: not valid. */
static uint64_t distance(const json_t *entry, const calibration_key *key)
{
    const json_t *model = json_object_get(entry, "model"), *settings = json_object_get(entry, "settings");
    size_t releases = releases_apart(vp_get_text(entry, "release"), key);
    bool valid =
        releases != SIZE_MAX && same_number(entry, "schema", ENTRY_SCHEMA) &&
        same_text(model, "architecture", key->architecture) && same_text(model, "stored", key->stored) &&
        same_number(model, "parameters", key->parameters) && same_number(model, "layers", key->layers) &&
        same_card(json_object_get(entry, "card"), key) && same_settings(settings, key) &&
        json_is_object(json_object_get(entry, "measured"));
    if (!valid) return UINT64_MAX;
    uint64_t length = vp_get_u64(settings, "max_model_len", 0);
    uint64_t apart = length > key->max_model_len ? length - key->max_model_len : key->max_model_len - length;
    return ((uint64_t)releases << 56) + (apart < (uint64_t)1 << 56 ? apart : ((uint64_t)1 << 56) - 1);
}

static void take(const json_t *entry, vp_request *request)
{
    uint64_t *const values[] = {&request->measured_weights, &request->measured_activation,
                                &request->measured_non_torch, &request->measured_graphs};
    const json_t *measured = json_object_get(entry, "measured");
    for (size_t i = 0; i < VP_MEASURED_TERMS; i++) {
        const json_t *value = json_object_get(measured, terms[i]);
        request->measured_given[i] = json_is_integer(value) && json_integer_value(value) >= 0;
        *values[i] = request->measured_given[i] ? (uint64_t)json_integer_value(value) : 0;
    }
}

bool vp_json_calibrate(const json_t *entries, vp_request *request, vp_arena *arena, const char **note,
                       vp_error *error)
{
    vp_engine_args args;
    size_t i, nearest = 0;
    const json_t *entry;
    uint64_t least = UINT64_MAX;
    *note = NULL;
    for (i = 0; i < VP_MEASURED_TERMS; i++)
        if (request->measured_given[i]) return true;
    if (json_array_size(entries) == 0 || request->facts->inventory.count == 0) return true;
    if (!vp_engine_args_resolve(request, &request->settings, &request->devices[0], arena, &args, error))
        return false;
    calibration_key key = key_of(request, &args);
    json_array_foreach((json_t *)entries, i, entry) /* only read */
    {
        uint64_t now = distance(entry, &key);
        if (now == UINT64_MAX || now > least) continue; /* of equals the one that was saved last */
        least = now;
        nearest = i;
    }
    if (least == UINT64_MAX) {
        *note = vp_arena_format(arena,
                                "none of the %zu measured starts is of this model, card, release and these "
                                "settings: the law is used",
                                json_array_size(entries));
        return true;
    }
    entry = json_array_get(entries, nearest);
    take(entry, request);
    *note =
        vp_arena_format(arena, "measured terms of a start of vLLM %s, entry %zu of %zu, stand in for the law",
                        vp_get_text(entry, "release"), nearest + 1, json_array_size(entries));
    return true;
}
