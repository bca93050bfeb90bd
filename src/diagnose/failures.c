/* SPDX-License-Identifier: Apache-2.0 */
/* What stopped a start, at which step, and how much was missing. */
#include <string.h>

#include "base/vp_int.h"
#include "diagnose/diagnose.h"
#include "diagnose/redact.h"

enum { LONGEST_TEXT = 1200 }; /* of the line that is shown */

static const vp_failure_class classes[] = {
#define FAILURE_CLASS(name, text, advice) {name, text, advice},
#include "diagnose/failure_classes.def"
#undef FAILURE_CLASS
};

enum { CLASSES = sizeof classes / sizeof classes[0] };

const vp_failure_class *vp_failure_class_at(size_t index) { return index < CLASSES ? &classes[index] : NULL; }

const vp_failure_class *vp_failure_class_find(const char *name)
{
    for (size_t i = 0; i < CLASSES; i++)
        if (strcmp(classes[i].name, name) == 0) return &classes[i];
    return NULL;
}

static bool is(const vp_log_failure *failure, const char *name)
{
    return strcmp(failure->kind->name, name) == 0;
}

/** Where the start was: the row says so, or the traceback, or the figures that were printed before. */
static const char *step_of(const vp_log_start *start, const vp_pattern *row, uint32_t rank)
{
    const vp_log_rank *r = &start->ranks[rank];
    if (row->step) return row->step;
    if (start->ready) return "runtime";
    if (r->frame != SIZE_MAX) return vp_pattern_at(r->frame)->step;
    return r->step ? r->step : start->step;
}

/** The same failure told again by an outer exception, which may know more. */
static void add_to_failure(vp_log_failure *failure, const vp_log_match *match)
{
    if (strcmp(failure->kind->name, match->pattern->name) != 0) return;
    if (match->pattern->step) failure->step = match->pattern->step;
    if (failure->need.known) return;
    failure->need = match->sizes[VP_SIZE_NEED];
    failure->have = match->sizes[VP_SIZE_HAVE];
}

void vp_log_note_failure(vp_log_start *start, const vp_log_match *match, uint32_t line, uint32_t rank,
                         vp_str text, vp_arena *arena)
{
    vp_log_failure *failure = &start->failure;
    bool generic = strcmp(match->pattern->name, "engine_failed") == 0;
    if (start->failed && (generic || !failure->generic)) {
        add_to_failure(failure, match);
        return;
    }
    memset(failure, 0, sizeof *failure);
    start->failed = true;
    failure->kind = vp_failure_class_find(match->pattern->name);
    failure->generic = generic;
    failure->step = step_of(start, match->pattern, rank);
    failure->line = line;
    failure->rank = rank;
    if (text.length > LONGEST_TEXT) text.length = LONGEST_TEXT;
    failure->text = vp_redact_copy(text, arena);
    failure->need = match->sizes[VP_SIZE_NEED];
    failure->have = match->sizes[VP_SIZE_HAVE];
    if (is(failure, "free_memory")) {
        failure->need = match->sizes[VP_SIZE_REQUESTED];
        failure->have = match->sizes[VP_SIZE_FREE];
    }
    memcpy(failure->counted, match->counted, sizeof failure->counted);
    memcpy(failure->counts, match->counts, sizeof failure->counts);
}

/** What is left for the KV cache on the rank that has least; NULL where none prints it. */
static const vp_printed *least_available(const vp_log_start *start)
{
    const vp_printed *least = NULL;
    for (uint32_t i = 0; i < start->rank_count; i++) {
        const vp_printed *now = &start->ranks[i].sizes[VP_SIZE_AVAILABLE];
        if (!now->known) continue;
        bool less = !least || (now->negative && !least->negative) ||
                    (now->negative == least->negative && (now->bytes < least->bytes) != now->negative);
        if (less) least = now;
    }
    return least;
}

static void set_missing(vp_log_failure *failure, uint64_t bytes, bool at_least)
{
    failure->missing = bytes;
    failure->missing_known = bytes > 0 && bytes <= VP_MAX_FIGURE;
    failure->missing_at_least = failure->missing_known && at_least;
}

