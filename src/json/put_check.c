/* SPDX-License-Identifier: Apache-2.0 */
/* The answer of check: findings, settings, the mended command, the plan. */
#include "json/check_request.h"
#include "json/put.h"

static void put_key(vp_writer *w, vp_out *out, bool *first, const char *key, vp_error *error)
{
    vp_json_put_key(w, first, key);
    vp_out_start(out, w, error);
}

static void put_findings(vp_out *out, const vp_remarks *remarks)
{
    vp_out_list(out, NULL);
    for (uint32_t i = 0; i < remarks->count; i++) {
        const vp_remark *r = &remarks->items[i];
        vp_out_object(out, NULL);
        vp_out_figure(out, "index", r->index != VP_NO_INDEX, r->index);
        vp_out_text(out, "code", r->code);
        vp_out_text(out, "severity", vp_severity_name(r->severity));
        vp_out_text(out, "text", r->text);
        vp_out_text(out, "fix", r->fix);
        vp_out_end(out);
    }
    vp_out_end(out);
}

static void put_settings(vp_out *out, const vp_settings *settings)
{
    vp_out_object(out, NULL);
    for (uint32_t i = 0; i < settings->count; i++) {
        const vp_setting *s = &settings->items[i];
        vp_out_setting(out, s->name, s->name, s->kind, s->text);
    }
    vp_out_end(out);
}

bool vp_json_put_check(vp_writer *w, const vp_check *check, const vp_plan *plan, const vp_start *start,
                       vp_error *error)
{
    vp_out out;
    bool first = true;
    vp_put_char(w, '{');
    put_key(w, &out, &first, "engine", error);
    vp_out_object(&out, NULL);
    vp_out_text(&out, "release", check->release->key);
    vp_out_text(&out, "entrypoint", check->module ? "module" : "serve");
    vp_out_end(&out);
    put_key(w, &out, &first, "model", error);
    vp_out_text(&out, NULL, check->mended.model_text);
    put_key(w, &out, &first, "findings", error);
    put_findings(&out, &check->remarks);
    put_key(w, &out, &first, "findings_left_out", error);
    vp_out_u64(&out, NULL, check->remarks.left_out);
    put_key(w, &out, &first, "settings", error);
    put_settings(&out, &check->mended.settings);
    put_key(w, &out, &first, "argv", error);
    vp_out_list(&out, NULL);
    for (uint32_t i = 0; i < check->argv.count; i++) vp_out_text(&out, NULL, check->argv.items[i]);
    vp_out_end(&out);
    vp_json_put_key(w, &first, "plan");
    if (plan && !vp_json_put_plan(w, plan, start, error)) return false;
    if (!plan) vp_put(w, "null");
    vp_put_char(w, '}');
    return error->code == VLLMPLAN_OK;
}
