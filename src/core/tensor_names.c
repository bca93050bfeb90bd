/* SPDX-License-Identifier: Apache-2.0 */
#include "core/tensor_names.h"

#include <string.h>

#define WHOLE VP_PART_WHOLE
#define REST VP_PART_REST

static const struct tensor_row {
    vp_spelling spelling;
    const char *path;
    vp_module_key module;
    uint32_t part;
    bool bare; /* the whole name of a parameter, no ending */
    vp_suffix_kind kind;
} rows[] = {
#define TENSOR(spelling, path, module, part)                                                                 \
    {VP_SPELLING_##spelling, path, VP_MODULE_##module, part, false, VP_SUFFIX_KIND_NONE},
#define BARE(spelling, path, module, part, kind)                                                             \
    {VP_SPELLING_##spelling, path, VP_MODULE_##module, part, true, VP_SUFFIX_KIND_##kind},
#include "data/tensor_names.def"
#undef BARE
#undef TENSOR
};

enum { ROWS = sizeof rows / sizeof rows[0] };

static const struct {
    const char *front;
    vp_spelling base;
} spellings[VP_SPELLING_COUNT] = {
#define SPELLING(key, front, base) [VP_SPELLING_##key] = {front, VP_SPELLING_##base},
#include "data/spellings.def"
#undef SPELLING
};

static const struct suffix_row {
    const char *ending;
    vp_suffix_kind kind;
} suffixes[VP_SUFFIX_COUNT] = {
#define SUFFIX(key, ending, kind) [VP_SUFFIX_##key] = {ending, VP_SUFFIX_KIND_##kind},
#include "data/tensor_suffixes.def"
#undef SUFFIX
};

/** True when name is "SOMETHING.ending". */
static bool ends_with(vp_str name, const char *ending)
{
    size_t n = strlen(ending);
    return name.length > n + 1 && name.at[name.length - n - 1] == '.' &&
           memcmp(name.at + name.length - n, ending, n) == 0;
}

vp_suffix vp_tensor_suffix(vp_str name)
{
    vp_suffix best = VP_SUFFIX_UNKNOWN;
    size_t length = 0;
    for (int i = 0; i < VP_SUFFIX_COUNT; i++) {
        size_t n = strlen(suffixes[i].ending);
        if (n > length && ends_with(name, suffixes[i].ending)) {
            best = (vp_suffix)i;
            length = n;
        }
    }
    return best;
}

vp_suffix_kind vp_tensor_suffix_kind(vp_suffix suffix) { return suffixes[suffix].kind; }

size_t vp_tensor_suffix_length(vp_suffix suffix) { return strlen(suffixes[suffix].ending) + 1; }

vp_str vp_tensor_without_wrappers(vp_str path)
{
    static const char *const wrappers[] = {"model.",   "transformer.", "language_model.",
                                           "thinker.", "backbone.",    "gpt_neox.",
                                           "bert.",    "roberta.",     "new."};
    for (size_t i = 0; i < sizeof wrappers / sizeof wrappers[0];) {
        size_t n = strlen(wrappers[i]);
        if (vp_str_starts(path, wrappers[i])) {
            path.at += n;
            path.length -= n;
            i = 0;
        } else {
            i++;
        }
    }
    return path;
}

/** A number as Python's str(int) writes it: no leading zeros, else two names would mean one tensor. */
static bool take_number(vp_str path, size_t *i, uint64_t *out)
{
    vp_str digits = {path.at + *i, 0};
    while (*i < path.length && path.at[*i] != '.') ++*i;
    digits.length = *i - (size_t)(digits.at - path.at);
    return vp_str_to_u64(digits, out) && (digits.length == 1 || digits.at[0] != '0');
}

/** Matches a path with a row's pattern; the first # is the layer, the second the expert. */
static bool matches(vp_str path, const char *pattern, vp_tensor_name *read)
{
    size_t i = 0;
    read->in_layer = read->is_expert = false;
    read->layer = read->expert = 0;
    for (; *pattern; pattern++) {
        if (*pattern != '#') {
            if (i == path.length || path.at[i] != *pattern) return false;
            i++;
            continue;
        }
        uint64_t *number = read->in_layer ? &read->expert : &read->layer;
        if (!take_number(path, &i, number)) return false;
        read->is_expert = read->in_layer;
        read->in_layer = true;
    }
    return i == path.length;
}

/** The row of a running number: first those of the spelling, then those of its base. */
static const struct tensor_row *row_at(vp_spelling spelling, size_t i)
{
    const struct tensor_row *row = &rows[i % ROWS];
    vp_spelling base = spellings[spelling].base;
    if (i < ROWS) return row->spelling == spelling ? row : NULL;
    return base != spelling && row->spelling == base ? row : NULL;
}

bool vp_tensor_path_next(vp_spelling spelling, vp_module_key module, size_t *at, const char **path,
                         uint32_t *part)
{
    while (*at < 2 * (size_t)ROWS) {
        const struct tensor_row *row = row_at(spelling, (*at)++);
        if (!row || row->module != module) continue;
        *path = row->path;
        *part = row->part;
        return true;
    }
    return false;
}

bool vp_tensor_name_next(vp_spelling spelling, vp_str name, vp_tensor_name *read)
{
    vp_str path = name;
    bool bare = read->suffix == VP_SUFFIX_BARE;
    if (!bare) path.length -= strlen(suffixes[read->suffix].ending) + 1;
    path = vp_tensor_without_wrappers(path);
    for (size_t i = read->next_row; i < 2 * (size_t)ROWS; i++) {
        const struct tensor_row *row = row_at(spelling, i);
        if (!row || row->bare != bare || !matches(path, row->path, read)) continue;
        read->module = vp_module_at(row->module);
        read->part = row->part;
        read->kind = bare ? row->kind : suffixes[read->suffix].kind;
        read->next_row = i + 1;
        return true;
    }
    read->module = NULL;
    return false;
}

vp_tensor_name vp_tensor_name_read(vp_spelling spelling, vp_str name)
{
    vp_tensor_name read = {.suffix = vp_tensor_suffix(name), .kind = VP_SUFFIX_KIND_NONE};
    if (read.suffix != VP_SUFFIX_BARE) read.kind = suffixes[read.suffix].kind;
    vp_tensor_name_next(spelling, name, &read);
    return read;
}

void vp_tensor_name_write(vp_writer *w, vp_spelling spelling, vp_module_key module, uint32_t part,
                          uint64_t layer, vp_suffix suffix)
{
    const struct tensor_row *row = NULL;
    bool in_layer = false;
    for (size_t i = 0; i < 2 * (size_t)ROWS && !row; i++) {
        const struct tensor_row *one = row_at(spelling, i);
        bool fits = one && (one->part == part || one->part == VP_PART_WHOLE ||
                            (one->part == VP_PART_REST && part > 0));
        if (fits && one->module == module) row = one;
    }
    if (!row || suffix > VP_SUFFIX_COUNT) return;
    /* the head stands beside the wrapped model, not in it */
    if (module != VP_MODULE_LM_HEAD) vp_put(w, spellings[spelling].front);
    for (const char *p = row->path; *p; p++) {
        if (*p == '#') {
            vp_put_u64(w, in_layer ? 0 : layer); /* the first expert stands for all */
            in_layer = true;
        } else {
            vp_put_char(w, *p);
        }
    }
    if (row->bare || suffix == VP_SUFFIX_BARE) return;
    vp_put_char(w, '.');
    vp_put(w, suffixes[suffix].ending);
}
