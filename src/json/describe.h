/* SPDX-License-Identifier: Apache-2.0 */
/* The topics of `describe` that have a file of their own. Each writes one member into the open answer. */
#ifndef VP_JSON_DESCRIBE_H
#define VP_JSON_DESCRIBE_H

#include "data/releases.h"
#include "json/put.h"

void vp_describe_flags(vp_out *out, const vp_release_row *release);
void vp_describe_schema(vp_out *out);
/** "a|b" as a list of texts. */
void vp_describe_words(vp_out *out, const char *key, const char *words);

#endif
