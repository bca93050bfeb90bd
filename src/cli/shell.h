/* SPDX-License-Identifier: Apache-2.0 */
/* Words as a POSIX shell reads them: for people to copy. Nothing here runs anything. */
#ifndef CLI_SHELL_H
#define CLI_SHELL_H

#include <stdbool.h>

#include <jansson.h>

#include "text.h"

/** One word. `first`: in the place of the program, where NAME=value would be an assignment. */
void shell_quote(cli_text *t, const char *word, bool first);
/** The words on one line. */
void shell_line(cli_text *t, const json_t *argv);

#endif
