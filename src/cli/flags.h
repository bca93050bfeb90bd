/* SPDX-License-Identifier: Apache-2.0 */
/* vLLM's own flags in one release: which there are, and a flag as it was typed. */
#ifndef CLI_FLAGS_H
#define CLI_FLAGS_H

#include <stdbool.h>

#include <jansson.h>
#include <vllmplan/status.h>

#include "text.h"

/** Starts as {0}; flags_free() it. */
typedef struct cli_flags {
    json_t *answer;      /* of vllmplan_describe_json() */
    const json_t *rows;  /* the flags of one release, inside the answer */
    const char *release; /* as the user named it; NULL: the newest */
} cli_flags;

/** Asks the library, once. */
bool flags_load(cli_flags *known, vllmplan_error *error);
void flags_free(cli_flags *known);

/** A flag as it was typed, taken apart. */
typedef struct typed_flag {
    cli_text name;       /* "--max-model-len", dashes for underscores */
    const char *whole;   /* the argument itself, for messages */
    const char *members; /* "a.b" of --hf-overrides.a.b, inside `dotted`; NULL = none */
    const char *value;   /* what follows '=', or is attached to a one-letter flag; NULL = none */
    cli_text dotted;
} typed_flag;

/** Splits "--hf_overrides.a=1" into name, members and value. flag_free() it. */
void flag_take_apart(const char *argument, typed_flag *flag);
void flag_free(typed_flag *flag);
/** The flag's row, NULL when the release has none. *off: the spelling switches off. A value that is
 *  attached to a short flag is found here. */
const json_t *flag_row(const cli_flags *known, typed_flag *flag, bool *off);
/** False, saying what there is instead. */
bool flag_unknown(const cli_flags *known, const typed_flag *flag, vllmplan_error *error);

#endif
