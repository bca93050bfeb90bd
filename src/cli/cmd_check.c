/* SPDX-License-Identifier: Apache-2.0 */
#include <stdlib.h>
#include <string.h>

#include "cli.h"
#include "report.h"
#include "shell.h"

static bool has_error(const json_t *findings)
{
    size_t i;
    json_t *finding;
    json_array_foreach(findings, i, finding)
    {
        const char *severity = member_text(finding, "severity");
        if (severity && strcmp(severity, "error") == 0) return true;
    }
    return false;
}

/** Findings decide; without one of severity error, the plan does. A command whose memory was not asked about
 *  has no verdict that could be unsure. */
static int exit_status(const json_t *answer)
{
    const char *verdict = member_text(json_object_get(answer, "plan"), "verdict");
    if (has_error(json_object_get(answer, "findings"))) return EXIT_NOT;
    if (!verdict || strcmp(verdict, "fits") == 0) return EXIT_FITS;
    if (strcmp(verdict, "does_not_fit") == 0 || strcmp(verdict, "refused") == 0) return EXIT_NOT;
    return EXIT_UNSURE;
}

static void put_finding(cli_text *t, const style *s, const json_t *finding)
{
    enum { indent = 6 };
    uint64_t index;
    const char *severity = member_text(finding, "severity"), *fix = member_text(finding, "fix");
    bool error = severity && strcmp(severity, "error") == 0;
    bool warning = severity && strcmp(severity, "warning") == 0;
    cli_text head = {0}, plain = {0};
    text_put(t, "  ");
    style_put(t, s, error ? TONE_BAD : warning ? TONE_DOUBT : TONE_DIM, severity ? severity : "info");
    if (figure(finding, "index", &index)) text_format(t, " in word %llu", (unsigned long long)index);
    text_format(t, " (%s)\n", member_text(finding, "code") ? member_text(finding, "code") : "");
    text_put_plain(&plain, member_text(finding, "text") ? member_text(finding, "text") : "");
    text_put_times(t, " ", indent);
    text_put_wrapped(t, text_get(&plain), indent, indent, CLI_WIDTH);
    text_free(&plain);
    if (fix) {
        text_put_plain(&head, fix);
        text_put_times(t, " ", indent);
        text_put(t, "Fix: ");
        text_put_wrapped(t, text_get(&head), indent + 5, indent + 5, CLI_WIDTH);
    }
    text_free(&head);
}

static void put_page(cli_text *t, const style *s, const json_t *answer)
{
    const json_t *findings = json_object_get(answer, "findings"), *plan = json_object_get(answer, "plan");
    size_t i;
    json_t *finding;
    uint64_t left_out;
    if (json_array_size(findings) == 0)
        text_format(t, "Nothing is wrong with this command in vLLM %s.\n",
                    member_text(json_object_get(answer, "engine"), "release"));
    else
        text_format(t, "For vLLM %s:\n", member_text(json_object_get(answer, "engine"), "release"));
    json_array_foreach(findings, i, finding) put_finding(t, s, finding);
    if (figure(answer, "findings_left_out", &left_out) && left_out > 0)
        text_format(t, "  and %llu more\n", (unsigned long long)left_out);
    if (json_is_object(plan) && member_text(plan, "summary")) {
        style_section(t, s, "Memory");
        text_put(t, "  ");
        text_put_wrapped(t, member_text(plan, "summary"), 2, 2, CLI_WIDTH);
    }
    style_section(t, s, "Command");
    text_put(t, "  ");
    shell_line(t, json_object_get(answer, "argv"));
    text_put_char(t, '\n');
}

int command_check(const cli_options *o)
{
    vllmplan_error error = VLLMPLAN_ERROR_INIT;
    size_t length;
    char *text = library_run(vllmplan_check_json, o->request, &length, &error);
    json_t *answer = text ? json_loadb(text, length, 0, NULL) : NULL;
    if (text && !answer) cli_fail(&error, VLLMPLAN_E_INTERNAL, "", "the library's answer cannot be read");
    int status = answer ? exit_status(answer) : error_report(&error, o->as_json);
    if (answer && o->as_json) {
        output_text(text, length);
    } else if (answer) {
        style s = style_of_stdout();
        cli_text page = {0};
        put_page(&page, &s, answer);
        output_text(text_get(&page), page.length);
        text_free(&page);
    }
    json_decref(answer);
    vllmplan_free(text);
    return status;
}
