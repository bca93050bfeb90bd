/* SPDX-License-Identifier: Apache-2.0 */
#include "core/attention.h"

#include <string.h>

const char *vp_attention_kind_name(vp_attention_kind kind)
{
    static const char *const names[VP_ATTENTION_KINDS] = {"full",           "sliding", "chunked", "latent",
                                                          "latent_sliding", "state",   "cross",   "ring"};
    return names[kind];
}

const char *vp_attention_reader_name(vp_attention_reader reader)
{
    static const char *const names[VP_READERS] = {"usual",      "mm_prefix", "sparse",     "index",
                                                  "compressed", "window",    "compressor", "block_sparse"};
    return names[reader];
}

const char *vp_recurrence_name(vp_recurrence recurrence)
{
    static const char *const names[VP_RECURRENCES] = {"mamba1", "mamba2",     "gated_delta",
                                                      "kda",    "short_conv", "lightning"};
    return names[recurrence];
}

static vp_attention *add(vp_attention_list *list, vp_attention_kind kind, const vp_mixer *m)
{
    vp_attention *entry = &list->entries[list->count++];
    entry->kind = kind;
    entry->layers = m->layers;
    return entry;
}

static void add_attention(vp_attention_list *list, const vp_mixer *m)
{
    vp_attention_kind kind = m->window == 0 ? VP_ATTENTION_FULL
                             : m->chunked   ? VP_ATTENTION_CHUNKED
                                            : VP_ATTENTION_SLIDING;
    vp_attention *entry = add(list, kind, m);
    entry->kv_heads = m->kv_heads;
    entry->head_size = m->head_dim;
    entry->head_size_v = m->v_head_dim;
    entry->window = m->window;
}

/** The index cache stands before the latent one, as its layer is built first. A key of one byte an element
 *  has a float32 scale for each 128 (deepseek_v2.py: DeepseekV32IndexerCache). */
static void add_latent(vp_attention_list *list, const vp_mixer *m)
{
    if (m->index_heads > 0) {
        vp_attention *index = add(list, VP_ATTENTION_LATENT, m);
        index->reader = VP_READER_INDEX;
        index->kv_heads = 1;
        index->element = VP_DTYPE_UINT8;
        index->head_size = m->index_head_dim + m->index_head_dim / 128 * 4;
    }
    if (m->unfolded) { /* minicpm3.py:MiniCPM3Attention pads values to the keys' size */
        vp_attention *plain = add(list, VP_ATTENTION_FULL, m);
        plain->kv_heads = m->heads;
        plain->head_size = plain->head_size_v = m->head_dim + m->rope_head_dim;
        return;
    }
    vp_attention *entry = add(list, m->window > 0 ? VP_ATTENTION_LATENT_SLIDING : VP_ATTENTION_LATENT, m);
    entry->reader = m->index_topk > 0 ? VP_READER_SPARSE : VP_READER_USUAL;
    entry->kv_heads = 1;
    entry->head_size = m->kv_lora_rank + m->rope_head_dim;
    entry->window = m->window;
}

/** The sizes of a recurrence's tensors, convolution first (mamba_utils.py:MambaStateShapeCalculator). */
static void size_states(const vp_mixer *m, vp_recurrence recurrence, vp_state_tensor *conv,
                        vp_state_tensor *state)
{
    uint64_t keys = 2 * m->k_heads * m->k_head_dim;
    switch (recurrence) {
    case VP_RECURRENCE_MAMBA1:
        conv->split = state->split = m->inner;
        conv->lengthens = false;
        state->whole = m->state_size;
        break;
    case VP_RECURRENCE_MAMBA2:
        conv->split = m->inner;
        conv->groups = m->groups;
        conv->group_width = 2 * m->state_size;
        state->whole = m->head_dim * m->state_size;
        break;
    case VP_RECURRENCE_GATED_DELTA:
        conv->split = keys + m->heads * m->head_dim;
        state->whole = m->head_dim * m->k_head_dim;
        break;
    case VP_RECURRENCE_KDA: /* float32 unless asked otherwise: MambaStateDtypeCalculator.kda_state_dtype */
        conv->split = keys + m->heads * m->head_dim;
        state->whole = m->head_dim * m->head_dim;
        if (state->dtype == VP_DTYPE_NONE) state->dtype = VP_DTYPE_FLOAT32;
        break;
    case VP_RECURRENCE_SHORT_CONV:
        conv->split = m->inner;
        break;
    case VP_RECURRENCE_LIGHTNING: /* its only tensor, of --mamba-cache-dtype */
        *conv =
            (vp_state_tensor){.split = m->heads, .whole = m->head_dim * m->head_dim, .dtype = m->state_dtype};
        break;
    case VP_RECURRENCES:
        break;
    }
}

static void add_states(vp_attention_list *list, const vp_mixer *m, vp_recurrence recurrence)
{
    bool one = recurrence == VP_RECURRENCE_SHORT_CONV || recurrence == VP_RECURRENCE_LIGHTNING;
    vp_attention *entry = add(list, VP_ATTENTION_STATE, m);
    uint64_t kernel = m->conv_kernel > 0 ? m->conv_kernel - 1 : 0;
    entry->recurrence = recurrence;
    entry->state_count = one ? 1 : 2;
    entry->head_size = m->k_head_dim > 0 ? m->k_head_dim : m->head_dim;
    entry->states[0] = (vp_state_tensor){.whole = kernel, .lengthens = true, .dtype = m->conv_dtype};
    entry->states[1] = (vp_state_tensor){.split = m->heads, .recurrent = true, .dtype = m->state_dtype};
    size_states(m, recurrence, &entry->states[0], &entry->states[1]);
}

void vp_attention_from_structure(const vp_structure *structure, vp_attention_list *out)
{
    memset(out, 0, sizeof *out);
    for (uint32_t i = 0; i < structure->mixer_count && out->count + 2 <= VP_MAX_ATTENTION; i++) {
        const vp_mixer *m = &structure->mixers[i];
        if (!m->causal || m->shares_kv) continue;
        switch (m->kind) {
        case VP_MIXER_ATTENTION:
            add_attention(out, m);
            break;
        case VP_MIXER_LATENT:
            add_latent(out, m);
            break;
        case VP_MIXER_CROSS:
            add_attention(out, m);
            out->entries[out->count - 1].kind = VP_ATTENTION_CROSS;
            break;
        case VP_MIXER_MAMBA1:
            add_states(out, m, VP_RECURRENCE_MAMBA1);
            break;
        case VP_MIXER_MAMBA2:
            add_states(out, m, VP_RECURRENCE_MAMBA2);
            break;
        case VP_MIXER_GDN:
            add_states(out, m, VP_RECURRENCE_GATED_DELTA);
            break;
        case VP_MIXER_KDA:
            add_states(out, m, VP_RECURRENCE_KDA);
            break;
        case VP_MIXER_SHORT_CONV:
            add_states(out, m, VP_RECURRENCE_SHORT_CONV);
            break;
        case VP_MIXER_LIGHTNING:
            add_states(out, m, VP_RECURRENCE_LIGHTNING);
            break;
        }
    }
    for (uint32_t i = 0; structure->image_prefix && i < out->count; i++)
        if (out->entries[i].reader == VP_READER_USUAL) out->entries[i].reader = VP_READER_MM_PREFIX;
}
