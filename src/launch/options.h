/* SPDX-License-Identifier: Apache-2.0 */
/* An option as it is typed, looked up as argparse does: exactly, then as an unambiguous beginning. */
#ifndef VP_LAUNCH_OPTIONS_H
#define VP_LAUNCH_OPTIONS_H

#include "data/flags.h"

typedef struct vp_option {
    const vp_flag *flag;
    bool off;                /* the spelling switches off */
    vp_str spelling;         /* as the release has it, without a value; set when it was abbreviated */
    uint32_t candidates;     /* spellings that it begins, when it is none itself: 1 is an abbreviation */
    const char *examples[4]; /* the first of them */
} vp_option;

/** Looks up a name with dashes, without a value. False when it is none; `candidates` above 1 then means
 *  that it is ambiguous. abbreviated: beginnings count too. */
bool vp_option_find(vp_str name, const vp_release_row *release, bool abbreviations, vp_option *out);

/** Whether argparse takes a word for an option (argparse.py:_parse_optional): it begins with '-', is not a
 *  negative number, and has no blank unless it is an option's name. */
bool vp_option_like(const char *word, const vp_release_row *release);

#endif
