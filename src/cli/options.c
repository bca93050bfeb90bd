/* SPDX-License-Identifier: Apache-2.0 */
#include "options.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "cli.h"
#include "measured.h"
#include "request.h"
#include "settings.h"

bool cli_fail(vllmplan_error *error, int32_t code, const char *path, const char *format, ...)
{
    if (error->code != VLLMPLAN_OK) return false;
    error->code = code;
    snprintf(error->path, sizeof error->path, "%s", path);
    va_list list;
    va_start(list, format);
    vsnprintf(error->message, sizeof error->message, format, list);
    va_end(list);
    return false;
}

bool options_want_json(int count, char **arguments)
{
    for (int i = 0; i < count && strcmp(arguments[i], "--") != 0; i++) {
        if (strcmp(arguments[i], "--json") == 0 || strcmp(arguments[i], "--format=json") == 0) return true;
        bool format = strcmp(arguments[i], "--format") == 0;
        if (format && i + 1 < count && strcmp(arguments[i + 1], "json") == 0) return true;
    }
    return false;
}

/** The value of an option wherever it stands; NULL when it is not there. What follows an option and
 *  begins with "--" is never its value, so this can be known before the line is read in order. */
static const char *value_named(int count, char **arguments, const char *name)
{
    const char *value = NULL;
    size_t n = strlen(name);
    for (int i = 0; i < count && strcmp(arguments[i], "--") != 0; i++) {
        if (strncmp(arguments[i], name, n) != 0) continue;
        if (arguments[i][n] == '=') value = arguments[i] + n + 1;
        if (arguments[i][n] == '\0' && i + 1 < count) value = arguments[i + 1];
    }
    return value;
}

static void put_switch(const option_row *row, cli_options *o)
{
    const struct {
        const char *key;
        bool *at;
    } switches[] = {
        {"as_json", &o->as_json}, {"why", &o->why}, {"with_nul", &o->with_nul}, {"as_shell", &o->as_shell}};
    for (size_t i = 0; i < sizeof switches / sizeof switches[0]; i++)
        if (strcmp(switches[i].key, row->key) == 0) *switches[i].at = true;
}

static bool put_word(const option_row *row, const char *value, cli_options *o, const char **model,
                     vllmplan_error *error)
{
    if (row->words && !request_is_word(row->words, value))
        return cli_fail(error, VLLMPLAN_E_RANGE, "", "%s: \"%s\" is not one of %s", row->name, value,
                        row->words);
    const struct {
        const char *key;
        const char **at;
    } places[] = {{"format", &o->format},
                  {"jobs", &o->jobs},
                  {"measured", &o->measured},
                  {"model", model},
                  {"save", &o->save}};
    for (size_t i = 0; i < sizeof places / sizeof places[0]; i++)
        if (strcmp(places[i].key, row->key) == 0) *places[i].at = value;
    return true;
}

static const option_row *find_row(const char *argument, size_t length, unsigned commands)
{
    const option_row *row;
    for (size_t i = 0; (row = option_at(i)); i++)
        if ((row->commands & commands) && strlen(row->name) == length &&
            strncmp(row->name, argument, length) == 0)
            return row;
    return NULL;
}

/** What is read while the arguments are walked through, beside the options themselves. */
typedef struct walk {
    cli_arguments args;
    cli_flags known;
    const char *model;
    const char *file; /* of --request */
    json_t *base;     /* what it holds */
} walk;

