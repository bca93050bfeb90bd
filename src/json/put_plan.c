/* SPDX-License-Identifier: Apache-2.0 */
/* A plan as the contract's answer. Keys may be added; their order and meaning stay. */
#include <string.h>

#include "base/vp_decimal.h"
#include "json/json.h"
#include "json/put.h"
#include "json/put_memory.h"

#include <vllmplan/version.h>

static const char *const statuses[] = {
    [VP_STATUS_REJECTED] = "rejected", [VP_STATUS_POSSIBLE] = "possible", [VP_STATUS_CHOSEN] = "chosen"};

/** The settings that matter to memory and are always shown, by their effective values. */
static const char *const effective[] = {
    "quantization",           "dtype",        "kv_cache_dtype",         "gpu_memory_utilization",
    "max_model_len",          "max_num_seqs", "max_num_batched_tokens", "tensor_parallel_size",
    "pipeline_parallel_size", "block_size",   "enforce_eager",          "kv_cache_memory_bytes",
    "num_gpu_blocks_override"};

static void put_verdict(vp_out *out, const vp_evaluation *e)
{
    vp_out_text(out, "failing_step", e->failing_step);
    vp_out_u64(out, "missing_bytes", e->missing_bytes);
}

static void put_head(vp_out *out, const vp_plan *plan)
{
    const vp_evaluation *returned = &plan->returned.evaluation, *asked = &plan->asked.evaluation;
    vp_out_u64(out, "schema", 1);
    vp_out_text(out, "library", VLLMPLAN_VERSION_STRING);
    vp_out_text(out, "verdict", vp_verdict_name(returned->verdict));
    vp_out_text(out, "summary", plan->summary);
    put_verdict(out, returned);
    vp_out_object(out, "asked");
    vp_out_text(out, "verdict", vp_verdict_name(asked->verdict));
    put_verdict(out, asked);
    vp_out_end(out);
}

static void put_engine(vp_out *out, const vp_plan *plan)
{
    const vp_engine *engine = &plan->request->engine;
    const vp_evaluation *e = &plan->returned.evaluation;
    vp_out_object(out, "engine");
    vp_out_text(out, "release", engine->release->key);
    vp_out_text(out, "entrypoint", engine->module_entrypoint ? "module" : "serve");
    vp_out_text(out, "runner", e->rank_count > 0 ? e->ranks[e->tightest].runtime.runner : NULL);
    vp_out_end(out);
}

static void put_stored(vp_out *out, const vp_stored *stored)
{
    if (stored->method[0] == '\0') {
        vp_out_null(out, "stored");
        return;
    }
    vp_out_object(out, "stored");
    vp_out_text(out, "method", stored->method);
    vp_out_figure(out, "bits", stored->bits > 0, stored->bits);
    vp_out_bool(out, "nested", stored->nested);
    vp_out_bool(out, "from_config", stored->from_config);
    vp_out_end(out);
}

static void put_model(vp_out *out, const vp_facts *facts)
{
    const vp_model *model = &facts->model;
    const vp_inventory *inventory = &facts->inventory;
    bool sized = inventory->from_headers || inventory->checkpoint_bytes_known;
    vp_out_object(out, "model");
    vp_out_text(out, "architecture", model->architecture_name);
    vp_out_text(out, "structure", model->architecture ? model->architecture->structure : NULL);
    vp_out_figure(out, "parameters", inventory->count > 0, vp_inventory_parameters(inventory));
    vp_out_figure(out, "checkpoint_bytes", sized, inventory->checkpoint_bytes);
    put_stored(out, &model->stored);
    vp_out_figure(out, "layers", model->layers > 0, model->layers);
    vp_out_figure(out, "max_position_embeddings", model->max_position > 0, model->max_position);
    vp_out_end(out);
}

static bool is_effective(const char *name)
{
    for (size_t i = 0; i < sizeof effective / sizeof effective[0]; i++)
        if (strcmp(name, effective[i]) == 0) return true;
    return false;
}

/** The user's digits where JSON has them so, else (".9") the shortest digits of the same number. */
static void put_utilization(vp_out *out, const vp_engine_args *args)
{
    char digits[32];
    vp_writer w;
    const char *text = args->utilization_text;
    vp_writer_start(&w, digits, sizeof digits);
    if (text && (text[0] < '0' || text[0] > '9' || text[strlen(text) - 1] == '.') &&
        vp_decimal_write(&w, args->utilization))
        text = digits;
    vp_out_setting(out, "gpu_memory_utilization", "gpu_memory_utilization", VP_VALUE_DECIMAL, text);
}

