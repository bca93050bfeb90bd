/* SPDX-License-Identifier: Apache-2.0 */
/* The plan in words: which settings were chosen and why, notes, and the summary. */
#include <string.h>

#include "base/vp_int.h"
#include "core/host.h"
#include "core/plan.h"

void vp_plan_note(vp_plan *plan, const char *code, vp_severity severity, const char *path, const char *text)
{
    if (plan->note_count == VP_MAX_NOTES) return;
    vp_note *note = &plan->notes[plan->note_count++];
    note->code = code;
    note->severity = severity;
    note->path = path;
    note->text = text;
}

static void choose(vp_plan *plan, const char *setting, const char *from, const char *fallback,
                   const char *why)
{
    if (plan->chosen_count == VP_MAX_CHOSEN) return;
    const vp_setting *set = vp_settings_find(&plan->returned.settings, setting);
    vp_chosen *chosen = &plan->chosen[plan->chosen_count++];
    chosen->setting = setting;
    chosen->kind = set ? set->kind : fallback ? VP_VALUE_INT : VP_VALUE_NULL;
    chosen->value = set ? set->text : fallback;
    chosen->from = vp_settings_find(&plan->request->settings, setting) ? "user" : from;
    chosen->why = strcmp(chosen->from, "user") == 0 ? "fixed by the request" : why;
}

static void choose_quantization(vp_plan *plan, vp_arena *arena)
{
    const vp_evaluation *e = &plan->returned.evaluation;
    const vp_evaluation *asked = &plan->asked.evaluation;
    const char *method = vp_settings_text(&plan->returned.settings, "quantization");
    if (!method) {
        bool stored = plan->request->facts->model.stored.method[0] != '\0';
        choose(plan, "quantization", stored ? "checkpoint" : "default", NULL,
               stored ? "the checkpoint brings its own" : "16-bit weights lose nothing");
        return;
    }
    const char *why = e->method.row ? e->method.row->text : "asked for";
    if (e->method.row && asked->reason[0])
        why = vp_arena_format(arena,
                              "in 16 bits %s; of the methods of vLLM %s that meet the wishes here %s comes "
                              "first in the order of loss (%s)",
                              asked->reason, plan->request->engine.release->key, method, why);
    choose(plan, "quantization", "search", NULL, why);
    if (vp_settings_find(&plan->returned.settings, "load_format"))
        choose(plan, "load_format", "search", NULL, "this release needs it beside the method");
}

static const char *number(vp_arena *arena, uint64_t value)
{
    return vp_arena_format(arena, "%llu", (unsigned long long)value);
}

static void choose_sizes(vp_plan *plan, vp_arena *arena)
{
    const vp_candidate *c = &plan->returned;
    const vp_engine_args *args = &c->evaluation.args;
    uint64_t own = plan->asked.evaluation.args.max_model_len;
    choose(plan, "max_model_len", c->changed_length ? "search" : "checkpoint",
           number(arena, args->max_model_len),
           c->changed_length
               ? vp_arena_format(
                     arena, "the longest context that fits also at the pessimistic end; %llu were asked for",
                     (unsigned long long)own)
               : "the model's own context");
    choose(plan, "gpu_memory_utilization", c->changed_utilization ? "search" : "default", NULL,
           c->changed_utilization ? vp_arena_format(arena, "moved from %s to make room for the KV cache",
                                                    plan->asked.evaluation.args.utilization_text)
                                  : "the release's default");
    vp_chosen *utilization = &plan->chosen[plan->chosen_count - 1];
    utilization->value = args->utilization_text;
    utilization->kind = VP_VALUE_DECIMAL;
    choose(plan, "tensor_parallel_size", c->changed_tp ? "search" : "default", number(arena, args->tp),
           c->changed_tp ? "more cards than one are needed" : "one card is enough, or none more were given");
    choose(plan, "max_num_seqs", c->changed_requests ? "search" : "default",
           number(arena, args->max_num_seqs),
           c->changed_requests ? "there are no more blocks for the states of requests"
                               : "the release's default for this card");
    choose(plan, "max_num_batched_tokens", "default", number(arena, args->max_num_batched_tokens),
           "the release's default for this card");
}

/** What the user fixed besides. */
static void choose_users(vp_plan *plan)
{
    const vp_settings *settings = &plan->request->settings;
    for (uint32_t i = 0; i < settings->count; i++) {
        bool there = false;
        for (uint32_t k = 0; k < plan->chosen_count && !there; k++)
            there = strcmp(plan->chosen[k].setting, settings->items[i].name) == 0;
        if (!there) choose(plan, settings->items[i].name, "user", NULL, NULL);
    }
}