/** One of our own options. */
static bool take_ours(const option_row *row, walk *w, cli_options *o, vllmplan_error *error)
{
    const char *argument = w->args.at[w->args.next++];
    const char *value = strchr(argument, '=');
    if (row->kind == OPTION_SWITCH) {
        if (value) return cli_fail(error, VLLMPLAN_E_TYPE, "", "%s takes no value", row->name);
        put_switch(row, o);
        return true;
    }
    if (value) {
        value++;
    } else {
        if (w->args.next >= w->args.count || looks_like_option(w->args.at[w->args.next]))
            return cli_fail(error, VLLMPLAN_E_MISSING, "", "%s needs a value: %s", row->name, row->argument);
        value = w->args.at[w->args.next++];
    }
    if (row->kind == OPTION_WORD) return put_word(row, value, o, &w->model, error);
    if (row->kind != OPTION_FILE) return request_put(o->request, row, value, error);
    /* the file was read before the walk: the release in it decides which flags there are */
    return value == w->file || cli_fail(error, VLLMPLAN_E_RANGE, "", "%s is given twice", row->name);
}

/** The command of check: its words, or one word that is the whole of it, as a shell reads it. */
static bool take_command(walk *w, cli_options *o, vllmplan_error *error)
{
    const char *only = w->args.next + 1 == w->args.count ? w->args.at[w->args.next] : NULL;
    json_t *command = only && strpbrk(only, " \t\n") ? json_string(only) : json_array();
    while (json_is_array(command) && w->args.next < w->args.count)
        if (json_array_append_new(command, json_string(w->args.at[w->args.next++])) != 0)
            return cli_fail(error, VLLMPLAN_E_SYNTAX, "/command", "word %d is not UTF-8",
                            (int)json_array_size(command));
    if (!command) return cli_fail(error, VLLMPLAN_E_SYNTAX, "/command", "the command is not UTF-8");
    w->args.next = w->args.count;
    json_object_set_new(o->request, "command", command);
    return true;
}

/** What follows "--" goes to vLLM as it is. */
static bool take_extra(walk *w, cli_options *o, vllmplan_error *error)
{
    w->args.next++;
    if (!(o->command->id & (COMMAND_REQUEST | COMMAND_CHECK)))
        return cli_fail(error, VLLMPLAN_E_UNKNOWN_NAME, "", "%s takes nothing after --", o->command->name);
    if (o->command->id == COMMAND_CHECK) return take_command(w, o, error);
    json_t *list = json_array();
    json_object_set_new(request_part(o->request, "engine"), "extra_args", list);
    while (w->args.next < w->args.count)
        if (json_array_append_new(list, json_string(w->args.at[w->args.next++])) != 0)
            return cli_fail(error, VLLMPLAN_E_SYNTAX, "/engine/extra_args", "an argument is not UTF-8");
    return true;
}

/** The argument that is no option: the model, or the log of explain. */
static bool take_model(walk *w, cli_options *o, vllmplan_error *error)
{
    const char *argument = w->args.at[w->args.next++];
    if (o->command->id == COMMAND_EXPLAIN) {
        if (o->log)
            return cli_fail(error, VLLMPLAN_E_UNKNOWN_NAME, "", "one log at a time: \"%s\" and \"%s\"",
                            o->log, argument);
        o->log = argument;
        return true;
    }
    if (!(o->command->id & (COMMAND_REQUEST | COMMAND_INSPECT)))
        return cli_fail(error, VLLMPLAN_E_UNKNOWN_NAME, "", "%s takes no argument, but \"%s\" is one",
                        o->command->name, argument);
    if (w->model)
        return cli_fail(error, VLLMPLAN_E_UNKNOWN_NAME, "", "one model at a time: \"%s\" and \"%s\"",
                        w->model, argument);
    w->model = argument;
    return true;
}

static bool take_next(walk *w, cli_options *o, vllmplan_error *error)
{
    const char *argument = w->args.at[w->args.next];
    if (strcmp(argument, "--") == 0) return take_extra(w, o, error);
    if (strcmp(argument, "-h") == 0 || strcmp(argument, "--help") == 0) {
        o->help = true;
        w->args.next++;
        return true;
    }
    /* -0 looks like a number and is asked first */
    const option_row *row = find_row(argument, strcspn(argument, "="), o->command->id);
    if (row) return take_ours(row, w, o, error);
    if (!looks_like_option(argument)) return take_model(w, o, error);
    if (o->command->id & (COMMAND_REQUEST | COMMAND_INSPECT | COMMAND_EXPLAIN))
        return settings_take(&w->known, &w->args, request_part(o->request, "settings"), error);
    return cli_fail(error, VLLMPLAN_E_UNKNOWN_NAME, "", "%s is not an option of %s; see: vllmplan help %s",
                    argument, o->command->name, o->command->name);
}

