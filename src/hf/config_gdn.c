/* SPDX-License-Identifier: Apache-2.0 */
/* Sizes of linear attention and of short convolutions. */
#include "hf/config_state.h"

#include "base/vp_int.h"
#include "hf/config.h"
#include "hf/python_json.h"

/** vllm/model_executor/layers/mamba/gdn/qwen_gdn_linear_attn.py, olmo_gdn_linear_attn.py */
bool vp_config_gdn(vp_reader *r, vp_mixer *m)
{
    m->kind = VP_MIXER_GDN;
    m->apart = r->row->state.apart;
    m->a_dtype = m->apart ? VP_DTYPE_NONE : VP_DTYPE_FLOAT32;
    return vp_read_count(r, "linear_num_key_heads", 0, &m->k_heads) &&
           vp_read_count(r, "linear_key_head_dim", 0, &m->k_head_dim) &&
           vp_read_count(r, "linear_num_value_heads", 0, &m->heads) &&
           vp_read_count(r, "linear_value_head_dim", 0, &m->head_dim) &&
           vp_read_count(r, "linear_conv_kernel_dim", 4, &m->conv_kernel);
}

static void equal_keys(vp_mixer *m)
{
    m->k_heads = m->heads;
    m->k_head_dim = m->head_dim;
}

/** The object of Kimi Linear (gdn/kimi_gdn_linear_attn.py); a full gate marks Kimi-K3, whose layers keep
 *  copies for decoding (models/kimi_k3/nvidia/kda.py). */
static bool kimi_sizes(vp_reader *r, const json_t *own, vp_mixer *m)
{
    vp_error *error = r->error;
    if (!vp_member_count(own, "num_heads", r->path, VP_MAX_MEMBER, 0, &m->heads, error) ||
        !vp_member_count(own, "head_dim", r->path, VP_MAX_MEMBER, 0, &m->head_dim, error) ||
        !vp_member_count(own, "short_conv_kernel_size", r->path, VP_MAX_MEMBER, 0, &m->conv_kernel, error) ||
        !vp_member_switch(own, "use_full_rank_gate", r->path, false, &m->full_gate, error))
        return false;
    m->decode_copies = m->full_gate;
    equal_keys(m);
    return true;
}

/** models/bailing_moe_v3.py:BailingMoeV3KimiDeltaAttention, whose heads are those of its attention.
 *  transformers' own class sets head_dim to qk_rope_head_dim (BailingHybridConfig); a checkpoint's own keeps it. */
static bool bailing_sizes(vp_reader *r, vp_mixer *m)
{
    bool own_class = vp_member(r->config, "auto_map") != NULL;
    m->heads = r->model->heads;
    m->head_dim = r->model->head_dim;
    if (!own_class && vp_str_equal(r->model_type, "bailing_hybrid") &&
        !vp_read_count(r, "qk_rope_head_dim", m->head_dim, &m->head_dim))
        return false;
    if (!vp_read_count(r, "short_conv_kernel_size", 4, &m->conv_kernel) ||
        !vp_read_switch(r, "no_kda_lora", false, &m->full_decay))
        return false;
    m->full_gate = m->full_decay;
    equal_keys(m);
    return true;
}

/** models/alice_ai.py:AliceAIDecoderBlock: the object of Kimi Linear, in the words of Qwen3-Next. */
static bool alice_sizes(vp_reader *r, vp_mixer *m)
{
    bool read = vp_read_count(r, "linear_num_value_heads", 0, &m->heads) &&
                vp_read_count(r, "linear_value_head_dim", 0, &m->head_dim) &&
                vp_read_count(r, "linear_conv_kernel_dim", 4, &m->conv_kernel);
    equal_keys(m);
    return read;
}

bool vp_config_kda(vp_reader *r, vp_mixer *m)
{
    const json_t *own = vp_member(r->config, "linear_attn_config");
    m->kind = VP_MIXER_KDA;
    if (vp_member(r->config, "linear_num_value_heads")) return alice_sizes(r, m);
    return own ? kimi_sizes(r, own, m) : bailing_sizes(r, m);
}

/** The MLP beside short convolutions: two thirds of what the config says, a factor, rounded up
 *  (lfm2.py:Lfm2MLP). block_ff_dim overrules intermediate_size (transformers: Lfm2Config). */
static bool adjust_intermediate(vp_reader *r)
{
    uint64_t *size = &r->model->intermediate, multiple;
    double factor;
    bool adjust;
    if (!vp_read_count(r, "block_ff_dim", *size, size) ||
        !vp_read_switch(r, "block_auto_adjust_ff_dim", false, &adjust) ||
        !vp_read_number(r, "block_ffn_dim_multiplier", 1.0, &factor) ||
        !vp_read_count(r, "block_multiple_of", 256, &multiple))
        return false;
    if (!adjust) return true;
    *size = (uint64_t)((double)(2 * *size) / 3.0);
    *size = vp_round_up((uint64_t)(factor * (double)*size), multiple);
    return *size > 0 || vp_reader_fail(r, VLLMPLAN_E_RANGE, "block_ff_dim", "leaves an MLP of no size");
}

/** layers/mamba/short_conv.py */
bool vp_config_short_conv(vp_reader *r, vp_mixer *m)
{
    m->kind = VP_MIXER_SHORT_CONV;
    return adjust_intermediate(r) && vp_read_count(r, "conv_dim", r->model->hidden, &m->inner) &&
           vp_read_count(r, "conv_L_cache", 3, &m->conv_kernel) &&
           vp_read_switch(r, "conv_bias", false, &m->conv_bias);
}

/** layers/mamba/linear/: as many heads, as wide, as those of the attention among them. */
bool vp_config_lightning(vp_reader *r, vp_mixer *m)
{
    vp_layers layers = m->layers;
    if (!vp_config_mixer(r, m)) return false;
    m->kind = VP_MIXER_LIGHTNING;
    m->layers = layers;
    equal_keys(m);
    return !r->row->state.turned || vp_config_rope(r, NULL, m->head_dim, &layers);
}
