/* SPDX-License-Identifier: Apache-2.0 */
/* docker run: words, and those words for a POSIX shell. */
#include <string.h>

#include "launch/quote.h"
#include "launch/render.h"

enum { MOST_WORDS = 64 + 2 * (VP_MAX_ENV + VP_MAX_MOUNTS + VP_MAX_PORTS) };

/** The words of one command while they are collected. */
typedef struct words {
    vp_renderer *r;
    vp_argv argv;
    uint32_t room;
} words;

static void put(words *c, const char *word)
{
    if (c->argv.count < c->room) c->argv.items[c->argv.count++] = word;
}

static void put_pair(words *c, const char *option, const char *value)
{
    put(c, option);
    put(c, value);
}

/** The value of --gpus: a list of its own, in which a list of cards is one quoted field
 *  (docker/cli, opts/gpus.go). */
static const char *gpus_value(vp_renderer *r)
{
    const vp_cards *cards = &r->from->env->cards;
    char list[VP_MAX_DEVICES * 100 + 8];
    vp_writer w;
    vp_writer_start(&w, list, sizeof list);
    if (!cards->by_uuid && !cards->by_index) return vp_arena_format(r->arena, "%u", cards->used);
    vp_put(&w, "device=");
    vp_cards_put(&w, r->from->plan, cards, cards->by_uuid);
    return vp_arena_format(r->arena, cards->used > 1 ? "\"%s\"" : "%s", list);
}

static const char *mount_value(vp_renderer *r, const char *kind, const char *source, const char *target,
                               bool read_only)
{
    vp_writer w;
    size_t room = 2 * (strlen(source) + strlen(target)) + 64; /* quoting doubles at most */
    char *text = vp_arena_take(r->arena, room);
    if (!text) return "";
    vp_writer_start(&w, text, room);
    vp_put_format(&w, "type=%s,", kind);
    vp_quote_csv(&w, vp_arena_format(r->arena, "source=%s", source));
    vp_put_char(&w, ',');
    vp_quote_csv(&w, vp_arena_format(r->arena, "target=%s", target));
    if (read_only) vp_put(&w, ",readonly");
    return text;
}

static void put_mounts(words *c)
{
    const vp_deploy *deploy = c->r->from->deploy;
    const char *model = vp_render_model_source(c->r), *cache = deploy->cache_volume;
    for (uint32_t i = 0; i < deploy->mount_count; i++) {
        const vp_mount *m = &deploy->mounts[i];
        put_pair(c, "--mount", mount_value(c->r, "bind", m->source, m->target, m->read_only));
    }
    if (model) put_pair(c, "--mount", mount_value(c->r, "bind", model, model, true));
    if (cache)
        put_pair(c, "--mount",
                 mount_value(c->r, cache[0] == '/' ? "bind" : "volume", cache, VP_HUB_CACHE, false));
}

/** -e NAME alone takes the value from the environment of docker itself: it is in no command line. */
static void put_environment(words *c)
{
    const vp_env *env = c->r->from->env;
    const char *file = c->r->from->deploy->secret_file;
    if (file && vp_render_has_secrets(c->r->from)) put_pair(c, "--env-file", file);
    for (uint32_t i = 0; i < env->count; i++) {
        const vp_variable_row *row = &env->items[i];
        if (row->places_cards) continue; /* --gpus has placed them: inside they are counted anew */
        if (row->value)
            put_pair(c, "--env", vp_arena_format(c->r->arena, "%s=%s", row->name, row->value));
        else if (!file)
            put_pair(c, "--env", row->name);
    }
}

static void put_network(words *c)
{
    const vp_deploy *deploy = c->r->from->deploy;
    vp_endpoint at = vp_endpoint_of(c->r->from->plan);
    if (c->r->from->launches->machines > 1)
        put_pair(c, "--network", "host"); /* NCCL takes ports as they come */
    for (uint32_t i = 0; c->r->from->launches->machines == 1 && !at.hidden && i < deploy->port_count; i++)
        put_pair(c, "--publish", vp_render_port(c->r, &deploy->ports[i]));
}

static void put_health(words *c)
{
    uint64_t startup = c->r->from->deploy->startup_seconds;
    if (vp_endpoint_of(c->r->from->plan).hidden) return;
    put_pair(c, "--health-cmd", vp_arena_format(c->r->arena, "python3 -c \"%s\"", vp_render_health(c->r)));
    if (startup > 0)
        put_pair(c, "--health-start-period",
                 vp_arena_format(c->r->arena, "%llus", (unsigned long long)startup));
}

static void put_memory(words *c)
{
    uint64_t shm = c->r->from->deploy->shm_bytes;
    if (shm > 0)
        put_pair(c, "--shm-size", vp_arena_format(c->r->arena, "%llu", (unsigned long long)shm));
    else if (vp_render_shares_memory(c->r->from))
        put_pair(c, "--shm-size", vp_render_shm(c->r));
}

/** All words of one machine's command: docker's, then those of the server behind the image. */
static bool collect(words *c, const vp_launch *launch)
{
    vp_renderer *r = c->r;
    c->room = MOST_WORDS + launch->argv.count;
    c->argv = (vp_argv){vp_arena_take(r->arena, (c->room + 1) * sizeof *c->argv.items), 0};
    if (!c->argv.items)
        return vp_fail(r->error, VLLMPLAN_E_LIMIT, "/deploy/format", "the arguments are too long");
    put(c, "docker");
    put(c, "run");
    if (r->from->deploy->name) put_pair(c, "--name", r->from->deploy->name);
    put_pair(c, "--gpus", gpus_value(r));
    put_memory(c);
    put_network(c);
    put_mounts(c);
    put_environment(c);
    if (launch->role == VP_RUNS_SERVE) put_health(c);
    put_pair(c, "--entrypoint", launch->argv.items[0]);
    put(c, vp_render_image(r));
    for (uint32_t i = 1; i < launch->argv.count; i++) put(c, launch->argv.items[i]);
    return true;
}

bool vp_render_docker(vp_renderer *r)
{
    const vp_launches *all = r->from->launches;
    if (!vp_render_one_program(r)) return false;
    for (uint32_t n = 0; n < all->count; n++) {
        words c = {.r = r};
        if (!collect(&c, &all->items[n])) return false;
        r->out->commands[r->out->command_count++] = c.argv;
        if (all->count > 1)
            vp_put_format(r->w, "# machine %u: %s\n", all->items[n].node,
                          vp_launch_role_name(all->items[n].role));
        for (uint32_t i = 0; i < c.argv.count; i++) {
            const char *word = c.argv.items[i];
            if (i > 0) vp_put(r->w, vp_word_is_option(word) ? " \\\n    " : " ");
            vp_quote_posix(r->w, word, i == 0);
        }
        vp_put_char(r->w, '\n');
    }
    return true;
}
