/* SPDX-License-Identifier: Apache-2.0 */
/* Names from files in messages: a stranger wrote them, a message is one line of UTF-8. */
#ifndef VP_HF_SHOW_H
#define VP_HF_SHOW_H

#include "base/vp_text.h"

typedef struct vp_shown {
    char text[128];
} vp_shown;

/** Control characters and broken UTF-8 become '?', long names end with "...". Returns the text in the
 *  caller's buffer, for use as an argument of the formats of vp_text.h. */
const char *vp_show(vp_shown *buffer, vp_str name);

#endif
