/* SPDX-License-Identifier: Apache-2.0 */
/* Sizes that some classes read from members of their own. */
#include <string.h>

#include "base/vp_int.h"
#include "hf/config.h"
#include "hf/python_json.h"

/** chatglm.py:GLMAttention, ChatGLMModel, in the words of the class that comes with its checkpoints. A head of
 *  kv_channels may be any size; only half of it is turned. */
static bool chatglm(vp_reader *r)
{
    vp_model *m = r->model;
    bool grouped;
    if (!vp_read_switch(r, "multi_query_attention", false, &grouped) ||
        !vp_read_count(r, "padded_vocab_size|vocab_size", 0, &m->vocab) ||
        !vp_read_switch(r, "post_layer_norm", true, &r->structure->final_norm))
        return false;
    if (grouped && !vp_read_count(r, "multi_query_group_num", 0, &m->kv_heads)) return false;
    r->structure->vocab = m->vocab;
    return vp_read_count(r, "seq_length|max_sequence_length", 8192, &m->max_position);
}

/** falcon.py:FalconAttention, FalconMLP, FalconDecoderLayer. */
static bool falcon(vp_reader *r)
{
    vp_model *m = r->model;
    vp_structure *s = r->structure;
    bool newer, one, parallel, alibi;
    uint64_t norms;
    if (!vp_read_switch(r, "new_decoder_architecture", false, &newer) ||
        !vp_read_switch(r, "multi_query", true, &one) ||
        !vp_read_switch(r, "parallel_attn", true, &parallel) || !vp_read_switch(r, "alibi", false, &alibi) ||
        !vp_read_optional(r, "num_ln_in_parallel_attn", &norms))
        return false;
    /* RWConfig, of the first checkpoints: 40B is told by its hidden size */
    if (vp_str_starts(r->model_type, "RefinedWeb") && m->hidden == 8192) newer = true;
    m->kv_heads = one ? 1 : m->heads;
    if (newer && !vp_read_count(r, "num_kv_heads|n_head_kv", m->heads, &m->kv_heads)) return false;
    m->intermediate = vp_mul(4, m->hidden); /* whatever ffn_hidden_size says */
    if (norms == 0) norms = newer ? 2 : 1;
    s->norms = parallel && norms != 2 ? VP_NORM_INPUT : VP_NORMS_TWO;
    s->tables = !alibi;
    s->slopes = alibi;
    return true;
}

/** mpt.py:MPTAttention, MPTMLP. no_bias takes the bias of every module away, norms too. */
static bool mpt(vp_reader *r)
{
    vp_model *m = r->model;
    const json_t *attention = vp_member(r->config, "attn_config");
    double times;
    bool bare;
    if (!vp_read_number(r, "expansion_ratio", 4, &times) || !vp_read_switch(r, "no_bias", true, &bare) ||
        !vp_member_count(attention, "kv_n_heads", r->path, VP_MAX_MEMBER, m->heads, &m->kv_heads, r->error))
        return false;
    if (!(times >= 1) || times > 1024 || m->kv_heads > m->heads)
        return vp_reader_fail(r, VLLMPLAN_E_RANGE, "expansion_ratio", "or attn_config is out of range");
    m->intermediate = vp_mul((uint64_t)times, m->hidden);
    r->structure->norm = bare ? VP_NORM_RMS : VP_NORM_LAYER;
    return true;
}

/** opt.py:OPTDecoder. Two positions stand before the first. Norms without weights are not built by vLLM. */
static bool opt(vp_reader *r)
{
    vp_structure *s = r->structure;
    bool before, without, learned;
    uint64_t width;
    if (!vp_read_count(r, "word_embed_proj_dim", s->hidden, &width) ||
        !vp_read_switch(r, "do_layer_norm_before", true, &before) ||
        !vp_read_switch(r, "_remove_final_layer_norm", false, &without) ||
        !vp_read_switch(r, "layer_norm_elementwise_affine", true, &learned))
        return false;
    s->position_rows = vp_add(r->model->max_position, 2);
    s->final_norm = before && !without;
    s->norm = learned ? VP_NORM_LAYER : VP_NORM_NO_WEIGHT;
    if (width == s->hidden) return true;
    s->embed_hidden = width;
    vp_config_add_extra(r, VP_MODULE_PROJECT_IN, NULL, width, vp_copied(s->hidden));
    vp_config_add_extra(r, VP_MODULE_PROJECT_OUT, NULL, s->hidden, vp_copied(width));
    return true;
}

