/* SPDX-License-Identifier: Apache-2.0 */
/* Experts and latent attention. Bytes are those of vLLM 0.33.0's own classes on these sizes, or the arithmetic
 * of the comment beside them. */
#include "../support/t_hf.h"

#include "core/inventory.h"
#include "core/weights.h"

static vp_inventory inventory;

static vp_weights_case build(const char *config)
{
    must_read(config);
    assert_false(has_finding("config_dtype_unknown"));
    assert_true(vp_inventory_from_structure(&facts.model, &facts.structure, &inventory, &error));
    return (vp_weights_case){.model = &facts.model,
                             .inventory = &inventory,
                             .release = VP_RELEASE(0, 33, 0),
                             .packing = VP_PACKING_NOTHING,
                             .dtype = VP_DTYPE_BFLOAT16,
                             .capability = 90,
                             .multiprocessors = 132,
                             .tp = 1,
                             .pp = 1};
}

/** The config is refused, and the message names the member. */
static void must_fail(const char *config, const char *member)
{
    assert_false(read_config(config));
    t_contains(error.message, member);
}

static uint64_t bytes_of(const vp_weights_case *c)
{
    vp_weights w;
    vp_weights_of_rank(c, 0, &w);
    return w.bytes;
}

/** Layers with experts, as digits: "0111". */
static void sparse_layers(char text[16])
{
    uint64_t layers = facts.structure.layers;
    memset(text, '0', 16);
    text[layers] = '\0';
    for (uint32_t i = 0; i < facts.structure.ffn_count; i++)
        for (uint64_t layer = 0; facts.structure.ffns[i].experts > 0 && layer < layers; layer++)
            if (vp_layers_has(&facts.structure.ffns[i].layers, layer)) text[layer] = '1';
}

#define SIX_LAYERS                                                                                           \
    "\"hidden_size\":256,\"num_hidden_layers\":6,\"num_attention_heads\":4,\"num_key_value_heads\":2,"       \
    "\"intermediate_size\":512,\"moe_intermediate_size\":128,\"vocab_size\":1024,"                           \
    "\"max_position_embeddings\":64,\"torch_dtype\":\"bfloat16\""

