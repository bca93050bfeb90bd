/* SPDX-License-Identifier: Apache-2.0 */
/* Which layers a quantization config packs. Expectations: is_layer_skipped, should_ignore_layer,
 * find_matched_target and is_layer_excluded of vLLM 0.33.0, read by hand. */
#include "../support/t_assert.h"
#include "core/inventory.h"
#include "hf/hf.h"

#define QWEN3(block)                                                                                         \
    "{\"architectures\":[\"Qwen3ForCausalLM\"],\"hidden_size\":1024,\"intermediate_size\":3072,"             \
    "\"num_hidden_layers\":4,\"num_attention_heads\":16,\"num_key_value_heads\":8,\"head_dim\":128,"         \
    "\"vocab_size\":151936,\"max_position_embeddings\":40960,\"torch_dtype\":\"bfloat16\","                  \
    "\"tie_word_embeddings\":false,\"quantization_config\":" block "}"

static vp_facts facts;
static vp_inventory inventory;

static void read(const char *config)
{
    vp_error error;
    vp_error_start(&error);
    if (!vp_hf_config(vp_str_from(config), "/c", &facts, &error) ||
        !vp_inventory_from_structure(&facts.model, &facts.structure, &inventory, &error))
        fail_msg("%s: %s", error.path, error.message);
}

/** The layers of a module that are stored as scheme `scheme` (from 1 on; 0: not packed), as bits. */
static uint64_t layers_of(vp_module_key key, uint32_t scheme)
{
    uint64_t bits = 0;
    for (uint32_t i = 0; i < inventory.count; i++) {
        const vp_group *group = &inventory.groups[i];
        if (group->module->key != key || group->scheme != scheme) continue;
        bits |= vp_layers_empty(&group->layers) ? 1 : group->layers.bits[0];
    }
    return bits;
}

static const vp_scheme *scheme(uint32_t number) { return &facts.model.stored.schemes[number - 1]; }

static void fp8_leaves_out_whole_names(void **state)
{
    (void)state;
    read(QWEN3("{\"quant_method\":\"fp8\",\"activation_scheme\":\"dynamic\",\"weight_block_size\":[128,128],"
               "\"modules_to_not_convert\":[\"lm_head\",\"model.layers.1.mlp.down_proj\",\"mlp\","
               "\"model.layers.2.self_attn.q_proj\",\"model.layers.2.self_attn.k_proj\","
               "\"model.layers.2.self_attn.v_proj\"]}"));
    assert_true(facts.model.stored.computed && facts.model.stored.kv_scales);
    t_u64(scheme(1)->packing, VP_PACKING_FP8_BLOCK);
    t_u64(layers_of(VP_MODULE_DOWN_PROJ, 1), 0xD);
    t_u64(layers_of(VP_MODULE_DOWN_PROJ, 0), 0x2);
    t_u64(layers_of(VP_MODULE_QKV_PROJ, 1), 0xB);
    t_u64(layers_of(VP_MODULE_GATE_UP_PROJ, 1), 0xF); /* "mlp" is no whole name */
    t_u64(layers_of(VP_MODULE_LM_HEAD, 0), 1);
    assert_false(facts.structure.stored_shards_differ);
}

static void parts_of_a_fused_layer_agree(void **state)
{
    (void)state;
    read(
        QWEN3("{\"quant_method\":\"fp8\",\"modules_to_not_convert\":[\"model.layers.2.self_attn.q_proj\"]}"));
    assert_true(facts.structure.stored_shards_differ);
}

static void awq_leaves_out_what_a_name_contains(void **state)
{
    (void)state;
    read(QWEN3("{\"quant_method\":\"awq\",\"bits\":4,\"group_size\":128,\"zero_point\":true,"
               "\"modules_to_not_convert\":[\"layers.1\",\"o_proj\"]}"));
    t_u64(layers_of(VP_MODULE_O_PROJ, 0), 0xF);
    t_u64(layers_of(VP_MODULE_QKV_PROJ, 1), 0xD);
    t_u64(layers_of(VP_MODULE_LM_HEAD, 0), 1);
    assert_true(scheme(1)->form == VP_FORM_AWQ && scheme(1)->zero_points && scheme(1)->group == 128);
    assert_false(facts.model.stored.kv_scales);
}

static void gptq_takes_the_first_rule(void **state)
{
    (void)state;
    read(QWEN3(
        "{\"quant_method\":\"gptq\",\"bits\":4,\"group_size\":128,\"desc_act\":false,\"sym\":true,"
        "\"lm_head\":true,\"dynamic\":{\"-:.*down_proj\":{},\"+:.*layers\\\\.[01]\\\\..*\":{\"bits\":8}}}"));
    t_u64(layers_of(VP_MODULE_DOWN_PROJ, 0), 0xF);
    t_u64(layers_of(VP_MODULE_QKV_PROJ, 1), 0x3);
    t_u64(layers_of(VP_MODULE_QKV_PROJ, 2), 0xC);
    t_u64(scheme(1)->bits, 8);
    t_u64(scheme(2)->bits, 4);
    t_u64(layers_of(VP_MODULE_LM_HEAD, 2), 1);
}

