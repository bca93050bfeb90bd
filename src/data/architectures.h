/* SPDX-License-Identifier: Apache-2.0 */
/* Model architectures: rows of architectures.def. A row maps vLLM's class name to a structure, and says
 * which members of config.json decide about its parts. */
#ifndef VP_DATA_ARCHITECTURES_H
#define VP_DATA_ARCHITECTURES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/vp_release.h"
#include "base/vp_text.h"
#include "data/towers.h"

/** How the tensors of the files are called: rows of tensor_names.def. */
typedef enum vp_spelling {
#define SPELLING(key, ...) VP_SPELLING_##key,
#include "data/spellings.def"
#undef SPELLING
    VP_SPELLING_COUNT
} vp_spelling;

/** Which reader of hf/ makes a structure of the config. */
typedef enum vp_recipe {
    VP_RECIPE_DECODER,      /* attention with keys and values of its own in every layer; dense or experts */
    VP_RECIPE_QWEN1,        /* the same in Qwen-1's words */
    VP_RECIPE_CHUNKED,      /* attention in chunks among layers that see everything (Llama 4) */
    VP_RECIPE_WINDOW_HEADS, /* attention, layers with a window have heads of their own */
    VP_RECIPE_LATENT,       /* multi-head latent attention */
    VP_RECIPE_BLOCKS, /* block_configs has an entry for each layer: its KV heads and its MLP (Nemotron-NAS) */
    VP_RECIPE_KINDS,  /* heads differ by the kind of layer, the last layers share keys and values (Gemma 4) */
    VP_RECIPE_ALTUP,  /* several streams through the layers (Gemma 3n) */
    VP_RECIPE_LOOPS,  /* attention layers that run several times (IQuest-LoopCoder, Ouro) */
    VP_RECIPE_MAMBA1, /* state-space and linear-attention layers; where they stand, says the hybrid rule */
    VP_RECIPE_MAMBA2,
    VP_RECIPE_GDN, /* gated delta net (Qwen3-Next, Qwen3.5) */
    VP_RECIPE_KDA, /* Kimi delta attention */
    VP_RECIPE_SHORT_CONV,
    VP_RECIPE_LIGHTNING,
} vp_recipe;

/** Sizes that some configs tell in words of their own: hf/config_dialects.c. */
typedef enum vp_dialect {
    VP_DIALECT_USUAL,
    VP_DIALECT_CHATGLM,     /* multi_query_group_num, kv_channels, padded_vocab_size */
    VP_DIALECT_FALCON,      /* multi_query, new_decoder_architecture, parallel_attn */
    VP_DIALECT_MPT,         /* attn_config, expansion_ratio, no_bias */
    VP_DIALECT_MULTI_QUERY, /* multi_query: one KV head (GPT-BigCode) */
    VP_DIALECT_OPT,         /* word_embed_proj_dim, norms that depend on do_layer_norm_before */
    VP_DIALECT_BERT,        /* an encoder with learned positions and token types */
    VP_DIALECT_MODERN_BERT, /* an encoder whose first layer has no norm before attention */
    VP_DIALECT_BAICHUAN,    /* rotary positions at a hidden size of 4096, else ALiBi */
    VP_DIALECT_WHISPER,     /* decoder_layers and the like beside those of an encoder */
    VP_DIALECT_BERT_ROPE,   /* an encoder with rotary positions (Nomic, GTE, Snowflake) */
} vp_dialect;

/** Where the layers with a state stand among those with attention. */
typedef enum vp_hybrid_rule {
    VP_HYBRID_TYPES,  /* layer_types or layers_block_type names the one or the other; without a list the
                         recipe's own rule: a period, a list of numbers */
    VP_HYBRID_NONE,   /* every layer has a state, none attention */
    VP_HYBRID_BOTH,   /* every layer has both, side by side */
    VP_HYBRID_SINGLE, /* a layer is a state, attention, an MLP or experts, with one norm (Nemotron-H) */
} vp_hybrid_rule;

