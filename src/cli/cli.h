/* SPDX-License-Identifier: Apache-2.0 */
/* What the files of the command share: exit statuses, errors and output. The command stands on the
 * public headers alone, like any other program. */
#ifndef CLI_CLI_H
#define CLI_CLI_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <jansson.h>
#include <vllmplan/vllmplan.h>

#include "options.h"
#include "text.h"

/* Exit statuses: an answer is 0, 1 or 3; 2 and 4 are no answer. */
enum {
    EXIT_FITS = 0,
    EXIT_NOT = 1,     /* does_not_fit, refused, or findings of severity error */
    EXIT_REQUEST = 2, /* the request is wrong; for batch: some line was */
    EXIT_UNSURE = 3,  /* borderline, unknown */
    EXIT_FAULT = 4,   /* a fault of ours, no memory, output that could not be written */
};

enum { CLI_ALLOW = VLLMPLAN_ALLOW_FILES | VLLMPLAN_ALLOW_PROBE | VLLMPLAN_ALLOW_ENV };

/** The longest request that is read from a file or a line, in bytes. */
#define CLI_REQUEST_LIMIT ((size_t)64 << 20)

typedef int32_t (*library_call)(const char *request, size_t length, uint32_t allow, char **out,
                                size_t *out_length);

/** Runs a JSON call of the library. Returns its text, to be released with vllmplan_free(), or NULL
 *  with *error filled from the library's own. */
char *library_run(library_call call, const json_t *request, size_t *length, vllmplan_error *error);
/** {"code","name","path","message"} */
json_t *error_object(const vllmplan_error *error);
/** The same from the library's error text; NULL: it made none, for want of memory. */
void error_from_text(int32_t status, const char *text, vllmplan_error *error);
int error_exit_status(int32_t code);
/** Says what went wrong: as JSON on stdout, or as a sentence on stderr. Returns the exit status. */
int error_report(const vllmplan_error *error, bool as_json);

/** Writes to stdout; a newline is added when the text does not end with one. */
void output_text(const char *text, size_t length);
void output_bytes(const char *text, size_t length);
/** Sends what was written on its way; false when it could not be. */
bool output_flush(void);
/** Closes stdout and turns a failed write into EXIT_FAULT; a reader that left early is no failure. */
int output_finish(int exit_status);

/* The commands. Each takes the parsed options and returns the exit status. */
int command_plan(const cli_options *o);
int command_argv(const cli_options *o);
int command_inspect(const cli_options *o);
int command_explain(const cli_options *o);
int command_check(const cli_options *o);
int command_batch(const cli_options *o);
int command_describe(const cli_options *o);

const cli_command *command_at(size_t index); /* NULL after the last */
const cli_command *command_find(const char *name);
/** The page of a command; NULL is the overview. */
void help_print(const cli_command *of);

#endif
