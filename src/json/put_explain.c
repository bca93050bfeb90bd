/* SPDX-License-Identifier: Apache-2.0 */
/* The answer of explain. A figure that the log does not have is null, never 0. */
#include <string.h>

#include "base/vp_int.h"
#include "json/calibration.h"
#include "json/explain.h"
#include "json/put.h"

#include <vllmplan/version.h>

static const char *const outcomes[] = {[VP_LOG_NOT_RECOGNISED] = "not_recognised",
                                       [VP_LOG_INCOMPLETE] = "incomplete",
                                       [VP_LOG_FAILED] = "failed",
                                       [VP_LOG_STARTED] = "started"};

static const char *const sizes[] = {[VP_SIZE_WEIGHTS] = "weights_bytes",
                                    [VP_SIZE_ACTIVATION] = "activation_bytes",
                                    [VP_SIZE_NON_TORCH] = "non_torch_bytes",
                                    [VP_SIZE_CONSUMED] = "consumed_bytes",
                                    [VP_SIZE_GRAPHS] = "graphs_bytes",
                                    [VP_SIZE_GRAPHS_ESTIMATE] = "graphs_estimate_bytes",
                                    [VP_SIZE_AVAILABLE] = "available_kv_bytes",
                                    [VP_SIZE_TOTAL] = "total_bytes",
                                    [VP_SIZE_FREE] = "free_bytes",
                                    [VP_SIZE_REQUESTED] = "requested_bytes"};

static void put_head(vp_out *out, const vp_explanation *what)
{
    const vp_diagnosis *d = &what->diagnosis;
    const vp_log_start *start = &d->start;
    vp_out_u64(out, "schema", 1);
    vp_out_text(out, "library", VLLMPLAN_VERSION_STRING);
    vp_out_text(out, "outcome", outcomes[d->outcome]);
    vp_out_text(out, "summary", d->summary);
    vp_out_text(out, "release", start->release);
    if (start->any && !start->release) {
        vp_out_object(out, "release_range"); /* of the releases whose texts were read */
        vp_out_text(out, "oldest", start->from);
        vp_out_text(out, "newest", start->to);
        vp_out_end(out);
    } else {
        vp_out_null(out, "release_range");
    }
    vp_out_text(out, "core", start->core);
    vp_out_text(out, "runner", start->runner);
    vp_out_text(out, "model", start->model);
    vp_out_u64(out, "starts", d->starts);
    vp_out_object(out, "arguments");
    for (uint32_t i = 0; i < start->arguments.count; i++) {
        const vp_setting *s = &start->arguments.items[i];
        vp_out_setting(out, s->name, s->name, s->kind, s->text);
    }
    vp_out_end(out);
}

static void put_signed(vp_out *out, const char *key, const vp_printed *size)
{
    char digits[32];
    vp_writer w;
    vp_writer_start(&w, digits, sizeof digits);
    vp_put_format(&w, "-%llu", (unsigned long long)size->bytes);
    if (size->negative)
        vp_out_setting(out, key, key, VP_VALUE_INT, digits);
    else
        vp_out_figure(out, key, size->known && size->bytes <= VP_MAX_FIGURE, size->bytes);
}

static void put_place(vp_out *out, const char *key, int32_t value)
{
    vp_out_figure(out, key, value >= 0, value >= 0 ? (uint64_t)value : 0);
}

static void put_rank(vp_out *out, const vp_log_rank *rank)
{
    vp_out_object(out, NULL);
    put_place(out, "dp", rank->origin.dp);
    put_place(out, "pp", rank->origin.pp);
    put_place(out, "tp", rank->origin.tp);
    put_place(out, "rank", rank->origin.rank);
    vp_out_figure(out, "pid", rank->origin.pid > 0, rank->origin.pid);
    for (size_t i = 0; i < VP_RANK_SIZES; i++) put_signed(out, sizes[i], &rank->sizes[i]);
    vp_out_object(out, "rounding_bytes"); /* half of the last decimal that was printed */
    for (size_t i = 0; i < VP_RANK_SIZES; i++)
        if (rank->sizes[i].known && rank->sizes[i].half > 0) vp_out_u64(out, sizes[i], rank->sizes[i].half);
    vp_out_end(out);
    vp_out_end(out);
}

static void put_pool(vp_out *out, const vp_log_start *start)
{
    const vp_log_failure *f = &start->failure;
    uint64_t permille = start->counts[VP_COUNT_CONCURRENCY];
    char text[32];
    vp_writer w;
    vp_writer_start(&w, text, sizeof text);
    vp_put_fixed(&w, permille / 10, 2);
    bool need = start->failed && f->need.known && f->step && strcmp(f->step, "max_model_len") == 0;
    vp_out_object(out, "kv_cache");
    vp_out_figure(out, "tokens", start->counted[VP_COUNT_TOKENS], start->counts[VP_COUNT_TOKENS]);
    vp_out_figure(out, "blocks", start->counted[VP_COUNT_BLOCKS], start->counts[VP_COUNT_BLOCKS]);
    vp_out_figure(out, "max_concurrency_permille", start->counted[VP_COUNT_CONCURRENCY], permille);
    vp_out_text(out, "max_concurrency_text", start->counted[VP_COUNT_CONCURRENCY] ? text : NULL);
    vp_out_figure(out, "max_model_len", start->counted[VP_COUNT_MAX_MODEL_LEN],
                  start->counts[VP_COUNT_MAX_MODEL_LEN]);
    vp_out_figure(out, "needed_bytes", need, f->need.bytes);
    vp_out_figure(out, "longest_len", start->counted[VP_COUNT_LONGEST], start->counts[VP_COUNT_LONGEST]);
    vp_out_end(out);
}

