/* SPDX-License-Identifier: Apache-2.0 */
/* Bytes of one page: one block of one layer on one rank. */
#include "core/kv_spec.h"

#include "base/vp_int.h"

const vp_kv_dtype *vp_kv_effective_dtype(const vp_kv_case *c)
{
    const char *class_dtype = c->attention->auto_100;
    const vp_kv_dtype *stored = NULL;
    if (c->kv_dtype->packing != VP_KV_MODEL) return c->kv_dtype;
    if (c->stored_dtype && c->stored_dtype[0])
        stored = vp_kv_dtype_find(vp_str_from(c->stored_dtype));
    else if (c->capability / 10 == 10 && class_dtype[0])
        stored = vp_kv_dtype_find(vp_str_from(class_dtype));
    return stored ? stored : c->kv_dtype;
}

/** Heads on one rank: latent vectors and what says so are copied, others divided while they last. */
static uint64_t heads_of_rank(const vp_kv_case *c, const vp_attention *a)
{
    if (a->copied || a->kind == VP_ATTENTION_LATENT || a->kind == VP_ATTENTION_LATENT_SLIDING)
        return a->kv_heads;
    return vp_layout_kv_heads(a->kv_heads, c->tp);
}

/** Bytes of one state of one head: vllm's state_content_size_bytes, here with both sides of NVFP4. */
static uint64_t cell(const vp_kv_case *c, const vp_attention *a)
{
    const vp_kv_dtype *dtype = vp_kv_effective_dtype(c);
    bool latent = a->kind == VP_ATTENTION_LATENT || a->kind == VP_ATTENTION_LATENT_SLIDING;
    uint64_t key = a->head_size, value = a->head_size_v;
    if (dtype->packing == VP_KV_PACKED && a->ds_cell_bytes > 0) return a->ds_cell_bytes;
    if (a->cell_bytes > 0) return a->cell_bytes;
    if (a->element != VP_DTYPE_NONE) return vp_dtype_bytes(a->element, vp_add(key, value));
    switch (dtype->packing) {
    case VP_KV_PLAIN:
        return vp_mul(vp_add(key, value), dtype->key_bits) / 8;
    case VP_KV_SCALED:
        return vp_add(vp_add(vp_mul(key, dtype->key_bits) / 8, vp_mul(value, dtype->value_bits) / 8),
                      dtype->beside);
    case VP_KV_NVFP4:
        return vp_add(vp_add(key / 2, key / 16), vp_add(value / 2, value / 16));
    case VP_KV_PACKED:
        if (latent) return dtype->beside;
        break;
    case VP_KV_TURBO:
        /* turboquant is for heads whose value is as wide as their key */
        return vp_round_up(vp_add(vp_add(vp_ceil_div(vp_mul(key, dtype->key_bits), 8),
                                         vp_ceil_div(vp_mul(key, dtype->value_bits), 8)),
                                  dtype->beside),
                           2);
    case VP_KV_MODEL:
        break;
    }
    return vp_dtype_bytes(c->model_dtype, vp_add(key, value));
}

uint64_t vp_kv_token_page(const vp_kv_case *c, const vp_attention *a, uint64_t tokens)
{
    uint64_t states = vp_mul(tokens, vp_max(1, a->states_per_token)) / vp_max(1, a->tokens_per_state);
    return vp_mul(vp_mul(heads_of_rank(c, a), states), cell(c, a));
}

uint64_t vp_kv_padded_page(const vp_kv_case *c, const vp_attention *a, uint64_t tokens)
{
    /* v1/kv_cache_interface.py:_apply_alignment_padding */
    bool packed = vp_kv_effective_dtype(c)->packing == VP_KV_PACKED;
    uint64_t alignment = packed && a->ds_alignment > 0 ? a->ds_alignment : a->alignment;
    uint64_t page = vp_kv_token_page(c, a, tokens);
    return alignment > 0 ? vp_round_up(page, alignment) : page;
}

/** The dtype of a state tensor (mamba_utils.py:MambaStateDtypeCalculator): the setting, else what the config
 *  asks for, else the model's dtype; a recurrent state of none of these follows --mamba-cache-dtype. */
static vp_dtype state_dtype(const vp_kv_case *c, const vp_state_tensor *t)
{
    if (t->recurrent && c->asked.recurrent_dtype != VP_DTYPE_NONE) return c->asked.recurrent_dtype;
    if (t->recurrent && t->dtype != VP_DTYPE_NONE) return t->dtype;
    if (c->asked.state_dtype != VP_DTYPE_NONE) return c->asked.state_dtype;
    return t->dtype != VP_DTYPE_NONE ? t->dtype : c->model_dtype;
}

uint64_t vp_kv_state_page(const vp_kv_case *c, const vp_attention *a)
{
    uint64_t bytes = 0, tp = a->copied ? 1 : c->tp;
    for (uint32_t i = 0; i < a->state_count; i++) {
        const vp_state_tensor *t = &a->states[i];
        uint64_t whole = vp_add(t->whole, t->lengthens ? c->asked.speculative_tokens : 0);
        uint64_t groups = t->groups > 0 && t->groups % tp != 0 ? tp : t->groups;
        uint64_t split = vp_add(t->split, vp_mul(groups, t->group_width)) / tp;
        bytes = vp_add(bytes, vp_dtype_bytes(state_dtype(c, t), vp_mul(whole, split)));
    }
    return bytes;
}
