/* SPDX-License-Identifier: Apache-2.0 */
/* The exported functions share these: checks of arguments, texts for the caller, errors for the caller. */
#ifndef VP_API_API_H
#define VP_API_API_H

#include <stdalign.h>

#include <vllmplan/vllmplan.h>

#include "launch/argv.h"
#include "launch/extra_args.h"
#include "probe/probe.h"
#include "json/json.h"

/** The first word of each handle: catches a handle of another kind. */
enum { VP_TAG_REQUEST = 0x76707271, VP_TAG_PLAN = 0x7670706c };

struct vllmplan_request {
    uint32_t tag;
    json_t *root;
};

struct vllmplan_plan {
    uint32_t tag;
    char *text; /* the answer */
    size_t length;
    json_t *root;      /* the same, for the getters; only read */
    const char **argv; /* borrowed from root */
    size_t argv_count;
};

/** Writes an answer; called twice, to measure and to write. */
typedef bool (*vp_writes)(vp_writer *w, const void *what, vp_error *error);
/** The answer as owned text. */
bool vp_answer_text(vp_writes write, const void *what, char **out, size_t *length, vp_error *error);

/** What a call does with its request. */
typedef bool (*vp_works)(json_t *root, uint32_t allow, char **out, size_t *length, vp_error *error);
/** The common form of the JSON calls. */
int32_t vp_answer(const char *request, size_t length, uint32_t allow, char **out, size_t *out_length,
                  vp_works work);

/** All that one plan needs, taken once and released once. Starts zeroed. */
typedef struct vp_planning {
    vp_facts facts;
    vp_request request;
    vp_model_source source;
    vp_plan plan;
    vp_extra_args extra;
    vp_probe probe; /* what was seen, when the request says "gpus": "auto" */
    bool probed;
    vp_settings shown; /* what argv says: without what the extra arguments say */
    vp_deploy deploy;
    vp_start start;
    vp_arena arena;
    alignas(max_align_t) char room[4 << 20]; /* for texts: 10000 arguments and what is said about them */
} vp_planning;

/** Reads the request and makes the plan. What it says borrows from `root`, whose "gpus": "auto" it replaces. */
bool vp_planning_make(vp_planning *w, json_t *root, uint32_t allow, vp_error *error);

bool vp_plan_work(json_t *root, uint32_t allow, char **out, size_t *length, vp_error *error);

/** Reads the model that a request names, as far as `allow` lets. */
bool vp_model_read(const vp_model_source *source, uint32_t allow, vp_facts *facts, vp_error *error);

/** Reads the segment of a JSON pointer that begins at its '/', unescaped. Returns where the next one begins;
 *  NULL when it is malformed or does not fit. */
const char *vp_pointer_next(const char *pointer, char *name, size_t room);

/** Whether the caller's error struct can be written; NULL can. */
bool vp_error_usable(const vllmplan_error *error);
/** Copies the error into the caller's struct, as far as that reaches. Returns its code. */
int32_t vp_error_give(const vp_error *from, vllmplan_error *to);

#endif
