/* SPDX-License-Identifier: Apache-2.0 */
/* Models with states. Sizes on ranks are those of vLLM 0.33.0's own classes, built with these sizes. */
#include "../support/t_built.h"

static uint64_t layers_of(vp_module_key key)
{
    const vp_group *found = group(key);
    return found ? vp_layers_count(&found->layers) : 0;
}

#define FALCON_H1                                                                                            \
    "{\"architectures\":[\"FalconH1ForCausalLM\"],\"model_type\":\"falcon_h1\",\"hidden_size\":1536,"        \
    "\"num_hidden_layers\":4,\"num_attention_heads\":24,\"num_key_value_heads\":4,\"intermediate_size\":"    \
    "4352,"                                                                                                  \
    "\"vocab_size\":32064,\"mamba_d_ssm\":1024,\"mamba_n_heads\":128,\"mamba_d_head\":8,\"mamba_n_groups\":" \
    "1,"                                                                                                     \
    "\"mamba_d_state\":256,\"mamba_d_conv\":4,\"mamba_rms_norm\":false}"

static void a_single_group_stands_on_every_rank(void **state)
{
    (void)state;
    build(FALCON_H1);
    t_u64(out(VP_MODULE_STATE_IN, 1), 2688); /* 2 x 1024 + 2 x 256 + 128 */
    t_u64(out(VP_MODULE_STATE_IN, 2), 1600);
    t_u64(out(VP_MODULE_STATE_IN, 8), 784);
    t_u64(out(VP_MODULE_STATE_CONV, 1), 1536);
    t_u64(out(VP_MODULE_STATE_CONV, 2), 1024);
    t_u64(out(VP_MODULE_STATE_CONV, 8), 640);
    t_u64(out(VP_MODULE_STATE_MULTIPLIERS, 2), 1600);
    assert_false(vp_group_is_stored(group(VP_MODULE_STATE_MULTIPLIERS)));
    assert_null(group(VP_MODULE_STATE_NORM)); /* mamba_rms_norm is off */
    t_u64(layers_of(VP_MODULE_QKV_PROJ), 4);  /* both in every layer */
    t_u64(layers_of(VP_MODULE_STATE_IN), 4);
}

#define NEMOTRON(layers)                                                                                     \
    "{\"architectures\":[\"NemotronHForCausalLM\"],\"model_type\":\"nemotron_h\",\"hidden_size\":1536,"      \
    "\"num_attention_heads\":24,\"num_key_value_heads\":4,\"head_dim\":96,\"vocab_size\":32064,"             \
    "\"intermediate_size\":4352,\"mamba_num_heads\":128,\"mamba_head_dim\":64,\"n_groups\":8,"               \
    "\"ssm_state_size\":128,\"n_routed_experts\":8,\"moe_intermediate_size\":896," layers "}"

static void a_layer_may_be_one_thing(void **state)
{
    (void)state;
    static const char *const both[] = {
        NEMOTRON("\"hybrid_override_pattern\":\"MEM*-M\",\"num_hidden_layers\":99"),
        NEMOTRON("\"layers_block_type\":[\"mamba\",\"moe\",\"mamba\",\"attention\",\"mlp\",\"linear_"
                 "attention\"]")};
    for (size_t i = 0; i < 2; i++) {
        build(both[i]);
        t_u64(facts.model.layers, 6);
        t_u64(layers_of(VP_MODULE_STATE_IN), 3);
        t_u64(layers_of(VP_MODULE_QKV_PROJ), 1);
        t_u64(layers_of(VP_MODULE_EXPERTS_UP), 1);
        t_u64(layers_of(VP_MODULE_UP_PROJ), 1);
        t_u64(layers_of(VP_MODULE_INPUT_NORM), 6);
        t_u64(layers_of(VP_MODULE_POST_NORM), 0);
        t_u64(out(VP_MODULE_STATE_IN, 1), 18560); /* 2 x 8192 + 2 x 8 x 128 + 128 */
        t_u64(out(VP_MODULE_STATE_IN, 8), 2320);
        t_u64(attention.count, 2);
        t_u64(attention.entries[0].kind, VP_ATTENTION_STATE);
        t_u64(attention.entries[0].states[1].dtype, VP_DTYPE_FLOAT32); /* unless the config says otherwise */
        t_u64(facts.model.rope_count, 0);
    }
    assert_false(read_config(NEMOTRON("\"hybrid_override_pattern\":\"MX\"")));
    t_text(error.path, "config.json/hybrid_override_pattern");
    assert_false(read_config(NEMOTRON("\"num_hidden_layers\":4")));
    t_text(error.path, "config.json/hybrid_override_pattern");
}

