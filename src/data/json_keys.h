/* SPDX-License-Identifier: Apache-2.0 */
/* Members of the JSON values of flags, by release: rows of json_keys.def. */
#ifndef VP_DATA_JSON_KEYS_H
#define VP_DATA_JSON_KEYS_H

#include <stdbool.h>

#include "base/vp_text.h"
#include "data/releases.h"

/** Whether the value of a setting refuses members that it does not know. */
bool vp_json_keys_closed(const char *setting, const vp_release_row *release);
bool vp_json_key_in(const char *setting, vp_str key, const vp_release_row *release);
/** The nearest member that there is; NULL when none is near. */
const char *vp_json_key_nearest(const char *setting, vp_str key, const vp_release_row *release);

#endif
