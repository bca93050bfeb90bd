/* SPDX-License-Identifier: Apache-2.0 */
/* What the KV cache may be stored as: rows of kv_dtypes.def. */
#ifndef VP_DATA_KV_DTYPES_H
#define VP_DATA_KV_DTYPES_H

#include <stdbool.h>
#include <stdint.h>

#include "base/vp_release.h"
#include "base/vp_text.h"

typedef enum vp_kv_packing {
    VP_KV_MODEL,
    VP_KV_PLAIN,
    VP_KV_SCALED,
    VP_KV_NVFP4,
    VP_KV_PACKED,
    VP_KV_TURBO,
} vp_kv_packing;

typedef struct vp_kv_dtype {
    const char *name;
    vp_kv_packing packing;
    uint16_t key_bits, value_bits;
    uint16_t beside; /* bytes of scales and the like; of the whole row for VP_KV_PACKED */
    vp_release since;
    uint16_t plain_from, latent_from, sparse_from; /* lowest capability; VP_KV_NEVER */
} vp_kv_dtype;

#define VP_KV_NEVER ((uint16_t)UINT16_MAX)

/** NULL when the name is not known. */
const vp_kv_dtype *vp_kv_dtype_find(vp_str name);
/** Quantized: anything but the model's dtype and 16-bit floats
 *  (v1/kv_cache_interface.py:is_quantized_kv_cache). */
bool vp_kv_dtype_quantized(const vp_kv_dtype *dtype);

#endif
