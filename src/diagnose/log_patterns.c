/* SPDX-License-Identifier: Apache-2.0 */
#include "diagnose/log_patterns.h"

#include <string.h>

static const vp_pattern rows[] = {
#define START(from, to, text, source) {VP_PATTERN_START, NULL, NULL, from, to, text, source},
#define CONFIG(from, to, core, text, source) {VP_PATTERN_CONFIG, core, NULL, from, to, text, source},
#define ARGUMENTS(from, to, text, source) {VP_PATTERN_ARGUMENTS, NULL, NULL, from, to, text, source},
#define RUNNER(from, to, name, text, source) {VP_PATTERN_RUNNER, name, NULL, from, to, text, source},
#define FIGURE(from, to, step, text, source) {VP_PATTERN_FIGURE, NULL, step, from, to, text, source},
#define READY(from, to, text, source) {VP_PATTERN_READY, NULL, NULL, from, to, text, source},
#define FRAME(step, text, source) {VP_PATTERN_FRAME, NULL, step, NULL, NULL, text, source},
#define FAILURE(class, step, from, to, text, source)                                                         \
    {VP_PATTERN_FAILURE, class, step, from, to, text, source},
#include "diagnose/log_patterns.def"
#undef START
#undef CONFIG
#undef ARGUMENTS
#undef RUNNER
#undef FIGURE
#undef READY
#undef FRAME
#undef FAILURE
};

enum {
    COUNT = sizeof rows / sizeof rows[0],
    NONE = 255,
    MOST_SKIPPED = 1024, /* bytes that %skip% may stand for */
    DECIMALS = 2,        /* that vLLM and torch print at least, or would but for zeros at the end */
};

_Static_assert(COUNT < NONE, "vp_pattern_index holds rows in bytes");

const vp_pattern *vp_pattern_at(size_t index) { return index < COUNT ? &rows[index] : NULL; }

typedef enum hole_kind {
    HOLE_GIB,
    HOLE_UNIT,
    HOLE_BYTES,
    HOLE_COUNT,
    HOLE_PERMILLE,
    HOLE_RELEASE,
    HOLE_MODEL
} hole_kind;

static const struct {
    const char *name;
    hole_kind kind;
    int at; /* vp_log_size or vp_log_count */
} holes[] = {
    {"weights", HOLE_GIB, VP_SIZE_WEIGHTS},
    {"activation", HOLE_GIB, VP_SIZE_ACTIVATION},
    {"peak_with_estimate", HOLE_GIB, VP_SIZE_ACTIVATION},
    {"non_torch", HOLE_GIB, VP_SIZE_NON_TORCH},
    {"consumed", HOLE_GIB, VP_SIZE_CONSUMED},
    {"graphs", HOLE_GIB, VP_SIZE_GRAPHS},
    {"graphs_estimate", HOLE_GIB, VP_SIZE_GRAPHS_ESTIMATE},
    {"available", HOLE_GIB, VP_SIZE_AVAILABLE},
    {"kv_bytes", HOLE_BYTES, VP_SIZE_AVAILABLE},
    {"total", HOLE_GIB, VP_SIZE_TOTAL},
    {"card", HOLE_UNIT, VP_SIZE_TOTAL},
    {"free", HOLE_GIB, VP_SIZE_FREE},
    {"requested", HOLE_GIB, VP_SIZE_REQUESTED},
    {"need", HOLE_GIB, VP_SIZE_NEED},
    {"tried", HOLE_UNIT, VP_SIZE_NEED},
    {"have", HOLE_GIB, VP_SIZE_HAVE},
    {"left", HOLE_GIB, VP_SIZE_HAVE},
    {"left_size", HOLE_UNIT, VP_SIZE_HAVE},
    {"tokens", HOLE_COUNT, VP_COUNT_TOKENS},
    {"blocks", HOLE_COUNT, VP_COUNT_BLOCKS},
    {"concurrency", HOLE_PERMILLE, VP_COUNT_CONCURRENCY},
    {"max_model_len", HOLE_COUNT, VP_COUNT_MAX_MODEL_LEN},
    {"longest", HOLE_COUNT, VP_COUNT_LONGEST},
    {"asked", HOLE_COUNT, VP_COUNT_ASKED},
    {"limit", HOLE_COUNT, VP_COUNT_LIMIT},
    {"minimum", HOLE_COUNT, VP_COUNT_ASKED},
    {"current", HOLE_COUNT, VP_COUNT_LIMIT},
    {"heads", HOLE_COUNT, VP_COUNT_LIMIT},
    {"ways", HOLE_COUNT, VP_COUNT_ASKED},
    {"gpu", HOLE_COUNT, VP_COUNT_GPU},
    {"release", HOLE_RELEASE, 0},
    {"model", HOLE_MODEL, 0},
};