static void compressed_tensors_has_targets(void **state)
{
    (void)state;
    read(QWEN3(
        "{\"quant_method\":\"compressed-tensors\",\"format\":\"pack-quantized\","
        "\"ignore\":[\"lm_head\",\"re:.*layers\\\\.3\\\\..*\"],\"kv_cache_scheme\":{\"num_bits\":8},"
        "\"config_groups\":{\"a\":{\"targets\":[\"re:.*self_attn.*\"],\"format\":\"float-quantized\","
        "\"weights\":{\"num_bits\":8,\"type\":\"float\",\"strategy\":\"channel\"},"
        "\"input_activations\":{\"num_bits\":8,\"type\":\"float\",\"strategy\":\"token\",\"dynamic\":true}},"
        "\"b\":{\"targets\":[\"Linear\"],\"weights\":{\"num_bits\":4,\"type\":\"int\","
        "\"strategy\":\"group\",\"group_size\":64,\"symmetric\":false}}}}"));
    t_u64(layers_of(VP_MODULE_QKV_PROJ, 1), 0x7);
    t_u64(layers_of(VP_MODULE_GATE_UP_PROJ, 2), 0x7);
    t_u64(layers_of(VP_MODULE_GATE_UP_PROJ, 0), 0x8);
    t_u64(scheme(1)->packing, VP_PACKING_FP8_CHANNEL);
    assert_true(scheme(2)->packing == VP_PACKING_INT && scheme(2)->zero_points && scheme(2)->group == 64);
    t_text(facts.model.stored.kv_dtype, "fp8");
}

static void modelopt_leaves_out_wildcards(void **state)
{
    (void)state;
    read(QWEN3(
        "{\"quant_method\":\"modelopt\",\"quant_algo\":\"NVFP4\",\"kv_cache_scheme\":{\"dynamic\":false,"
        "\"num_bits\":8,\"type\":\"float\"},\"ignore\":[\"model.layers.0*\",\"*.mlp.gate_proj\","
        "\"*.mlp.up_proj\"]}"));
    t_text(facts.model.stored.method, "modelopt_fp4");
    t_text(facts.model.stored.kv_dtype, "fp8_e4m3");
    t_u64(layers_of(VP_MODULE_QKV_PROJ, 1), 0xE);
    t_u64(layers_of(VP_MODULE_GATE_UP_PROJ, 0), 0xF);
    t_u64(layers_of(VP_MODULE_LM_HEAD, 1), 1); /* nothing leaves it out */
}

static void modelopt_mixes_by_layer(void **state)
{
    (void)state;
    read(QWEN3("{\"quant_method\":\"modelopt\",\"quant_algo\":\"MIXED_PRECISION\",\"quantized_layers\":{"
               "\"model.layers.0.self_attn.q_proj\":{\"quant_algo\":\"FP8\"},"
               "\"model.layers.0.self_attn.k_proj\":{\"quant_algo\":\"FP8\"},"
               "\"model.layers.0.self_attn.v_proj\":{\"quant_algo\":\"FP8\"},"
               "\"model.layers.2.mlp.down_proj\":{\"quant_algo\":\"W4A16_NVFP4\",\"group_size\":16}}}"));
    t_text(facts.model.stored.method, "modelopt_mixed");
    t_u64(layers_of(VP_MODULE_QKV_PROJ, 0), 0xE);
    t_u64(layers_of(VP_MODULE_DOWN_PROJ, 0), 0xB);
    for (uint32_t i = 1; i <= facts.model.stored.scheme_count; i++) {
        if (layers_of(VP_MODULE_QKV_PROJ, i) == 1) t_u64(scheme(i)->packing, VP_PACKING_FP8_TENSOR);
        if (layers_of(VP_MODULE_DOWN_PROJ, i) == 4) assert_true(scheme(i)->weight_only);
    }
    assert_false(facts.model.stored.kv_scales);
}

static void what_is_not_understood_is_not_computed(void **state)
{
    (void)state;
    read(QWEN3(
        "{\"quant_method\":\"compressed-tensors\",\"ignore\":[\"re:(?!x).*\"],\"config_groups\":{\"a\":{"
        "\"targets\":[\"Linear\"],\"format\":\"int-quantized\",\"weights\":{\"num_bits\":8,\"type\":\"int\","
        "\"strategy\":\"channel\"},\"input_activations\":{\"num_bits\":8,\"type\":\"int\",\"strategy\":"
        "\"token\",\"dynamic\":true}}}}"));
    assert_false(facts.model.stored.computed);
    read(QWEN3("{\"quant_method\":\"torchao\"}"));
    assert_false(facts.model.stored.computed);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(fp8_leaves_out_whole_names),
        cmocka_unit_test(parts_of_a_fused_layer_agree),
        cmocka_unit_test(awq_leaves_out_what_a_name_contains),
        cmocka_unit_test(gptq_takes_the_first_rule),
        cmocka_unit_test(compressed_tensors_has_targets),
        cmocka_unit_test(modelopt_leaves_out_wildcards),
        cmocka_unit_test(modelopt_mixes_by_layer),
        cmocka_unit_test(what_is_not_understood_is_not_computed),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