static void put_failure(vp_out *out, const vp_log_start *start)
{
    const vp_log_failure *f = &start->failure;
    if (!start->failed) {
        vp_out_null(out, "failure");
        return;
    }
    vp_out_object(out, "failure");
    vp_out_text(out, "class", f->kind->name);
    vp_out_text(out, "step", f->step);
    vp_out_figure(out, "missing_bytes", f->missing_known, f->missing);
    vp_out_bool(out, "missing_at_least", f->missing_at_least);
    vp_out_figure(out, "needed_bytes", f->need.known, f->need.bytes);
    vp_out_figure(out, "available_bytes", f->have.known, f->have.bytes);
    vp_out_figure(out, "rank", f->rank < start->rank_count, f->rank);
    vp_out_figure(out, "gpu", f->counted[VP_COUNT_GPU], f->counts[VP_COUNT_GPU]);
    vp_out_u64(out, "line", f->line);
    vp_out_text(out, "text", f->text);
    vp_out_text(out, "meaning", f->kind->text);
    vp_out_text(out, "advice", f->kind->advice);
    vp_out_end(out);
}

static void put_measured(vp_out *out, const vp_measured *measured)
{
    static const char *const keys[] = {"weights_bytes", "activation_bytes", "non_torch_bytes",
                                       "graphs_bytes"};
    bool any = false;
    for (size_t i = 0; i < sizeof keys / sizeof keys[0]; i++) any = any || measured->known[i];
    if (!any) {
        vp_out_null(out, "measured");
        return;
    }
    vp_out_object(out, "measured");
    for (size_t i = 0; i < sizeof keys / sizeof keys[0]; i++)
        if (measured->known[i]) vp_out_u64(out, keys[i], measured->bytes[i]);
    vp_out_text(out, "source",
                measured->as_one ? "start log; activation_bytes is the sum of all that is not weights"
                                 : "start log");
    vp_out_end(out);
}

static void put_plan(vp_out *out, const vp_plan *plan)
{
    if (!plan) {
        vp_out_null(out, "asked");
        return;
    }
    const vp_evaluation *asked = &plan->asked.evaluation;
    vp_out_object(out, "asked"); /* the same start, planned with what was measured */
    vp_out_text(out, "verdict", vp_verdict_name(asked->verdict));
    vp_out_text(out, "failing_step", asked->failing_step);
    vp_out_u64(out, "missing_bytes", asked->missing_bytes);
    vp_out_end(out);
}

static void put_remedy(vp_out *out, const vp_setting *changes, uint32_t count, const char *verdict,
                       const char *cost, const char *text, const char *from)
{
    vp_out_object(out, NULL);
    vp_out_object(out, "change");
    for (uint32_t i = 0; i < count; i++)
        vp_out_setting(out, changes[i].name, changes[i].name, changes[i].kind, changes[i].text);
    vp_out_end(out);
    vp_out_text(out, "verdict", verdict);
    vp_out_text(out, "cost", cost);
    vp_out_text(out, "text", text);
    vp_out_text(out, "from", from);
    vp_out_end(out);
}

/** Whether the log speaks for that very change already. */
static bool told(const vp_diagnosis *d, const vp_remedy *remedy)
{
    for (uint32_t i = 0; remedy->change_count == 1 && i < d->remedy_count; i++)
        if (strcmp(d->remedies[i].change.name, remedy->changes[0].name) == 0 &&
            strcmp(d->remedies[i].change.text, remedy->changes[0].text) == 0)
            return true;
    return false;
}

static void put_remedies(vp_out *out, const vp_explanation *what)
{
    const vp_diagnosis *d = &what->diagnosis;
    vp_out_list(out, "remedies");
    for (uint32_t i = 0; i < d->remedy_count; i++)
        put_remedy(out, &d->remedies[i].change, 1, what->plan ? vp_verdict_name(what->verdicts[i]) : NULL,
                   NULL, d->remedies[i].text, "log");
    for (uint32_t i = 0; what->plan && d->outcome == VP_LOG_FAILED && i < what->plan->remedy_count; i++) {
        const vp_remedy *r = &what->plan->remedies[i];
        if (!told(d, r))
            put_remedy(out, r->changes, r->change_count, vp_verdict_name(r->verdict), r->cost, r->text,
                       "plan");
    }
    vp_out_end(out);
}

static void put_notes(vp_out *out, const vp_explanation *what)
{
    vp_out_list(out, "notes");
    for (uint32_t i = 0; i < what->note_count; i++) {
        vp_out_object(out, NULL);
        vp_out_text(out, "code", what->notes[i].code);
        vp_out_text(out, "severity", vp_severity_name(what->notes[i].severity));
        vp_out_text(out, "path", what->notes[i].path);
        vp_out_text(out, "text", what->notes[i].text);
        vp_out_end(out);
    }
    vp_out_end(out);
}

bool vp_json_put_explain(vp_writer *w, const vp_explanation *what, vp_error *error)
{
    const vp_log_start *start = &what->diagnosis.start;
    vp_out out;
    vp_out_start(&out, w, NULL); /* a figure that no reader could hold is one of a damaged log: null */
    vp_out_object(&out, NULL);
    put_head(&out, what);
    vp_out_list(&out, "ranks");
    for (uint32_t i = 0; i < start->rank_count; i++) put_rank(&out, &start->ranks[i]);
    vp_out_end(&out);
    put_pool(&out, start);
    put_failure(&out, start);
    put_measured(&out, &what->measured);
    put_plan(&out, what->plan);
    put_remedies(&out, what);
    vp_out_calibration(&out, what);
    vp_out_u64(&out, "redacted", what->diagnosis.redacted);
    put_notes(&out, what);
    vp_out_end(&out);
    return error->code == VLLMPLAN_OK;
}
