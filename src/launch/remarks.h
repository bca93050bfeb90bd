/* SPDX-License-Identifier: Apache-2.0 */
/* What is said about a command: each remark has the place of a word, a closed code, a sentence, and what to
 * do. Codes are rows of remarks.def and conflicts.def. */
#ifndef VP_LAUNCH_REMARKS_H
#define VP_LAUNCH_REMARKS_H

#include "base/vp_text.h"
#include "core/facts.h"

enum {
    VP_MAX_REMARKS = 256,  /* of one command; more are counted */
    VP_LONGEST_SHOWN = 64, /* bytes of the user's own text in a sentence */
};
#define VP_NO_INDEX UINT32_MAX /* of no word in particular */

typedef enum vp_remark_code {
#define REMARK(code, severity) VP_REMARK_##code,
#include "launch/remarks.def"
#undef REMARK
    VP_REMARK_COUNT
} vp_remark_code;

typedef struct vp_remark {
    uint32_t index; /* of the word of the command that it is about */
    const char *code;
    vp_severity severity;
    const char *text;
    const char *fix; /* NULL: there is nothing to do, or nobody but the user can know */
} vp_remark;

/** In the order of the words once vp_remarks_sort() has run. Texts stand in the arena. */
typedef struct vp_remarks {
    vp_remark items[VP_MAX_REMARKS];
    uint32_t count, left_out;
    vp_arena *arena;
} vp_remarks;

/** Adds one. The result takes vp_remark_fix(); NULL when there was no more room for it. */
vp_remark *vp_remark_put(vp_remarks *remarks, uint32_t index, vp_remark_code code, const char *format, ...)
    VP_PRINTF(4, 5);
/** The same for a code that is a row of another table. */
vp_remark *vp_remark_row(vp_remarks *remarks, uint32_t index, const char *code, vp_severity severity,
                         const char *text);
/** Says what to do. remark may be NULL. */
void vp_remark_fix(vp_remarks *remarks, vp_remark *remark, const char *format, ...) VP_PRINTF(3, 4);
void vp_remarks_sort(vp_remarks *remarks);

/** "%.*s" of a text of the user's: at most VP_LONGEST_SHOWN bytes, cut between characters. */
int vp_shown_length(vp_str text);

#endif