static void put_settings(vp_out *out, const vp_candidate *returned)
{
    const vp_engine_args *args = &returned->evaluation.args;
    vp_out_object(out, "settings");
    vp_out_text(out, "quantization", args->quantization);
    vp_out_text(out, "dtype", args->dtype == VP_DTYPE_NONE ? NULL : vp_dtype_name(args->dtype));
    vp_out_text(out, "kv_cache_dtype", args->kv_cache_dtype);
    put_utilization(out, args);
    vp_out_u64(out, "max_model_len", args->max_model_len);
    vp_out_u64(out, "max_num_seqs", args->max_num_seqs);
    vp_out_u64(out, "max_num_batched_tokens", args->max_num_batched_tokens);
    vp_out_u64(out, "tensor_parallel_size", args->tp);
    vp_out_u64(out, "pipeline_parallel_size", args->pp);
    vp_out_u64(out, "block_size", args->block_size);
    vp_out_bool(out, "enforce_eager", args->enforce_eager);
    if (args->kv_cache_memory_bytes > 0)
        vp_out_u64(out, "kv_cache_memory_bytes", args->kv_cache_memory_bytes);
    if (args->num_gpu_blocks_override > 0)
        vp_out_u64(out, "num_gpu_blocks_override", args->num_gpu_blocks_override);
    for (uint32_t i = 0; i < returned->settings.count; i++) {
        const vp_setting *s = &returned->settings.items[i];
        if (!is_effective(s->name)) vp_out_setting(out, s->name, s->name, s->kind, s->text);
    }
    vp_out_end(out);
}

static void put_chosen(vp_out *out, const vp_plan *plan)
{
    vp_out_list(out, "chosen");
    for (uint32_t i = 0; i < plan->chosen_count; i++) {
        const vp_chosen *chosen = &plan->chosen[i];
        vp_out_object(out, NULL);
        vp_out_text(out, "setting", chosen->setting);
        vp_out_setting(out, chosen->setting, "value", chosen->kind, chosen->value);
        vp_out_text(out, "from", chosen->from);
        vp_out_text(out, "why", chosen->why);
        vp_out_end(out);
    }
    vp_out_end(out);
}

static void put_methods(vp_out *out, const vp_plan *plan)
{
    bool kv = plan->request->facts->attention.count > 0 && plan->returned.evaluation.args.kv_bits > 0;
    vp_out_list(out, "methods");
    for (uint32_t i = 0; i < plan->method_count; i++) {
        const vp_method_row *row = &plan->methods[i];
        vp_out_object(out, NULL);
        vp_out_text(out, "method", row->name);
        vp_out_text(out, "status", statuses[row->status]);
        vp_out_text(out, "verdict", vp_verdict_name(row->verdict));
        vp_out_figure(out, "weights_bytes", row->judged, row->weights_bytes);
        vp_out_figure(out, "tokens", row->judged && kv, row->tokens);
        vp_out_figure(out, "load_peak_bytes", row->judged, row->load_peak_bytes);
        vp_out_figure(out, "max_model_len", row->judged, row->max_model_len);
        vp_out_text(out, "reason", row->reason == VP_REASON_NONE ? NULL : vp_reason_name(row->reason));
        vp_out_text(out, "text", row->text);
        vp_out_text(out, "needs", row->needs);
        vp_out_end(out);
    }
    vp_out_end(out);
}

static void put_remedies(vp_out *out, const vp_plan *plan)
{
    vp_out_list(out, "remedies");
    for (uint32_t i = 0; i < plan->remedy_count; i++) {
        const vp_remedy *remedy = &plan->remedies[i];
        vp_out_object(out, NULL);
        vp_out_object(out, "change");
        for (uint32_t n = 0; n < remedy->change_count; n++) {
            const vp_setting *s = &remedy->changes[n];
            vp_out_setting(out, s->name, s->name, s->kind, s->text);
        }
        vp_out_end(out);
        vp_out_text(out, "verdict", vp_verdict_name(remedy->verdict));
        vp_out_text(out, "cost", remedy->cost);
        vp_out_text(out, "text", remedy->text);
        vp_out_end(out);
    }
    vp_out_end(out);
}

