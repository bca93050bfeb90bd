/* SPDX-License-Identifier: Apache-2.0 */
/* The texts of a start log: rows of log_patterns.def. */
#ifndef VP_DIAGNOSE_LOG_PATTERNS_H
#define VP_DIAGNOSE_LOG_PATTERNS_H

#include "diagnose/log_numbers.h"

typedef enum vp_pattern_kind {
    VP_PATTERN_START,
    VP_PATTERN_CONFIG,
    VP_PATTERN_ARGUMENTS,
    VP_PATTERN_RUNNER,
    VP_PATTERN_FIGURE,
    VP_PATTERN_READY,
    VP_PATTERN_FRAME,
    VP_PATTERN_FAILURE,
} vp_pattern_kind;

typedef struct vp_pattern {
    vp_pattern_kind kind;
    const char *name;      /* the class of a failure, the core of an engine, the runner; else NULL */
    const char *step;      /* or NULL */
    const char *from, *to; /* releases */
    const char *text;
    const char *source;
} vp_pattern;

/** Figures of one GPU, then what a failure says. */
typedef enum vp_log_size {
    VP_SIZE_WEIGHTS,
    VP_SIZE_ACTIVATION,
    VP_SIZE_NON_TORCH,
    VP_SIZE_CONSUMED, /* weights and what is outside of torch: 0.27 and later */
    VP_SIZE_GRAPHS,
    VP_SIZE_GRAPHS_ESTIMATE,
    VP_SIZE_AVAILABLE, /* for the KV cache */
    VP_SIZE_TOTAL,
    VP_SIZE_FREE,
    VP_SIZE_REQUESTED,
    VP_RANK_SIZES, /* those above belong to a rank */
    VP_SIZE_NEED = VP_RANK_SIZES,
    VP_SIZE_HAVE,
    VP_LOG_SIZES
} vp_log_size;

typedef enum vp_log_count {
    VP_COUNT_TOKENS,
    VP_COUNT_BLOCKS,
    VP_COUNT_CONCURRENCY, /* thousandths */
    VP_COUNT_MAX_MODEL_LEN,
    VP_COUNT_LONGEST,
    VP_POOL_COUNTS, /* those above belong to the pool */
    VP_COUNT_ASKED = VP_POOL_COUNTS,
    VP_COUNT_LIMIT,
    VP_COUNT_GPU,
    VP_LOG_COUNTS
} vp_log_count;

/** A line that a row fits, with what stood in its holes. */
typedef struct vp_log_match {
    const vp_pattern *pattern;
    vp_printed sizes[VP_LOG_SIZES]; /* .known where there was such a hole */
    bool counted[VP_LOG_COUNTS];
    uint64_t counts[VP_LOG_COUNTS];
    vp_str release, model; /* empty when there was no such hole */
    vp_str rest;           /* what follows the match */
    bool with_estimate;    /* the activation holds the estimate for CUDA graphs */
} vp_log_match;

/** Row by row; NULL after the last. */
const vp_pattern *vp_pattern_at(size_t index);

/** Which rows may begin with a byte: made once, so that a line is walked through once. */
typedef struct vp_pattern_index {
    uint8_t first[256], next[255]; /* 255: none */
} vp_pattern_index;

void vp_pattern_index_make(vp_pattern_index *index);
/** The next match in *text, which moves on behind where that began. False when there is none. */
bool vp_pattern_find(const vp_pattern_index *index, vp_str *text, vp_log_match *match);

#endif
