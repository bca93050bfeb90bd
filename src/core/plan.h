/* SPDX-License-Identifier: Apache-2.0 */
/* The plan: what was asked, what is returned, the table of methods, remedies and notes. */
#ifndef VP_CORE_PLAN_H
#define VP_CORE_PLAN_H

#include "core/facts.h"
#include "core/search.h"

enum {
    VP_MAX_METHOD_ROWS = 64,
    VP_MAX_REMEDIES = 8,
    VP_MAX_NOTES = 48,
    VP_MAX_CHOSEN = VP_MAX_SETTINGS + 8,
    VP_MAX_CHANGES = 3,
};

typedef enum vp_method_status { VP_STATUS_REJECTED, VP_STATUS_POSSIBLE, VP_STATUS_CHOSEN } vp_method_status;

/** One line of the decision table. */
typedef struct vp_method_row {
    const char *name;
    vp_method_status status;
    bool judged; /* memory was computed: the four below are known */
    vp_verdict verdict;
    uint64_t weights_bytes, load_peak_bytes, tokens, max_model_len;
    vp_reason reason;
    const char *text;
    const char *needs; /* what the request must say or have for it; NULL = nothing */
} vp_method_row;

typedef struct vp_remedy {
    vp_setting changes[VP_MAX_CHANGES];
    uint32_t change_count; /* 0: a change outside of the settings, told by the text */
    vp_verdict verdict;    /* with that change */
    const char *cost;      /* in words and numbers */
    const char *text;
} vp_remedy;

typedef struct vp_note {
    const char *code;
    vp_severity severity;
    const char *path;
    const char *text;
} vp_note;

typedef struct vp_chosen {
    const char *setting, *value;
    vp_value_kind kind;
    const char *from; /* "user", "default", "search", "checkpoint" */
    const char *why;
} vp_chosen;

typedef struct vp_plan {
    const vp_request *request;
    vp_method_row methods[VP_MAX_METHOD_ROWS];
    uint32_t method_count;
    vp_remedy remedies[VP_MAX_REMEDIES];
    uint32_t remedy_count;
    vp_chosen chosen[VP_MAX_CHOSEN];
    uint32_t chosen_count;
    vp_note notes[VP_MAX_NOTES];
    uint32_t note_count;
    const char *summary;
    vp_candidate asked,
        returned; /* from here on vp_candidate_start() empties: large, and mostly not written */
    vp_candidate scratch, trial; /* work space of the search */
} vp_plan;

/** Makes the plan. False only for a request that cannot be understood or when the arena is too small
 *  (VLLMPLAN_E_LIMIT). */
bool vp_plan_make(const vp_request *request, vp_arena *arena, vp_plan *plan, vp_error *error);

void vp_plan_note(vp_plan *plan, const char *code, vp_severity severity, const char *path, const char *text);

/* The steps of vp_plan_make(), each in a file of its own name. */
bool vp_plan_decide(vp_plan *plan, vp_arena *arena, vp_error *error);   /* decide.c: table and choice */
bool vp_plan_remedies(vp_plan *plan, vp_arena *arena, vp_error *error); /* remedies.c */
void vp_plan_explain(vp_plan *plan, vp_arena *arena); /* explain.c: chosen, notes, summary */

#endif