/** Members of a config that the layers with a state go by. */
typedef struct vp_state_rules {
    vp_hybrid_rule hybrid;
    bool latent;          /* the attention among them is latent (MLA) */
    bool gated_attention; /* q of the attention carries a gate, unless attn_output_gate says no */
    const char *norms;    /* Mamba: a rule, norms inside of it */
    bool norms_made;      /* they have no weights in the files */
    bool multipliers;     /* a vector of factors beside in_proj */
    bool apart;      /* gated delta net: OLMo's, whose files have q, k and v apart, and A_log in the model's
                                 dtype */
    bool turned;     /* positions are turned into linear attention too */
    bool whole_rope; /* latent attention turns all of its part, whatever partial_rotary_factor says */
    bool own_scales; /* latent attention keeps three more scalars */
    const char
        *residuals; /* member with the layers of a block: attention over the residuals of earlier blocks */
    uint64_t residuals_from; /* first layer whose mixer has it */
    const char *cache_dtype; /* member with the dtype of the recurrent state's cache */
    bool cache_single;       /* float32 where the member is not there */
} vp_state_rules;

/** Norms on queries and keys. */
typedef enum vp_qk_norm {
    VP_QK_NORM_NONE,
    VP_QK_NORM_HEAD,  /* one vector of the head size, for all heads */
    VP_QK_NORM_HEADS, /* a vector for each head, divided with them */
    VP_QK_NORM_KEYS,  /* as HEAD, and that of the queries has no weight */
    VP_QK_NORM_WHOLE, /* over all heads, whole on every rank */
} vp_qk_norm;

typedef enum vp_norm_kind {
    VP_NORM_RMS,       /* a weight */
    VP_NORM_LAYER,     /* weight and bias */
    VP_NORM_NO_WEIGHT, /* nothing learned */
} vp_norm_kind;

/** Which norms a layer has. */
enum {
    VP_NORM_INPUT = 1,
    VP_NORM_POST = 2, /* behind attention, or before the MLP where there is no other */
    VP_NORM_PRE_FF = 4,
    VP_NORM_POST_FF = 8,
    VP_NORMS_TWO = VP_NORM_INPUT | VP_NORM_POST,
    VP_NORMS_FOUR = VP_NORMS_TWO | VP_NORM_PRE_FF | VP_NORM_POST_FF,
};

/** Which layers see a window only. */
typedef enum vp_window_rule {
    VP_WINDOW_ALL,    /* all layers, when sliding_window is set; none, when layer_types mixes kinds */
    VP_WINDOW_NONE,   /* sliding_window is not looked at */
    VP_WINDOW_SWITCH, /* all layers, when use_sliding_window is set; vLLM refuses some layers only */
    VP_WINDOW_TYPES,  /* layer_types names them; without it all layers */
    VP_WINDOW_BEYOND, /* the same, and a layer sees one token more than sliding_window (Cohere2) */
    VP_WINDOW_PAIRS,  /* window_sizes: what a layer sees before itself and behind; -1 = everything */
    VP_WINDOW_LIST, /* interleaved_sliding_window (or sliding_window) is a list, one entry a layer, repeated */
} vp_window_rule;

/** Where positions come from. */
typedef enum vp_position_rule {
    VP_POSITIONS_ROTARY,  /* tables of cosines and sines, one for all layers or one a kind of layer */
    VP_POSITIONS_ALIBI,   /* slopes, one float32 a head in every layer */
    VP_POSITIONS_LEARNED, /* an embedding, whole on every rank */
} vp_position_rule;

/** What stands behind the last norm: hf/config_heads.c. */
typedef enum vp_head_rule {
    VP_HEAD_WORDS, /* lm_head over the vocabulary */
    VP_HEAD_NONE,
    VP_HEAD_SCORE,         /* one float32 row a label (models/adapters.py:as_seq_cls_model) */
    VP_HEAD_BOTH,          /* lm_head and such rows (jamba.py:JambaForSequenceClassification) */
    VP_HEAD_SCORE_BIAS,    /* the same with a bias, never quantized */
    VP_HEAD_POOLED,        /* a dense float32 layer over the first token, then rows and bias */
    VP_HEAD_POOLED_SCORE,  /* the same, and quantization looks at the rows */
    VP_HEAD_REWARD,        /* qwen2_rm.py: two float32 layers, the second to the labels */
    VP_HEAD_REWARD_ONE,    /* the same with one label whatever num_labels says */
    VP_HEAD_VALUE,         /* internlm2.py: one float32 row, its inputs divided */
    VP_HEAD_MASKED,        /* bert.py:BertMLMHead: dense, norm, rows of the vocabulary that are not padded */
    VP_HEAD_MODERN_LABELS, /* modernbert.py: float32 dense and norm of the pooler, then the labels */
    VP_HEAD_MODERN_TOKENS, /* the same for each token: dense and norm in the model's dtype */
    VP_HEAD_M3,            /* roberta.py:BgeM3EmbeddingModel: a sparse row and a ColBERT matrix */
    VP_HEAD_PROJECTOR,     /* jina.py:JinaForRanking: two layers, to half and to embedding_size */
    VP_HEAD_COLBERT,       /* colbert.py:ColBERTMixin: a float32 matrix to colbert_dim or dim */
    VP_HEAD_LABELS,        /* voyage.py: rows of the model's dtype, one a label */
} vp_head_rule;

