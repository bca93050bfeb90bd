/* SPDX-License-Identifier: Apache-2.0 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli.h"
#include "report.h"
#include "request.h"
#include "shell.h"

static int verdict_exit_status(const json_t *plan)
{
    const char *verdict = member_text(plan, "verdict");
    if (!verdict) return EXIT_FAULT;
    if (strcmp(verdict, "fits") == 0) return EXIT_FITS;
    if (strcmp(verdict, "does_not_fit") == 0 || strcmp(verdict, "refused") == 0) return EXIT_NOT;
    return EXIT_UNSURE; /* borderline, unknown, and verdicts that a later library may add */
}

/** The library's plan; *answer is its text, to be released with vllmplan_free(). */
static json_t *plan_of(const cli_options *o, char **answer, size_t *length, vllmplan_error *error)
{
    *answer = library_run(vllmplan_plan_json, o->request, length, error);
    if (!*answer) return NULL;
    json_t *plan = json_loadb(*answer, *length, 0, NULL);
    if (plan) return plan;
    cli_fail(error, VLLMPLAN_E_INTERNAL, "", "the library's plan cannot be read");
    vllmplan_free(*answer);
    return NULL;
}

static int write_or_fault(cli_text *t, int exit_status)
{
    if (!t->failed) {
        output_text(text_get(t), t->length);
        text_free(t);
        return exit_status;
    }
    text_free(t);
    vllmplan_error error = VLLMPLAN_ERROR_INIT;
    cli_fail(&error, VLLMPLAN_E_NO_MEMORY, "", "there is not enough memory");
    return error_report(&error, false);
}

/** Asks for the text that will be printed; of the report, the command in it. A plan as JSON has what its request
 *  asks for. */
static void ask_for_text(const cli_options *o)
{
    if (o->as_json) return;
    const char *format = o->format ? o->format : "shell";
    json_object_set_new(request_part(o->request, "deploy"), "format", json_string(format));
    if (request_is_word("docker|compose|k8s|systemd", format)) request_whole_path(o->request);
}

/** What stands in the text and has to be replaced: on stderr, for stdout may go to a file. */
static void tell_placeholders(const json_t *rendered)
{
    size_t i;
    json_t *item;
    json_array_foreach(json_object_get(rendered, "placeholders"), i, item)
    {
        cli_text line = {0};
        text_format(&line, "replace %s: %s (%s)", member_text(item, "word"), member_text(item, "text"),
                    member_text(item, "path"));
        cli_text plain = {0};
        text_put_plain(&plain, text_get(&line));
        fprintf(stderr, "vllmplan: %s\n", text_get(&plain));
        text_free(&plain);
        text_free(&line);
    }
}

/** The rendered text alone. Without arguments there is none, and the reason belongs where nobody pipes it on. */
static void put_rendered(cli_text *page, const json_t *plan)
{
    const json_t *rendered = json_object_get(plan, "rendered");
    const char *text = member_text(rendered, "text"), *summary = member_text(plan, "summary");
    if (!text) {
        fprintf(stderr, "vllmplan: %s\n", summary ? summary : "no command");
        return;
    }
    text_put(page, text);
    tell_placeholders(rendered);
}

int command_plan(const cli_options *o)
{
    vllmplan_error error = VLLMPLAN_ERROR_INIT;
    char *answer;
    size_t length;
    ask_for_text(o);
    json_t *plan = plan_of(o, &answer, &length, &error);
    if (!plan) return error_report(&error, o->as_json);
    int status = verdict_exit_status(plan);
    cli_text page = {0};
    if (o->as_json) {
        output_text(answer, length);
    } else if (o->format) {
        put_rendered(&page, plan);
        if (page.length > 0) status = write_or_fault(&page, status);
    } else {
        style s = style_of_stdout();
        report_render(&page, &s, plan, o->why);
        status = write_or_fault(&page, status);
    }
    json_decref(plan);
    vllmplan_free(answer);
    return status;
}

/** The arguments, in the form that was asked for. */
static bool put_arguments(cli_text *t, const json_t *argv, const cli_options *o, vllmplan_error *error)
{
    size_t i;
    json_t *item;
    if (o->as_shell) {
        shell_line(t, argv);
        return true;
    }
    json_array_foreach(argv, i, item)
    {
        const char *word = json_string_value(item);
        if (!o->with_nul && strchr(word, '\n'))
            return cli_fail(error, VLLMPLAN_E_RANGE, "",
                            "argument %zu holds a newline, so lines cannot tell arguments apart; use -0 "
                            "or --json",
                            i);
        text_put_bytes(t, word, strlen(word) + (o->with_nul ? 1 : 0));
        if (!o->with_nul) text_put_char(t, '\n');
    }
    return true;
}

static bool put_argv_json(cli_text *t, const json_t *argv)
{
    char *dumped = json_dumps(argv, JSON_COMPACT);
    if (!dumped) return false;
    text_put(t, dumped);
    free(dumped);
    return true;
}

int command_argv(const cli_options *o)
{
    vllmplan_error error = VLLMPLAN_ERROR_INIT;
    char *answer;
    size_t length;
    if (o->as_json + o->with_nul + o->as_shell > 1) {
        cli_fail(&error, VLLMPLAN_E_RANGE, "", "only one of -0, --json and --shell");
        return error_report(&error, o->as_json);
    }
    json_t *plan = plan_of(o, &answer, &length, &error);
    if (!plan) return error_report(&error, o->as_json);
    int status = verdict_exit_status(plan);
    const json_t *argv = json_object_get(plan, "argv");
    cli_text out = {0};
    if (json_array_size(argv) == 0) {
        const char *summary = member_text(plan, "summary");
        fprintf(stderr, "vllmplan: no arguments: %s\n", summary ? summary : "see plan");
    }
    if (o->as_json) {
        if (!put_argv_json(&out, json_is_array(argv) ? argv : NULL)) text_put(&out, "[]");
    } else if (!put_arguments(&out, argv, o, &error)) {
        status = error_report(&error, false);
        text_free(&out);
    }
    if (o->with_nul)
        output_bytes(text_get(&out), out.length);
    else if (out.length > 0)
        status = write_or_fault(&out, status);
    text_free(&out);
    json_decref(plan);
    vllmplan_free(answer);
    return status;
}