/** inspect looks at files: of vLLM's flags it takes --revision, which says which files. */
static bool only_revision(json_t *request, vllmplan_error *error)
{
    json_t *settings = json_object_get(request, "settings");
    json_object_del(settings, "revision");
    const char *left = json_object_iter_key(json_object_iter(settings));
    if (left) return cli_fail(error, VLLMPLAN_E_UNKNOWN_NAME, "", "%s does not matter to inspect", left);
    json_object_del(request, "settings");
    return true;
}

static bool finish(walk *w, cli_options *o, vllmplan_error *error)
{
    if (o->help) return true;
    bool asks = (o->command->id & COMMAND_REQUEST) != 0;
    bool inspects = o->command->id == COMMAND_INSPECT;
    if (w->model && !request_put_model(o->request, w->model, error)) return false;
    if (inspects && !only_revision(o->request, error)) return false;
    if (w->base) {
        request_merge(w->base, o->request, w->model != NULL);
        json_decref(o->request);
        o->request = w->base;
        w->base = NULL;
    }
    if ((asks || inspects) && !json_object_get(o->request, "model"))
        return cli_fail(error, VLLMPLAN_E_MISSING, "/model",
                        "which model? Give a directory, a file or a name such as ORG/NAME");
    if (asks && !json_object_get(o->request, "gpus"))
        json_object_set_new(o->request, "gpus", json_string("auto"));
    if (o->command->id == COMMAND_CHECK && !json_object_get(o->request, "command"))
        return cli_fail(error, VLLMPLAN_E_MISSING, "/command", "which command? Write it behind --");
    if (o->command->id == COMMAND_EXPLAIN && !o->log)
        return cli_fail(error, VLLMPLAN_E_MISSING, "/log", "which log? Give a file, or - for standard input");
    return !o->measured || measured_read(o->measured, o->request, error);
}

/** What has to be known before the line is read in order. */
static bool prepare(walk *w, const cli_options *o, vllmplan_error *error)
{
    if (!(o->command->id & (COMMAND_REQUEST | COMMAND_INSPECT | COMMAND_EXPLAIN))) return true;
    w->file = value_named(w->args.count, w->args.at, "--request");
    if (w->file && (o->command->id & COMMAND_REQUEST)) {
        w->base = request_read(w->file, error);
        if (!w->base) return false;
        const json_t *engine = json_object_get(w->base, "engine");
        w->known.release = json_string_value(json_object_get(engine, "release"));
    }
    const char *release = value_named(w->args.count, w->args.at, "--vllm");
    if (release) w->known.release = release;
    return true;
}

bool options_parse(const cli_command *of, int count, char **arguments_at, cli_options *o,
                   vllmplan_error *error)
{
    *o = (cli_options){.command = of, .request = json_object()};
    walk w = {.args = {.count = count, .at = arguments_at}};
    bool ok = o->request && prepare(&w, o, error);
    while (ok && w.args.next < w.args.count) ok = take_next(&w, o, error);
    ok = ok && finish(&w, o, error);
    /* whoever gave up without a reason had no memory */
    if (!ok) cli_fail(error, VLLMPLAN_E_NO_MEMORY, "", "there is not enough memory");
    if (o->format && strcmp(o->format, "json") == 0) o->as_json = true;
    flags_free(&w.known);
    json_decref(w.base);
    return ok;
}

void options_free(cli_options *o)
{
    json_decref(o->request);
    *o = (cli_options){0};
}
