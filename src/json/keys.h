/* SPDX-License-Identifier: Apache-2.0 */
/* The members of a request: one table that the reader checks against and that `describe` prints. */
#ifndef VP_JSON_KEYS_H
#define VP_JSON_KEYS_H

#include "json/json.h"

/** What a value may be; a member may allow several. */
enum {
    VP_KEY_OBJECT = 1,
    VP_KEY_LIST = 2,
    VP_KEY_TEXT = 4,
    VP_KEY_INTEGER = 8,
    VP_KEY_BOOL = 16,
};

typedef struct vp_key {
    const char *name; /* NULL ends a table */
    unsigned kinds;
    uint64_t low, high;           /* of a number; 0 and 0: 0 to 2^53-1 */
    const char *choices;          /* of a text, separated by '|', or NULL */
    unsigned items;               /* kinds of the items of a list */
    uint32_t most;                /* items of a list */
    const struct vp_key *members; /* of the object, or of the list's objects; NULL: any members */
    const char *about;
} vp_key;

extern const vp_key vp_plan_keys[]; /* a request of plan */
extern const vp_key vp_inspect_keys[];
extern const vp_key vp_check_keys[];
extern const vp_key vp_describe_keys[];
extern const vp_key vp_explain_keys[];

/** A request that is being read. */
typedef struct vp_reader {
    vp_error *error;
    vp_arena *arena; /* NULL: unknown keys are errors, lenient or not */
    bool lenient;
    const char *ignored[VP_MAX_IGNORED]; /* pointers of unknown keys, in the arena */
    uint32_t ignored_count;
} vp_reader;

/** Checks an object and all below it against a table: names, types, ranges, choices. */
bool vp_keys_check(vp_reader *r, const json_t *object, const vp_key *keys, const char *path);

/** Appends "/name" to a pointer, escaped as RFC 6901 wants it. */
void vp_pointer_put(vp_writer *w, const char *name);
/** "an object", "text", "a whole number" ... */
const char *vp_json_kind_text(const json_t *value);

/* Members of an object that was checked. */
uint64_t vp_get_u64(const json_t *object, const char *key, uint64_t fallback);
const char *vp_get_text(const json_t *object, const char *key); /* NULL when absent */
bool vp_get_is(const json_t *object, const char *key, const char *text);

#endif
