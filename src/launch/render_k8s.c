/* SPDX-License-Identifier: Apache-2.0 */
/* A Kubernetes Deployment; for several machines a LeaderWorkerSet (leaderworkerset.x-k8s.io/v1). Kubernetes puts
 * variables in for $(NAME) in commands and values, so that every text of the plan has its '$' doubled. */
#include <string.h>

#include "launch/quote.h"
#include "launch/render.h"

#define LEADER_ADDRESS "$(LWS_LEADER_ADDRESS)" /* what a LeaderWorkerSet tells every pod of a group */
#define WORKER_INDEX "$(LWS_WORKER_INDEX)"
enum { PROBE_SECONDS = 10 }; /* Kubernetes' own default of periodSeconds */

/** One pod: the arguments of a machine, or of all machines but the first. */
typedef struct pod {
    vp_renderer *r;
    const vp_argv *argv;
    const vp_argv *other; /* of the next worker: where the two differ, the word is the worker's number */
    bool serves;
    unsigned indent; /* of the pod's template */
} pod;

static void begin(const pod *p, unsigned deeper)
{
    for (unsigned i = 0; i < p->indent + deeper; i++) vp_put_char(p->r->w, ' ');
}

/** A line of ours. */
static void put(const pod *p, unsigned deeper, const char *line)
{
    begin(p, deeper);
    vp_put(p->r->w, line);
    vp_put_char(p->r->w, '\n');
}

/** A line that ends with a text of the plan or the request. `dollar`: Kubernetes puts variables in there. */
static void put_text(const pod *p, unsigned deeper, const char *lead, const char *text, bool dollar)
{
    begin(p, deeper);
    vp_put(p->r->w, lead);
    if (dollar)
        vp_quote_yaml_dollar(p->r->w, text);
    else
        vp_quote_yaml(p->r->w, text);
    vp_put_char(p->r->w, '\n');
}

static void put_number(const pod *p, unsigned deeper, const char *lead, uint64_t number)
{
    begin(p, deeper);
    vp_put(p->r->w, lead);
    vp_put_u64(p->r->w, number);
    vp_put_char(p->r->w, '\n');
}

/** Whether this word is the placeholder of the first machine's address. */
static bool is_address(const pod *p, uint32_t i)
{
    const char *before = p->argv->items[i - 1];
    return p->r->from->launches->address_missing && strcmp(p->argv->items[i], VP_HEAD_ADDRESS) == 0 &&
           (strcmp(before, "--master-addr") == 0 || strcmp(before, "--data-parallel-address") == 0);
}

static void put_arguments(const pod *p)
{
    put(p, 8, "command:");
    put_text(p, 10, "- ", p->argv->items[0], true);
    put(p, 8, "args:");
    for (uint32_t i = 1; i < p->argv->count; i++) {
        if (is_address(p, i))
            put_text(p, 10, "- ", LEADER_ADDRESS, false);
        else if (p->other && strcmp(p->argv->items[i], p->other->items[i]) != 0)
            put_text(p, 10, "- ", WORKER_INDEX, false);
        else
            put_text(p, 10, "- ", p->argv->items[i], true);
    }
}

static void put_environment(const pod *p)
{
    const vp_env *env = p->r->from->env;
    const char *secret = p->r->from->deploy->secret_name;
    bool first = true;
    for (uint32_t i = 0; i < env->count; i++) {
        const vp_variable_row *row = &env->items[i];
        if (row->places_cards) continue;
        if (first) put(p, 8, "env:");
        first = false;
        put_text(p, 10, "- name: ", row->name, false);
        if (row->value) {
            put_text(p, 12, "value: ", row->value, true);
            continue;
        }
        if (!secret)
            secret = vp_placeholder_put(p->r, "PLACEHOLDER_SECRET", "/deploy/secrets/kubernetes",
                                        "the secret whose keys are the variables' names");
        put(p, 12, "valueFrom:");
        put(p, 14, "secretKeyRef:");
        put_text(p, 16, "name: ", secret, false);
        put_text(p, 16, "key: ", row->name, false);
    }
}

