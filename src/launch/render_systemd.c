/* SPDX-License-Identifier: Apache-2.0 */
/* systemd units, one for each program. In a unit '%' begins a specifier, and in a command '$' a variable: both
 * are doubled. */
#include <string.h>

#include "launch/quote.h"
#include "launch/render.h"

/** What stands before a program changes its meaning there, and a path is a whole one or a name alone
 *  (systemd.service, Command lines). */
static bool check_program(vp_renderer *r, const char *program)
{
    bool plain = program[0] != '\0' && !strchr("@-:+!|", program[0]) && !vp_text_has_control(program) &&
                 (program[0] == '/' || !strchr(program, '/'));
    return plain || vp_fail(r->error, VLLMPLAN_E_RANGE, "/engine/python",
                            "systemd starts a program by its whole path, or by a name alone");
}

static void put_environment(vp_renderer *r, bool server)
{
    const vp_env *env = r->from->env;
    const char *file = r->from->deploy->secret_file;
    for (uint32_t i = 0; i < env->count; i++) {
        if (!env->items[i].value) continue;
        vp_put(r->w, "Environment=");
        vp_quote_systemd(r->w, vp_arena_format(r->arena, "%s=%s", env->items[i].name, env->items[i].value),
                         false);
        vp_put_char(r->w, '\n');
    }
    if (!server || !vp_render_has_secrets(r->from)) return;
    if (!file)
        file = vp_placeholder_put(r, "/PLACEHOLDER_SECRET_FILE", "/deploy/secrets/file",
                                  "a file of NAME=VALUE lines that only root can read");
    vp_put(r->w, "EnvironmentFile=");
    for (; *file; file++) {
        if (*file == '%') vp_put_char(r->w, '%');
        vp_put_char(r->w, *file);
    }
    vp_put_char(r->w, '\n');
}

static void put_command(vp_renderer *r, const vp_argv *argv)
{
    vp_put(r->w, "ExecStart=");
    for (uint32_t i = 0; i < argv->count; i++) {
        if (i > 0) vp_put(r->w, vp_word_is_option(argv->items[i]) ? " \\\n    " : " ");
        vp_quote_systemd(r->w, argv->items[i], i > 0);
    }
    vp_put_char(r->w, '\n');
}

/** With a limit the unit counts as started when the server answers. Without one nothing waits: a wait without an
 *  end would outlast a server that has died. */
static void put_start(vp_renderer *r)
{
    uint64_t startup = r->from->deploy->startup_seconds;
    vp_endpoint at = vp_endpoint_of(r->from->plan);
    if (at.hidden) return;
    if (startup == 0) {
        vp_put(r->w, "# nothing waits for the server's health: how long a start takes is not known; "
                     "deploy.startup_seconds says it\n");
        return;
    }
    vp_put_format(r->w, "TimeoutStartSec=%llu\n", (unsigned long long)startup);
    vp_put_format(r->w,
                  "ExecStartPost=curl --silent --fail --output /dev/null --retry %llu --retry-delay 1 "
                  "--retry-all-errors%s http%s://127.0.0.1:%llu/health\n",
                  (unsigned long long)startup, at.https ? " --insecure" : "", at.https ? "s" : "",
                  (unsigned long long)at.port);
}

static bool put_unit(vp_renderer *r, const vp_launch *launch)
{
    bool ray = launch->role == VP_RUNS_RAY_HEAD || launch->role == VP_RUNS_RAY_WORKER;
    bool behind = launch->role == VP_RUNS_SERVE && r->from->launches->ray;
    const char *name = vp_render_name(r->from), *user = r->from->deploy->user;
    if (!check_program(r, launch->argv.items[0])) return false;
    vp_put_format(r->w, "# %s%s.service", name, ray ? "-ray" : "");
    if (r->from->launches->count > 1)
        vp_put_format(r->w, ", machine %u: %s", launch->node, vp_launch_role_name(launch->role));
    vp_put_format(r->w, "\n[Unit]\nDescription=%s\n", ray ? "Ray for the vLLM server" : "vLLM server");
    vp_put(r->w, "Wants=network-online.target\nAfter=network-online.target\n");
    if (behind) vp_put_format(r->w, "Requires=%s-ray.service\nAfter=%s-ray.service\n", name, name);
    vp_put(r->w, "\n[Service]\nType=exec\n");
    if (user)
        vp_put_format(r->w, "User=%s\n", user);
    else
        vp_put(r->w, "# User= is not said (deploy.user): without it the server runs as root\n");
    put_environment(r, !ray);
    put_command(r, &launch->argv);
    if (launch->role == VP_RUNS_SERVE) put_start(r);
    vp_put(r->w, "\n[Install]\nWantedBy=multi-user.target\n");
    return true;
}

bool vp_render_systemd(vp_renderer *r)
{
    const vp_launches *all = r->from->launches;
    for (uint32_t i = 0; i < all->count; i++) {
        if (i > 0) vp_put_char(r->w, '\n');
        if (!put_unit(r, &all->items[i])) return false;
    }
    return true;
}
