/* SPDX-License-Identifier: Apache-2.0 */
#include "launch/render.h"

#include <string.h>

#include "launch/quote.h"

enum { DEFAULT_PORT = 8000 }; /* entrypoints/openai/cli_args.py */

static const struct {
    const char *name;
    bool (*render)(vp_renderer *r);
} formats[VP_FORMAT_COUNT] = {
    [VP_FORMAT_SHELL] = {"shell", vp_render_shell},
    [VP_FORMAT_FISH] = {"fish", vp_render_shell},
    [VP_FORMAT_CMD] = {"cmd", vp_render_shell},
    [VP_FORMAT_POWERSHELL] = {"powershell", vp_render_shell},
    [VP_FORMAT_DOCKER] = {"docker", vp_render_docker},
    [VP_FORMAT_COMPOSE] = {"compose", vp_render_compose},
    [VP_FORMAT_K8S] = {"k8s", vp_render_k8s},
    [VP_FORMAT_SYSTEMD] = {"systemd", vp_render_systemd},
};

vp_endpoint vp_endpoint_of(const vp_plan *plan)
{
    const vp_settings *settings = &plan->returned.settings;
    uint64_t port = vp_settings_u64(settings, "port", DEFAULT_PORT);
    return (vp_endpoint){.port = port,
                         .https = vp_settings_text(settings, "ssl_certfile") != NULL,
                         .hidden = port == 0 || vp_settings_text(settings, "uds") != NULL};
}

const char *vp_placeholder_put(vp_renderer *r, const char *word, const char *path, const char *text)
{
    vp_rendered *out = r->out;
    for (uint32_t i = 0; i < out->placeholder_count; i++)
        if (strcmp(out->placeholders[i].word, word) == 0) return word;
    if (out->placeholder_count < VP_MAX_PLACEHOLDERS)
        out->placeholders[out->placeholder_count++] = (vp_placeholder){word, path, text};
    return word;
}

const char *vp_render_image(vp_renderer *r)
{
    const char *image = r->from->deploy->image;
    return image ? image
                 : vp_placeholder_put(r, "PLACEHOLDER_IMAGE", "/deploy/image",
                                      "the container image that holds this vLLM release");
}

const char *vp_render_name(const vp_render_from *from)
{
    return from->deploy->name ? from->deploy->name : "vllm";
}

bool vp_render_shares_memory(const vp_render_from *from)
{
    const vp_engine_args *args = &from->plan->returned.evaluation.args;
    return (uint64_t)args->tp * args->pp * args->dp > 1;
}

const char *vp_render_shm(vp_renderer *r)
{
    return vp_placeholder_put(r, "PLACEHOLDER_SHM_SIZE", "/deploy/shm_size",
                              "shared memory for the server's processes: docker's own 64 MiB are too little");
}

const char *vp_render_port(vp_renderer *r, const vp_port *port)
{
    unsigned long long server = vp_endpoint_of(r->from->plan).port;
    if (!port->address) return vp_arena_format(r->arena, "%u:%llu", port->host, server);
    bool six = strchr(port->address, ':') != NULL; /* IPv6 */
    return vp_arena_format(r->arena, six ? "[%s]:%u:%llu" : "%s:%u:%llu", port->address, port->host, server);
}

bool vp_render_has_secrets(const vp_render_from *from)
{
    for (uint32_t i = 0; i < from->env->count; i++)
        if (!from->env->items[i].value) return true;
    return false;
}

/** Whether `path` is `folder` or lies in it. */
static bool is_below(const char *path, const char *folder)
{
    size_t length = strlen(folder);
    while (length > 1 && folder[length - 1] == '/') length--;
    return strncmp(path, folder, length) == 0 &&
           (path[length] == '\0' || path[length] == '/' || (length == 1 && folder[0] == '/'));
}