static void note_engine(vp_plan *plan, vp_arena *arena)
{
    const vp_engine *engine = &plan->request->engine;
    const vp_rank *rank = &plan->returned.evaluation.ranks[0];
    if (!engine->release_given)
        vp_plan_note(plan, "release_assumed", VP_INFO, "/engine/release",
                     vp_arena_format(arena,
                                     "no release was named: this is for vLLM %s, the newest that is known",
                                     engine->release->key));
    else if (!engine->release_exact)
        vp_plan_note(plan, "release_nearest", VP_WARNING, "/engine/release",
                     vp_arena_format(arena, "vLLM %s is not in the tables: the rules of %s are used",
                                     engine->release_text, engine->release->key));
    if (plan->returned.evaluation.rank_count > 0 && rank->runtime.validated)
        vp_plan_note(plan, "runtime_provisional", VP_INFO, "/memory/ranks/0/activation_bytes",
                     rank->runtime.validated);
    if (plan->returned.evaluation.rank_count > 0 && rank->runtime.graphs_late.likely > 0) {
        vp_gib gib;
        vp_plan_note(plan, "graphs_late", VP_INFO, "/memory/ranks/0/graphs_late_bytes",
                     vp_arena_format(arena,
                                     "CUDA graphs take about %s GiB after the KV cache was made; this "
                                     "release does not set it aside",
                                     vp_gib_text(&gib, rank->runtime.graphs_late.likely)));
    }
}

static void note_devices(vp_plan *plan, vp_arena *arena)
{
    for (uint32_t i = 0; i < plan->request->device_count; i++) {
        const vp_device *device = &plan->request->devices[i];
        if (device->free_given) continue;
        vp_gib gib;
        vp_plan_note(
            plan, "free_memory_estimated", VP_INFO, vp_arena_format(arena, "/gpus/%u/free_bytes", i),
            vp_arena_format(
                arena,
                "free memory was not given: %s GiB in all less a CUDA context, with nothing else on the card",
                vp_gib_text(&gib, device->total_bytes)));
    }
    if (strcmp(plan->request->serve_as, "MODEL") == 0)
        vp_plan_note(
            plan, "serve_as_missing", VP_INFO, "/model/serve_as",
            "the arguments say MODEL where the model's path or name belongs; model.serve_as gives it");
}

/** What the machine is short of beside the GPUs. */
static void note_host(vp_plan *plan, vp_arena *arena)
{
    const vp_request *request = plan->request;
    vp_host host;
    vp_gib a, b;
    vp_host_of(request, &plan->returned.settings, &plan->returned.evaluation, &host);
    uint64_t pinned = vp_add(host.pinned_bytes, host.swap_bytes);
    if (request->ram_bytes > 0 && pinned > request->ram_bytes)
        vp_plan_note(plan, "host_memory", VP_SEVERE, "/host/ram_bytes",
                     vp_arena_format(arena, "%s GiB of main memory would be pinned and there are %s GiB",
                                     vp_gib_text(&a, pinned), vp_gib_text(&b, request->ram_bytes)));
    if (request->shm_bytes > 0 && host.shm_bytes > request->shm_bytes)
        vp_plan_note(
            plan, "shm_small", VP_WARNING, "/host/shm_bytes",
            vp_arena_format(arena,
                            "the processes share buffers of up to %s GiB in /dev/shm, which has %s GiB; a "
                            "container needs --ipc=host or a larger --shm-size",
                            vp_gib_text(&a, host.shm_bytes), vp_gib_text(&b, request->shm_bytes)));
}

/** What the KV figures leave out. */
static void note_kv(vp_plan *plan)
{
    const vp_evaluation *e = &plan->returned.evaluation;
    if (!e->kv_known || e->rank_count == 0) return;
    vp_kv_case kv = vp_evaluate_kv_case(plan->request, &e->args);
    const char *doubt = vp_kv_doubt(&kv);
    if (doubt) vp_plan_note(plan, "kv_cache_doubt", VP_INFO, "/kv_cache", doubt);
}