static void every_way_of_naming_sparse_layers(void **state)
{
    (void)state;
    static const struct {
        const char *config, *layers;
    } cases[] = {
        {"{\"architectures\":[\"Qwen3MoeForCausalLM\"],\"model_type\":\"qwen3_moe\",\"num_experts\":4,"
         "\"num_experts_per_tok\":2,\"decoder_sparse_step\":2,\"mlp_only_layers\":[3]," SIX_LAYERS "}",
         "010001"},
        {"{\"architectures\":[\"Glm4MoeForCausalLM\"],\"model_type\":\"glm4_moe\",\"n_routed_experts\":4,"
         "\"num_experts_per_tok\":2,\"n_shared_experts\":1,\"first_k_dense_replace\":2," SIX_LAYERS "}",
         "001111"},
        {"{\"architectures\":[\"DeepseekForCausalLM\"],\"model_type\":\"deepseek\",\"n_routed_experts\":4,"
         "\"num_experts_per_tok\":2,\"n_shared_experts\":1,\"first_k_dense_replace\":1,"
         "\"moe_layer_freq\":2," SIX_LAYERS "}",
         "001010"},
        {"{\"architectures\":[\"Llama4ForCausalLM\"],\"model_type\":\"llama4_text\",\"num_local_experts\":4,"
         "\"num_experts_per_tok\":1,\"interleave_moe_layer_step\":3,\"intermediate_size_mlp\":"
         "1024," SIX_LAYERS "}",
         "001001"},
        {"{\"architectures\":[\"Ernie4_5_MoeForCausalLM\"],\"model_type\":\"ernie4_5_moe\","
         "\"moe_num_experts\":4,\"moe_k\":2,\"moe_layer_start_index\":1,\"moe_layer_end_index\":4,"
         "\"moe_layer_interval\":2," SIX_LAYERS "}",
         "010100"},
        {"{\"architectures\":[\"ExaoneMoeForCausalLM\"],\"model_type\":\"exaone_moe\",\"num_experts\":4,"
         "\"num_experts_per_tok\":2,\"mlp_layer_types\":[\"dense\",\"sparse\",\"dense\",\"sparse\","
         "\"sparse\",\"sparse\"]," SIX_LAYERS "}",
         "010111"},
        {"{\"architectures\":[\"Step3p5ForCausalLM\"],\"model_type\":\"remote\",\"moe_num_experts\":4,"
         "\"moe_top_k\":2,\"share_expert_dim\":128,\"head_dim\":64,\"moe_layers_enum\":\"2, 3,5\"," SIX_LAYERS
         "}",
         "001101"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        char layers[16];
        build(cases[i].config);
        sparse_layers(layers);
        assert_string_equal(layers, cases[i].layers);
    }
}

static void damaged_lists_are_refused_by_name(void **state)
{
    (void)state;
    must_fail("{\"architectures\":[\"Qwen3MoeForCausalLM\"],\"model_type\":\"qwen3_moe\",\"num_experts\":4,"
              "\"num_experts_per_tok\":2,\"mlp_only_layers\":7," SIX_LAYERS "}",
              "mlp_only_layers");
    must_fail(
        "{\"architectures\":[\"Step3p5ForCausalLM\"],\"model_type\":\"remote\",\"moe_num_experts\":4,"
        "\"moe_top_k\":2,\"share_expert_dim\":128,\"head_dim\":64,\"moe_layers_enum\":\"1,x\"," SIX_LAYERS
        "}",
        "moe_layers_enum");
}

/* hidden 256, two experts of 128: 128 x 256 x 2 x 3 bytes each are 196608 for one shared expert */
#define SHARED                                                                                               \
    "{\"architectures\":[\"DeepseekForCausalLM\"],\"model_type\":\"deepseek\",\"n_routed_experts\":4,"       \
    "\"num_experts_per_tok\":2,\"n_shared_experts\":1,\"first_k_dense_replace\":5," SIX_LAYERS "}"

static void shared_experts_are_whole_beside_experts_of_all_ranks(void **state)
{
    (void)state;
    vp_weights_case c = build(SHARED);
    c.tp = 2;
    c.expert_tp = c.expert_ranks = 2;
    uint64_t divided = bytes_of(&c);
    c.expert_tp = c.expert_ranks = 4; /* two data-parallel replicas: one expert a rank in place of two */
    t_u64(divided - bytes_of(&c), 196608 - 98304);
}

#define SPARSE                                                                                               \
    "{\"architectures\":[\"GlmMoeDsaForCausalLM\"],\"model_type\":\"glm_moe_dsa\",\"num_hidden_layers\":78," \
    "\"hidden_size\":6144,\"num_attention_heads\":64,\"num_key_value_heads\":64,\"intermediate_size\":"      \
    "12288,"                                                                                                 \
    "\"moe_intermediate_size\":2048,\"n_routed_experts\":256,\"n_shared_experts\":1,"                        \
    "\"num_experts_per_tok\":8,\"first_k_dense_replace\":3,\"topk_method\":\"noaux_tc\","                    \
    "\"q_lora_rank\":2048,\"kv_lora_rank\":512,\"qk_nope_head_dim\":192,\"qk_rope_head_dim\":64,"            \
    "\"v_head_dim\":256,\"index_head_dim\":128,\"index_n_heads\":32,\"index_topk\":2048,"                    \
    "\"indexer_rope_interleave\":true,\"max_position_embeddings\":202752,\"vocab_size\":154880,"             \
    "\"torch_dtype\":\"bfloat16\",\"rope_parameters\":{\"rope_theta\":1000000,\"rope_type\":\"default\"}"

static void chosen_tokens_take_buffers_of_the_batch(void **state)
{
    (void)state;
    vp_weights_case c = build(SPARSE "}");
    uint64_t without = bytes_of(&c);
    c.batched_tokens = 8192;
    c.max_seqs = 1024;
    /* one of 8192 x 2048; for each of 78 indexers 1025 x 2048 and 1025; in each layer 8193 numbers: int32 */
    t_u64(bytes_of(&c) - without, UINT64_C(4) * (8192 * 2048 + 78 * (1025 * 2048 + 1025) + 78 * 8193));
    c = build(SPARSE ",\"index_topk_freq\":4,\"index_skip_topk_offset\":3}");
    without = bytes_of(&c);
    c.batched_tokens = 8192;
    c.max_seqs = 1024;
    /* layers 0, 1, 2, 6, 10 ... 74 choose: 21 of them */
    t_u64(bytes_of(&c) - without, UINT64_C(4) * (8192 * 2048 + 21 * (1025 * 2048 + 1025) + 78 * 8193));
}

#define LATENT                                                                                               \
    "{\"architectures\":[\"DeepseekV2ForCausalLM\"],\"model_type\":\"deepseek_v2\",\"hidden_size\":2048,"    \
    "\"num_hidden_layers\":27,\"num_attention_heads\":16,\"num_key_value_heads\":16,\"q_lora_rank\":null,"   \
    "\"kv_lora_rank\":512,\"qk_nope_head_dim\":128,\"qk_rope_head_dim\":64,\"v_head_dim\":128,"              \
    "\"intermediate_size\":10944,\"moe_intermediate_size\":1408,\"n_routed_experts\":64,"                    \
    "\"n_shared_experts\":2,\"num_experts_per_tok\":6,\"first_k_dense_replace\":1,\"vocab_size\":102400,"    \
    "\"max_position_embeddings\":163840,\"torch_dtype\":\"bfloat16\",\"rope_theta\":10000,"                  \
    "\"rope_scaling\":{\"type\":\"yarn\",\"factor\":40,\"original_max_position_embeddings\":4096}}"

static void deepseek_v2_lite_is_vllms_to_the_byte(void **state)
{
    (void)state;
    vp_weights_case c = build(LATENT);
    t_u64(bytes_of(&c), UINT64_C(31433940400));
    c.packing = VP_PACKING_FP8_TENSOR; /* with 16-bit copies of kv_b_proj: 27 x 512 x 4096 x 2 = 113246208 */
    t_u64(bytes_of(&c), UINT64_C(16263681080));
    c.packing = VP_PACKING_NOTHING;
    c.own_operators = true; /* 163840 rows of 64 in float32 in place of 16 bit */
    t_u64(bytes_of(&c), UINT64_C(31433940400) + UINT64_C(163840) * 64 * 2);
    c.own_operators = false;
    c.tp = 2;
    c.expert_tp = 2;
    uint64_t split = bytes_of(&c);
    c.tp = 4;
    c.expert_tp = 4;
    t_u64(bytes_of(&c), UINT64_C(7927291312));
    assert_true(split > UINT64_C(7927291312));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_way_of_naming_sparse_layers),
        cmocka_unit_test(damaged_lists_are_refused_by_name),
        cmocka_unit_test(shared_experts_are_whole_beside_experts_of_all_ranks),
        cmocka_unit_test(chosen_tokens_take_buffers_of_the_batch),
        cmocka_unit_test(deepseek_v2_lite_is_vllms_to_the_byte),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
