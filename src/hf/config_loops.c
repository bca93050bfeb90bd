/* SPDX-License-Identifier: Apache-2.0 */
/* Layers that run several times: the weights are there once, but each pass has attention, and so a cache and
 * scales, of its own. */
#include <string.h>

#include "base/vp_int.h"
#include "hf/config.h"

/** `more` passes over what the mixer says, with that window. */
static bool add_passes(vp_reader *r, const vp_mixer *mixer, uint64_t more, uint64_t window)
{
    vp_mixer pass = *mixer;
    pass.cache_only = true;
    pass.window = window;
    for (uint64_t i = 0; i < more; i++)
        if (!vp_config_add_mixer(r, &pass)) return false;
    return true;
}

bool vp_config_loops(vp_reader *r)
{
    uint64_t passes, window = 0;
    if (!vp_config_attention(r)) return false;
    uint32_t count = r->structure->mixer_count;
    if (!vp_read_count(r, "loop_num|total_ut_steps", r->row->passes, &passes)) return false;
    /* iquest_loopcoder.py:LoopCoderAttention: later passes see a window only */
    if (r->row->extra == VP_EXTRA_LOOP_GATES && !vp_read_count(r, "loop_window_size", 64, &window))
        return false;
    for (uint32_t i = 0; i < count; i++) {
        const vp_mixer first = r->structure->mixers[i];
        if (!add_passes(r, &first, passes - 1, window > 0 ? window : first.window)) return false;
    }
    return true;
}
