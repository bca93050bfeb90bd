/* SPDX-License-Identifier: Apache-2.0 */
#include "launch/env.h"

#include <string.h>

#include "data/release_rules.h"
#include "launch/argv.h"
#include "launch/command_line.h"

enum { LONGEST_LIST = VP_MAX_DEVICES * 100 };

const char *vp_secret_variable(const char *setting)
{
    if (strcmp(setting, "api_key") == 0) return "VLLM_API_KEY"; /* vllm/envs.py */
    if (strcmp(setting, "hf_token") == 0) return "HF_TOKEN";    /* huggingface_hub */
    return NULL;                                                /* vLLM reads the others from no variable */
}

/** With several machines each has that same set of cards, so that a UUID cannot be right for all of them. */
static vp_cards cards_of(const vp_plan *plan, const vp_launches *launches)
{
    const vp_request *request = plan->request;
    vp_cards cards = {.used = launches->cards, .by_uuid = launches->machines == 1, .by_index = true};
    uint32_t seen = 0;
    for (uint32_t i = 0; seen < cards.used && i < request->device_count; i++) {
        const vp_device *device = &request->devices[i];
        cards.by_uuid = cards.by_uuid && device->uuid && device->count == 1;
        cards.by_index = cards.by_index && device->index_given && device->count == 1;
        seen += device->count;
    }
    cards.by_uuid = cards.by_uuid && cards.used > 0;
    cards.by_index = cards.by_index && cards.used > 0;
    return cards;
}

void vp_cards_put(vp_writer *w, const vp_plan *plan, const vp_cards *cards, bool by_uuid)
{
    for (uint32_t i = 0; i < cards->used; i++) {
        const vp_device *device = &plan->request->devices[i];
        if (i > 0) vp_put_char(w, ',');
        if (by_uuid)
            vp_put(w, device->uuid);
        else
            vp_put_u64(w, device->index);
    }
}

static bool put(vp_env *env, const char *name, const char *value, bool places_cards)
{
    if (env->count == VP_MAX_ENV) return false;
    env->items[env->count++] = (vp_variable_row){name, value, places_cards};
    return true;
}

static bool has(const vp_env *env, const char *name)
{
    for (uint32_t i = 0; i < env->count; i++)
        if (strcmp(env->items[i].name, name) == 0) return true;
    return false;
}

/** A UUID means the same card to every tool, a number only together with the order in which cards are counted:
 *  CUDA's own is by speed. Releases before 0.24.0 take what stands there for a number, int("GPU-...")
 *  (vllm/platforms/interface.py:device_id_to_physical_device_id). */
static bool put_cards(vp_env *env, const vp_plan *plan, vp_arena *arena)
{
    char text[LONGEST_LIST];
    vp_writer w;
    const vp_cards *cards = &env->cards;
    bool takes_uuid =
        vp_rule_value(VP_RULE_VISIBLE_BY_UUID, vp_release_of(plan->request->engine.release)) > 0;
    bool by_uuid = cards->by_uuid && takes_uuid;
    env->uuid_refused = cards->by_uuid && !takes_uuid && !cards->by_index;
    if (!by_uuid && !cards->by_index) return true;
    vp_writer_start(&w, text, sizeof text);
    vp_cards_put(&w, plan, cards, by_uuid);
    if (vp_writer_cut(&w)) return true;
    if (!by_uuid && !put(env, "CUDA_DEVICE_ORDER", "PCI_BUS_ID", true)) return false;
    return put(env, "CUDA_VISIBLE_DEVICES", vp_arena_copy(arena, vp_str_from(text)), true);
}

static bool put_secrets(vp_env *env, const vp_plan *plan)
{
    static const char *const settings[] = {"api_key", "hf_token"};
    for (size_t i = 0; i < sizeof settings / sizeof settings[0]; i++)
        if (vp_settings_text(&plan->returned.settings, settings[i]) &&
            !put(env, vp_secret_variable(settings[i]), NULL, false))
            return false;
    return true;
}

/** What the request says of the environment, but for what the plan decides itself. */
static bool put_variables(vp_env *env, const vp_deploy *deploy, vp_arena *arena)
{
    for (uint32_t i = 0; i < deploy->variable_count; i++) {
        const vp_host_variable *v = &deploy->variables[i];
        if (has(env, v->name)) continue;
        bool secret = vp_variable_is_secret(vp_arena_format(arena, "%s=", v->name));
        bool places =
            strcmp(v->name, "CUDA_VISIBLE_DEVICES") == 0 || strcmp(v->name, "CUDA_DEVICE_ORDER") == 0;
        if (!put(env, v->name, secret ? NULL : v->value, places)) return false;
    }
    return true;
}

bool vp_launch_env(const vp_plan *plan, const vp_deploy *deploy, const vp_launches *launches, vp_arena *arena,
                   vp_env *out)
{
    memset(out, 0, sizeof *out);
    out->cards = cards_of(plan, launches);
    return put_secrets(out, plan) && put_cards(out, plan, arena) && put_variables(out, deploy, arena) &&
           !arena->exhausted;
}