/** bert.py:BertEmbedding, roberta.py:RobertaEmbedding: three vocabularies, a norm, and the numbers of the
 *  positions as 64-bit integers. No norm stands behind the layers. */
static bool bert(vp_reader *r)
{
    vp_structure *s = r->structure;
    s->embed_norm = s->positions_divided = true;
    s->final_norm = false;
    vp_group *numbers = vp_config_add_extra(r, VP_MODULE_POSITION_IDS, NULL, 0, vp_copied(s->position_rows));
    numbers->dtype = VP_DTYPE_INT64;
    numbers->made = true;
    return vp_read_optional(r, "type_vocab_size", &s->token_types);
}

/** modernbert.py: the first layer has no norm before attention. */
static bool modern_bert(vp_reader *r)
{
    vp_structure *s = r->structure;
    vp_layers others = {{0}};
    s->embed_norm = true;
    s->norms = VP_NORM_POST;
    vp_layers_add_range(&others, 1, s->layers);
    if (s->layers > 1)
        vp_config_add_extra(r, VP_MODULE_INPUT_NORM, &others, 0, vp_copied(s->hidden))->bias =
            s->norm == VP_NORM_LAYER;
    return true;
}

static bool bert_rope(vp_reader *r)
{
    vp_structure *s = r->structure;
    s->embed_norm = true;
    s->final_norm = false;
    return vp_read_optional(r, "type_vocab_size", &s->token_types);
}

/** whisper.py:WhisperDecoder, WhisperForConditionalGeneration: the usual names are those of the encoder. */
static bool whisper(vp_reader *r)
{
    vp_model *m = r->model;
    vp_structure *s = r->structure;
    if (!vp_read_count(r, "decoder_layers", 0, &m->layers) ||
        !vp_read_count(r, "decoder_attention_heads", 0, &m->heads) ||
        !vp_read_count(r, "decoder_ffn_dim", 0, &m->intermediate) ||
        !vp_read_count(r, "max_target_positions", 448, &m->max_position))
        return false;
    if (m->layers > VP_MAX_LAYERS)
        return vp_reader_fail(r, VLLMPLAN_E_RANGE, "decoder_layers", "is absurdly large");
    if (m->heads > m->hidden)
        return vp_reader_fail(r, VLLMPLAN_E_RANGE, "decoder_attention_heads", "is above d_model");
    m->kv_heads = m->heads;
    m->head_dim = m->hidden / m->heads;
    s->layers = m->layers;
    s->position_rows = m->max_position;
    s->embed_whole = true;
    return true;
}

bool vp_config_dialect(vp_reader *r)
{
    switch (r->row->dialect) {
    case VP_DIALECT_CHATGLM:
        return chatglm(r);
    case VP_DIALECT_FALCON:
        return falcon(r);
    case VP_DIALECT_MPT:
        return mpt(r);
    case VP_DIALECT_OPT:
        return opt(r);
    case VP_DIALECT_BERT:
        return bert(r);
    case VP_DIALECT_MODERN_BERT:
        return modern_bert(r);
    case VP_DIALECT_BAICHUAN: /* baichuan.py:BaichuanForCausalLM: 7B or 13B by the hidden size */
        r->structure->tables = r->model->hidden == 4096;
        r->structure->slopes = !r->structure->tables;
        return true;
    case VP_DIALECT_WHISPER:
        return whisper(r);
    case VP_DIALECT_BERT_ROPE:
        return bert_rope(r);
    case VP_DIALECT_MULTI_QUERY: {
        bool one; /* gpt_bigcode.py:GPTBigCodeAttention */
        if (!vp_read_switch(r, "multi_query", true, &one)) return false;
        r->model->kv_heads = one ? 1 : r->model->heads;
        return true;
    }
    case VP_DIALECT_USUAL:
        break;
    }
    return true;
}
