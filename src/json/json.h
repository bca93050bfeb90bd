/* SPDX-License-Identifier: Apache-2.0 */
/* Text <-> structs: requests and facts are read with jansson, answers are written by our own writer so
 * that the same input gives the same bytes everywhere. */
#ifndef VP_JSON_JSON_H
#define VP_JSON_JSON_H

#include <jansson.h>

#include "core/plan.h"
#include "core/request.h"
#include "launch/start.h"

/** Limits of a request's text; documented in docs/limits.md. */
#define VP_MAX_REQUEST_BYTES ((size_t)64 << 20)
#define VP_MAX_REQUEST_DEPTH 64

/** Seeds jansson's hash tables without a file: by itself it would read /dev/urandom at the first object, also
 *  in a call that allows nothing. Call it before the first object of a process may be made. */
void vp_json_seed(void);

/** Parses text as strict JSON: UTF-8, no duplicate keys, bounded length and depth. NULL with an error. */
json_t *vp_json_parse(const char *text, size_t length, vp_error *error);

enum { VP_MAX_IGNORED = 16 };

/** What `model` of a request says, before any file is read. Texts are borrowed from the json_t. */
typedef struct vp_model_source {
    const char *path, *id, *revision, *serve_as;
    json_t *config, *facts, *tensors, *quantization_config; /* borrowed; NULL when absent */
    uint64_t checkpoint_bytes;
    bool checkpoint_bytes_given;
    const char *ignored[VP_MAX_IGNORED]; /* "lenient": pointers of unknown keys, for notes */
    uint32_t ignored_count;
} vp_model_source;

/** Reads everything of a request but the model's facts into `out`, whose `facts` must point to zeroed
 *  facts. Checks types, ranges, unknown keys ("lenient" makes notes of those); looks up GPUs and the
 *  release; checks the settings' names and values (vp_launch_check). `arena` takes texts. */
bool vp_json_request(json_t *root, vp_arena *arena, vp_request *out, vp_model_source *source,
                     vp_error *error);

/** Reads only `model` (and "limits", "lenient"): for inspect. */
bool vp_json_model(json_t *root, vp_arena *arena, vp_model_source *source, vp_error *error);

/** Fills facts from what the request itself holds: an inline config with optional tensors and
 *  quantization_config, or facts that inspect printed. */
bool vp_json_model_inline(const vp_model_source *source, vp_facts *facts, vp_error *error);

/** facts as inspect prints them, and back: what is read equals what was written. */
void vp_json_put_facts(vp_writer *w, const vp_facts *facts);
bool vp_json_facts(json_t *object, const char *path, vp_facts *out, vp_error *error);
void vp_json_put_inspect(vp_writer *w, const vp_facts *facts);

/** Reads `deploy` and `host.env` of a checked request. */
bool vp_json_deploy(const json_t *root, vp_deploy *out, vp_error *error);

/** A plan as the contract's section 2 has it. False (VLLMPLAN_E_OVERFLOW with its path) when a figure is
 *  above 2^53-1. `start` may hold no arguments. */
bool vp_json_put_plan(vp_writer *w, const vp_plan *plan, const vp_start *start, vp_error *error);

/** {"error": {"code","name","path","message"}} */
void vp_json_put_error(vp_writer *w, const vp_error *error);

/** {"topic": ..., "release"?: ...} -> rows. */
bool vp_json_put_describe(vp_writer *w, json_t *root, vp_error *error);

/* Pieces that the writers share. */
void vp_json_put_text(vp_writer *w, const char *text);            /* quoted and escaped; null for NULL */
void vp_json_put_key(vp_writer *w, bool *first, const char *key); /* ,"key": */

#endif
