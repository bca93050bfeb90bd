/* SPDX-License-Identifier: Apache-2.0 */
/* vLLM's server arguments: rows of flags.def, each valid for a range of releases. */
#ifndef VP_DATA_FLAGS_H
#define VP_DATA_FLAGS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/vp_text.h"
#include "data/releases.h"

typedef enum vp_flag_value {
    VP_FLAG_NONE, /* a switch: no value; `negative` switches it off when it is not NULL */
    VP_FLAG_TEXT,
    VP_FLAG_INT,
    VP_FLAG_FLOAT,
    VP_FLAG_CHOICE,     /* one of `choices` */
    VP_FLAG_HUMAN_INT,  /* also 4k, 4K */
    VP_FLAG_HUMAN_AUTO, /* also "auto" and -1 */
    VP_FLAG_JSON,       /* a JSON object or list */
    VP_FLAG_TEXT_JSON,  /* text or JSON */
    VP_FLAG_OBJECT,     /* a JSON object and nothing else */
    VP_FLAG_PAIRS,      /* "image=2,video=1" */
} vp_flag_value;

typedef struct vp_flag {
    const char *setting;  /* snake_case name: "max_model_len" */
    const char *option;   /* "--max-model-len" */
    const char *negative; /* "--no-enable-prefix-caching", "--enable-chunked-prefill=false", or NULL */
    vp_flag_value value;
    bool list;            /* takes several values after one option */
    bool repeat;          /* ... but each behind an option of its own: --middleware a --middleware b */
    uint8_t since, until; /* indexes of release rows, both included */
    const char *choices;  /* '|'-separated closed choices, or NULL; those of a VP_FLAG_TEXT are refused
                             by the configuration code or the server, and a plugin may add to them */
    const char *fallback; /* the default as text, or NULL when there is none or it is computed */
} vp_flag;

size_t vp_flag_count(void);
const vp_flag *vp_flag_at(size_t index);
/** The row of a setting in a release; NULL when that release does not have it. */
const vp_flag *vp_flag_find(vp_str setting, const vp_release_row *release);
/** The row of a setting in the newest release that has it; NULL when none ever had it. */
const vp_flag *vp_flag_find_any(vp_str setting);
/** All rows of a setting, oldest release first, without gaps between them; NULL and 0 when none. */
const vp_flag *vp_flag_rows(vp_str setting, size_t *count);
bool vp_flag_in(const vp_flag *flag, const vp_release_row *release);
/** Whether text is one of the row's choices; true when the row has none. */
bool vp_flag_takes(const vp_flag *flag, vp_str text);
/** What took a setting's place after it went; NULL when nothing did. */
const char *vp_flag_successor(vp_str setting);
/** The row for an option as it is typed ("--max-model-len", "--max_model_len", "-tp", "--no-x"), in a
 *  release; NULL when unknown. *off tells whether the spelling switches off. */
const vp_flag *vp_flag_find_option(vp_str option, const vp_release_row *release, bool *off);

/** Other spellings of a setting's option in a release, such as "-tp": the next one at or after *position,
 *  which moves on; NULL at the end. Start with 0. */
const char *vp_flag_next_spelling(vp_str setting, const vp_release_row *release, size_t *position);

#endif
