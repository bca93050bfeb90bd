/* SPDX-License-Identifier: Apache-2.0 */
/* explain: its request, the plan that it asks for, and its answer. */
#ifndef VP_JSON_EXPLAIN_H
#define VP_JSON_EXPLAIN_H

#include "diagnose/diagnose.h"
#include "json/json.h"

enum { VP_MAX_EXPLAIN_NOTES = 8 };

/** All that an answer is made of. */
typedef struct vp_explanation {
    vp_diagnosis diagnosis;
    vp_measured measured;
    const vp_release_row *release;            /* whose rules are used; NULL: none could be told */
    const vp_plan *plan;                      /* of the same start with the measured terms; NULL: not made */
    vp_verdict verdicts[VP_MAX_LOG_REMEDIES]; /* of the log's own remedies; with a plan only */
    vp_note notes[VP_MAX_EXPLAIN_NOTES];
    uint32_t note_count;
} vp_explanation;

void vp_explain_note(vp_explanation *what, const char *code, vp_severity severity, const char *text);

/** Checks the request, and finds its log. */
bool vp_json_explain_request(json_t *root, vp_str *log, vp_error *error);

/** The request of a plan for the start in the log: what the caller says, then what the log says. NULL when
 *  there is no model or no card to plan for, with a note; also without memory, with the error. New
 *  reference. */
json_t *vp_json_explain_plan(const json_t *root, vp_explanation *what, vp_arena *arena, vp_error *error);

/** Puts other measured terms into that request. */
bool vp_json_explain_measured(const vp_measured *measured, json_t *plan, vp_error *error);

bool vp_json_put_explain(vp_writer *w, const vp_explanation *what, vp_error *error);

#endif
