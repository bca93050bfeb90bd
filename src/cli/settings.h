/* SPDX-License-Identifier: Apache-2.0 */
/* vLLM's own flags on our command line: each becomes a setting of the request. */
#ifndef CLI_SETTINGS_H
#define CLI_SETTINGS_H

#include <stdbool.h>

#include <jansson.h>
#include <vllmplan/status.h>

#include "flags.h"

/** The arguments that are still to be read: a flag takes its values from there. */
typedef struct cli_arguments {
    int count, next;
    char **at;
} cli_arguments;

/** Reads the flag at args->next with its values and puts it into `settings`. */
bool settings_take(cli_flags *known, cli_arguments *args, json_t *settings, vllmplan_error *error);

/** Whether an argument is an option. A lone "-" and negative numbers are values, as in argparse. */
bool looks_like_option(const char *argument);

#endif
