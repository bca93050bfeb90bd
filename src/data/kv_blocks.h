/* SPDX-License-Identifier: Apache-2.0 */
/* Block sizes that the kernels of a release and card take: rows of kv_blocks.def. */
#ifndef VP_DATA_KV_BLOCKS_H
#define VP_DATA_KV_BLOCKS_H

#include <stdbool.h>
#include <stdint.h>

#include "base/vp_release.h"

typedef enum vp_block_reader {
    VP_BLOCK_USUAL,
    VP_BLOCK_LATENT,
    VP_BLOCK_MM_PREFIX,
    VP_BLOCK_SPARSE,
    VP_BLOCK_INDEX,
    VP_BLOCK_COMPRESSED,
    VP_BLOCK_WINDOW,
    VP_BLOCK_COMPRESSOR,
    VP_BLOCK_BLOCK_SPARSE,
} vp_block_reader;

typedef enum vp_block_kv {
    VP_BLOCK_ANY,
    VP_BLOCK_WHOLE,
    VP_BLOCK_QUANTIZED,
    VP_BLOCK_TURBO,
} vp_block_kv;

typedef struct vp_block_sizes {
    uint32_t multiple; /* any multiple of it; 0 = none */
    uint32_t exact;    /* a sum of powers of two, each one taken; 0 = none */
} vp_block_sizes;

/** capability: 86, 0 = not known. `kv` is WHOLE, QUANTIZED or TURBO. */
vp_block_sizes vp_block_sizes_find(vp_block_reader reader, vp_release release, uint16_t capability,
                                   vp_block_kv kv, uint64_t head_size);

#endif