/** A pool that holds `there` of something has to hold `wanted`: what the rest costs at the same price. */
static uint64_t price_of_rest(const vp_printed *pool, uint64_t wanted, uint64_t there)
{
    if (!pool || pool->negative || wanted <= there || there == 0) return 0;
    uint64_t product = vp_mul(pool->bytes, wanted - there);
    return product == UINT64_MAX ? 0 : vp_ceil_div(product, there);
}

static void find_missing(vp_log_start *start)
{
    vp_log_failure *f = &start->failure;
    const vp_printed *pool = least_available(start);
    if (is(f, "no_cache_blocks")) {
        if (pool && pool->negative) set_missing(f, pool->bytes, true); /* and then one request's blocks */
    } else if (is(f, "state_blocks")) {
        set_missing(f, price_of_rest(pool, f->counts[VP_COUNT_ASKED], f->counts[VP_COUNT_BLOCKS]), false);
    } else if (is(f, "max_model_len") && !f->need.known) {
        set_missing(f, price_of_rest(pool, f->counts[VP_COUNT_ASKED], f->counts[VP_COUNT_LONGEST]), false);
    } else if (f->need.known && f->have.known) {
        /* torch asks for one piece; what would have come after it is not told */
        set_missing(f, vp_sub0(f->need.bytes, f->have.bytes), is(f, "out_of_memory"));
    }
}

static const char *step_words(const char *step)
{
    static const struct {
        const char *step, *words;
    } all[] = {{"arguments", "reading the arguments"},
               {"config", "checking the configuration"},
               {"checkpoint", "looking for the files"},
               {"free_memory", "checking the free memory"},
               {"weights_create", "creating the layers"},
               {"weights_load", "loading the weights"},
               {"weights_process", "repacking the weights"},
               {"profile", "the profile run"},
               {"no_cache_blocks", "sizing the KV cache"},
               {"max_model_len", "sizing the KV cache"},
               {"state_blocks", "sizing the KV cache"},
               {"cache_alloc", "allocating the KV cache"},
               {"graph_capture", "capturing CUDA graphs"},
               {"sampler_warmup", "warming up the sampler"},
               {"runtime", "serving"}};
    for (size_t i = 0; step && i < sizeof all / sizeof all[0]; i++)
        if (strcmp(all[i].step, step) == 0) return all[i].words;
    return NULL;
}

static const char *failed_summary(const vp_log_start *start, vp_arena *arena)
{
    const vp_log_failure *f = &start->failure;
    const char *words = step_words(f->step);
    const char *where = words ? vp_arena_format(arena, " while %s", words) : "";
    vp_gib gib;
    if (!f->missing_known)
        return vp_arena_format(arena, "vLLM%s%s stopped%s: %s.", start->release ? " " : "",
                               start->release ? start->release : "", where, f->kind->text);
    return vp_arena_format(arena, "vLLM%s%s stopped%s: %s; %s%s GiB were missing.", start->release ? " " : "",
                           start->release ? start->release : "", where, f->kind->text,
                           f->missing_at_least ? "at least " : "", vp_gib_text(&gib, f->missing));
}

void vp_log_judge(vp_diagnosis *d, vp_arena *arena)
{
    vp_log_start *start = &d->start;
    const char *release = start->release ? start->release : "";
    const char *blank = start->release ? " " : "";
    const char *words = step_words(start->step);
    switch (d->outcome) {
    case VP_LOG_NOT_RECOGNISED:
        d->summary = "This log has no line that vLLM writes while it starts.";
        break;
    case VP_LOG_INCOMPLETE:
        d->summary = vp_arena_format(arena, "The log of vLLM%s%s ends%s%s, without a failure.", blank,
                                     release, words ? " while " : " early", words ? words : "");
        break;
    case VP_LOG_STARTED:
        d->summary = vp_arena_format(arena, "vLLM%s%s started.", blank, release);
        break;
    case VP_LOG_FAILED:
        find_missing(start);
        d->summary = failed_summary(start, arena);
        break;
    }
}
