/* SPDX-License-Identifier: Apache-2.0 */
/* The texts of settings: what kind of value they are, and the items of a JSON list. */
#ifndef VP_LAUNCH_VALUES_H
#define VP_LAUNCH_VALUES_H

#include <stdbool.h>

#include "base/vp_text.h"

/** Digits with an optional '-'. */
bool vp_text_is_int(vp_str text);
/** A decimal number as JSON and Python both read it: "0.9", ".9", "-1", "1e-3". */
bool vp_text_is_float(vp_str text);
/** One JSON value and nothing after it, nested at most 64 deep. */
bool vp_text_is_json(vp_str text);
/** A JSON object whose values are all whole numbers: {"image":2}. */
bool vp_text_is_counts(vp_str text);

/** Takes the next item of a JSON list: start with *list being the whole text of the list, and read
 *  until false. *item is the item's JSON text. */
bool vp_list_next(vp_str *list, vp_str *item);

/** The text of a JSON string, or the JSON text itself of a number, list or object: what stands in argv.
 *  NULL when the arena is full, for true, false and null, and for a string that holds NUL or half of a
 *  surrogate pair. */
const char *vp_json_argument(vp_str json, vp_arena *arena);
/** {"image":2,"video":1} as "image=2,video=1". NULL when the arena is full. */
const char *vp_json_pairs(vp_str json, vp_arena *arena);

#endif
