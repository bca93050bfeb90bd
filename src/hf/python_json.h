/* SPDX-License-Identifier: Apache-2.0 */
/* JSON as Python's json module reads it, which is how the files of a model are read by their own
 * tools: NaN and Infinity, numbers of any size, the last of two equal keys. */
#ifndef VP_HF_PYTHON_JSON_H
#define VP_HF_PYTHON_JSON_H

#include <jansson.h>

#include "core/facts.h"

/** An object, owned by the caller (json_decref), or NULL with the error set. What was tolerated becomes
 *  a finding of `facts`, which may be NULL. path: where messages and the error's path start. */
json_t *vp_python_json(vp_str text, const char *path, vp_facts *facts, vp_error *error);

/** A member's value, borrowed; NULL when it is missing or null, which Python code treats alike. */
json_t *vp_member(const json_t *object, const char *key);
/** Fails for the member `key` with the path "PATH/key". Always false. */
bool vp_member_fail(vp_error *error, int32_t code, const char *path, const char *key, const char *what);

/** Numbers and switches of config.json. */
#define VP_MAX_MEMBER ((uint64_t)1 << 40)

/** A whole number from 1 to limit. Missing or null: fallback, where 0 means that it must be there. */
bool vp_member_count(const json_t *object, const char *key, const char *path, uint64_t limit,
                     uint64_t fallback, uint64_t *out, vp_error *error);
/** true or false; whole numbers count as Python's truth. Missing or null: fallback. */
bool vp_member_switch(const json_t *object, const char *key, const char *path, bool fallback, bool *out,
                      vp_error *error);
/** Text, or "" when the member is no text. */
vp_str vp_member_text(const json_t *object, const char *key);

#endif
