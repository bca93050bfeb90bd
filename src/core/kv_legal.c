/* SPDX-License-Identifier: Apache-2.0 */
/* Which KV dtypes a release, card and model take. */
#include <stddef.h>

#include "core/kv_spec.h"
#include "data/release_rules.h"

/** The lowest capability for which some backend reads this dtype in the entry's kind of cache; 0: any. */
static uint16_t needed_capability(const vp_kv_dtype *dtype, const vp_attention *a)
{
    switch (a->reader) {
    case VP_READER_SPARSE:
        return dtype->sparse_from;
    case VP_READER_USUAL:
    case VP_READER_MM_PREFIX:
        if (a->kind == VP_ATTENTION_LATENT || a->kind == VP_ATTENTION_LATENT_SLIDING)
            return dtype->latent_from;
        return a->kind == VP_ATTENTION_STATE ? 0 : dtype->plain_from;
    case VP_READER_INDEX:
    case VP_READER_COMPRESSED:
    case VP_READER_WINDOW:
    case VP_READER_COMPRESSOR:
    case VP_READER_BLOCK_SPARSE:
    case VP_READERS:
        break;
    }
    return 0; /* caches of their own kind: their models say what they take */
}

const char *vp_kv_dtype_problem(const vp_kv_case *c, const char **step)
{
    const vp_kv_dtype *dtype = c->kv_dtype;
    *step = "config";
    if (dtype->packing == VP_KV_MODEL) return NULL;
    if (vp_release_compare(c->release, dtype->since) < 0)
        return "this release does not know the kv_cache_dtype";
    /* config/vllm.py:_reject_mismatched_float_kv_cache */
    if (vp_rule_value(VP_RULE_FLOAT_KV_MATCHES, c->release) && dtype->packing == VP_KV_PLAIN &&
        dtype->key_bits == 16 && vp_dtype_from_name(vp_str_from(dtype->name)) != c->model_dtype)
        return "a 16-bit kv_cache_dtype has to be the model's own dtype";
    *step = "weights_create"; /* a worker chooses the backend when it builds the first layer */
    for (uint32_t i = 0; i < c->attention->count; i++) {
        uint16_t needed = needed_capability(dtype, &c->attention->entries[i]);
        if (needed == VP_KV_NEVER)
            return "no attention backend reads this kv_cache_dtype for this kind of attention";
        if (needed > 0 && c->capability > 0 && c->capability < needed)
            return "no attention backend of this card reads this kv_cache_dtype";
    }
    return NULL;
}

const char *vp_kv_doubt(const vp_kv_case *c)
{
    bool states = false, packed = vp_kv_block_outermost(c);
    for (uint32_t i = 0; i < c->attention->count; i++)
        states = states || c->attention->entries[i].kind == VP_ATTENTION_STATE;
    if (vp_release_compare(c->release, VP_RELEASE(0, 8, 5)) < 0)
        return "the cache is planned by the rules of 0.8.5; older releases were not read";
    if (states && !vp_rule_value(VP_RULE_STATES_IN_BLOCKS, c->release))
        return "this release keeps recurrent states outside of the blocks; they are planned as newer ones do";
    if (packed && !vp_rule_value(VP_RULE_BLOCKS_PACKED, c->release))
        return "this release pads the caches of compressed attention in another way; planned as newer ones "
               "do";
    if (c->asked.hybrid_off && !vp_rule_value(VP_RULE_NEED_OF_GROUPS, c->release))
        return "this release checks windows at their own size even where it keeps every token of them";
    return NULL;
}
