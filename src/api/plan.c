/* SPDX-License-Identifier: Apache-2.0 */
#include <stdalign.h>
#include <stdlib.h>

#include "api/api.h"
#include "launch/argv.h"

/** All that one plan needs, taken once and released once. */
typedef struct work {
    vp_facts facts;
    vp_request request;
    vp_model_source source;
    vp_plan plan;
    vp_argv argv;
    vp_arena arena;
    alignas(max_align_t) char room[4 << 20]; /* for texts: 10000 arguments and what is said about them */
} work;

static void note_ignored(work *w)
{
    for (uint32_t i = 0; i < w->source.ignored_count; i++)
        vp_plan_note(&w->plan, "unknown_key", VP_WARNING, w->source.ignored[i],
                     "this key is not known and was ignored");
}

static bool check_probe(const vp_model_source *source, uint32_t allow, vp_error *error)
{
    if (!source->wants_probe) return true;
    if (!(allow & VLLMPLAN_ALLOW_PROBE))
        return vp_fail(
            error, VLLMPLAN_E_NOT_ALLOWED, "/gpus",
            "devices are asked only when the call allows it: pass VLLMPLAN_ALLOW_PROBE, or name the card");
    return vp_fail(error, VLLMPLAN_E_UNSUPPORTED, "/gpus",
                   "probing the machine is not in this version; name the card");
}

static bool make(work *w, json_t *root, uint32_t allow, vp_error *error)
{
    vp_arena_start(&w->arena, w->room, sizeof w->room);
    w->request.facts = &w->facts;
    if (!vp_json_request(root, &w->arena, &w->request, &w->source, error)) return false;
    if (!check_probe(&w->source, allow, error)) return false;
    if (!vp_model_read(&w->source, allow, &w->facts, error)) return false;
    if (!vp_plan_make(&w->request, &w->arena, &w->plan, error)) return false;
    note_ignored(w);
    return vp_launch_argv(&w->request.engine, w->request.serve_as, &w->plan.returned.settings, &w->arena,
                          &w->argv, error);
}

static bool write_plan(vp_writer *out, const void *what, vp_error *error)
{
    const work *w = what;
    return vp_json_put_plan(out, &w->plan, w->argv.items, w->argv.count, error);
}

bool vp_plan_work(json_t *root, uint32_t allow, char **out, size_t *length, vp_error *error)
{
    work *w = calloc(1, sizeof *w);
    if (!w) return vp_fail(error, VLLMPLAN_E_NO_MEMORY, "", "no memory");
    bool ok = make(w, root, allow, error) && vp_answer_text(write_plan, w, out, length, error);
    free(w);
    return ok;
}

int32_t vllmplan_plan_json(const char *request, size_t length, uint32_t allow, char **out, size_t *out_length)
{
    return vp_answer(request, length, allow, out, out_length, vp_plan_work);
}
