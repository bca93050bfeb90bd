/* SPDX-License-Identifier: Apache-2.0 */
#include <stdlib.h>
#include <string.h>

#include "api/api.h"
#include "json/explain.h"

typedef struct work {
    vp_explanation what;
    vp_planning *planning; /* NULL: there was nothing to plan for */
    json_t *plan;          /* its request */
    vp_arena arena;
    alignas(max_align_t) char room[1 << 20]; /* for texts of the log */
} work;

/** The log's own remedies, judged by the plan. */
static bool judge_remedies(work *w, vp_error *error)
{
    vp_diagnosis *d = &w->what.diagnosis;
    vp_plan *plan = &w->planning->plan;
    for (uint32_t i = 0; i < d->remedy_count; i++) {
        vp_error refused;
        vp_error_start(&refused);
        plan->scratch.settings = plan->asked.settings;
        w->what.verdicts[i] = VP_VERDICT_UNKNOWN;
        if (!vp_settings_put(&plan->scratch.settings, d->remedies[i].change.name, d->remedies[i].change.kind,
                             d->remedies[i].change.text))
            continue;
        if (vp_evaluate(&w->planning->request, &plan->scratch.settings, &w->planning->arena,
                        &plan->scratch.evaluation, &refused))
            w->what.verdicts[i] = plan->scratch.evaluation.verdict;
        else if (refused.code == VLLMPLAN_E_NO_MEMORY)
            return vp_fail(error, refused.code, "", "no memory");
    }
    return true;
}

static bool make_plan(work *w, uint32_t allow, vp_error *error)
{
    free(w->planning);
    w->planning = calloc(1, sizeof *w->planning);
    if (!w->planning) return vp_fail(error, VLLMPLAN_E_NO_MEMORY, "", "no memory");
    return vp_planning_make(w->planning, w->plan, allow, error);
}

/** Where the log does not print what vLLM took of the card, the plan knows it: total times utilization, as
 *  far as somebody said that. The rest of it that the log leaves open is then one sum, and the plan is made
 *  once more with that. */
static bool plan_again(work *w, uint32_t allow, vp_error *error)
{
    const vp_evaluation *asked = &w->planning->plan.asked.evaluation;
    vp_measured *measured = &w->what.measured;
    bool said = w->what.diagnosis.start.arguments_given ||
                vp_settings_find(&w->planning->request.settings, "gpu_memory_utilization");
    if (asked->rank_count == 0 || measured->as_one || !said) return true;
    vp_log_measured(&w->what.diagnosis.start, asked->ranks[asked->tightest].requested_bytes,
                    w->what.release->graphs_deducted, measured);
    return !measured->as_one ||
           (vp_json_explain_measured(measured, w->plan, error) && make_plan(w, allow, error));
}

/** Whether a part of the plan's request is the caller's own. What only the log says may be damaged, or
 *  unknown here: that is no error of the request. */
static bool is_callers(const json_t *root, const char *path)
{
    char name[256];
    const json_t *part = root;
    for (int depth = 0; depth < 2 && part && *path; depth++) {
        path = vp_pointer_next(path, name, sizeof name);
        if (!path) return false;
        part = json_object_get(part, name);
        if (strcmp(name, "settings") != 0) return part != NULL;
    }
    return part != NULL && part != root;
}

static bool plan(work *w, json_t *root, uint32_t allow, vp_error *error)
{
    vp_error problem;
    vp_error_start(&problem);
    w->plan = vp_json_explain_plan(root, &w->what, &w->arena, error);
    if (!w->plan) return error->code == VLLMPLAN_OK;
    if (make_plan(w, allow, &problem) && plan_again(w, allow, &problem)) {
        w->what.plan = &w->planning->plan;
        return judge_remedies(w, error);
    }
    if (is_callers(root, problem.path) || problem.code == VLLMPLAN_E_NO_MEMORY ||
        problem.code == VLLMPLAN_E_INTERNAL) {
        *error = problem;
        return false;
    }
    vp_explain_note(&w->what, "no_plan", VP_INFO, vp_arena_format(&w->arena, "no plan: %s", problem.message));
    return true;
}

static bool write_answer(vp_writer *out, const void *what, vp_error *error)
{
    const work *w = what;
    return vp_json_put_explain(out, &w->what, error);
}

static bool explain(json_t *root, uint32_t allow, char **out, size_t *length, vp_error *error)
{
    vp_str log;
    work *w = calloc(1, sizeof *w);
    if (!w) return vp_fail(error, VLLMPLAN_E_NO_MEMORY, "", "no memory");
    vp_arena_start(&w->arena, w->room, sizeof w->room);
    bool ok = vp_json_explain_request(root, &log, error);
    if (ok) vp_diagnose(log, &w->arena, &w->what.diagnosis);
    ok = ok && plan(w, root, allow, error) && vp_answer_text(write_answer, w, out, length, error);
    json_decref(w->plan);
    free(w->planning);
    free(w);
    return ok;
}

int32_t vllmplan_explain_json(const char *request, size_t length, uint32_t allow, char **out,
                              size_t *out_length)
{
    return vp_answer(request, length, allow, out, out_length, explain);
}