#define KIMI(own)                                                                                            \
    "{\"architectures\":[\"KimiLinearForCausalLM\"],\"model_type\":\"kimi_linear\",\"hidden_size\":7168,"    \
    "\"num_hidden_layers\":4,\"num_attention_heads\":96,\"intermediate_size\":4352,\"vocab_size\":32064,"    \
    "\"q_lora_rank\":1536,\"kv_lora_rank\":512,\"qk_nope_head_dim\":128,\"qk_rope_head_dim\":64,"            \
    "\"v_head_dim\":128,\"mla_use_nope\":true,\"linear_attn_config\":{\"kda_layers\":[1,2,3],"               \
    "\"full_attn_layers\":[4],\"num_heads\":96,\"head_dim\":128,\"short_conv_kernel_size\":4" own "}}"

static void delta_attention_keeps_one_part_whole(void **state)
{
    (void)state;
    build(KIMI(""));
    t_u64(out(VP_MODULE_STATE_IN, 1), 37088); /* 3 x 12288 + 96 + 128 */
    t_u64(out(VP_MODULE_STATE_IN, 2), 18608); /* 3 x 6144 + 48 + 128 */
    assert_non_null(group(VP_MODULE_STATE_GATE_A));
    assert_true(vp_layers_has(&group(VP_MODULE_STATE_IN)->layers, 0)); /* the list counts from 1 */
    assert_false(vp_layers_has(&group(VP_MODULE_STATE_IN)->layers, 3));
    t_u64(attention.entries[0].states[1].dtype, VP_DTYPE_FLOAT32);
    build(KIMI(",\"use_full_rank_gate\":true")); /* Kimi-K3 */
    t_u64(out(VP_MODULE_STATE_IN, 1), 49376);    /* 4 x 12288 + 128 + 96 */
    t_u64(out(VP_MODULE_STATE_IN, 2), 24752);
    t_u64(out(VP_MODULE_STATE_IN, 4), 12448); /* 12288 + 128 + 24 = 12440, padded to 16 */
    assert_null(group(VP_MODULE_STATE_GATE_A));
}

static void a_convolution_adjusts_the_mlp(void **state)
{
    (void)state;
    /* LFM2-1.2B: two thirds of 12288 */
    build("{\"architectures\":[\"Lfm2ForCausalLM\"],\"model_type\":\"lfm2\",\"hidden_size\":2048,"
          "\"num_hidden_layers\":3,\"num_attention_heads\":32,\"num_key_value_heads\":8,\"vocab_size\":65536,"
          "\"block_ff_dim\":12288,\"block_auto_adjust_ff_dim\":true,\"block_ffn_dim_multiplier\":1.0,"
          "\"block_multiple_of\":256,\"full_attn_idxs\":[1]}");
    t_u64(out(VP_MODULE_GATE_UP_PROJ, 1), 16384);
    t_u64(layers_of(VP_MODULE_QKV_PROJ), 1);
    t_u64(layers_of(VP_MODULE_STATE_CONV), 2);
    assert_true(facts.model.tied);
}

static void states_alone_need_no_heads(void **state)
{
    (void)state;
    build("{\"architectures\":[\"FalconMambaForCausalLM\"],\"model_type\":\"falcon_mamba\",\"hidden_size\":"
          "1536,"
          "\"num_hidden_layers\":4,\"vocab_size\":32064,\"intermediate_size\":4352,\"state_size\":16}");
    t_u64(facts.model.context, 2048);
    t_u64(out(VP_MODULE_MAMBA1_X, 2), 128); /* 96 + 2 x 16: the rank of the time step is 1536 / 16 */
    t_u64(out(VP_MODULE_STATE_A, 8), 544);
    t_u64(layers_of(VP_MODULE_GATE_UP_PROJ), 0);
    assert_false(vp_group_is_stored(group(VP_MODULE_MAMBA1_DT_NORM)));
    t_u64(attention.count, 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_single_group_stands_on_every_rank),
        cmocka_unit_test(a_layer_may_be_one_thing),
        cmocka_unit_test(delta_attention_keeps_one_part_whole),
        cmocka_unit_test(a_convolution_adjusts_the_mlp),
        cmocka_unit_test(states_alone_need_no_heads),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
