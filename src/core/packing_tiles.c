/* SPDX-License-Identifier: Apache-2.0 */
/* Shapes that kernels pad a weight to. */
#include "base/vp_int.h"
#include "core/packing.h"
#include "data/release_rules.h"

/** Marlin's tiles: outputs to 64 and inputs to 128, or the other way round, whichever is smaller
 *  (utils/marlin_utils.py:marlin_padded_nk, 0.20 and newer; older releases do not pad). */
vp_tile vp_tile_marlin(const vp_weights_case *c, vp_tile s)
{
    if (!vp_rule_value(VP_RULE_MARLIN_LOCKS_SHARED, c->release)) return s;
    vp_tile a = {vp_round_up(s.out, 64), vp_round_up(s.in, 128)};
    vp_tile b = {vp_round_up(s.out, 128), vp_round_up(s.in, 64)};
    return vp_mul(a.out, a.in) <= vp_mul(b.out, b.in) ? a : b;
}

/** Humming's tiles on capability 9.0, for the microscaling formats (utils/humming/linear.py). */
vp_tile vp_tile_humming(vp_tile s)
{
    vp_tile padded = {vp_round_up(s.out, 256), vp_round_up(s.in, 128)};
    return padded;
}
