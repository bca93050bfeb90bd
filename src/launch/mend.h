/* SPDX-License-Identifier: Apache-2.0 */
/* The command again, with as few words changed as possible. */
#ifndef VP_LAUNCH_MEND_H
#define VP_LAUNCH_MEND_H

#include "launch/argv.h"
#include "launch/words.h"

typedef struct vp_mend {
    const char **text; /* one for each word; NULL: it is left out */
    uint32_t count;
    const char *front; /* put before the word `front_at`, or NULL */
    uint32_t front_at;
} vp_mend;

bool vp_mend_start(vp_mend *mend, const vp_words *words, vp_arena *arena);
void vp_mend_drop(vp_mend *mend, uint32_t index, uint32_t count);
void vp_mend_replace(vp_mend *mend, uint32_t index, const char *text);
/** The words that are left, as an argument list. */
bool vp_mend_argv(const vp_mend *mend, vp_arena *arena, vp_argv *out);

#endif
