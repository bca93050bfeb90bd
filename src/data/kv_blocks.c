/* SPDX-License-Identifier: Apache-2.0 */
#include "data/kv_blocks.h"

#include <stddef.h>

static const struct {
    vp_block_reader reader;
    uint16_t low, high;
    vp_block_kv kv;
    uint16_t head_size;
    vp_release since;
    vp_block_sizes sizes;
} rows[] = {
#define R(a, b, c)                                                                                           \
    {                                                                                                        \
        (a), (b), (c), 0                                                                                     \
    }
#define BLOCKS(reader, low, high, kv, head_size, since, multiple, exact)                                     \
    {VP_BLOCK_##reader, low, high, VP_BLOCK_##kv, head_size, since, {multiple, exact}},
#include "data/kv_blocks.def"
#undef BLOCKS
#undef R
};

/** A quantized KV dtype of any sort also fits a row for QUANTIZED ones. */
static bool kv_fits(vp_block_kv row, vp_block_kv kv)
{
    return row == VP_BLOCK_ANY || row == kv || (row == VP_BLOCK_QUANTIZED && kv == VP_BLOCK_TURBO);
}

vp_block_sizes vp_block_sizes_find(vp_block_reader reader, vp_release release, uint16_t capability,
                                   vp_block_kv kv, uint64_t head_size)
{
    uint16_t major = capability / 10;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
        if (rows[i].reader == reader && major >= rows[i].low && major <= rows[i].high &&
            kv_fits(rows[i].kv, kv) && (rows[i].head_size == 0 || rows[i].head_size == head_size) &&
            vp_release_compare(release, rows[i].since) >= 0)
            return rows[i].sizes;
    return (vp_block_sizes){16, 0};
}
