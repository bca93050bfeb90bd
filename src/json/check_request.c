/* SPDX-License-Identifier: Apache-2.0 */
#include "json/check_request.h"

#include <string.h>

#include "data/methods.h"
#include "json/request.h"

/** A list of arguments, or one text as a shell would read it. */
static bool read_command(const json_t *command, vp_check *check, vp_error *error)
{
    if (!command) return vp_fail(error, VLLMPLAN_E_MISSING, "/command", "say which command");
    if (json_is_string(command)) {
        vp_str text = {json_string_value(command), json_string_length(command)};
        return vp_shell_words(text, check->arena, &check->words, &check->remarks);
    }
    check->words.count = (uint32_t)json_array_size(command);
    check->words.at = vp_arena_take(check->arena, (check->words.count + 1) * sizeof *check->words.at);
    if (!check->words.at) return false;
    for (uint32_t i = 0; i < check->words.count; i++) {
        const char *text = json_string_value(json_array_get(command, i));
        check->words.at[i] = (vp_word){text, vp_word_expands(text)};
    }
    return true;
}

/** What vLLM's environment brings is known by the names of its plugins alone. */
static bool has_plugin(const vp_engine *engine, const char *name)
{
    for (uint32_t i = 0; i < engine->plugin_count; i++)
        if (strcmp(engine->plugins[i], name) == 0) return true;
    return false;
}

bool vp_json_check(json_t *root, vp_check *check, vp_request *request, vp_model_source *source,
                   vp_error *error)
{
    memset(source, 0, sizeof *source);
    check->remarks.arena = check->arena;
    if (!vp_request_form(root, vp_check_keys, check->arena, source, error)) return false;
    if (json_object_get(root, "model") && !vp_request_model(root, source, error)) return false;
    if (!vp_request_engine(root, check->arena, &request->engine, error)) return false;
    if (json_object_get(root, "gpus") && !vp_request_gpus(root, request, error)) return false;
    vp_request_host(root, request);
    if (!read_command(json_object_get(root, "command"), check, error))
        return vp_fail(error, VLLMPLAN_E_LIMIT, "/command", "the command is too long");
    const json_t *engine = json_object_get(root, "engine");
    check->release_given = request->engine.release_given;
    check->release = request->engine.release_given ? request->engine.release : NULL;
    check->entry_given = json_object_get(engine, "entrypoint") != NULL;
    check->module = request->engine.module_entrypoint;
    check->plugin_methods = request->engine.plugin_count > 0;
    check->bnb_plugin = has_plugin(&request->engine, VP_BNB_PLUGIN);
    request->nodes = request->nodes > 0 ? request->nodes : 1;
    request->policy.may_change_given = true; /* and none is named: this command and no other */
    return !check->arena->exhausted ||
           vp_fail(error, VLLMPLAN_E_LIMIT, "/command", "the command is too long");
}
