/* SPDX-License-Identifier: Apache-2.0 */
#include "data/kv_dtypes.h"

#include <stddef.h>

static const vp_kv_dtype rows[] = {
#define R(a, b, c)                                                                                           \
    {                                                                                                        \
        (a), (b), (c), 0                                                                                     \
    }
#define NEVER UINT16_MAX
#define KV_DTYPE(name, packing, key, value, beside, since, plain, latent, sparse)                            \
    {name, VP_KV_##packing, key, value, beside, since, plain, latent, sparse},
#include "data/kv_dtypes.def"
#undef KV_DTYPE
#undef NEVER
#undef R
};

const vp_kv_dtype *vp_kv_dtype_find(vp_str name)
{
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
        if (vp_str_equal(name, rows[i].name)) return &rows[i];
    return NULL;
}

bool vp_kv_dtype_quantized(const vp_kv_dtype *dtype)
{
    return dtype->packing != VP_KV_MODEL && dtype->key_bits < 16;
}