static void put_probe(const pod *p, const char *name, uint64_t failures)
{
    vp_endpoint at = vp_endpoint_of(p->r->from->plan);
    put(p, 8, name);
    put(p, 10, "httpGet:");
    put(p, 12, "path: /health");
    put_number(p, 12, "port: ", at.port);
    put(p, 12, at.https ? "scheme: HTTPS" : "scheme: HTTP");
    if (failures > 0) {
        put_number(p, 10, "periodSeconds: ", PROBE_SECONDS);
        put_number(p, 10, "failureThreshold: ", failures);
    }
}

/** A probe that ends a start which only takes long would be worse than none: without a limit there is the one that
 *  keeps requests away until the server answers. */
static void put_probes(const pod *p)
{
    uint64_t startup = p->r->from->deploy->startup_seconds;
    vp_endpoint at = vp_endpoint_of(p->r->from->plan);
    if (at.hidden) {
        put(p, 8, "# no port that is known before the start, so no probe");
        return;
    }
    put(p, 8, "ports:");
    put(p, 10, "- name: http");
    put_number(p, 12, "containerPort: ", at.port);
    put_probe(p, "readinessProbe:", 0);
    if (startup == 0) {
        put(p, 8,
            "# no startupProbe, no livenessProbe: how long a start takes is not known; "
            "deploy.startup_seconds says it");
        return;
    }
    put_probe(p, "startupProbe:", (startup + PROBE_SECONDS - 1) / PROBE_SECONDS);
    put_probe(p, "livenessProbe:", 0);
}

static void put_container_mount(const pod *p, const char *volume, const char *target, bool read_only)
{
    put_text(p, 10, "- name: ", volume, false);
    put_text(p, 12, "mountPath: ", target, false);
    if (read_only) put(p, 12, "readOnly: true");
}

static const char *numbered(const pod *p, uint32_t i) { return vp_arena_format(p->r->arena, "mount-%u", i); }

static bool has_shm(const pod *p)
{
    return p->r->from->deploy->shm_bytes > 0 || vp_render_shares_memory(p->r->from);
}

static void put_container_mounts(const pod *p, const char *model)
{
    const vp_deploy *deploy = p->r->from->deploy;
    if (deploy->mount_count == 0 && !model && !deploy->cache_volume && !has_shm(p)) return;
    put(p, 8, "volumeMounts:");
    for (uint32_t i = 0; i < deploy->mount_count; i++)
        put_container_mount(p, numbered(p, i), deploy->mounts[i].target, deploy->mounts[i].read_only);
    if (model) put_container_mount(p, "model", model, true);
    if (deploy->cache_volume) put_container_mount(p, "hub-cache", VP_HUB_CACHE, false);
    if (has_shm(p)) put_container_mount(p, "shm", "/dev/shm", false);
}

static void put_host_path(const pod *p, const char *volume, const char *path)
{
    put_text(p, 6, "- name: ", volume, false);
    put(p, 8, "hostPath:");
    put_text(p, 10, "path: ", path, false);
}

static void put_volumes(const pod *p, const char *model)
{
    const vp_deploy *deploy = p->r->from->deploy;
    const char *cache = deploy->cache_volume;
    if (deploy->mount_count == 0 && !model && !cache && !has_shm(p)) return;
    put(p, 4, "volumes:");
    for (uint32_t i = 0; i < deploy->mount_count; i++)
        put_host_path(p, numbered(p, i), deploy->mounts[i].source);
    if (model) put_host_path(p, "model", model);
    if (cache && cache[0] == '/') {
        put_host_path(p, "hub-cache", cache);
    } else if (cache) {
        put(p, 6, "- name: hub-cache");
        put(p, 8, "persistentVolumeClaim:");
        put_text(p, 10, "claimName: ", cache, false);
    }
    if (!has_shm(p)) return;
    put(p, 6, "- name: shm");
    put(p, 8, "emptyDir:");
    put(p, 10, "medium: Memory");
    if (deploy->shm_bytes > 0) put_number(p, 10, "sizeLimit: ", deploy->shm_bytes);
}

