/* SPDX-License-Identifier: Apache-2.0 */
#include "data/dtypes.h"

#include "base/vp_int.h"

typedef struct dtype_row {
    const char *name, *file_name;
    uint32_t bits;
} dtype_row;

static const dtype_row rows[VP_DTYPE_COUNT] = {
    [VP_DTYPE_NONE] = {"unknown", "?", 0},
#define DTYPE(key, name, file_name, bits) [VP_DTYPE_##key] = {name, file_name, bits},
#include "data/dtypes.def"
#undef DTYPE
};

/** Short names that torch and vLLM take as well (vllm/config/model.py:_STR_DTYPE_TO_TORCH_DTYPE). */
static const struct {
    const char *name;
    vp_dtype dtype;
} other_names[] = {
    {"half", VP_DTYPE_FLOAT16}, {"fp16", VP_DTYPE_FLOAT16},  {"float", VP_DTYPE_FLOAT32},
    {"fp32", VP_DTYPE_FLOAT32}, {"bf16", VP_DTYPE_BFLOAT16}, {"double", VP_DTYPE_FLOAT64},
};

static const dtype_row *row(vp_dtype dtype)
{
    return &rows[dtype > VP_DTYPE_NONE && dtype < VP_DTYPE_COUNT ? dtype : VP_DTYPE_NONE];
}

const char *vp_dtype_name(vp_dtype dtype) { return row(dtype)->name; }
uint32_t vp_dtype_bits(vp_dtype dtype) { return row(dtype)->bits; }

uint64_t vp_dtype_bytes(vp_dtype dtype, uint64_t elements)
{
    uint32_t bits = row(dtype)->bits;
    return bits >= 8 ? vp_mul(elements, bits / 8) : vp_ceil_div(vp_mul(elements, bits), 8);
}

vp_dtype vp_dtype_from_name(vp_str name)
{
    if (vp_str_starts(name, "torch.")) {
        name.at += 6;
        name.length -= 6;
    }
    for (int i = VP_DTYPE_NONE + 1; i < VP_DTYPE_COUNT; i++)
        if (vp_str_equal(name, rows[i].name)) return (vp_dtype)i;
    for (size_t i = 0; i < sizeof other_names / sizeof other_names[0]; i++)
        if (vp_str_equal(name, other_names[i].name)) return other_names[i].dtype;
    return VP_DTYPE_NONE;
}

vp_dtype vp_dtype_from_file(vp_str name)
{
    for (int i = VP_DTYPE_NONE + 1; i < VP_DTYPE_COUNT; i++)
        if (vp_str_equal(name, rows[i].file_name)) return (vp_dtype)i;
    return VP_DTYPE_NONE;
}
