/* SPDX-License-Identifier: Apache-2.0 */
/* Element types, as safetensors files and vLLM name them. */
#ifndef VP_DATA_DTYPES_H
#define VP_DATA_DTYPES_H

#include <stdint.h>

#include "base/vp_text.h"

typedef enum vp_dtype {
    VP_DTYPE_NONE,
#define DTYPE(key, name, file_name, bits) VP_DTYPE_##key,
#include "data/dtypes.def"
#undef DTYPE
    VP_DTYPE_COUNT
} vp_dtype;

/** The torch name such as "bfloat16"; "unknown" for VP_DTYPE_NONE. */
const char *vp_dtype_name(vp_dtype dtype);
/** Bits of one element; 0 for VP_DTYPE_NONE. */
uint32_t vp_dtype_bits(vp_dtype dtype);
/** Bytes of `elements` elements, the last byte filled up; saturates. */
uint64_t vp_dtype_bytes(vp_dtype dtype, uint64_t elements);
/** From "bfloat16", "torch.bfloat16", "half", "float", "fp16"...: VP_DTYPE_NONE when not known. */
vp_dtype vp_dtype_from_name(vp_str name);
/** From a safetensors name. */
vp_dtype vp_dtype_from_file(vp_str name);

#endif
