/* SPDX-License-Identifier: Apache-2.0 */
/* The rules of conflicts.def, asked about a situation. */
#ifndef VP_LAUNCH_CONFLICTS_H
#define VP_LAUNCH_CONFLICTS_H

#include "launch/situation.h"

/** Adds a remark for every rule that applies, and mends the command where a rule says how. */
void vp_conflicts_check(const vp_situation *s, vp_remarks *remarks, vp_mend *mend);

#endif
