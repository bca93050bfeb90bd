/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include "core/engine_args.h"
#include "core/kvcache.h"

/** The number that follows "key": in a JSON object's text; 0 when there is none. */
static uint32_t number_in(const char *json, const char *key)
{
    const char *at = json ? strstr(json, key) : NULL;
    uint64_t value = 0;
    if (!at) return 0;
    at += strlen(key);
    at += strspn(at, " \t\n\r:");
    vp_str digits = {at, strspn(at, "0123456789")};
    return vp_str_to_u64(digits, &value) && value <= UINT32_MAX ? (uint32_t)value : 0;
}

static vp_dtype dtype_of(const vp_settings *settings, const char *name)
{
    const char *text = vp_settings_text(settings, name);
    return text ? vp_dtype_from_name(vp_str_from(text)) : VP_DTYPE_NONE;
}

void vp_kv_wishes_read(const vp_settings *settings, vp_kv_wishes *out)
{
    const char *mode = vp_settings_text(settings, "mamba_cache_mode");
    memset(out, 0, sizeof *out);
    out->dcp = (uint32_t)vp_settings_u64(settings, "decode_context_parallel_size", 1);
    out->speculative_tokens =
        number_in(vp_settings_text(settings, "speculative_config"), "\"num_speculative_tokens\"");
    out->state_dtype = dtype_of(settings, "mamba_cache_dtype");
    out->recurrent_dtype = dtype_of(settings, "mamba_ssm_cache_dtype");
    if (mode && strcmp(mode, "none") == 0) out->state_mode = VP_STATES_NONE;
    if (mode && strcmp(mode, "align") == 0) out->state_mode = VP_STATES_ALIGN;
    if (mode && strcmp(mode, "all") == 0) out->state_mode = VP_STATES_ALL;
    out->prefix_caching_on = vp_settings_bool(settings, "enable_prefix_caching", false);
    out->prefix_caching_off = !vp_settings_bool(settings, "enable_prefix_caching", true);
    out->hybrid_off = vp_settings_bool(settings, "disable_hybrid_kv_cache_manager", false);
    out->async_off = !vp_settings_bool(settings, "async_scheduling", true);
}
