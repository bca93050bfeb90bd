/* SPDX-License-Identifier: Apache-2.0 */
/* An object of our own making, read strictly: every member must be there, and no other. */
#ifndef VP_JSON_MEMBERS_H
#define VP_JSON_MEMBERS_H

#include <jansson.h>

#include "base/vp_error.h"

enum { VP_MAX_MEMBERS = 32 };

typedef struct vp_members {
    const json_t *object;
    vp_error *error;
    char path[200];
    const char *keys[VP_MAX_MEMBERS]; /* those that were asked for */
    uint32_t count;
} vp_members;

/** Starts with `value` at "PATH/KEY", or at PATH itself for a NULL key. False when it is no object. */
bool vp_members_open(vp_members *m, const json_t *value, const char *path, const char *key, vp_error *error);
/** The same for item `index` of the list `key` of `parent`. */
bool vp_members_open_item(vp_members *m, const vp_members *parent, const json_t *list, const char *key,
                          size_t index);
/** False when the object has a member that was not asked for. */
bool vp_members_close(vp_members *m);
/** Fails at "PATH/key". Always false. */
bool vp_members_fail(vp_members *m, int32_t code, const char *key, const char *what);

bool vp_members_u64(vp_members *m, const char *key, uint64_t limit, uint64_t *out);
bool vp_members_u32(vp_members *m, const char *key, uint32_t *out);
bool vp_members_bool(vp_members *m, const char *key, bool *out);
/** Text without U+0000 that fits into `room` with its end; borrowed. */
bool vp_members_text(vp_members *m, const char *key, size_t room, const char **out);
bool vp_members_copy(vp_members *m, const char *key, char *out, size_t room);
/** A list of at most `limit` items. */
bool vp_members_list(vp_members *m, const char *key, size_t limit, const json_t **out);
bool vp_members_object(vp_members *m, const char *key, vp_members *child);
/** Any value, or NULL with the error set. */
const json_t *vp_members_any(vp_members *m, const char *key);

#endif
