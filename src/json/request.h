/* SPDX-License-Identifier: Apache-2.0 */
/* The parts of reading a request, each in a file of its own. The tree was checked against keys.c. */
#ifndef VP_JSON_REQUEST_H
#define VP_JSON_REQUEST_H

#include "json/json.h"
#include "json/keys.h"

/** The form of a whole request: names, types, ranges. */
bool vp_request_form(const json_t *root, const vp_key *keys, vp_arena *arena, vp_model_source *source,
                     vp_error *error);
bool vp_request_engine(const json_t *root, vp_arena *arena, vp_engine *engine, vp_error *error);
void vp_request_host(const json_t *root, vp_request *out);
/** `model`: one source and what belongs to it. */
bool vp_request_model(const json_t *root, vp_model_source *source, vp_error *error);
/** `settings`: every member as text of its kind; names and values as the engine's release takes them. */
bool vp_request_settings(const json_t *root, vp_arena *arena, vp_request *out, vp_error *error);
/** `gpus` and `nodes`. */
bool vp_request_gpus(const json_t *root, vp_request *out, vp_error *error);

/** Copies the texts of a list; the table bounds its length. */
uint32_t vp_request_texts(const json_t *list, const char **out);

#endif
