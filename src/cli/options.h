/* SPDX-License-Identifier: Apache-2.0 */
/* The command line: which options there are, and what request they make. */
#ifndef CLI_OPTIONS_H
#define CLI_OPTIONS_H

#include <stdbool.h>
#include <stddef.h>

#include <jansson.h>
#include <vllmplan/status.h>

typedef enum command_id {
    COMMAND_PLAN = 1u << 0,
    COMMAND_ARGV = 1u << 1,
    COMMAND_INSPECT = 1u << 2,
    COMMAND_BATCH = 1u << 3,
    COMMAND_ROWS = 1u << 4, /* gpus, models, methods, releases, flags */
    COMMAND_SCHEMA = 1u << 5,
    COMMAND_EXPLAIN = 1u << 6,
    COMMAND_CHECK = 1u << 7,
    COMMAND_REQUEST = COMMAND_PLAN | COMMAND_ARGV, /* those that take a whole request */
} command_id;

typedef struct cli_options cli_options;

typedef struct cli_command {
    const char *name;
    command_id id;
    const char *topic; /* of vllmplan_describe_json(), or NULL */
    const char *usage; /* what follows the name */
    const char *brief; /* one line for the overview */
    const char *page;  /* what the command's page teaches, an example included */
    int (*run)(const cli_options *o);
} cli_command;

/** How the value of an option of ours becomes a part of the request. */
typedef enum option_kind {
    OPTION_SWITCH, /* no value; for the command itself */
    OPTION_WORD,   /* a value for the command itself */
    OPTION_TEXT,   /* text at parent/key */
    OPTION_INTEGER,
    OPTION_SIZE,   /* bytes; also 24GiB, 24564MiB */
    OPTION_NAMES,  /* a comma-separated list; "none" is the empty one; `words` stay words */
    OPTION_APPEND, /* one more element of the list at parent/key */
    OPTION_GPU,    /* one more set of GPUs; the OPTION_* with parent "gpus" describe the last one */
    OPTION_FILE,   /* a request that the other options are merged over */
} option_kind;

typedef struct option_row {
    const char *name;
    option_kind kind;
    unsigned commands;        /* COMMAND_* bits */
    const char *parent, *key; /* where in the request; parent "" is the top */
    const char *argument;     /* how the help names the value */
    const char *help;
    const char *words; /* words that are not a list or closed choices, separated by '|'; or NULL.
                               Choices that end in the request are the library's to check. */
} option_row;

const option_row *option_at(size_t index); /* NULL after the last */

struct cli_options {
    const cli_command *command;
    bool as_json, why, with_nul, as_shell, help;
    const char *format, *jobs;
    const char *log;      /* of explain: a file, or "-" */
    const char *save;     /* of explain: where measured terms are kept */
    const char *measured; /* of plan: what explain has kept */
    json_t *request;      /* what the options say, in the form of the contract */
};

/** Reads the arguments after the command's name. On failure *error is filled. Release o with
 *  options_free() in any case. */
bool options_parse(const cli_command *of, int count, char **arguments, cli_options *o, vllmplan_error *error);
void options_free(cli_options *o);
/** Whether an error has to be JSON: looks for --json before anything was understood. */
bool options_want_json(int count, char **arguments);

/** False, with *error filled: the first error wins. */
bool cli_fail(vllmplan_error *error, int32_t code, const char *path, const char *format, ...)
#if defined(__GNUC__)
    __attribute__((format(printf, 4, 5)))
#endif
    ;

#endif
