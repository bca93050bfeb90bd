/* SPDX-License-Identifier: Apache-2.0 */
/* A start log of vLLM, from 0.6 to today: what was measured, how far the start came, what stopped it. */
#ifndef VP_DIAGNOSE_DIAGNOSE_H
#define VP_DIAGNOSE_DIAGNOSE_H

#include "core/request.h"
#include "diagnose/log_lines.h"
#include "diagnose/log_patterns.h"

enum {
    VP_MAX_LOG_RANKS = 64,
    VP_MAX_LOG_REMEDIES = 4,
};

typedef enum vp_log_outcome {
    VP_LOG_NOT_RECOGNISED, /* no line of vLLM */
    VP_LOG_INCOMPLETE,     /* neither up nor failed where the log ends */
    VP_LOG_FAILED,         /* before or after it came up */
    VP_LOG_STARTED,
} vp_log_outcome;

/** One worker. */
typedef struct vp_log_rank {
    vp_log_origin origin;
    vp_printed sizes[VP_RANK_SIZES];
    bool with_estimate; /* the activation holds the estimate for CUDA graphs */
    size_t frame;       /* row of the traceback's frame that decides; SIZE_MAX: none yet */
    const char *step;   /* that the last figure began; NULL: none yet */
} vp_log_rank;

/** What a failure means: a row of failure_classes.def. */
typedef struct vp_failure_class {
    const char *name, *text, *advice;
} vp_failure_class;

const vp_failure_class *vp_failure_class_at(size_t index); /* NULL after the last */
const vp_failure_class *vp_failure_class_find(const char *name);

typedef struct vp_log_failure {
    const vp_failure_class *kind;
    const char *step; /* of data/steps.def; NULL: the log does not tell */
    bool generic;     /* told by the processes around the one that failed */
    uint32_t line, rank;
    const char *text; /* the line, without secrets */
    vp_printed need, have;
    bool missing_known, missing_at_least;
    uint64_t missing;
    bool counted[VP_LOG_COUNTS];
    uint64_t counts[VP_LOG_COUNTS];
} vp_log_failure;

/** A change that the log itself speaks for; the planner's own come on top of these. */
typedef struct vp_log_remedy {
    vp_setting change;
    const char *text;
} vp_log_remedy;

/** One start of the server. */
typedef struct vp_log_start {
    const char *release, *core, *runner, *model; /* NULL: not told */
    const char *from, *to; /* the releases that have all of its texts, where it does not say its own */
    bool any, ready, failed;
    vp_log_rank ranks[VP_MAX_LOG_RANKS];
    uint32_t rank_count;
    bool counted[VP_POOL_COUNTS];
    uint64_t counts[VP_POOL_COUNTS];
    const char *step; /* that the last figure of any rank began */
    vp_settings arguments;
    bool arguments_given; /* the user's own were printed, not only the engine's config */
    vp_log_failure failure;
} vp_log_start;

typedef struct vp_diagnosis {
    vp_log_outcome outcome;
    vp_log_start start; /* the last one that says something */
    uint32_t starts, lines, redacted;
    const char *summary;
    vp_log_remedy remedies[VP_MAX_LOG_REMEDIES];
    uint32_t remedy_count;
    /* work space */
    vp_log_start previous;
    vp_arena halves[2]; /* texts of one start and of the next */
    vp_log_reader reader;
    vp_pattern_index index;
} vp_diagnosis;

/** Reads a log. Any bytes are allowed. Texts go into the arena. */
void vp_diagnose(vp_str log, vp_arena *arena, vp_diagnosis *out);

/** The measured terms as a plan's request takes them. */
typedef struct vp_measured {
    uint64_t bytes[4]; /* weights, activation, non-torch, graphs */
    bool known[4];
    bool as_one; /* the log has only their sum: activation holds what the other two take */
} vp_measured;

/** The largest of all ranks. requested: what vLLM took of the card, for logs that do not print it; 0: not
 *  known. deducted: this release sets the graphs' memory aside before it sizes the pool. */
void vp_log_measured(const vp_log_start *start, uint64_t requested, bool deducted, vp_measured *out);

/* The parts of vp_diagnose(), each in a file of its own name. */
void vp_log_note_failure(vp_log_start *start, const vp_log_match *match, uint32_t line, uint32_t rank,
                         vp_str text, vp_arena *arena); /* failures.c */
void vp_log_judge(vp_diagnosis *d, vp_arena *arena);    /* failures.c: missing bytes, summary */
void vp_log_mend(vp_diagnosis *d, vp_arena *arena);     /* mend_start.c: remedies */

#endif
