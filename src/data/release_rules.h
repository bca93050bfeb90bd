/* SPDX-License-Identifier: Apache-2.0 */
/* Values that vLLM's own code changed from one release to another: rows of release_rules.def. */
#ifndef VP_DATA_RELEASE_RULES_H
#define VP_DATA_RELEASE_RULES_H

#include <stdint.h>

#include "base/vp_release.h"

typedef enum vp_rule {
#define RULE(name, before, since, value) VP_RULE_##name,
#include "data/release_rules.def"
#undef RULE
    VP_RULE_COUNT
} vp_rule;

uint64_t vp_rule_value(vp_rule rule, vp_release release);

#endif
