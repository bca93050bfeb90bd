/* SPDX-License-Identifier: Apache-2.0 */
/* A request: first its form, by the tables of keys.c; then what the values mean. */
#include "json/request.h"

#include <string.h>

#include "data/flags.h"
#include "data/methods.h"
#include "hf/show.h"
#include "launch/argv.h"

uint32_t vp_request_texts(const json_t *list, const char **out)
{
    uint32_t count = (uint32_t)json_array_size(list);
    for (uint32_t i = 0; i < count; i++) out[i] = json_string_value(json_array_get(list, i));
    return count;
}

static bool read_extra_args(const json_t *list, vp_arena *arena, vp_engine *engine, vp_error *error)
{
    size_t count = json_array_size(list);
    if (count == 0) return true;
    const char **items = vp_arena_take(arena, count * sizeof *items);
    if (!items) return vp_fail(error, VLLMPLAN_E_LIMIT, "/engine/extra_args", "there are too many arguments");
    engine->extra_arg_count = vp_request_texts(list, items);
    engine->extra_args = items;
    return true;
}

bool vp_request_engine(const json_t *root, vp_arena *arena, vp_engine *engine, vp_error *error)
{
    const json_t *object = json_object_get(root, "engine");
    const char *release = vp_get_text(object, "release"), *python = vp_get_text(object, "python");
    engine->release = vp_release_newest();
    engine->release_text = engine->release->key;
    engine->release_exact = true;
    if (release) {
        engine->release =
            vp_release_find(vp_str_from(release), &engine->release_exact, "/engine/release", error);
        if (!engine->release) return false;
        engine->release_text = release;
        engine->release_given = true;
    }
    engine->module_entrypoint = vp_get_is(object, "entrypoint", "module");
    if (engine->module_entrypoint && !engine->release->module_entrypoint)
        return vp_fail(error, VLLMPLAN_E_RANGE, "/engine/entrypoint",
                       "vLLM %s has no module entry point; use \"serve\"", engine->release->key);
    engine->python = python ? python : "python3";
    engine->plugin_count = vp_request_texts(json_object_get(object, "plugins"), engine->plugins);
    engine->runner = vp_get_text(object, "runner");
    return read_extra_args(json_object_get(object, "extra_args"), arena, engine, error);
}

typedef const char *(*name_at)(size_t index);

static const char *method_name(size_t index)
{
    const vp_method *method = vp_method_at(index);
    return method ? method->key : NULL;
}

static const char *setting_name(size_t index)
{
    const vp_flag *flag = vp_flag_at(index);
    return flag ? flag->setting : NULL;
}

/** Every name of a list must be in a table; the nearest one is told. */
static bool check_names(const char *const *names, uint32_t count, name_at at, const char *what,
                        const char *path, vp_error *error)
{
    for (uint32_t i = 0; i < count; i++) {
        vp_nearest nearest;
        bool known = false;
        const char *name;
        vp_nearest_start(&nearest, vp_str_from(names[i]));
        for (size_t n = 0; !known && (name = at(n)) != NULL; n++) {
            known = strcmp(name, names[i]) == 0;
            vp_nearest_offer(&nearest, name);
        }
        if (known) continue;
        char below[sizeof error->path];
        vp_shown shown;
        vp_writer w;
        vp_writer_start(&w, below, sizeof below);
        vp_put_format(&w, "%s/%u", path, i);
        vp_fail(error, VLLMPLAN_E_UNKNOWN_NAME, below, "vLLM has no %s \"%s\"", what,
                vp_show(&shown, vp_str_from(names[i])));
        vp_error_suggest(error, &nearest);
        return false;
    }
    return true;
}

