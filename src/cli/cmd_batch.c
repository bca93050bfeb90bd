/* SPDX-License-Identifier: Apache-2.0 */
/* Requests in, plans out, one a line and in order. A ring of slots is all that is kept: the main thread
 * reads into it, workers plan, and whichever worker finishes the line that is next to be written writes
 * it, so that an answer never waits for the next question. */
#define _POSIX_C_SOURCE 200809L
#include <errno.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cli.h"

enum { MOST_JOBS = 64, SLOTS_A_JOB = 2, MOST_SLOTS = MOST_JOBS * SLOTS_A_JOB };

/* Reading waits while lines of more than this are held, except that one line always may be. */
static const size_t held_limit = (size_t)256 << 20;

typedef struct slot {
    char *line; /* the request, then NULL */
    size_t length;
    bool too_long;
    char *answer; /* from malloc(); NULL: no memory even for the error */
    size_t answer_length;
    bool done;
} slot;

typedef struct batch {
    pthread_mutex_t lock;
    pthread_cond_t work, room;
    slot slots[MOST_SLOTS];
    size_t slot_count;
    uint64_t read, taken, written; /* lines so far; a line's slot is its number modulo slot_count */
    size_t held;
    bool at_end;  /* nothing more will be read */
    bool writing; /* some worker is */
    bool stopped; /* the output is closed */
    int exit_status;
} batch;

/** {"line": n, "error": {...}} */
static char *error_line(uint64_t number, const vllmplan_error *error)
{
    json_t *root = json_pack("{s:I, s:o}", "line", (json_int_t)number, "error", error_object(error));
    char *dumped = root ? json_dumps(root, JSON_COMPACT) : NULL;
    json_decref(root);
    return dumped;
}

/** A copy on one line. Newlines in JSON text are layout: inside of strings they are escaped. */
static char *one_line(const char *answer, size_t *length)
{
    char *line = malloc(*length + 1);
    size_t n = 0;
    if (!line) return NULL;
    for (size_t i = 0; i < *length; i++)
        if (answer[i] != '\n' && answer[i] != '\r') line[n++] = answer[i];
    line[n] = '\0';
    *length = n;
    return line;
}

/** Answers a line. Returns the exit status that it asks for. */
static int answer_line(slot *s, uint64_t number)
{
    vllmplan_error error = VLLMPLAN_ERROR_INIT;
    char *out = NULL;
    int32_t status = VLLMPLAN_OK;
    if (s->too_long)
        cli_fail(&error, VLLMPLAN_E_LIMIT, "", "the line is longer than 64 MiB");
    else
        status = vllmplan_plan_json(s->line, s->length, CLI_ALLOW, &out, &s->answer_length);
    if (status != VLLMPLAN_OK) error_from_text(status, out, &error);
    if (error.code == VLLMPLAN_OK) {
        s->answer = one_line(out ? out : "", &s->answer_length);
        if (!s->answer) cli_fail(&error, VLLMPLAN_E_NO_MEMORY, "", "there is not enough memory");
    }
    vllmplan_free(out);
    if (error.code == VLLMPLAN_OK) return EXIT_FITS;
    s->answer = error_line(number, &error);
    s->answer_length = s->answer ? strlen(s->answer) : 0;
    return error_exit_status(error.code);
}

/** One line to stdout, at once: whoever sent the request may be waiting. */
static bool write_answer(const slot *s)
{
    static const char no_memory[] = "{\"error\":{\"code\":-1,\"name\":\"VLLMPLAN_E_NO_MEMORY\",\"path\":\"\","
                                    "\"message\":\"there is not enough memory\"}}";
    if (s->answer)
        output_text(s->answer, s->answer_length);
    else
        output_text(no_memory, sizeof no_memory - 1);
    return output_flush();
}

/** Writes all lines that are next in order and done. With the lock held, which is given up in between. */
static void drain(batch *b)
{
    if (b->writing) return;
    b->writing = true;
    while (b->written < b->taken && b->slots[b->written % b->slot_count].done) {
        slot *s = &b->slots[b->written % b->slot_count];
        bool stopped = b->stopped;
        pthread_mutex_unlock(&b->lock);
        bool ok = !stopped && write_answer(s);
        free(s->answer);
        pthread_mutex_lock(&b->lock);
        if (!ok) b->stopped = true;
        *s = (slot){0};
        b->written++;
        pthread_cond_broadcast(&b->room);
    }
    b->writing = false;
}

