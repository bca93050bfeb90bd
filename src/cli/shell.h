/* SPDX-License-Identifier: Apache-2.0 */
/* Commands as a POSIX shell reads them: for people to copy. Nothing here runs anything. */
#ifndef CLI_SHELL_H
#define CLI_SHELL_H

#include <stdbool.h>

#include <jansson.h>

#include "text.h"

/** One word. `first`: in the place of the program, where NAME=value would be an assignment. */
void shell_quote(cli_text *t, const char *word, bool first);
/** The words on one line. */
void shell_line(cli_text *t, const json_t *argv);
/** A launch of a plan with its environment, each option on its own line; ends with a newline. */
void shell_command(cli_text *t, const json_t *launch, size_t indent);
/** All launches of a plan; with several, a comment before each says where it runs. */
void shell_script(cli_text *t, const json_t *plan, size_t indent);
/** Whether some argument holds a control character, which a terminal would not show. */
bool shell_hides_something(const json_t *plan);

#endif
