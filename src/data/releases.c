/* SPDX-License-Identifier: Apache-2.0 */
#include "data/releases.h"

static const vp_release_row rows[] = {
#define RELEASE(id, ...) {__VA_ARGS__},
#include "data/releases.def"
#undef RELEASE
};

enum { COUNT = sizeof rows / sizeof rows[0] };

size_t vp_release_count(void) { return COUNT; }
const vp_release_row *vp_release_at(size_t index) { return index < COUNT ? &rows[index] : NULL; }
size_t vp_release_index(const vp_release_row *row) { return (size_t)(row - rows); }
const vp_release_row *vp_release_newest(void) { return &rows[COUNT - 1]; }

vp_release vp_release_of(const vp_release_row *row)
{
    vp_release number = {0, 0, 0, 0};
    vp_release_parse(vp_str_from(row->key), &number);
    return number;
}

const vp_release_row *vp_release_find(vp_str text, bool *exact, const char *path, vp_error *error)
{
    vp_release wanted;
    int shown = text.length < 64 ? (int)text.length : 64;
    if (!vp_release_parse(text, &wanted)) {
        vp_fail(error, VLLMPLAN_E_UNKNOWN_NAME, path,
                "\"%.*s\" is no vLLM release number; the newest one known here is \"%s\"", shown, text.at,
                vp_release_newest()->key);
        return NULL;
    }
    for (size_t i = COUNT; i-- > 0;) {
        int order = vp_release_compare(vp_release_of(&rows[i]), wanted);
        if (order > 0) continue;
        *exact = order == 0;
        return &rows[i];
    }
    vp_fail(error, VLLMPLAN_E_UNKNOWN_NAME, path, "vLLM %.*s is older than %s, the oldest release known here",
            shown, text.at, rows[0].key);
    return NULL;
}
