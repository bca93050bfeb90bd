/* SPDX-License-Identifier: Apache-2.0 */
#include <stdio.h>
#include <string.h>

#include "cli.h"

static bool is_help(const char *word)
{
    return strcmp(word, "help") == 0 || strcmp(word, "--help") == 0 || strcmp(word, "-h") == 0;
}

static int unknown_command(const char *name, bool as_json)
{
    vllmplan_error error = VLLMPLAN_ERROR_INIT;
    const char *nearest = NULL;
    size_t distance = 3; /* edits that a slip of the hand may be */
    const cli_command *row;
    for (size_t i = 0; (row = command_at(i)); i++) {
        size_t d = text_distance(name, row->name);
        if (d >= distance) continue;
        distance = d;
        nearest = row->name;
    }
    cli_fail(&error, VLLMPLAN_E_UNKNOWN_NAME, "", "\"%s\" is not a command; %s%s", name,
             nearest ? "did you mean " : "see: vllmplan help", nearest ? nearest : "");
    return error_report(&error, as_json);
}

static int run_help(const char *name)
{
    const cli_command *of = name ? command_find(name) : NULL;
    if (name && !of) return unknown_command(name, false);
    help_print(of);
    return EXIT_FITS;
}

static int run_command(const cli_command *of, int count, char **arguments)
{
    vllmplan_error error = VLLMPLAN_ERROR_INIT;
    cli_options o;
    int status;
    if (!options_parse(of, count, arguments, &o, &error)) {
        status = error_report(&error, options_want_json(count, arguments));
    } else if (o.help) {
        help_print(of);
        status = EXIT_FITS;
    } else {
        status = of->run(&o);
    }
    options_free(&o);
    return status;
}

static int run(int count, char **arguments)
{
    if (count < 2) {
        fputs("vllmplan: which command? See: vllmplan help\n", stderr);
        return EXIT_REQUEST;
    }
    const char *name = arguments[1];
    if (is_help(name)) return run_help(count > 2 ? arguments[2] : NULL);
    if (strcmp(name, "--version") == 0) {
        printf("vllmplan %s (library %s)\n", VLLMPLAN_VERSION_STRING, vllmplan_version_string());
        return EXIT_FITS;
    }
    const cli_command *of = command_find(name);
    if (!of) return unknown_command(name, options_want_json(count - 2, arguments + 2));
    return run_command(of, count - 2, arguments + 2);
}

int main(int count, char **arguments) { return output_finish(run(count, arguments)); }