static void put_words(vp_out *out, const char *key, const vp_argv *argv)
{
    vp_out_list(out, key);
    for (uint32_t i = 0; i < argv->count; i++) vp_out_text(out, NULL, argv->items[i]);
    vp_out_end(out);
}

static void put_argv(vp_out *out, const vp_argv *argv) { put_words(out, "argv", argv); }

/** The environment that goes with the arguments: secrets by name only. */
static void put_env(vp_out *out, const vp_env *env)
{
    vp_out_object(out, "env");
    for (uint32_t i = 0; i < env->count; i++) {
        const vp_variable_row *row = &env->items[i];
        if (row->value) {
            vp_out_text(out, row->name, row->value);
            continue;
        }
        vp_out_object(out, row->name);
        vp_out_text(out, "secret", row->name);
        vp_out_end(out);
    }
    vp_out_end(out);
}

static void put_launch(vp_out *out, const vp_launches *launches, const vp_env *env)
{
    static const vp_argv none = {NULL, 0};
    vp_out_list(out, "launch");
    for (uint32_t i = 0; i < launches->count; i++) {
        const vp_launch *launch = &launches->items[i];
        vp_out_object(out, NULL);
        vp_out_u64(out, "node", launch->node);
        vp_out_text(out, "role", vp_launch_role_name(launch->role));
        put_argv(out, &launch->argv);
        put_env(out, env);
        vp_out_end(out);
    }
    vp_out_end(out);
    put_argv(out, launches->count > 0 ? &launches->items[0].argv : &none);
    put_env(out, env);
}

static void put_health(vp_out *out, const vp_plan *plan)
{
    vp_endpoint at = vp_endpoint_of(plan);
    vp_out_object(out, "health");
    vp_out_text(out, "path", "/health");
    vp_out_figure(out, "port", !at.hidden, at.port);
    vp_out_null(out, "startup_seconds"); /* no law for it yet */
    vp_out_end(out);
}

static void put_rendered(vp_out *out, const vp_rendered *rendered)
{
    if (!rendered->text) {
        vp_out_null(out, "rendered");
        return;
    }
    vp_out_object(out, "rendered");
    vp_out_text(out, "format", rendered->format);
    vp_out_text(out, "text", rendered->text);
    vp_out_list(out, "commands");
    for (uint32_t i = 0; i < rendered->command_count; i++) put_words(out, NULL, &rendered->commands[i]);
    vp_out_end(out);
    vp_out_list(out, "placeholders");
    for (uint32_t i = 0; i < rendered->placeholder_count; i++) {
        const vp_placeholder *p = &rendered->placeholders[i];
        vp_out_object(out, NULL);
        vp_out_text(out, "word", p->word);
        vp_out_text(out, "path", p->path);
        vp_out_text(out, "text", p->text);
        vp_out_end(out);
    }
    vp_out_end(out);
    vp_out_end(out);
}

static void put_notes(vp_out *out, const vp_plan *plan)
{
    vp_out_list(out, "notes");
    for (uint32_t i = 0; i < plan->note_count; i++) {
        const vp_note *note = &plan->notes[i];
        vp_out_object(out, NULL);
        vp_out_text(out, "code", note->code);
        vp_out_text(out, "severity", vp_severity_name(note->severity));
        vp_out_text(out, "path", note->path);
        vp_out_text(out, "text", note->text);
        vp_out_end(out);
    }
    vp_out_end(out);
}

bool vp_json_put_plan(vp_writer *w, const vp_plan *plan, const vp_start *start, vp_error *error)
{
    vp_out out;
    vp_out_start(&out, w, error);
    vp_out_object(&out, NULL);
    put_head(&out, plan);
    put_engine(&out, plan);
    put_model(&out, plan->request->facts);
    put_settings(&out, &plan->returned);
    put_chosen(&out, plan);
    vp_out_memory(&out, plan);
    vp_out_kv_cache(&out, plan);
    put_methods(&out, plan);
    put_remedies(&out, plan);
    put_launch(&out, &start->launches, &start->env);
    put_health(&out, plan);
    put_rendered(&out, &start->rendered);
    put_notes(&out, plan);
    vp_out_end(&out);
    return error->code == VLLMPLAN_OK;
}