static void note_findings(vp_plan *plan, vp_arena *arena)
{
    const vp_facts *facts = plan->request->facts;
    for (uint32_t i = 0; i < facts->finding_count; i++) {
        const vp_finding *f = &facts->findings[i];
        vp_plan_note(plan, f->code, f->severity, "/model",
                     f->fix[0] ? vp_arena_format(arena, "%s Fix: %s", f->text, f->fix) : f->text);
    }
    const vp_evaluation *e = &plan->returned.evaluation;
    if (e->weights_known && e->rank_count > 0 && !e->ranks[0].weights.proved)
        vp_plan_note(plan, "weights_unproved", VP_INFO, "/memory/ranks/0/weights_bytes",
                     "computed by the rules of this release's source; not compared with its own classes for "
                     "this method, card and release");
}

/** What is in the files, and what they become on the card: two figures that people take for one. */
static void note_stored(vp_plan *plan, vp_arena *arena)
{
    const vp_facts *facts = plan->request->facts;
    const vp_evaluation *e = &plan->returned.evaluation;
    if (!e->method.stored || !e->weights_known || e->rank_count == 0 || !facts->inventory.from_headers)
        return;
    vp_gib files, card;
    vp_plan_note(
        plan, "stored_quantization", VP_INFO, "/model/stored",
        vp_arena_format(arena, "the files hold %s GiB, packed by %s already; on the card they take %s GiB%s",
                        vp_gib_text(&files, facts->inventory.checkpoint_bytes), facts->model.stored.method,
                        vp_gib_text(&card, e->ranks[e->tightest].weights.bytes),
                        facts->model.stored.nested ? ", because nested absmax is expanded to float32" : ""));
}

static const char *changes_text(const vp_plan *plan, vp_arena *arena)
{
    const vp_candidate *c = &plan->returned;
    const char *method = vp_settings_text(&c->settings, "quantization");
    const char *asked = vp_settings_text(&plan->asked.settings, "quantization");
    const char *text = method && !asked ? vp_arena_format(arena, "quantization %s", method) : "";
    if (c->changed_utilization)
        text = vp_arena_format(arena, "%s%sutilization %s", text, text[0] ? ", " : "",
                               c->evaluation.args.utilization_text);
    if (c->changed_requests)
        text = vp_arena_format(arena, "%s%smax_num_seqs %llu", text, text[0] ? ", " : "",
                               (unsigned long long)c->evaluation.args.max_num_seqs);
    if (c->changed_length)
        text = vp_arena_format(arena, "%s%sa context of %llu tokens", text, text[0] ? ", " : "",
                               (unsigned long long)c->evaluation.args.max_model_len);
    if (c->changed_tp)
        text = vp_arena_format(arena, "%s%s%u cards", text, text[0] ? ", " : "", c->evaluation.args.tp);
    return text;
}

static const char *asked_text(vp_verdict verdict)
{
    switch (verdict) {
    case VP_VERDICT_FITS:
        return "fits";
    case VP_VERDICT_BORDERLINE:
        return "is borderline";
    case VP_VERDICT_DOES_NOT_FIT:
        return "does not fit";
    case VP_VERDICT_REFUSED:
        return "is refused by vLLM";
    case VP_VERDICT_UNKNOWN:
        break;
    }
    return "cannot be judged";
}

static const char *summarize(const vp_plan *plan, vp_arena *arena)
{
    const vp_evaluation *asked = &plan->asked.evaluation, *returned = &plan->returned.evaluation;
    const char *changes = changes_text(plan, arena);
    if (changes[0] && plan->returned.works)
        return vp_arena_format(
            arena, "As asked it %s: %s. With %s it %s, with room for %llu tokens of KV cache.",
            asked_text(asked->verdict), asked->reason[0] ? asked->reason : "the wishes are not met", changes,
            asked_text(returned->verdict), (unsigned long long)returned->pool_low.tokens);
    if (returned->verdict == VP_VERDICT_FITS)
        return vp_arena_format(arena, "It fits, with room for at least %llu tokens of KV cache.",
                               (unsigned long long)returned->pool_low.tokens);
    if (returned->verdict == VP_VERDICT_BORDERLINE)
        return vp_arena_format(arena, "It is borderline: at the pessimistic end %s.", returned->reason);
    return vp_arena_format(arena, "It %s: %s.", asked_text(returned->verdict), returned->reason);
}

void vp_plan_explain(vp_plan *plan, vp_arena *arena)
{
    choose_quantization(plan, arena);
    choose_sizes(plan, arena);
    choose_users(plan);
    note_engine(plan, arena);
    note_devices(plan, arena);
    note_host(plan, arena);
    note_kv(plan);
    note_findings(plan, arena);
    note_stored(plan, arena);
    plan->summary = summarize(plan, arena);
}
