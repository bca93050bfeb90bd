/* SPDX-License-Identifier: Apache-2.0 */
/* The decision table: every method of the release on this checkpoint and card, and the one taken. */
#include <string.h>

#include "core/plan.h"

static bool listed(const vp_policy *policy, const char *method)
{
    for (uint32_t i = 0; i < policy->method_count; i++)
        if (strcmp(policy->methods[i], method) == 0) return true;
    return false;
}

/** Whether the search may take a method that vLLM would accept. */
static bool policy_allows(const vp_request *request, const vp_method *method)
{
    const vp_policy *policy = &request->policy;
    if (!vp_search_may_change(request, "quantization")) return false;
    if (policy->quantization == VP_QUANTIZATION_NEVER) return false;
    if (policy->quantization == VP_QUANTIZATION_LIST) return listed(policy, method->key);
    return method->kind != VP_METHOD_EXPERIMENT;
}

static void fill_row(vp_method_row *row, const vp_candidate *c)
{
    const vp_evaluation *e = &c->evaluation;
    row->judged = e->weights_known && e->rank_count > 0;
    row->verdict = e->verdict;
    if (!row->judged) return;
    const vp_rank *rank = &e->ranks[e->tightest];
    row->weights_bytes = rank->weights.bytes;
    row->load_peak_bytes = rank->weights.load_peak;
    row->tokens = e->pool.tokens;
    row->max_model_len = e->args.max_model_len;
}

static vp_method_row *add_row(vp_plan *plan, const char *name)
{
    if (plan->method_count == VP_MAX_METHOD_ROWS) return NULL;
    vp_method_row *row = &plan->methods[plan->method_count++];
    memset(row, 0, sizeof *row);
    row->name = name;
    return row;
}

/** The text of a usable method: what it is, and what stops it here if memory does. */
static const char *row_text(vp_arena *arena, const vp_candidate *c, const char *text)
{
    const char *reason = c->evaluation.reason;
    return c->works || !reason[0] ? text : vp_arena_format(arena, "%s; %s", text, reason);
}

/** One method of the release on a 16-bit checkpoint. */
static bool judge_method(vp_plan *plan, const vp_method *method, uint32_t order, vp_arena *arena,
                         vp_error *error)
{
    const vp_request *request = plan->request;
    vp_method_row *row = add_row(plan, method->key);
    if (!row) return true;
    if (!vp_search_method(request, method, order, arena, &plan->scratch, &plan->trial, error)) return false;
    const vp_judgement *judgement = &plan->trial.evaluation.method;
    row->reason = judgement->reason;
    row->text = judgement->text ? judgement->text : method->text;
    row->needs = method->kind == VP_METHOD_PLUGIN ? VP_BNB_PLUGIN : NULL;
    row->verdict = plan->trial.evaluation.verdict;
    if (!judgement->starts || judgement->reason != VP_REASON_NONE) return true; /* rejected */
    row->status = VP_STATUS_POSSIBLE;
    row->text = row_text(arena, &plan->trial, method->text);
    fill_row(row, &plan->trial);
    if (policy_allows(request, method) && vp_search_better(request, &plan->trial, &plan->returned))
        vp_candidate_copy(&plan->returned, &plan->trial);
    return true;
}

/** The row for the checkpoint as it is: 16 bit, or the method it is stored in. */
static void add_own_row(vp_plan *plan, const vp_candidate *c, vp_arena *arena)
{
    const vp_judgement *judgement = &c->evaluation.method;
    vp_method_row *row = add_row(plan, judgement->name ? judgement->name : "none");
    row->status = judgement->starts && c->evaluation.verdict != VP_VERDICT_REFUSED ? VP_STATUS_POSSIBLE
                                                                                   : VP_STATUS_REJECTED;
    row->reason = judgement->reason;
    row->text = judgement->text ? row_text(arena, c, judgement->text) : c->evaluation.reason;
    row->needs = judgement->row && judgement->row->kind == VP_METHOD_PLUGIN ? VP_BNB_PLUGIN : NULL;
    fill_row(row, c);
}

/** The plain judgement of a method, without memory: for checkpoints that are packed already. */
static void judge_on_packed(vp_plan *plan, const vp_method *method, vp_arena *arena)
{
    vp_method_row *row = add_row(plan, method->key);
    if (!row) return;
    vp_engine_args args = plan->asked.evaluation.args;
    vp_judgement judgement;
    args.quantization = method->key;
    vp_quantize_judge(plan->request, &args, &plan->request->devices[0], arena, &judgement);
    row->reason = judgement.reason == VP_REASON_NONE ? VP_REASON_ALREADY_QUANTIZED : judgement.reason;
    row->text = judgement.text;
    row->verdict = VP_VERDICT_REFUSED;
}

bool vp_plan_decide(vp_plan *plan, vp_arena *arena, vp_error *error)
{
    const vp_request *request = plan->request;
    const vp_model *model = &request->facts->model;
    vp_release release = vp_release_of(request->engine.release);
    if (!vp_search_method(request, NULL, 0, arena, &plan->scratch, &plan->returned, error)) return false;
    if (plan->asked.works && plan->asked.wishes_met) /* nothing has to change */
        vp_candidate_copy(&plan->returned, &plan->asked);
    bool own_first = !vp_settings_text(&request->settings, "quantization");
    if (own_first || model->stored.method[0]) add_own_row(plan, &plan->returned, arena);
    for (size_t i = 0; i < vp_method_count(); i++) {
        const vp_method *method = vp_method_at(i);
        if (!vp_method_in(method, release)) continue;
        if (!model->architecture || model->stored.method[0]) {
            if (strcmp(method->key, model->stored.method) != 0 || !model->stored.from_config)
                judge_on_packed(plan, method, arena);
        } else if (!judge_method(plan, method, (uint32_t)i + 1, arena, error)) {
            return false;
        }
    }
    const char *taken = vp_settings_text(&plan->returned.settings, "quantization");
    if (!taken)
        taken = plan->returned.evaluation.method.name ? plan->returned.evaluation.method.name : "none";
    for (uint32_t i = 0; i < plan->method_count; i++)
        if (strcmp(plan->methods[i].name, taken) == 0 && plan->methods[i].status == VP_STATUS_POSSIBLE &&
            plan->returned.works)
            plan->methods[i].status = VP_STATUS_CHOSEN;
    return true;
}
