/* SPDX-License-Identifier: Apache-2.0 */
#include "data/release_rules.h"

static const struct {
    uint64_t before, value;
    vp_release since;
} rows[VP_RULE_COUNT] = {
#define R(a, b, c)                                                                                           \
    {                                                                                                        \
        (a), (b), (c), 0                                                                                     \
    }
#define RULE(name, before, since, value) [VP_RULE_##name] = {before, value, since},
#include "data/release_rules.def"
#undef RULE
#undef R
};

uint64_t vp_rule_value(vp_rule rule, vp_release release)
{
    return vp_release_compare(release, rows[rule].since) >= 0 ? rows[rule].value : rows[rule].before;
}
