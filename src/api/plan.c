/* SPDX-License-Identifier: Apache-2.0 */
#include <stdlib.h>

#include "api/api.h"
#include "api/machine.h"
#include "json/calibration.h"

static void note_ignored(vp_planning *w)
{
    for (uint32_t i = 0; i < w->source.ignored_count; i++)
        vp_plan_note(&w->plan, "unknown_key", VP_WARNING, w->source.ignored[i],
                     "this key is not known and was ignored");
}

/** The model's own path, when it is what stands in the arguments. */
static const char *model_path(const vp_planning *w)
{
    return w->source.path && w->source.serve_as == w->source.path ? w->source.path : NULL;
}

bool vp_planning_make(vp_planning *w, json_t *root, uint32_t allow, vp_error *error)
{
    const char *calibrated;
    vp_arena_start(&w->arena, w->room, sizeof w->room);
    w->request.facts = &w->facts;
    if (!vp_machine_resolve(root, allow, &w->probe, &w->probed, error) ||
        !vp_json_request(root, &w->arena, &w->request, &w->source, error) ||
        !vp_json_deploy(root, &w->deploy, error))
        return false;
    if (!vp_model_read(&w->source, allow, &w->facts, error)) return false;
    if (!vp_json_calibrate(json_object_get(root, "calibration"), &w->request, &w->arena, &calibrated, error))
        return false;
    if (!vp_extra_args_read(&w->extra, &w->request, &w->arena))
        return vp_fail(error, VLLMPLAN_E_LIMIT, "/engine/extra_args", "the arguments are too long");
    if (!vp_plan_make(&w->request, &w->arena, &w->plan, error)) return false;
    if (calibrated) vp_plan_note(&w->plan, "calibration", VP_INFO, "/calibration", calibrated);
    if (w->probed) vp_machine_notes(&w->probe, &w->arena, &w->plan);
    note_ignored(w);
    vp_extra_args_tell(&w->extra, &w->arena, &w->plan);
    w->shown = w->plan.returned.settings;
    vp_extra_args_take_out(&w->extra, &w->shown);
    return vp_start_make(&w->plan, &w->shown, &w->deploy, model_path(w), &w->arena, &w->start, error);
}

static bool write_plan(vp_writer *out, const void *what, vp_error *error)
{
    const vp_planning *w = what;
    return vp_json_put_plan(out, &w->plan, &w->start, error);
}

bool vp_plan_work(json_t *root, uint32_t allow, char **out, size_t *length, vp_error *error)
{
    vp_planning *w = calloc(1, sizeof *w);
    if (!w) return vp_fail(error, VLLMPLAN_E_NO_MEMORY, "", "no memory");
    bool ok = vp_planning_make(w, root, allow, error) && vp_answer_text(write_plan, w, out, length, error);
    free(w);
    return ok;
}

int32_t vllmplan_plan_json(const char *request, size_t length, uint32_t allow, char **out, size_t *out_length)
{
    return vp_answer(request, length, allow, out, out_length, vp_plan_work);
}
