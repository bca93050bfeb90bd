/* SPDX-License-Identifier: Apache-2.0 */
/* vLLM release numbers: "0.33.0", "0.6.6.post1", "v0.34.0rc2.dev5+g1234". */
#ifndef VP_BASE_VP_RELEASE_H
#define VP_BASE_VP_RELEASE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/vp_text.h"

typedef struct vp_release {
    uint32_t major, minor, patch;
    /* order inside one patch level: development builds and candidates come before it, posts after */
    int32_t stage; /* dev < rc < 0 (final) < post */
} vp_release;

/** A release from numbers, for comparing with constants in the code's own tables. */
#define VP_RELEASE(major, minor, patch) ((vp_release){(major), (minor), (patch), 0})

/** False when the text is not a release number. A leading "v" and a local part "+..." are ignored. */
bool vp_release_parse(vp_str text, vp_release *out);
/** Negative, 0 or positive, as a is older, equal or newer. */
int vp_release_compare(vp_release a, vp_release b);
static inline bool vp_release_at_least(vp_release a, vp_release b) { return vp_release_compare(a, b) >= 0; }

#endif