static void put_template(const pod *p)
{
    const char *name = vp_render_name(p->r->from), *model = vp_render_model_source(p->r);
    put(p, 2, "metadata:");
    put(p, 4, "labels:");
    put_text(p, 6, "app.kubernetes.io/name: ", name, false);
    put(p, 2, "spec:");
    /* a Service named vllm would set VLLM_PORT to an address, which vLLM refuses (vllm/envs.py:get_vllm_port) */
    put(p, 4, "enableServiceLinks: false");
    put(p, 4, "containers:");
    put_text(p, 6, "- name: ", name, false);
    put_text(p, 8, "image: ", vp_render_image(p->r), false);
    put_arguments(p);
    put_environment(p);
    put(p, 8, "resources:");
    put(p, 10, "limits:");
    put_number(p, 12, "nvidia.com/gpu: ", p->r->from->env->cards.used);
    if (p->serves) put_probes(p);
    put_container_mounts(p, model);
    put_volumes(p, model);
}

static void put_head(vp_renderer *r, const char *version, const char *kind)
{
    const vp_deploy *deploy = r->from->deploy;
    pod p = {.r = r};
    vp_put_format(r->w, "apiVersion: %s\nkind: %s\nmetadata:\n", version, kind);
    put_text(&p, 2, "name: ", vp_render_name(r->from), false);
    if (deploy->name_space) put_text(&p, 2, "namespace: ", deploy->name_space, false);
    put(&p, 0, "spec:");
    put_number(&p, 2, "replicas: ", deploy->replicas);
}

static bool put_deployment(vp_renderer *r)
{
    pod p = {.r = r, .argv = &r->from->launches->items[0].argv, .serves = true, .indent = 2};
    put_head(r, "apps/v1", "Deployment");
    put(&p, 0, "selector:");
    put(&p, 2, "matchLabels:");
    put_text(&p, 4, "app.kubernetes.io/name: ", vp_render_name(r->from), false);
    put(&p, 0, "template:");
    put_template(&p);
    return true;
}

/** Whether the workers' arguments are the same but for words that are the worker's own number. */
static bool are_alike(const vp_renderer *r)
{
    const vp_launches *all = r->from->launches;
    const vp_argv *first = &all->items[1].argv;
    for (uint32_t n = 2; n < all->count; n++) {
        const vp_argv *argv = &all->items[n].argv;
        if (argv->count != first->count) return false;
        for (uint32_t i = 0; i < argv->count; i++) {
            if (strcmp(argv->items[i], first->items[i]) == 0) continue;
            if (strcmp(first->items[i], "1") != 0 ||
                strcmp(argv->items[i], vp_arena_format(r->arena, "%u", all->items[n].node)) != 0)
                return false;
        }
    }
    return true;
}

static bool put_group(vp_renderer *r)
{
    const vp_launches *all = r->from->launches;
    if (!are_alike(r))
        return vp_fail(
            r->error, VLLMPLAN_E_UNSUPPORTED, "/deploy/format",
            "a LeaderWorkerSet starts every machine but the first with the same arguments, and these "
            "differ by more than the machine's number");
    pod p = {.r = r, .argv = &all->items[0].argv, .serves = true, .indent = 4};
    put_head(r, "leaderworkerset.x-k8s.io/v1", "LeaderWorkerSet");
    vp_put_format(r->w, "  leaderWorkerTemplate:\n    size: %u\n    leaderTemplate:\n", all->machines);
    put_template(&p);
    vp_put(r->w, "    workerTemplate:\n");
    p.argv = &all->items[1].argv;
    p.other = all->count > 2 ? &all->items[2].argv : NULL;
    p.serves = false;
    put_template(&p);
    return true;
}

bool vp_render_k8s(vp_renderer *r)
{
    if (!vp_render_one_program(r)) return false;
    return r->from->launches->count > 1 ? put_group(r) : put_deployment(r);
}
