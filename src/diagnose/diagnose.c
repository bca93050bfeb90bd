/* SPDX-License-Identifier: Apache-2.0 */
/* Line by line: whose line, which rows it fits, what they say about that rank and about the start. */
#include "diagnose/diagnose.h"

#include <string.h>

#include "base/vp_int.h"
#include "base/vp_release.h"
#include "diagnose/log_args.h"
#include "diagnose/redact.h"

static bool same_process(const vp_log_origin *a, const vp_log_origin *b)
{
    if (a->pid > 0 && b->pid > 0) return a->pid == b->pid && a->host == b->host;
    return a->process == b->process && a->dp == b->dp && a->pp == b->pp && a->tp == b->tp &&
           a->rank == b->rank;
}

/** A worker gets its name only after its groups are made: the same process may say more later. */
static void learn_name(vp_log_origin *known, const vp_log_origin *now)
{
    if (known->dp < 0) known->dp = now->dp;
    if (known->pp < 0) known->pp = now->pp;
    if (known->tp < 0) known->tp = now->tp;
    if (known->rank < 0) known->rank = now->rank;
}

static uint32_t rank_of(vp_log_start *start, const vp_log_origin *origin)
{
    for (uint32_t i = 0; i < start->rank_count; i++) {
        if (!same_process(&start->ranks[i].origin, origin)) continue;
        learn_name(&start->ranks[i].origin, origin);
        return i;
    }
    if (start->rank_count == VP_MAX_LOG_RANKS) return VP_MAX_LOG_RANKS - 1;
    vp_log_rank *rank = &start->ranks[start->rank_count];
    memset(rank, 0, sizeof *rank);
    rank->origin = *origin;
    rank->frame = SIZE_MAX;
    return start->rank_count++;
}

/** A figure is often printed twice, once rounded more: the sharper one stays while both may be the same. */
static void keep_size(vp_printed *known, const vp_printed *now)
{
    bool same = known->known && known->negative == now->negative &&
                (known->bytes > now->bytes ? known->bytes - now->bytes : now->bytes - known->bytes) <=
                    vp_add(known->half, now->half);
    if (!same || now->half < known->half) *known = *now;
}

/** Workers may print different pools: the engine uses the smallest. */
static void keep_count(vp_log_start *start, size_t which, uint64_t now)
{
    bool smallest = which == VP_COUNT_TOKENS || which == VP_COUNT_BLOCKS || which == VP_COUNT_CONCURRENCY;
    if (smallest && start->counted[which] && start->counts[which] < now) return;
    start->counted[which] = true;
    start->counts[which] = now;
}

static bool older(const char *a, const char *b)
{
    vp_release left, right;
    return vp_release_parse(vp_str_from(a), &left) && vp_release_parse(vp_str_from(b), &right) &&
           vp_release_compare(left, right) < 0;
}

/** Each text narrows the releases that it may have come from. */
static void narrow(vp_log_start *start, const vp_pattern *row)
{
    if (row->from && (!start->from || older(start->from, row->from))) start->from = row->from;
    if (row->to && (!start->to || older(row->to, start->to))) start->to = row->to;
}

static void keep_figures(vp_log_start *start, const vp_log_match *match, uint32_t rank)
{
    vp_log_rank *r = &start->ranks[rank];
    for (size_t i = 0; i < VP_RANK_SIZES; i++)
        if (match->sizes[i].known) keep_size(&r->sizes[i], &match->sizes[i]);
    for (size_t i = 0; i < VP_POOL_COUNTS; i++)
        if (match->counted[i]) keep_count(start, i, match->counts[i]);
    r->with_estimate = r->with_estimate || match->with_estimate;
    if (match->pattern->step && match->pattern->kind == VP_PATTERN_FIGURE)
        r->step = start->step = match->pattern->step;
}

static bool says_something(const vp_log_start *start)
{
    return start->failed || start->ready || start->rank_count > 0;
}

/** Texts of the current start; those of the one before it lie in the other half. */
static vp_arena *texts(vp_diagnosis *d) { return &d->halves[d->starts % 2]; }

/** A server that is started again and again leaves all its starts in one log. The last one counts, unless
 *  it was cut off before it said anything and the one before it failed. */
static void begin_start(vp_diagnosis *d)
{
    if (!d->start.any || !says_something(&d->start)) return;
    d->previous = d->start;
    memset(&d->start, 0, sizeof d->start);
    d->starts++;
    texts(d)->used = 0;
    texts(d)->exhausted = false;
}

static void take_names(vp_log_start *start, const vp_log_match *match, vp_arena *arena)
{
    if (match->release.length > 0) start->release = vp_arena_copy(arena, match->release);
    if (match->model.length > 0) start->model = vp_redact_copy(match->model, arena);
    if (match->pattern->kind == VP_PATTERN_CONFIG) start->core = match->pattern->name;
    if (match->pattern->kind == VP_PATTERN_RUNNER) start->runner = match->pattern->name;
}

/** The row's place in the table: of several frames the first row decides. */
static size_t place_of(const vp_pattern *row) { return (size_t)(row - vp_pattern_at(0)); }

