/* SPDX-License-Identifier: Apache-2.0 */
#include "launch/nodes.h"

#include <string.h>

#include "data/flags.h"

#define RAY_PORT "6379" /* ray start --port: Ray's own default */

/** How the ranks come to the machines. */
typedef struct spread {
    const vp_plan *plan;
    const vp_settings *shown;
    const char *address;
    vp_arena *arena;
    vp_launches *out;
    vp_error *error;
    uint64_t cards;    /* of one machine */
    uint64_t replica;  /* cards of one data-parallel rank */
    uint64_t replicas; /* data-parallel ranks */
} spread;

const char *vp_launch_role_name(vp_launch_role role)
{
    static const char *const names[] = {[VP_RUNS_SERVE] = "serve",
                                        [VP_RUNS_HEADLESS] = "headless",
                                        [VP_RUNS_RAY_HEAD] = "ray_head",
                                        [VP_RUNS_RAY_WORKER] = "ray_worker"};
    return names[role];
}

static bool has_flag(const spread *s, const char *setting)
{
    return vp_flag_find(vp_str_from(setting), s->plan->request->engine.release) != NULL;
}

static bool put_number(spread *s, vp_settings *settings, const char *name, uint64_t value)
{
    return vp_settings_put(settings, name, VP_VALUE_INT,
                           vp_arena_format(s->arena, "%llu", (unsigned long long)value));
}

/** One machine's vLLM, with what the settings say beside `shown`. */
static bool add_server(spread *s, const vp_settings *settings, uint32_t node)
{
    vp_launch *launch = &s->out->items[s->out->count++];
    launch->node = node;
    launch->role = node == 0 ? VP_RUNS_SERVE : VP_RUNS_HEADLESS;
    return vp_launch_argv(&s->plan->request->engine, s->plan->request->serve_as, settings, s->arena,
                          &launch->argv, s->error);
}

static bool add_single(spread *s)
{
    uint64_t world = s->replica * s->replicas;
    s->out->machines = 1;
    s->out->cards = (uint32_t)(world < s->cards ? world : s->cards);
    return add_server(s, s->shown, 0);
}

static bool leave_out(spread *s, const char *why)
{
    s->out->left_out = why;
    return add_single(s);
}

/** The address as the first of these settings has it, else the request's, else a placeholder. */
static const char *head_address(spread *s, const char *setting)
{
    const char *text = setting ? vp_settings_text(s->shown, setting) : NULL;
    if (!text) text = s->address;
    s->out->address_missing = text == NULL;
    return text ? text : VP_HEAD_ADDRESS;
}

static bool no_room(spread *s)
{
    return vp_fail(s->error, VLLMPLAN_E_LIMIT, "/settings", "there are more than %d settings",
                   VP_MAX_SETTINGS);
}

/** The smallest number of machines that the ranks divide over evenly, as vLLM wants it: world_size % nnodes == 0
 *  (engine/arg_utils.py:create_engine_config), and with several data-parallel ranks nnodes % ranks == 0 where a
 *  rank is wider than a machine (config/parallel.py:nnodes_within_dp). 0: there is none. */
static uint64_t even_machines(const spread *s)
{
    uint64_t world = s->replica * s->replicas;
    for (uint64_t n = 2; n <= s->plan->request->nodes; n++)
        if (world % n == 0 && world / n <= s->cards && n % s->replicas == 0) return n;
    return 0;
}

/** Tensor and pipeline ranks by vLLM's own processes: --nnodes, --node-rank, --master-addr, and --headless on
 *  every machine but the first (entrypoints/cli/serve.py:run_headless; 0.11.2 and newer). */
static bool by_processes(spread *s, uint64_t machines)
{
    vp_settings settings = *s->shown;
    const char *address = head_address(s, "master_addr");
    s->out->machines = (uint32_t)machines;
    s->out->cards = (uint32_t)(s->replica * s->replicas / machines);
    if (!put_number(s, &settings, "nnodes", machines) ||
        !vp_settings_put(&settings, "master_addr", VP_VALUE_TEXT, address))
        return no_room(s);
    for (uint32_t node = 0; node < machines; node++) {
        if (!put_number(s, &settings, "node_rank", node)) return no_room(s);
        if (node == 1 && !vp_settings_put(&settings, "headless", VP_VALUE_BOOL, "true")) return no_room(s);
        if (!add_server(s, &settings, node)) return false;
    }
    return true;
}

/** Data-parallel ranks: each machine holds as many as it has cards for and says with which number they begin
 *  (entrypoints/cli/serve.py:run_headless, engine/arg_utils.py; 0.9.0 and newer). */
static bool by_replicas(spread *s)
{
    vp_settings settings = *s->shown;
    uint64_t local = s->cards / s->replica, machines = (s->replicas + local - 1) / local;
    const char *address = head_address(s, "data_parallel_address");
    s->out->machines = (uint32_t)machines;
    s->out->cards = (uint32_t)(local * s->replica);
    if (!vp_settings_put(&settings, "data_parallel_address", VP_VALUE_TEXT, address)) return no_room(s);
    for (uint32_t node = 0; node < machines; node++) {
        uint64_t first = node * local, rest = s->replicas - first;
        if (!put_number(s, &settings, "data_parallel_size_local", rest < local ? rest : local))
            return no_room(s);
        if (node > 0 && (!put_number(s, &settings, "data_parallel_start_rank", first) ||
                         !vp_settings_put(&settings, "headless", VP_VALUE_BOOL, "true")))
            return no_room(s);
        if (!add_server(s, &settings, node)) return false;
    }
    return true;
}

