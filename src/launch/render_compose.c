/* SPDX-License-Identifier: Apache-2.0 */
/* A Compose file for each machine. Compose puts variables in wherever a '$' stands, so that every text of the
 * plan has its '$' doubled. */
#include "launch/quote.h"
#include "launch/render.h"

static void put_list(vp_renderer *r, const char *key, const vp_argv *argv, uint32_t from, uint32_t to)
{
    vp_put_format(r->w, "    %s:\n", key);
    for (uint32_t i = from; i < to; i++) {
        vp_put(r->w, "      - ");
        vp_quote_yaml_dollar(r->w, argv->items[i]);
        vp_put_char(r->w, '\n');
    }
}

/** A member whose value is a text of the plan or the request. */
static void put_text(vp_renderer *r, const char *lead, const char *text)
{
    vp_put(r->w, lead);
    vp_quote_yaml_dollar(r->w, text);
    vp_put_char(r->w, '\n');
}

static void put_environment(vp_renderer *r)
{
    const vp_env *env = r->from->env;
    const char *file = r->from->deploy->secret_file;
    bool first = true;
    if (file && vp_render_has_secrets(r->from)) put_text(r, "    env_file:\n      - ", file);
    for (uint32_t i = 0; i < env->count; i++) {
        const vp_variable_row *row = &env->items[i];
        if (row->places_cards || (!row->value && file)) continue;
        if (first) vp_put(r->w, "    environment:\n");
        first = false;
        if (row->value) {
            /* quoted, for NO is false in YAML 1.1 */
            put_text(r, vp_arena_format(r->arena, "      \"%s\": ", row->name), row->value);
        } else { /* from the environment of compose itself, or its .env file */
            vp_put_format(r->w, "      \"%s\": \"${%s:?}\"\n", row->name, row->name);
        }
    }
}

static void put_mount(vp_renderer *r, bool bind, const char *source, const char *target, bool read_only)
{
    vp_put_format(r->w, "      - type: %s\n", bind ? "bind" : "volume");
    put_text(r, "        source: ", source);
    put_text(r, "        target: ", target);
    if (read_only) vp_put(r->w, "        read_only: true\n");
}

static void put_mounts(vp_renderer *r)
{
    const vp_deploy *deploy = r->from->deploy;
    const char *model = vp_render_model_source(r), *cache = deploy->cache_volume;
    if (deploy->mount_count == 0 && !model && !cache) return;
    vp_put(r->w, "    volumes:\n");
    for (uint32_t i = 0; i < deploy->mount_count; i++)
        put_mount(r, true, deploy->mounts[i].source, deploy->mounts[i].target, deploy->mounts[i].read_only);
    if (model) put_mount(r, true, model, model, true);
    if (cache) put_mount(r, cache[0] == '/', cache, VP_HUB_CACHE, false);
}

static void put_cards(vp_renderer *r)
{
    const vp_cards *cards = &r->from->env->cards;
    vp_put(r->w, "    deploy:\n      resources:\n        reservations:\n          devices:\n"
                 "            - driver: nvidia\n");
    if (cards->by_uuid || cards->by_index) {
        vp_put(r->w, "              device_ids:\n");
        for (uint32_t i = 0; i < cards->used; i++) {
            const vp_device *device = &r->from->plan->request->devices[i];
            const char *id = cards->by_uuid ? device->uuid : vp_arena_format(r->arena, "%u", device->index);
            put_text(r, "                - ", id);
        }
    } else {
        vp_put_format(r->w, "              count: %u\n", cards->used);
    }
    vp_put(r->w, "              capabilities:\n                - gpu\n");
}

static void put_network(vp_renderer *r)
{
    const vp_deploy *deploy = r->from->deploy;
    if (r->from->launches->machines > 1) {
        vp_put(r->w, "    network_mode: host\n"); /* NCCL takes ports as they come */
        return;
    }
    if (vp_endpoint_of(r->from->plan).hidden || deploy->port_count == 0) return;
    vp_put(r->w, "    ports:\n");
    for (uint32_t i = 0; i < deploy->port_count; i++)
        put_text(r, "      - ", vp_render_port(r, &deploy->ports[i]));
}

static void put_memory(vp_renderer *r)
{
    uint64_t shm = r->from->deploy->shm_bytes;
    if (shm > 0)
        vp_put_format(r->w, "    shm_size: %llu\n", (unsigned long long)shm);
    else if (vp_render_shares_memory(r->from))
        vp_put_format(r->w, "    shm_size: %s # replace it: deploy.shm_size\n", vp_render_shm(r));
}

static void put_health(vp_renderer *r)
{
    uint64_t startup = r->from->deploy->startup_seconds;
    if (vp_endpoint_of(r->from->plan).hidden) return;
    vp_put(r->w, "    healthcheck:\n      test:\n        - CMD\n        - python3\n        - -c\n");
    put_text(r, "        - ", vp_render_health(r));
    if (startup > 0)
        vp_put_format(r->w, "      start_period: %llus\n", (unsigned long long)startup);
    else
        vp_put(r->w,
               "      # start_period: how long a start takes is not known; deploy.startup_seconds says it\n");
}

static void put_file(vp_renderer *r, const vp_launch *launch)
{
    const char *cache = r->from->deploy->cache_volume;
    vp_put_format(r->w, "services:\n  \"%s\":\n", vp_render_name(r->from));
    put_text(r, "    image: ", vp_render_image(r));
    put_list(r, "entrypoint", &launch->argv, 0, 1);
    put_list(r, "command", &launch->argv, 1, launch->argv.count);
    put_environment(r);
    put_network(r);
    put_mounts(r);
    put_memory(r);
    put_cards(r);
    if (launch->role == VP_RUNS_SERVE) put_health(r);
    if (cache && cache[0] != '/') vp_put_format(r->w, "volumes:\n  \"%s\": {}\n", cache);
}

bool vp_render_compose(vp_renderer *r)
{
    const vp_launches *all = r->from->launches;
    if (!vp_render_one_program(r)) return false;
    for (uint32_t i = 0; i < all->count; i++) {
        if (all->count > 1) vp_put_format(r->w, "---\n# the file of machine %u\n", all->items[i].node);
        put_file(r, &all->items[i]);
    }
    return true;
}
