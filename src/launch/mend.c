/* SPDX-License-Identifier: Apache-2.0 */
#include "launch/mend.h"

bool vp_mend_start(vp_mend *mend, const vp_words *words, vp_arena *arena)
{
    *mend = (vp_mend){.count = words->count};
    mend->text = vp_arena_take(arena, (words->count + 1) * sizeof *mend->text);
    if (!mend->text) return false;
    for (uint32_t i = 0; i < words->count; i++) mend->text[i] = words->at[i].text;
    return true;
}

void vp_mend_drop(vp_mend *mend, uint32_t index, uint32_t count)
{
    for (uint32_t i = index; count > 0 && i < mend->count; i++, count--) mend->text[i] = NULL;
}

void vp_mend_replace(vp_mend *mend, uint32_t index, const char *text)
{
    if (index < mend->count && mend->text[index]) mend->text[index] = text;
}

bool vp_mend_argv(const vp_mend *mend, vp_arena *arena, vp_argv *out)
{
    out->count = 0;
    out->items = vp_arena_take(arena, (mend->count + 2) * sizeof *out->items);
    if (!out->items) return false;
    for (uint32_t i = 0; i <= mend->count; i++) {
        if (mend->front && i == mend->front_at) out->items[out->count++] = mend->front;
        if (i < mend->count && mend->text[i]) out->items[out->count++] = mend->text[i];
    }
    return true;
}