/** Small tensors that a class keeps besides: hf/config_extras.c. */
typedef enum vp_extra {
    VP_EXTRA_NONE,
    VP_EXTRA_EMBED_SCALE, /* one scalar that scales the embedding (Gemma) */
    VP_EXTRA_XIELU,       /* two learned and two fixed scalars of the activation, in every layer (Apertus) */
    VP_EXTRA_CAUSAL_MASK, /* a square of booleans over all positions (GPT-BigCode) */
    VP_EXTRA_EXIT_GATE,   /* one row that tells when to stop (Ouro) */
    VP_EXTRA_LOOP_GATES,  /* one gate projection a layer (IQuest-LoopCoder) */
} vp_extra;

/** How many experts all tokens pass through. */
typedef enum vp_shared_rule {
    VP_SHARED_NONE,
    VP_SHARED_COUNT, /* the key counts experts, of the size that shared_unit names, else of the routed size */
    VP_SHARED_SIZE,  /* the key is their intermediate size */
    VP_SHARED_TOTAL, /* shared_unit names the size of all of them; without it as VP_SHARED_COUNT */
} vp_shared_rule;

/** Which layers of a mixture model are dense. */
typedef enum vp_dense_rule {
    VP_DENSE_NONE,
    VP_DENSE_FIRST,      /* as many of the first as dense_key says; moe_layer_freq of the others */
    VP_DENSE_FIRST_THEN, /* the same, and moe_layer_freq counts from the first sparse layer */
    VP_DENSE_STEP,       /* all but each decoder_sparse_step-th, and those of mlp_only_layers */
    VP_DENSE_INTERLEAVE, /* all but each interleave_moe_layer_step-th; with a step of 0 all */
    VP_DENSE_RANGE,  /* those outside of moe_layer_start_index to _end_index, or not at moe_layer_interval */
    VP_DENSE_TYPES,  /* mlp_layer_types tells; without the list as VP_DENSE_FIRST */
    VP_DENSE_NAMED,  /* moe_layers_enum, "1,2,3", tells the others; without it as VP_DENSE_FIRST */
    VP_DENSE_FLAGS,  /* moe_layer_freq is a list of 0 and 1; without the list all or none: dense_first */
    VP_DENSE_PERIOD, /* all but those at expert_layer_offset of each expert_layer_period */
    VP_DENSE_SINGLE, /* a layer is an MLP, experts or neither: VP_HYBRID_SINGLE */
} vp_dense_rule;

/** Experts of a mixture model. `count` NULL: dense. */
typedef struct vp_expert_rules {
    const char *count, *size; /* config members, first that is there: "num_experts|num_local_experts" */
    const char *zero;         /* member that counts experts without weights, which the router sees too */
    const char *latent,
        *latent_norm; /* member with the width that the experts see; a rule: a norm of that width */
    vp_shared_rule shared;
    const char *shared_key, *shared_unit;
    uint64_t shared_usual; /* how many or large where the key is not there */
    bool shared_gate;
    bool own_loop; /* two parameters of the class itself, never quantized, divided by tp only */
    bool
        shared_whole; /* tensor, data and expert parallelism together: every rank has the shared experts whole */
    bool router_exact;  /* the router computes in float32 (force_fp32_compute) */
    bool router_linear; /* the router is a layer like others, quantized with them */
    const char *correction_bias, *router_bias, *bias; /* rules, see below; `bias`: of the experts */
    const char *float_router;                         /* a rule: the router stays in float32 */
    vp_dense_rule dense;
    const char *dense_key;  /* NULL: first_k_dense_replace */
    uint64_t dense_first;   /* how many are dense when dense_key is not there */
    const char *dense_size; /* intermediate size of dense layers; NULL: intermediate_size */
} vp_expert_rules;

enum { VP_MAX_TOWERS = 8 };

/** Rules for switches: NULL is never (also "-"), "!" always; else members of the config, "a|b" any of them is true,
 *  "a:b" the first of them that is there decides, and "a:!" is true when none is. "=member:text" is true when
 *  the member is that text, "~member:text" also when there is no such member. */
