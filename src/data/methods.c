/* SPDX-License-Identifier: Apache-2.0 */
#include "data/methods.h"

static const vp_method rows[] = {
#define METHOD(key, since, until, capability, kind, packing, loss, text)                                     \
    {key, since, until, capability, VP_METHOD_##kind, VP_PACKING_##packing, VP_LOSS_##loss, text},
#include "data/methods.def"
#undef METHOD
};

const char *vp_packing_name(vp_packing packing)
{
    static const char *const names[VP_PACKING_COUNT] = {
        [VP_PACKING_NOTHING] = "none",
        [VP_PACKING_FP8_TENSOR] = "fp8_tensor",
        [VP_PACKING_FP8_CHANNEL] = "fp8_channel",
        [VP_PACKING_FP8_BLOCK] = "fp8_block",
        [VP_PACKING_MXFP8] = "mxfp8",
        [VP_PACKING_MXFP4] = "mxfp4",
        [VP_PACKING_RTN8] = "rtn8",
        [VP_PACKING_BNB4] = "bnb4",
        [VP_PACKING_INT] = "int",
        [VP_PACKING_INT8_TENSOR] = "int8_tensor",
        [VP_PACKING_INT8_CHANNEL] = "int8_channel",
        [VP_PACKING_INT4_FP8] = "int4_fp8",
        [VP_PACKING_NVFP4] = "nvfp4",
        [VP_PACKING_BNB8] = "bnb8",
    };
    return packing < VP_PACKING_COUNT ? names[packing] : "none";
}

size_t vp_method_count(void) { return sizeof rows / sizeof rows[0]; }

const vp_method *vp_method_at(size_t index) { return index < vp_method_count() ? &rows[index] : NULL; }

bool vp_method_in(const vp_method *method, vp_release release)
{
    return vp_release_compare(release, method->since) >= 0 && vp_release_compare(release, method->until) <= 0;
}

const vp_method *vp_method_find(vp_str key, vp_release release)
{
    for (size_t i = 0; i < vp_method_count(); i++)
        if (vp_str_equal(key, rows[i].key) && vp_method_in(&rows[i], release)) return &rows[i];
    return NULL;
}

const vp_method *vp_method_find_any(vp_str key)
{
    const vp_method *found = NULL;
    for (size_t i = 0; i < vp_method_count(); i++)
        if (vp_str_equal(key, rows[i].key) && (!found || vp_release_compare(rows[i].since, found->since) > 0))
            found = &rows[i];
    return found;
}
