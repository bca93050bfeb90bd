/* SPDX-License-Identifier: Apache-2.0 */
/* Reading members of config.json with the eyes of the class that it was written for: a member that is not
 * there has the class's default, one that is null is filled in from others. */
#ifndef VP_HF_READER_H
#define VP_HF_READER_H

#include <jansson.h>

#include "core/facts.h"

/** One part of a config, and what it becomes. */
typedef struct vp_reader {
    const json_t *root;    /* the whole file */
    const json_t *config;  /* the part that is read: the decoder's, a tower's */
    vp_str model_type;     /* of that part: names its class */
    const char *root_path; /* where the whole file stands, for messages */
    char path[192];        /* where it stands, for messages */
    const vp_architecture *row;
    vp_head_rule head; /* the row's, or what vLLM makes of it */
    vp_facts *facts;
    vp_model *model;
    vp_structure *structure;
    vp_error *error;
} vp_reader;

/** Opens the part at `scope` ("text_config", "thinker_config/text_config"; NULL = the whole). A part that is
 *  not there leaves the whole. */
void vp_reader_open(vp_reader *r, const json_t *root, const char *path, const char *scope);

/** Goes into the member `name`; one that is left out is made of its class's defaults, when the outer class knows
 *  one. False when there is no such part. */
bool vp_reader_descend(vp_reader *r, vp_str name);

enum { VP_MAX_KEY = 64 };

/** The member that is there, by the first of the names "a|b|part/c"; NULL when there is none or it is null.
 *  `key` gets its name, or the first of them. */
const json_t *vp_read_member(const vp_reader *r, const char *keys, char key[VP_MAX_KEY]);
/** A whole number from 1 on. Missing: the class's default, else `fallback`; null: `fallback`. A fallback of 0
 *  means that there has to be one. */
bool vp_read_count(const vp_reader *r, const char *keys, uint64_t fallback, uint64_t *out);
/** The same, where 0 and missing mean none. */
bool vp_read_optional(const vp_reader *r, const char *keys, uint64_t *out);
bool vp_read_number(const vp_reader *r, const char *keys, double fallback, double *out);
bool vp_read_switch(const vp_reader *r, const char *keys, bool fallback, bool *out);
/** A switch by a rule of data/architectures.h. */
bool vp_read_rule(const vp_reader *r, const char *rule, bool *out);
/** Text, or "". */
vp_str vp_read_text(const vp_reader *r, const char *keys);
/** Whether the name is one of "a|b|c". */
bool vp_name_among(const char *names, const char *name);
bool vp_reader_fail(const vp_reader *r, int32_t code, const char *key, const char *what);

#endif
