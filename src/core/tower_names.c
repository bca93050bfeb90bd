/* SPDX-License-Identifier: Apache-2.0 */
/* Names of tensors of towers: a prefix of the tower, a path of the module. */
#include <string.h>

#include "core/towers.h"

/** The end of the alternative that begins here. */
static size_t word_length(const char *at) { return strcspn(at, "|} ,"); }

/** Takes one of the prefixes "a.|b." off; with an empty one anything goes. */
static bool take_prefix(vp_str *path, const char **prefixes)
{
    while (*prefixes) {
        const char *prefix = *prefixes;
        size_t length = strcspn(prefix, "|");
        *prefixes = prefix[length] == '|' ? prefix + length + 1 : NULL;
        if (path->length < length || memcmp(path->at, prefix, length) != 0) continue;
        path->at += length;
        path->length -= length;
        return true;
    }
    return false;
}

/** Reads a number without leading zeros. */
static bool take_number(vp_str path, size_t *i, uint64_t *out)
{
    vp_str digits = {path.at + *i, 0};
    while (*i < path.length && path.at[*i] >= '0' && path.at[*i] <= '9') ++*i;
    digits.length = *i - (size_t)(digits.at - path.at);
    return digits.length > 0 && vp_str_to_u64(digits, out) && (digits.length == 1 || digits.at[0] != '0');
}

/** The alternative of "{a,b}" that stands at path; *index gets which. The longest wins. */
static bool take_choice(vp_str path, size_t *i, const char **pattern, uint32_t *index)
{
    size_t best = 0;
    uint32_t at = 0;
    const char *p = *pattern + 1;
    for (;; at++) {
        size_t length = word_length(p);
        if (length > best && path.length - *i >= length && memcmp(path.at + *i, p, length) == 0) {
            best = length;
            *index = at;
        }
        p += length;
        if (*p++ != ',') break;
    }
    *i += best;
    *pattern = p;
    return best > 0;
}

/** Matches with a pattern that ends with NUL or a space. */
static bool matches(vp_str path, const char *pattern, vp_tensor_name *read)
{
    size_t i = 0;
    read->in_layer = false;
    read->layer = 0;
    while (*pattern && *pattern != ' ') {
        if (*pattern == '#') {
            if (!take_number(path, &i, &read->layer)) return false;
            read->in_layer = true;
            pattern++;
        } else if (*pattern == '{') {
            if (!take_choice(path, &i, &pattern, &read->part)) return false;
        } else {
            if (i == path.length || path.at[i++] != *pattern++) return false;
        }
    }
    return i == path.length;
}

/** The module's own name first, then those of files. A path without alternatives holds all parts. */
static bool matches_any(vp_str path, const vp_tower_part *row, vp_tensor_name *read)
{
    read->part = row->out && strchr(row->out, '|') ? VP_PART_WHOLE : 0;
    if (matches(path, row->module.name, read)) return true;
    for (const char *pattern = row->files; pattern;) {
        read->part = row->out && strchr(row->out, '|') ? VP_PART_WHOLE : 0;
        if (matches(path, pattern, read)) return true;
        pattern = strchr(pattern, ' ');
        if (pattern) pattern++;
    }
    return false;
}

bool vp_tower_name_read(const vp_module *module, vp_str name, vp_tensor_name *read)
{
    const vp_tower_part *row = vp_tower_part_of(module);
    if (!row) return false;
    vp_str whole = vp_tensor_without_wrappers(name);
    const char *prefixes = vp_tower_row_of(row->tower)->prefixes;
    memset(read, 0, sizeof *read);
    read->suffix = row->bare ? VP_SUFFIX_BARE : vp_tensor_suffix(name);
    if (!row->bare && read->suffix == VP_SUFFIX_UNKNOWN) return false;
    read->kind = row->bare ? VP_SUFFIX_KIND_WEIGHT : vp_tensor_suffix_kind(read->suffix);
    if (!row->bare) whole.length -= vp_tensor_suffix_length(read->suffix);
    while (prefixes) {
        vp_str path = whole;
        if (!take_prefix(&path, &prefixes) || !matches_any(path, row, read)) continue;
        read->module = module;
        return true;
    }
    return false;
}

void vp_tower_name_write(vp_writer *w, const vp_module *module, uint32_t part, uint64_t layer,
                         vp_suffix suffix)
{
    const vp_tower_part *row = vp_tower_part_of(module);
    if (!row) return;
    const char *prefixes = vp_tower_row_of(row->tower)->prefixes;
    const char *p = row->files ? row->files : row->module.name;
    for (size_t i = 0; i < strcspn(prefixes, "|"); i++) vp_put_char(w, prefixes[i]);
    while (*p && *p != ' ') {
        if (*p == '#') {
            vp_put_u64(w, layer);
        } else if (*p == '{') {
            for (p++; part > 0 && strchr(p, ','); part--) p = strchr(p, ',') + 1;
            for (size_t i = word_length(p); i > 0; i--) vp_put_char(w, *p++);
            p = strchr(p, '}');
            if (!p) return;
        } else {
            vp_put_char(w, *p);
        }
        p++;
    }
    if (row->bare) return;
    vp_put(w, suffix == VP_SUFFIX_BIAS ? ".bias" : ".weight");
}
