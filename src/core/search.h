/* SPDX-License-Identifier: Apache-2.0 */
/* The search: the smallest change of the settings that makes the model start and meets the wishes. */
#ifndef VP_CORE_SEARCH_H
#define VP_CORE_SEARCH_H

#include "core/evaluate.h"

/** A way to run the model: settings and what they come to. */
typedef struct vp_candidate {
    vp_settings settings;
    bool works; /* passes at the end that policy.risk asks for */
    bool wishes_met;
    bool changed_length, changed_utilization, changed_tp, changed_requests;
    vp_loss loss;
    uint32_t order;           /* row order: the last tie-break, standing for the name */
    vp_evaluation evaluation; /* last: most of its ranks are not written, see vp_candidate_copy() */
} vp_candidate;

/** Empties a candidate; its ranks, which vp_evaluate() writes, are left alone. */
void vp_candidate_start(vp_candidate *candidate);
/** Copies what is written of a candidate. */
void vp_candidate_copy(vp_candidate *to, const vp_candidate *from);

/** Whether the search may change a setting: it is in may_change and the user did not fix it. */
bool vp_search_may_change(const vp_request *request, const char *setting);
/** Cards of one machine. The search does not spread over several: their launch is not made here. */
uint64_t vp_search_cards(const vp_request *request);
/** Whether an evaluation is good enough for policy.risk and the wished number of requests. */
bool vp_search_works(const vp_request *request, const vp_evaluation *evaluation);

/** The best way to run the model with one load-time method (NULL: as the checkpoint is), changing only
 *  what may be changed: utilization and length, over the tensor-parallel sizes that are legal. */
bool vp_search_method(const vp_request *request, const vp_method *method, uint32_t order, vp_arena *arena,
                      vp_candidate *scratch, vp_candidate *best, vp_error *error);

/** True when a should be taken before b. The first difference decides: it works; the wishes are met; (context or
 *  KV tokens, when that is the objective;) the weights lose least; the longest context; the fewest cards; the
 *  utilization is left alone; the order of methods.def. */
bool vp_search_better(const vp_request *request, const vp_candidate *a, const vp_candidate *b);

/** Puts a method into settings, with the load format that old releases need beside it. */
void vp_search_put_method(const vp_request *request, vp_settings *settings, const char *method);
/** Puts a whole number or a utilization of that many hundredths; the text goes into the arena. */
void vp_search_put_number(vp_settings *settings, vp_arena *arena, const char *name, uint64_t value);
void vp_search_put_utilization(vp_settings *settings, vp_arena *arena, unsigned hundredths);
/** The highest utilization that the search uses on an evaluation's cards, in hundredths. */
unsigned vp_search_highest_utilization(const vp_evaluation *evaluation);

#endif
