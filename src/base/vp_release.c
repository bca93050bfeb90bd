/* SPDX-License-Identifier: Apache-2.0 */
#include "base/vp_release.h"

enum { STAGE_DEV = -2000, STAGE_CANDIDATE = -1000, STAGE_LIMIT = 900 };

/** Reads digits at *at; false when there are none or too many. */
static bool number(vp_str text, size_t *at, uint32_t *out)
{
    size_t start = *at;
    uint64_t value;
    while (*at < text.length && text.at[*at] >= '0' && text.at[*at] <= '9') (*at)++;
    vp_str digits = {text.at + start, *at - start};
    if (!vp_str_to_u64(digits, &value) || value > 100000) return false;
    *out = (uint32_t)value;
    return true;
}

static bool word(vp_str text, size_t *at, const char *wanted)
{
    vp_str rest = {text.at + *at, text.length - *at};
    if (!vp_str_starts(rest, wanted)) return false;
    *at += vp_str_from(wanted).length;
    return true;
}

bool vp_release_parse(vp_str text, vp_release *out)
{
    vp_release r = {0, 0, 0, 0};
    size_t at = 0;
    uint32_t n;
    word(text, &at, "v");
    if (!number(text, &at, &r.major) || !word(text, &at, ".") || !number(text, &at, &r.minor)) return false;
    if (at < text.length && text.at[at] == '.' && at + 1 < text.length && text.at[at + 1] <= '9') {
        at++;
        if (!number(text, &at, &r.patch)) return false;
    }
    if (word(text, &at, "rc")) {
        if (!number(text, &at, &n) || n > STAGE_LIMIT) return false;
        r.stage = STAGE_CANDIDATE + (int32_t)n;
    }
    if (word(text, &at, ".post") || word(text, &at, "post")) {
        if (!number(text, &at, &n) || n > STAGE_LIMIT) return false;
        r.stage = (int32_t)n;
    }
    if (word(text, &at, ".dev") || word(text, &at, "dev")) {
        if (at < text.length && text.at[at] >= '0' && text.at[at] <= '9' && !number(text, &at, &n))
            return false;
        if (r.stage >= 0) r.stage = STAGE_DEV;
    }
    if (at < text.length && text.at[at] != '+') return false;
    *out = r;
    return true;
}

static int compare_u32(uint32_t a, uint32_t b) { return a < b ? -1 : a > b; }

int vp_release_compare(vp_release a, vp_release b)
{
    int d = compare_u32(a.major, b.major);
    if (d == 0) d = compare_u32(a.minor, b.minor);
    if (d == 0) d = compare_u32(a.patch, b.patch);
    if (d == 0) d = a.stage < b.stage ? -1 : a.stage > b.stage;
    return d;
}
