/* SPDX-License-Identifier: Apache-2.0 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli.h"
#include "measured.h"
#include "report.h"

/** Of a log that a server has written for weeks the start is at the front, the last failure at the end. */
#define LOG_PART ((size_t)8 << 20)

/** Bytes that make UTF-8 one character at the front of s; 0: they do not. */
static size_t character(const unsigned char *s, size_t n)
{
    size_t want = s[0] < 0x80 ? 1 : s[0] < 0xc2 ? 0 : s[0] < 0xe0 ? 2 : s[0] < 0xf0 ? 3 : s[0] < 0xf5 ? 4 : 0;
    if (want == 0 || want > n) return 0;
    for (size_t i = 1; i < want; i++)
        if ((s[i] & 0xc0) != 0x80) return 0;
    bool wrong = want == 3 && ((s[0] == 0xe0 && s[1] < 0xa0) || (s[0] == 0xed && s[1] > 0x9f));
    wrong = wrong || (want == 4 && ((s[0] == 0xf0 && s[1] < 0x90) || (s[0] == 0xf4 && s[1] > 0x8f)));
    return wrong ? 0 : want;
}

/** A log may hold any bytes; a request is UTF-8 without NUL. */
static void put_clean(cli_text *t, const char *s, size_t n)
{
    for (size_t i = 0; i < n;) {
        size_t length = s[i] == '\0' ? 0 : character((const unsigned char *)s + i, n - i);
        if (length > 0)
            text_put_bytes(t, s + i, length);
        else
            text_put_char(t, '?');
        i += length > 0 ? length : 1;
    }
}

/** The first and the last part of a stream; what lies between is left out. */
static bool read_parts(FILE *file, cli_text *head, char *ring, size_t *ring_length, size_t *ring_at)
{
    char block[4096];
    size_t n;
    while ((n = fread(block, 1, sizeof block, file)) > 0) {
        size_t taken = head->length < LOG_PART ? LOG_PART - head->length : 0;
        if (taken > n) taken = n;
        text_put_bytes(head, block, taken);
        for (size_t i = taken; i < n; i++) {
            ring[*ring_at] = block[i];
            *ring_at = (*ring_at + 1) % LOG_PART;
            if (*ring_length < LOG_PART) (*ring_length)++;
        }
    }
    return ferror(file) == 0 && !head->failed;
}

static bool read_log(const char *path, cli_text *log, vllmplan_error *error)
{
    FILE *file = strcmp(path, "-") == 0 ? stdin : fopen(path, "rb");
    if (!file) return cli_fail(error, VLLMPLAN_E_NOT_FOUND, "/log", "the log %s cannot be opened", path);
    char *ring = malloc(LOG_PART);
    cli_text head = {0};
    size_t length = 0, at = 0;
    bool ok = ring && read_parts(file, &head, ring, &length, &at);
    if (ok) {
        size_t first = length < LOG_PART ? 0 : at; /* where the oldest byte of the ring is */
        put_clean(log, text_get(&head), head.length);
        if (length == LOG_PART) text_put_char(log, '\n');
        put_clean(log, ring + first, length - first);
        put_clean(log, ring, length < LOG_PART ? 0 : first);
    }
    if (file != stdin) fclose(file);
    text_free(&head);
    free(ring);
    return (ok && !log->failed) || cli_fail(error, VLLMPLAN_E_IO, "/log", "the log %s cannot be read", path);
}

static int outcome_exit_status(const json_t *answer)
{
    const char *outcome = member_text(answer, "outcome");
    if (!outcome) return EXIT_FAULT;
    if (strcmp(outcome, "failed") == 0) return EXIT_NOT;
    if (strcmp(outcome, "started") == 0 || strcmp(outcome, "incomplete") == 0) return EXIT_FITS;
    return EXIT_UNSURE;
}

static bool save(const cli_options *o, const json_t *answer, vllmplan_error *error)
{
    const json_t *entry = json_object_get(answer, "calibration");
    if (!o->save) return true;
    if (json_is_object(entry)) return measured_append(o->save, entry, error);
    return cli_fail(error, VLLMPLAN_E_MISSING, "",
                    "nothing to save: a log with measured terms, the model and the card are needed");
}

/** The library's answer; *text is to be released with vllmplan_free(). */
static json_t *answer_of(const cli_options *o, char **text, size_t *length, vllmplan_error *error)
{
    cli_text log = {0};
    json_t *answer = NULL;
    *text = NULL;
    if (read_log(o->log, &log, error)) {
        json_object_set_new(o->request, "log", json_stringn(text_get(&log), log.length));
        *text = library_run(vllmplan_explain_json, o->request, length, error);
        answer = *text ? json_loadb(*text, *length, 0, NULL) : NULL;
        if (!answer) cli_fail(error, VLLMPLAN_E_INTERNAL, "", "the library's answer cannot be read");
    }
    text_free(&log);
    return answer;
}

int command_explain(const cli_options *o)
{
    vllmplan_error error = VLLMPLAN_ERROR_INIT;
    char *text;
    size_t length;
    json_t *answer = answer_of(o, &text, &length, &error);
    if (!answer) {
        vllmplan_free(text);
        return error_report(&error, o->as_json);
    }
    int status = outcome_exit_status(answer);
    if (o->as_json) {
        output_text(text, length);
    } else {
        cli_text page = {0};
        style s = style_of_stdout();
        report_log(&page, &s, answer);
        output_text(text_get(&page), page.length);
        text_free(&page);
    }
    if (!save(o, answer, &error)) status = error_report(&error, false);
    json_decref(answer);
    vllmplan_free(text);
    return status;
}
