/* SPDX-License-Identifier: Apache-2.0 */
#include "data/json_keys.h"

#include <string.h>

/* release indexes by name: VP_R_0_33_0 */
enum {
#define RELEASE(id, ...) VP_R_##id,
#include "data/releases.def"
#undef RELEASE
};

static const struct {
    const char *setting;
    uint8_t since, until;
} closed[] = {
#define JSON_CLOSED(setting, since, until) {setting, VP_R_##since, VP_R_##until},
#include "data/json_keys.def"
#undef JSON_CLOSED
};

static const struct {
    const char *setting, *key;
    uint8_t since, until;
} keys[] = {
#define JSON_KEY(setting, key, since, until) {setting, key, VP_R_##since, VP_R_##until},
#include "data/json_keys.def"
#undef JSON_KEY
};

enum { CLOSED = sizeof closed / sizeof closed[0], KEYS = sizeof keys / sizeof keys[0] };

static bool within(size_t since, size_t until, const vp_release_row *release)
{
    size_t index = vp_release_index(release);
    return since <= index && index <= until;
}

bool vp_json_keys_closed(const char *setting, const vp_release_row *release)
{
    for (size_t i = 0; i < CLOSED; i++)
        if (strcmp(closed[i].setting, setting) == 0 && within(closed[i].since, closed[i].until, release))
            return true;
    return false;
}

bool vp_json_key_in(const char *setting, vp_str key, const vp_release_row *release)
{
    for (size_t i = 0; i < KEYS; i++)
        if (strcmp(keys[i].setting, setting) == 0 && vp_str_equal(key, keys[i].key) &&
            within(keys[i].since, keys[i].until, release))
            return true;
    return false;
}

const char *vp_json_key_nearest(const char *setting, vp_str key, const vp_release_row *release)
{
    vp_nearest nearest;
    vp_nearest_start(&nearest, key);
    for (size_t i = 0; i < KEYS; i++)
        if (strcmp(keys[i].setting, setting) == 0 && within(keys[i].since, keys[i].until, release))
            vp_nearest_offer(&nearest, keys[i].key);
    return nearest.name;
}