static bool add_ray(spread *s, uint32_t node, vp_launch_role role, const char *place)
{
    const char *const words[] = {"ray", "start", "--block", role == VP_RUNS_RAY_HEAD ? "--head" : place,
                                 "--port=" RAY_PORT};
    uint32_t count = role == VP_RUNS_RAY_HEAD ? 5 : 4;
    vp_launch *launch = &s->out->items[s->out->count++];
    launch->node = node;
    launch->role = role;
    launch->argv.items = vp_arena_take(s->arena, (count + 1) * sizeof *launch->argv.items);
    if (!launch->argv.items) return vp_fail(s->error, VLLMPLAN_E_LIMIT, "", "the arguments are too long");
    memcpy(launch->argv.items, words, count * sizeof *words);
    launch->argv.count = count;
    return true;
}

/** A Ray cluster, and the server on its first machine (executor/ray_distributed_executor.py and its successors). */
static bool by_ray(spread *s, uint64_t machines)
{
    vp_settings settings = *s->shown;
    const char *address = head_address(s, NULL);
    s->out->machines = (uint32_t)machines;
    s->out->ray = true;
    s->out->cards = (uint32_t)s->cards;
    if (!vp_settings_put(&settings, "distributed_executor_backend", VP_VALUE_TEXT, "ray")) return no_room(s);
    if (!add_server(s, &settings, 0) || !add_ray(s, 0, VP_RUNS_RAY_HEAD, NULL)) return false;
    const char *place = vp_arena_format(s->arena, "--address=%s:" RAY_PORT, address);
    for (uint32_t node = 1; node < machines; node++)
        if (!add_ray(s, node, VP_RUNS_RAY_WORKER, place)) return false;
    return true;
}

/** Settings by which the user says the place of this machine among others. */
static bool spread_by_user(const spread *s)
{
    static const char *const names[] = {"nnodes",
                                        "node_rank",
                                        "headless",
                                        "data_parallel_rank",
                                        "data_parallel_start_rank",
                                        "data_parallel_size_local",
                                        "data_parallel_external_lb",
                                        "data_parallel_hybrid_lb"};
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
        if (vp_settings_find(&s->plan->returned.settings, names[i])) return true;
    return false;
}

static bool spread_out(spread *s)
{
    const vp_settings *all = &s->plan->returned.settings;
    const char *backend = vp_settings_text(all, "distributed_executor_backend");
    const char *replica_backend = vp_settings_text(all, "data_parallel_backend");
    uint64_t world = s->replica * s->replicas, machines = (world + s->cards - 1) / s->cards, even;
    bool ray =
        (backend && strcmp(backend, "ray") == 0) || (replica_backend && strcmp(replica_backend, "ray") == 0);
    if (spread_by_user(s))
        return leave_out(s, "the settings say themselves what this machine does among others");
    if (backend && !ray && strcmp(backend, "mp") != 0)
        return leave_out(s, "this distributed_executor_backend starts nothing on other machines");
    if (s->replicas > 1 && ray && !(replica_backend && strcmp(replica_backend, "ray") == 0))
        return leave_out(s, "data-parallel ranks come to other machines by data_parallel_backend ray or mp");
    if (ray || (s->replicas == 1 && !backend && !has_flag(s, "nnodes"))) return by_ray(s, machines);
    if (s->plan->request->engine.module_entrypoint)
        return leave_out(
            s, "only \"serve\" has the headless mode that the other machines need, and the entry point "
               "is the module");
    if (s->replica <= s->cards && has_flag(s, "headless") && has_flag(s, "data_parallel_start_rank"))
        return by_replicas(s);
    if (s->replica <= s->cards || !has_flag(s, "nnodes"))
        return leave_out(s, "this release has no arguments for this split over machines");
    even = even_machines(s);
    if (even > 0) return by_processes(s, even);
    if (s->replicas == 1 && !backend) return by_ray(s, machines);
    return leave_out(s, "vLLM divides the ranks over machines evenly, and this split cannot be");
}

bool vp_launch_nodes(const vp_plan *plan, const vp_settings *shown, const char *head_address_given,
                     vp_arena *arena, vp_launches *out, vp_error *error)
{
    const vp_engine_args *args = &plan->returned.evaluation.args;
    spread s = {.plan = plan,
                .shown = shown,
                .address = head_address_given,
                .arena = arena,
                .out = out,
                .error = error,
                .cards = vp_search_cards(plan->request),
                .replica = (uint64_t)args->tp * args->pp,
                .replicas = args->dp > 0 ? args->dp : 1};
    memset(out, 0, sizeof *out);
    uint64_t world = s.replica * s.replicas;
    if (plan->request->nodes < 2 || s.cards == 0 || world <= s.cards ||
        world > s.cards * plan->request->nodes)
        return add_single(&s);
    return spread_out(&s);
}

void vp_launch_nodes_tell(const vp_launches *launches, vp_plan *plan)
{
    if (launches->left_out)
        vp_plan_note(plan, "several_nodes_not_launched", VP_WARNING, "/nodes", launches->left_out);
    if (launches->address_missing)
        vp_plan_note(plan, "head_address_missing", VP_WARNING, "/deploy/head_address",
                     "the arguments say " VP_HEAD_ADDRESS
                     " where the first machine's address belongs, as the others "
                     "reach it; deploy.head_address gives it");
}
