/* SPDX-License-Identifier: Apache-2.0 */
#include "launch/extra_args.h"

#include <string.h>

enum { MOST_NOTES = 16 }; /* of a plan's VP_MAX_NOTES */

bool vp_extra_args_read(vp_extra_args *extra, vp_request *request, vp_arena *arena)
{
    const vp_engine *engine = &request->engine;
    uint32_t count = engine->extra_arg_count;
    vp_item *items = vp_arena_take(arena, (count + 1) * sizeof *items);
    vp_words words = {vp_arena_take(arena, (count + 1) * sizeof *words.at), count};
    extra->planned = request->settings;
    if (count == 0) return true;
    if (!items || !words.at) return false;
    for (uint32_t i = 0; i < count; i++) {
        items[i] = (vp_item){engine->extra_args[i], i, false, false};
        words.at[i].text = engine->extra_args[i];
    }
    extra->remarks.arena = arena;
    extra->parse = (vp_parse){.release = engine->release,
                              .module = engine->module_entrypoint,
                              .plugin_methods = engine->plugin_count > 0,
                              .extra = true,
                              .items = items,
                              .item_count = count,
                              .arena = arena,
                              .remarks = &extra->remarks,
                              .mend = &extra->mend};
    if (!vp_mend_start(&extra->mend, &words, arena) || !vp_parse_args(&extra->parse)) return false;
    for (uint32_t i = 0; i < extra->parse.settings.count; i++) {
        const vp_setting *s = &extra->parse.settings.items[i];
        vp_settings_put(&request->settings, s->name, s->kind, s->text);
    }
    return true;
}

static void note(vp_plan *plan, vp_arena *arena, const char *code, vp_severity severity, uint32_t index,
                 const char *text)
{
    vp_plan_note(plan, code, severity, vp_arena_format(arena, "/engine/extra_args/%u", index), text);
}

static void tell_overrides(const vp_extra_args *extra, vp_arena *arena, vp_plan *plan)
{
    for (uint32_t i = 0; i < extra->parse.settings.count; i++) {
        const vp_setting *s = &extra->parse.settings.items[i];
        const vp_given *said = extra->parse.said[i];
        for (uint32_t n = 0; n < plan->chosen_count; n++)
            if (strcmp(plan->chosen[n].setting, s->name) == 0) {
                plan->chosen[n].from = "extra_args";
                plan->chosen[n].why = "the extra arguments come last";
            }
        if (!vp_settings_find(&extra->planned, s->name)) continue;
        note(plan, arena, "overrides", VP_WARNING, said->option->index,
             vp_arena_format(arena, "%s of the extra arguments comes last and wins over the setting %s",
                             said->flag->option, s->name));
    }
}

/** What the parser refuses stops the start before anything else. */
static void refuse(vp_plan *plan, vp_arena *arena, const char *text)
{
    vp_evaluation *const both[] = {&plan->asked.evaluation, &plan->returned.evaluation};
    for (size_t i = 0; i < 2; i++) {
        both[i]->verdict = VP_VERDICT_REFUSED;
        both[i]->failing_step = "arguments";
        both[i]->missing_bytes = 0;
        both[i]->reason = text;
    }
    plan->summary = vp_arena_format(arena, "It is refused by vLLM: of the extra arguments, %s.", text);
}

void vp_extra_args_tell(const vp_extra_args *extra, vp_arena *arena, vp_plan *plan)
{
    const vp_remark *first = NULL;
    tell_overrides(extra, arena, plan);
    for (uint32_t i = 0; i < extra->remarks.count; i++) {
        const vp_remark *r = &extra->remarks.items[i];
        if (r->severity == VP_SEVERE && !first) first = r;
        if (r->severity != VP_INFO && i < MOST_NOTES)
            note(plan, arena, r->code, r->severity, r->index, r->text);
    }
    if (first) refuse(plan, arena, first->text);
}

void vp_extra_args_take_out(const vp_extra_args *extra, vp_settings *settings)
{
    for (uint32_t i = 0; i < extra->parse.settings.count; i++)
        vp_settings_remove(settings, extra->parse.settings.items[i].name);
}
