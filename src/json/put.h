/* SPDX-License-Identifier: Apache-2.0 */
/* Compact JSON, member by member. Commas and brackets follow from the order of the calls, and the JSON
 * pointer of the place is kept, so that a figure that no reader could hold is refused by its path. */
#ifndef VP_JSON_PUT_H
#define VP_JSON_PUT_H

#include "core/request.h"
#include "core/runtime.h"

enum { VP_OUT_DEPTH = 8 };

/** An object or list that is open. */
typedef struct vp_out_level {
    char close;         /* '}' or ']' */
    bool first;         /* nothing is in it yet */
    uint32_t items;     /* of a list */
    size_t path_length; /* of its own pointer */
} vp_out_level;

typedef struct vp_out {
    vp_writer *w;
    vp_error *error; /* NULL: figures above VP_MAX_FIGURE become null instead of failing */
    char path[256];
    vp_out_level levels[VP_OUT_DEPTH];
    uint32_t depth; /* 0: outside of the outermost value */
} vp_out;

void vp_out_start(vp_out *out, vp_writer *w, vp_error *error);

/* Everywhere: `key` is the member's name, NULL for an item of a list and for the outermost value. */
void vp_out_object(vp_out *out, const char *key);
void vp_out_list(vp_out *out, const char *key);
void vp_out_end(vp_out *out); /* closes what was opened last */

void vp_out_text(vp_out *out, const char *key, const char *text); /* null for NULL */
void vp_out_bool(vp_out *out, const char *key, bool value);
void vp_out_null(vp_out *out, const char *key);
void vp_out_u64(vp_out *out, const char *key, uint64_t value);
/** A figure that is withheld, so null, unless it is known. */
void vp_out_figure(vp_out *out, const char *key, bool known, uint64_t value);
void vp_out_interval(vp_out *out, const char *key, bool known, const vp_interval *interval);
/** The value of a vLLM setting as what it is: number, switch, text, JSON. Secrets are only named. */
void vp_out_setting(vp_out *out, const char *name, const char *key, vp_value_kind kind, const char *text);
/** The environment variable that stands for a secret setting. */
const char *vp_out_secret(const char *setting);

/** "info", "warning" or "error": the contract's words. */
const char *vp_severity_name(vp_severity severity);

/** value = mantissa * 2^exponent, for exact arithmetic on a double that is not negative. */
void vp_double_parts(double value, uint64_t *mantissa, int *exponent);
/** floor(value * factor), exact; factor at most 2000. UINT64_MAX when it is larger than that. *half: how
 *  what was cut off compares with one half: -1, 0 or 1. */
uint64_t vp_double_times(double value, uint64_t factor, int *half);

#endif
