/* SPDX-License-Identifier: Apache-2.0 */
/* Groups of encoders for images and sound, and of what ties them to the decoder. */
#include "core/groups.h"

void vp_groups_tower(vp_inventory *out, const vp_structure *s, const vp_tower *tower)
{
    (void)out;
    (void)s;
    (void)tower;
}
