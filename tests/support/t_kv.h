/* SPDX-License-Identifier: Apache-2.0 */
/* Attention lists and cases of real models, for what is computed about the KV cache. */
#ifndef T_KV_H
#define T_KV_H

#include <string.h>

#include "core/kv_spec.h"

static inline vp_attention *t_add(vp_attention_list *list, vp_attention_kind kind, uint64_t first,
                                  uint64_t step, uint64_t end)
{
    vp_attention *entry = &list->entries[list->count++];
    memset(entry, 0, sizeof *entry);
    entry->kind = kind;
    for (uint64_t layer = first; layer < end; layer += step) vp_layers_add(&entry->layers, layer);
    return entry;
}

static inline vp_attention *t_heads(vp_attention *entry, uint64_t kv_heads, uint64_t head_size,
                                    uint64_t window)
{
    entry->kv_heads = kv_heads;
    entry->head_size = entry->head_size_v = head_size;
    entry->window = window;
    return entry;
}

static inline vp_attention *t_latent(vp_attention *entry, uint64_t size)
{
    entry->kv_heads = 1;
    entry->head_size = size;
    return entry;
}

/** A convolution of kernel 4 over `channels` and a state of `heads` times `whole` elements. */
static inline void t_states(vp_attention *entry, vp_recurrence recurrence, uint64_t channels, uint64_t heads,
                            uint64_t whole, vp_dtype dtype)
{
    entry->recurrence = recurrence;
    entry->head_size = 128;
    entry->state_count = 2;
    entry->states[0] = (vp_state_tensor){.whole = 3, .split = channels, .lengthens = true};
    entry->states[1] = (vp_state_tensor){.whole = whole, .split = heads, .recurrent = true, .dtype = dtype};
}

static inline vp_kv_case t_case(const vp_attention_list *list, uint64_t layers, uint64_t length,
                                uint64_t batch)
{
    vp_kv_case c;
    memset(&c, 0, sizeof c);
    c.attention = list;
    c.layers = layers;
    c.release = VP_RELEASE(0, 33, 0);
    c.capability = 90;
    c.kv_dtype = vp_kv_dtype_find(vp_str_from("auto"));
    c.model_dtype = VP_DTYPE_BFLOAT16;
    c.max_model_len = length;
    c.max_num_batched_tokens = batch;
    c.tp = c.pp = 1;
    return c;
}

/** DeepSeek-V4-Flash: a window in each of 43 layers, 21 compressed by 4 with an index and two compressors, 20
 *  compressed by 128 with one. */
static inline void t_deepseek_v4(vp_attention_list *list)
{
    memset(list, 0, sizeof *list);
    static const struct {
        vp_attention_kind kind;
        vp_attention_reader reader;
        uint64_t first, step, size, window, ratio, block;
        vp_dtype element;
    } rows[] = {
        {VP_ATTENTION_LATENT_SLIDING, VP_READER_WINDOW, 0, 1, 512, 128, 1, 64, VP_DTYPE_UINT8},
        {VP_ATTENTION_LATENT, VP_READER_COMPRESSED, 2, 2, 132, 0, 4, 0, VP_DTYPE_UINT8},
        {VP_ATTENTION_LATENT, VP_READER_COMPRESSED, 2, 2, 512, 0, 4, 0, VP_DTYPE_NONE},
        {VP_ATTENTION_LATENT_SLIDING, VP_READER_COMPRESSOR, 2, 2, 512, 8, 1, 4, VP_DTYPE_FLOAT32},
        {VP_ATTENTION_LATENT_SLIDING, VP_READER_COMPRESSOR, 2, 2, 2048, 8, 1, 4, VP_DTYPE_FLOAT32},
        {VP_ATTENTION_LATENT, VP_READER_COMPRESSED, 3, 2, 512, 0, 128, 0, VP_DTYPE_NONE},
        {VP_ATTENTION_LATENT_SLIDING, VP_READER_COMPRESSOR, 3, 2, 1024, 128, 1, 8, VP_DTYPE_FLOAT32},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        vp_attention *entry =
            t_latent(t_add(list, rows[i].kind, rows[i].first, rows[i].step, 43), rows[i].size);
        entry->reader = rows[i].reader;
        entry->window = rows[i].window;
        entry->tokens_per_state = rows[i].ratio;
        entry->block_size = rows[i].block;
        entry->element = rows[i].element;
        entry->alignment = 512;
        entry->ds_alignment = 576;
        if (rows[i].element == VP_DTYPE_NONE) entry->cell_bytes = 584, entry->alignment = 576;
        if (rows[i].reader == VP_READER_WINDOW) entry->ds_cell_bytes = 584;
    }
}

#endif
