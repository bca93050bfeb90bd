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

/** Writes text as a JSON string. */
void vp_put_json_string(vp_writer *w, vp_str text);
/** A number as Python's int() or float() reads it (" +32_768 "), as JSON writes it ("32768"): in the arena.
 *  NULL when it is none. */
const char *vp_python_int(vp_str text, vp_arena *arena);
const char *vp_python_float(vp_str text, vp_arena *arena);

/** The value of a member of a JSON object, as its JSON text; length 0 when it is not there. */
vp_str vp_json_member(vp_str object, const char *name);
/** Takes the next member of a JSON object, as vp_list_next() takes items. *name is without its quotes. */
bool vp_member_next(vp_str *object, vp_str *name, vp_str *value);

/** The bounds of a whole number, by setting: a row of ranges.def, or NULL. */
typedef struct vp_range {
    const char *setting;
    int64_t low, high; /* INT64_MAX: no upper end */
} vp_range;
const vp_range *vp_range_of(const char *setting);

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