static void drop(vp_str *text, size_t count)
{
    text->at += count;
    text->length -= count;
}

/** What stands in a hole for text: up to a blank, a comma or a bracket. */
static vp_str take_word(vp_str *text)
{
    size_t n = 0;
    while (n < text->length && !strchr(" ,)\t", text->at[n])) n++;
    vp_str word = {text->at, n};
    drop(text, n);
    return word;
}

static bool fill_hole(size_t hole, vp_str *text, vp_log_match *match)
{
    int at = holes[hole].at;
    switch (holes[hole].kind) {
    case HOLE_GIB:
        match->with_estimate = match->with_estimate || strcmp(holes[hole].name, "peak_with_estimate") == 0;
        return vp_take_size(text, VP_GIB, DECIMALS, &match->sizes[at]);
    case HOLE_UNIT:
        return vp_take_size(text, 0, DECIMALS, &match->sizes[at]);
    case HOLE_BYTES:
        return vp_take_size(text, 1, 0, &match->sizes[at]);
    case HOLE_COUNT:
        return match->counted[at] = vp_take_count(text, &match->counts[at]);
    case HOLE_PERMILLE:
        return match->counted[at] = vp_take_permille(text, &match->counts[at]);
    case HOLE_RELEASE:
        match->release = take_word(text);
        return match->release.length > 0;
    case HOLE_MODEL:
        match->model = take_word(text);
        return match->model.length > 0;
    }
    return false;
}

/** Moves *text to the next place of what follows a %skip%: the row's text up to its next hole. */
static bool skip_to(const char *follows, vp_str *text)
{
    size_t n = strcspn(follows, "%");
    if (n == 0) return true;
    for (size_t i = 0; i + n <= text->length && i <= MOST_SKIPPED; i++) {
        if (memcmp(text->at + i, follows, n) != 0) continue;
        drop(text, i);
        return true;
    }
    return false;
}

/** The hole whose name begins at `name`; -1 for %skip%. */
static int hole_named(const char *name, size_t length)
{
    for (size_t i = 0; i < sizeof holes / sizeof holes[0]; i++)
        if (strlen(holes[i].name) == length && memcmp(holes[i].name, name, length) == 0) return (int)i;
    return -1;
}

static bool match_at(const vp_pattern *row, vp_str text, vp_log_match *match)
{
    const char *form = row->text;
    bool started = false;
    while (*form) {
        if (*form != '%') {
            if (text.length == 0 || text.at[0] != *form) return false;
            form++;
            drop(&text, 1);
            continue;
        }
        if (!started)
            *match = (vp_log_match){.pattern = row}; /* not for each of the many rows that do not fit */
        started = true;
        size_t length = strcspn(form + 1, "%");
        int hole = hole_named(form + 1, length);
        form += length + 2;
        if (hole < 0 ? !skip_to(form, &text) : !fill_hole((size_t)hole, &text, match)) return false;
    }
    if (!started) *match = (vp_log_match){.pattern = row};
    match->rest = text;
    return true;
}

void vp_pattern_index_make(vp_pattern_index *index)
{
    memset(index, NONE, sizeof *index);
    for (size_t i = COUNT; i-- > 0;) {
        unsigned char c = (unsigned char)rows[i].text[0];
        index->next[i] = index->first[c];
        index->first[c] = (uint8_t)i;
    }
}

bool vp_pattern_find(const vp_pattern_index *index, vp_str *text, vp_log_match *match)
{
    while (text->length > 0) {
        vp_str here = *text;
        drop(text, 1);
        for (uint8_t i = index->first[(unsigned char)here.at[0]]; i != NONE; i = index->next[i])
            if (match_at(&rows[i], here, match)) return true;
    }
    return false;
}
