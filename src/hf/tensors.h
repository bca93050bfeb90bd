/* SPDX-License-Identifier: Apache-2.0 */
/* Safetensors headers: one pass over the JSON text of a header, no tree. The text is a stranger's:
 * sizes, counts, depth, offsets and overlaps are checked here. */
#ifndef VP_HF_TENSORS_H
#define VP_HF_TENSORS_H

#include <stdbool.h>
#include <stdint.h>

#include "base/vp_error.h"
#include "data/dtypes.h"

enum {
    VP_MAX_DIMENSIONS = 8,
    VP_MAX_TENSOR_NAME = 1024,
    VP_MAX_TENSORS = 10000000,
};

typedef struct vp_tensor {
    vp_str name; /* unescaped; borrowed during the callback only */
    vp_dtype dtype;
    vp_str dtype_text; /* for messages about a dtype that is not known */
    uint64_t shape[VP_MAX_DIMENSIONS];
    uint32_t dimensions;
    uint64_t elements, bytes; /* bytes = end offset - begin offset, equal to elements * size */
} vp_tensor;

/** Called once per tensor, in the order of the header. Return false to stop with the error set. */
typedef bool (*vp_tensor_sink)(void *context, const vp_tensor *tensor, vp_error *error);

/** Scans one header. `data_bytes` is what follows the header in the file: every tensor must lie
 *  inside, not overlap another, and span what its shape needs; nothing may be left between or behind
 *  them, as the safetensors library demands. `file` names the file in messages; the error's path stays
 *  empty. */
bool vp_tensors_scan(vp_str header, uint64_t data_bytes, const char *file, vp_tensor_sink sink, void *context,
                     vp_error *error);

#endif