const char *vp_render_model_source(vp_renderer *r)
{
    const char *path = r->from->model_path;
    if (!path || path[0] != '/') return NULL;
    for (uint32_t i = 0; i < r->from->deploy->mount_count; i++)
        if (is_below(path, r->from->deploy->mounts[i].target)) return NULL;
    return path;
}

const char *vp_render_health(vp_renderer *r)
{
    vp_endpoint at = vp_endpoint_of(r->from->plan);
    if (at.https)
        return vp_arena_format(r->arena,
                               "import ssl,urllib.request as u;u.urlopen('https://127.0.0.1:%llu/health',"
                               "context=ssl._create_unverified_context())",
                               (unsigned long long)at.port);
    return vp_arena_format(r->arena, "import urllib.request as u;u.urlopen('http://127.0.0.1:%llu/health')",
                           (unsigned long long)at.port);
}

bool vp_render_one_program(vp_renderer *r)
{
    return !r->from->launches->ray || vp_fail(r->error, VLLMPLAN_E_UNSUPPORTED, "/deploy/format",
                                              "on several machines this split runs on Ray, whose head is a "
                                              "second program beside the server; "
                                              "\"shell\" and \"systemd\" can say that, \"%s\" cannot",
                                              formats[r->from->deploy->format].name);
}

/** Placeholders that stand in the arguments already. Kubernetes has a variable for the address. */
static void list_arguments(vp_renderer *r)
{
    if (strcmp(r->from->plan->request->serve_as, "MODEL") == 0)
        vp_placeholder_put(r, "MODEL", "/model/serve_as", "the model's path or name");
    const char *path = r->from->model_path;
    if (path && path[0] != '/' && r->from->deploy->format >= VP_FORMAT_DOCKER)
        vp_placeholder_put(
            r, path, "/model/serve_as",
            "the model's directory by its whole path: it does not run where the request was made");
    const char *host = vp_settings_text(&r->from->plan->returned.settings, "host");
    bool inside = r->from->deploy->format >= VP_FORMAT_DOCKER && r->from->deploy->format <= VP_FORMAT_K8S;
    if (inside && host &&
        (strncmp(host, "127.", 4) == 0 || strcmp(host, "::1") == 0 || strcmp(host, "localhost") == 0))
        vp_placeholder_put(r, host, "/settings/host",
                           "an address that is reached from outside of the container, such as 0.0.0.0");
    if (r->from->launches->address_missing && r->from->deploy->format != VP_FORMAT_K8S)
        vp_placeholder_put(r, VP_HEAD_ADDRESS, "/deploy/head_address",
                           "the first machine's address, as the others reach it");
}

static bool write(const vp_render_from *from, vp_arena *arena, vp_writer *w, vp_rendered *out,
                  vp_error *error)
{
    vp_renderer r = {.from = from, .w = w, .arena = arena, .out = out, .error = error};
    out->placeholder_count = 0;
    out->command_count = 0;
    list_arguments(&r);
    return formats[from->deploy->format].render(&r);
}

bool vp_render(const vp_render_from *from, vp_arena *arena, vp_rendered *out, vp_error *error)
{
    vp_writer w;
    memset(out, 0, sizeof *out);
    if (from->deploy->format == VP_FORMAT_NONE || from->launches->count == 0) return true;
    if (from->launches->items[0].argv.count == 0) return true;
    size_t mark = arena->used;
    vp_writer_start(&w, NULL, 0); /* measures */
    if (!write(from, arena, &w, out, error)) return false;
    arena->used = mark;
    size_t room = w.length + 1;
    char *text = vp_arena_take(arena, room);
    if (!text) return vp_fail(error, VLLMPLAN_E_LIMIT, "/deploy/format", "what would be written is too long");
    vp_writer_start(&w, text, room);
    if (!write(from, arena, &w, out, error)) return false;
    if (arena->exhausted || vp_writer_cut(&w))
        return vp_fail(error, VLLMPLAN_E_LIMIT, "/deploy/format", "what would be written is too long");
    out->format = formats[from->deploy->format].name;
    out->text = text;
    return true;
}