static bool read_policy(const json_t *root, vp_policy *policy, vp_error *error)
{
    const json_t *object = json_object_get(root, "policy");
    const json_t *quantization = json_object_get(object, "quantization");
    const json_t *may_change = json_object_get(object, "may_change");
    if (json_is_array(quantization)) {
        policy->quantization = VP_QUANTIZATION_LIST;
        policy->method_count = vp_request_texts(quantization, policy->methods);
    } else if (vp_get_is(object, "quantization", "never")) {
        policy->quantization = VP_QUANTIZATION_NEVER;
    }
    if (vp_get_is(object, "objective", "context")) policy->objective = VP_OBJECTIVE_CONTEXT;
    if (vp_get_is(object, "objective", "concurrency")) policy->objective = VP_OBJECTIVE_CONCURRENCY;
    policy->risk_likely = vp_get_is(object, "risk", "likely");
    policy->may_change_given = may_change != NULL;
    policy->may_change_count = vp_request_texts(may_change, policy->may_change);
    policy->reserve_bytes = vp_get_u64(object, "reserve_bytes", 0);
    return check_names(policy->methods, policy->method_count, method_name, "quantization method",
                       "/policy/quantization", error) &&
           check_names(policy->may_change, policy->may_change_count, setting_name, "setting",
                       "/policy/may_change", error);
}

void vp_request_host(const json_t *root, vp_request *out)
{
    const json_t *object = json_object_get(root, "host");
    out->platform = vp_get_text(object, "platform");
    out->ram_bytes = vp_get_u64(object, "ram_bytes", 0);
    out->shm_bytes = vp_get_u64(object, "shm_bytes", 0);
    out->compile_cache = VP_CACHE_UNKNOWN;
    if (vp_get_is(object, "compile_cache", "cold")) out->compile_cache = VP_CACHE_COLD;
    if (vp_get_is(object, "compile_cache", "warm")) out->compile_cache = VP_CACHE_WARM;
}

static void read_measured(const json_t *root, vp_request *out)
{
    static const char *const keys[] = {"weights_bytes", "activation_bytes", "non_torch_bytes",
                                       "graphs_bytes"};
    uint64_t *const values[] = {&out->measured_weights, &out->measured_activation, &out->measured_non_torch,
                                &out->measured_graphs};
    const json_t *object = json_object_get(root, "measured");
    for (size_t i = 0; i < sizeof keys / sizeof keys[0]; i++) {
        out->measured_given[i] = json_object_get(object, keys[i]) != NULL;
        *values[i] = vp_get_u64(object, keys[i], 0);
    }
}

bool vp_request_form(const json_t *root, const vp_key *keys, vp_arena *arena, vp_model_source *source,
                     vp_error *error)
{
    vp_reader r = {.error = error, .arena = arena, .lenient = json_is_true(json_object_get(root, "lenient"))};
    if (!vp_keys_check(&r, root, keys, "")) return false;
    memcpy(source->ignored, r.ignored, sizeof source->ignored);
    source->ignored_count = r.ignored_count;
    return true;
}

/* The command looks up a single setting with the smallest request there is: names and values of settings are
 * judged before the cards and the model. */
bool vp_json_request(json_t *root, vp_arena *arena, vp_request *out, vp_model_source *source, vp_error *error)
{
    const json_t *wishes = json_object_get(root, "wishes");
    memset(source, 0, sizeof *source);
    if (!vp_request_form(root, vp_plan_keys, arena, source, error)) return false;
    if (json_object_get(root, "catalog"))
        return vp_fail(error, VLLMPLAN_E_UNSUPPORTED, "/catalog", "rows of your own are not in this version");
    if (!vp_request_model(root, source, error) || !vp_request_engine(root, arena, &out->engine, error) ||
        !vp_request_settings(root, arena, out, error) || !vp_request_gpus(root, out, error) ||
        !read_policy(root, &out->policy, error))
        return false;
    out->serve_as = source->serve_as;
    out->wish_context = vp_get_u64(wishes, "context_tokens", 0);
    out->wish_concurrency = vp_get_u64(wishes, "concurrency", 0);
    vp_request_host(root, out);
    read_measured(root, out);
    return !arena->exhausted ||
           vp_fail(error, VLLMPLAN_E_LIMIT, "", "the request's texts are too long together");
}

bool vp_json_model(json_t *root, vp_arena *arena, vp_model_source *source, vp_error *error)
{
    memset(source, 0, sizeof *source);
    return vp_request_form(root, vp_inspect_keys, arena, source, error) &&
           vp_request_model(root, source, error);
}
