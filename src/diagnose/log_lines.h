/* SPDX-License-Identifier: Apache-2.0 */
/* A log line by line: what a terminal, a container runtime, a journal and vLLM itself put around a message is
 * taken off, and what that says about the process is kept. */
#ifndef VP_DIAGNOSE_LOG_LINES_H
#define VP_DIAGNOSE_LOG_LINES_H

#include <stdbool.h>
#include <stdint.h>

#include "base/vp_text.h"

enum {
    VP_LOG_LINE_ROOM = 32768, /* of one line; what is longer is cut */
    VP_LOG_UNKNOWN = -1,      /* a rank that the log does not tell */
};

typedef enum vp_log_process {
    VP_PROCESS_MAIN,   /* no name at all: one process, or rank 0 of V0 */
    VP_PROCESS_SERVER, /* holds no weights */
    VP_PROCESS_ENGINE, /* the engine core; with one GPU it is the worker too */
    VP_PROCESS_WORKER,
} vp_log_process;

/** Who wrote a line. */
typedef struct vp_log_origin {
    vp_log_process process;
    int32_t dp, pp, tp, rank; /* VP_LOG_UNKNOWN where the name does not say */
    uint64_t pid;             /* 0: not told */
    uint64_t host;            /* tells equal pids of several machines apart; 0: not told */
} vp_log_origin;

typedef struct vp_log_line {
    uint32_t number; /* of the log, from 1 */
    vp_log_origin origin;
    vp_str text; /* the message */
} vp_log_line;

typedef struct vp_log_reader {
    vp_str rest;
    uint32_t number;
    char room[VP_LOG_LINE_ROOM];
} vp_log_reader;

void vp_log_open(vp_log_reader *reader, vp_str log);
/** The next line that is not empty; false at the end. The text lives until the next call. */
bool vp_log_next(vp_log_reader *reader, vp_log_line *line);

/** Reads "(Worker_PP0_TP1 pid=77) " off the front of a text. False when no process is named there. */
bool vp_log_take_origin(vp_str *text, vp_log_origin *origin);

#endif