static void *worker(void *argument)
{
    batch *b = argument;
    pthread_mutex_lock(&b->lock);
    for (;;) {
        while (b->taken == b->read && !b->at_end) pthread_cond_wait(&b->work, &b->lock);
        if (b->taken == b->read) break;
        uint64_t number = b->taken++;
        slot *s = &b->slots[number % b->slot_count];
        pthread_mutex_unlock(&b->lock);
        int status = answer_line(s, number + 1);
        free(s->line);
        s->line = NULL;
        pthread_mutex_lock(&b->lock);
        b->held -= s->length;
        s->done = true;
        if (status > b->exit_status) b->exit_status = status;
        drain(b);
    }
    pthread_mutex_unlock(&b->lock);
    return NULL;
}

/** Reads a line without its newline; what is longer than the limit is read past. False at the end. */
static bool read_line(cli_text *line, bool *too_long)
{
    int c;
    *too_long = false;
    while ((c = getc_unlocked(stdin)) != EOF && c != '\n') {
        if (line->length < CLI_REQUEST_LIMIT)
            text_put_char(line, (char)c);
        else
            *too_long = true;
    }
    return c != EOF || line->length > 0 || *too_long;
}

/** Hands a line to the workers, once there is room. False when nobody reads the answers any more. */
static bool hand_over(batch *b, cli_text *line, bool too_long)
{
    size_t length = too_long ? 0 : line->length;
    pthread_mutex_lock(&b->lock);
    while (!b->stopped &&
           (b->read - b->written == b->slot_count || (b->held > 0 && b->held + length > held_limit)))
        pthread_cond_wait(&b->room, &b->lock);
    bool go_on = !b->stopped;
    if (go_on) {
        slot *s = &b->slots[b->read++ % b->slot_count];
        *s = (slot){.line = line->at, .length = length, .too_long = too_long};
        b->held += length;
        *line = (cli_text){0};
        pthread_cond_signal(&b->work);
    }
    pthread_mutex_unlock(&b->lock);
    return go_on;
}

/** Reads all lines. False when there was no memory for one, or reading failed. */
static bool read_all(batch *b)
{
    cli_text line = {0};
    bool too_long;
    while (read_line(&line, &too_long)) {
        if (line.failed || !hand_over(b, &line, too_long)) break;
    }
    bool ok = !line.failed && !ferror(stdin);
    text_free(&line);
    return ok;
}

static size_t jobs_wanted(const cli_options *o, vllmplan_error *error)
{
    uint64_t jobs;
    if (!o->jobs) {
        long processors = sysconf(_SC_NPROCESSORS_ONLN);
        return processors < 1 ? 1 : processors > MOST_JOBS ? MOST_JOBS : (size_t)processors;
    }
    if (text_to_u64(o->jobs, &jobs) && jobs >= 1 && jobs <= MOST_JOBS) return (size_t)jobs;
    cli_fail(error, VLLMPLAN_E_RANGE, "", "--jobs: \"%s\" is not a number from 1 to %d", o->jobs,
             (int)MOST_JOBS);
    return 0;
}

/** Starts the threads, reads the input to its end and waits for the last answer. */
static bool run(batch *b, size_t jobs, vllmplan_error *error)
{
    pthread_t threads[MOST_JOBS];
    size_t started = 0;
    while (started < jobs && pthread_create(&threads[started], NULL, worker, b) == 0) started++;
    if (started == 0) return cli_fail(error, VLLMPLAN_E_INTERNAL, "", "no thread could be started");
    if (!read_all(b)) cli_fail(error, VLLMPLAN_E_NO_MEMORY, "", "the input could not be read to its end");
    pthread_mutex_lock(&b->lock);
    b->at_end = true;
    pthread_cond_broadcast(&b->work);
    pthread_mutex_unlock(&b->lock);
    for (size_t i = 0; i < started; i++) pthread_join(threads[i], NULL);
    return error->code == VLLMPLAN_OK;
}

int command_batch(const cli_options *o)
{
    vllmplan_error error = VLLMPLAN_ERROR_INIT;
    size_t jobs = jobs_wanted(o, &error);
    if (jobs == 0) return error_report(&error, false);
    batch *b = calloc(1, sizeof *b);
    if (!b) {
        cli_fail(&error, VLLMPLAN_E_NO_MEMORY, "", "there is not enough memory");
        return error_report(&error, false);
    }
    b->slot_count = jobs * SLOTS_A_JOB;
    pthread_mutex_init(&b->lock, NULL);
    pthread_cond_init(&b->work, NULL);
    pthread_cond_init(&b->room, NULL);
    bool ok = run(b, jobs, &error);
    int status = b->exit_status;
    pthread_cond_destroy(&b->room);
    pthread_cond_destroy(&b->work);
    pthread_mutex_destroy(&b->lock);
    free(b);
    return ok ? status : error_report(&error, false);
}