static void take_match(vp_diagnosis *d, const vp_log_match *match, const vp_log_line *line)
{
    vp_log_start *start = &d->start;
    vp_pattern_kind kind = match->pattern->kind;
    if (kind == VP_PATTERN_START) begin_start(d);
    start->any = true;
    narrow(start, match->pattern);
    take_names(start, match, texts(d));
    if (kind == VP_PATTERN_ARGUMENTS || kind == VP_PATTERN_CONFIG) {
        bool own = kind == VP_PATTERN_ARGUMENTS;
        vp_log_take_args(match->rest, own, texts(d), &start->arguments, &start->model);
        start->arguments_given = start->arguments_given || own;
    } else if (kind == VP_PATTERN_READY) {
        start->ready = true;
        start->failed = false; /* whatever was said before was survived */
        start->step = "runtime";
    } else if (kind == VP_PATTERN_FRAME) {
        vp_log_rank *rank = &start->ranks[rank_of(start, &line->origin)];
        if (place_of(match->pattern) < rank->frame) rank->frame = place_of(match->pattern);
    } else if (kind == VP_PATTERN_FIGURE || kind == VP_PATTERN_FAILURE) {
        uint32_t rank = rank_of(start, &line->origin);
        keep_figures(start, match, rank);
        if (kind == VP_PATTERN_FAILURE)
            vp_log_note_failure(start, match, line->number, rank, line->text, texts(d));
    }
}

static void take_line(vp_diagnosis *d, const vp_log_line *line)
{
    vp_str text = line->text;
    vp_log_match match;
    vp_writer none;
    vp_writer_start(&none, NULL, 0);
    d->redacted += vp_redact(line->text, &none);
    if (strstr(text.at, "Traceback (most recent call last)"))
        d->start.ranks[rank_of(&d->start, &line->origin)].frame = SIZE_MAX;
    while (vp_pattern_find(&d->index, &text, &match)) {
        take_match(d, &match, line);
        if (match.pattern->kind == VP_PATTERN_ARGUMENTS || match.pattern->kind == VP_PATTERN_CONFIG) break;
        if (match.pattern->kind == VP_PATTERN_FAILURE) text = match.rest;
    }
}

static bool has_figures(const vp_log_rank *rank)
{
    for (size_t i = 0; i < VP_RANK_SIZES; i++)
        if (rank->sizes[i].known) return true;
    return false;
}

static int order_of(const vp_log_origin *o)
{
    if (o->process == VP_PROCESS_MAIN) return -1; /* rank 0 of V0 */
    int places = (o->dp > 0 ? o->dp : 0) * 4096 + (o->pp > 0 ? o->pp : 0) * 512 + (o->tp > 0 ? o->tp : 0);
    bool known = o->dp >= 0 || o->pp >= 0 || o->tp >= 0 || o->rank >= 0;
    return known ? places + (o->rank > 0 ? o->rank : 0) : INT32_MAX;
}

/** Ranks in their order, without the processes that hold no memory; the failure follows its rank. */
static void order_ranks(vp_log_start *start)
{
    uint32_t kept = 0, failed = start->failure.rank;
    bool found = false;
    for (uint32_t i = 0; i < start->rank_count; i++) {
        vp_log_rank rank = start->ranks[i];
        if (!has_figures(&rank)) continue;
        if (rank.origin.process != VP_PROCESS_WORKER && rank.origin.rank < 0) rank.origin.rank = 0;
        uint32_t at = kept++;
        bool here = start->failed && i == failed && !found;
        for (; at > 0 && order_of(&start->ranks[at - 1].origin) > order_of(&rank.origin); at--) {
            start->ranks[at] = start->ranks[at - 1];
            if (found && start->failure.rank == at - 1) start->failure.rank = at;
        }
        start->ranks[at] = rank;
        if (here) start->failure.rank = at;
        found = found || here;
    }
    start->rank_count = kept;
    if (!found) start->failure.rank = VP_MAX_LOG_RANKS;
}

void vp_diagnose(vp_str log, vp_arena *arena, vp_diagnosis *out)
{
    vp_log_line line;
    memset(out, 0, sizeof *out);
    vp_pattern_index_make(&out->index);
    vp_log_open(&out->reader, log);
    for (size_t i = 0; i < 2; i++) {
        size_t room = arena->size / 3; /* the last third is for what is said in the end */
        void *at = vp_arena_take(arena, room);
        vp_arena_start(&out->halves[i], at, at ? room : 0);
    }
    while (vp_log_next(&out->reader, &line)) take_line(out, &line);
    out->lines = out->reader.number;
    out->starts += out->start.any ? 1 : 0;
    if (!out->start.failed && !out->start.ready && out->previous.failed) out->start = out->previous;
    order_ranks(&out->start);
    out->outcome = !out->start.any     ? VP_LOG_NOT_RECOGNISED
                   : out->start.failed ? VP_LOG_FAILED
                   : out->start.ready  ? VP_LOG_STARTED
                                       : VP_LOG_INCOMPLETE;
    vp_log_judge(out, arena);
    vp_log_mend(out, arena);
}