typedef struct vp_architecture {
    const char *name;       /* "Qwen2ForCausalLM" */
    const char *structure;  /* "dense decoder" */
    const char *scope;      /* where the decoder's part of the config is: "text_config"; NULL = the whole */
    const char *model_type; /* whose defaults count when that part names no model_type */
    vp_recipe recipe;
    vp_dialect dialect;
    vp_spelling spelling;
    const char *kv_heads; /* members that count KV heads; NULL = the usual ones, "" = as many as heads */
    bool even_heads;      /* heads share the hidden size, whatever head_dim says */
    uint32_t mlp_times;   /* intermediate size where the config names none: so many times the hidden size */
    const char *qkv_bias, *o_bias, *mlp_bias, *head_bias, *qk_norm_rule;
    vp_qk_norm qk_norm;
    const char *sinks; /* a rule: a learned sink for each head */
    const char *tied;
    vp_norm_kind norm;
    const char *norm_bias;        /* a rule: norms have a bias all the same */
    const char *norms_four;       /* a rule: four norms a layer instead */
    uint32_t norms;               /* VP_NORM_...; 0 = VP_NORMS_TWO */
    uint32_t attention_norms;     /* those of layers with attention among others; 0 = the same */
    bool embed_norm;              /* a norm on the embedding */
    bool ungated;                 /* the MLP has no gate */
    const char *gated;            /* a rule: it has one all the same */
    bool up_unbiased;             /* of the MLP's bias only that of `down` is there */
    bool mlp_apart;               /* gate and up are layers of their own */
    bool whole_mlp;               /* transformers' own class does not divide the MLP */
    bool every_stage;             /* every pipeline rank builds the embedding, the last norm and the head */
    bool every_embed, every_head; /* the same of the embedding alone; of the head alone */
    vp_window_rule windows;
    vp_position_rule positions;
    bool float_head;        /* the head is turned into float32 */
    const char *rotary;     /* a rule: positions are turned into attention; NULL: always */
    double rotary_part;     /* part of a head that is turned where nothing says it; 0 = all of it */
    const char *local_base; /* rope_theta of sliding layers, which have a table of their own; "" = the same */
    uint32_t passes;        /* how often the layers run where the config does not say */
    bool capped_rope;       /* the table is no longer than max_model_len */
    bool float_rope;        /* the table stays in float32 */
    const char *encoder;    /* a rule: every token sees all others, no KV cache */
    vp_head_rule head;
    vp_extra extra;
    bool float_sinks;                     /* sinks are float32 */
    const char *head_gate, *element_gate; /* rules: what attention gives is weighed, by head or by element */
    bool unfolded;   /* latent attention that caches the keys and values of every head (MiniCPM3) */
    bool split_a;    /* latent attention: q_a_proj and kv_a_proj are layers of their own */
    bool uncompiled; /* not compiled by torch: vLLM's own operators run, from 0.29 on */
    vp_state_rules state;
    vp_expert_rules experts;
    /* A model around a decoder that has a row of its own: that row's name; "*" takes the one that the decoder's
     * part of the config names in `architectures`, or by its model_type. What is said above comes from there. */
    const char *text;
    const char *image_prefix; /* a rule: the tokens of an image see each other both ways (is_mm_prefix_lm) */
    bool mxfp4_experts; /* compressed-tensors of format mxfp4-pack-quantized is taken for mxfp4: experts alone
                             * (models/config.py:KimiK3ForConditionalGenerationConfig) */
    bool
        counted_positions; /* images take no more positions than tokens: qwen3_vl.py:mrope_positions_factor */
    vp_tower_kind towers[VP_MAX_TOWERS]; /* those whose rule holds; VP_TOWER_NONE ends the list */
    vp_release since, until;             /* the releases that have it */
    vp_release backed;                   /* since then vLLM runs transformers' own class for it; 0 = never */
    const char *source;
} vp_architecture;

/** Whether a release runs transformers' own class for it: it was given over to that, or vLLM has none yet
 *  (models/registry.py:_try_resolve_transformers). */
bool vp_architecture_backed(const vp_architecture *row, vp_release release);
size_t vp_architecture_count(void);
const vp_architecture *vp_architecture_at(size_t index);
const vp_architecture *vp_architecture_find(vp_str name);
/** A class that vLLM makes of another one by the ending of its name: "LlamaForSequenceClassification" is
 *  LlamaForCausalLM with a score head. NULL when there is no such one; *head gets what it has instead. */
const vp_architecture *vp_architecture_convert(vp_str name, vp_head_rule *head);

#endif
