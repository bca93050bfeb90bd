/* SPDX-License-Identifier: Apache-2.0 */
/* Defaults of config classes. Expectations are read in the classes' own text: transformers 5.20.2,
 * models/NAME/configuration_NAME.py unless a row says otherwise, vllm 0.33.0 for what vLLM registers. */
#include "hf/config_class_defaults.h"

#include "../support/t_assert.h"

static vp_class_default get(const char *model_type, const char *key)
{
    vp_class_default out;
    if (!vp_class_default_find(vp_str_from(model_type), key, &out)) {
        print_error("%s has no %s\n", model_type, key);
        fail();
    }
    return out;
}

static bool same(vp_str got, const char *want)
{
    if (vp_str_equal(got, want)) return true;
    print_error("got \"%.*s\", want \"%s\"\n", (int)got.length, got.at, want);
    return false;
}

static void numbers_are_the_classes_own(void **state)
{
    (void)state;
    static const struct {
        const char *model_type, *key;
        int64_t want;
    } rows[] = {
        {"mistral", "max_position_embeddings", 131072}, /* MistralConfig: 4096 * 32 */
        {"mistral", "num_key_value_heads", 8},
        {"mistral", "sliding_window", 4096},
        {"qwen3", "head_dim", 128},        /* Qwen3Config: int, not None */
        {"qwen3", "sliding_window", 4096}, /* before use_sliding_window is asked */
        {"llama4_text", "num_local_experts", 16},
        {"modernbert", "global_attn_every_n_layers", 3},  /* kwargs.get() in ModernBertConfig.__post_init__ */
        {"DbrxAttentionConfig", "kv_n_heads", 1},         /* a class without a model_type */
        {"kimi_linear", "vocab_size", 163840},            /* vllm/transformers_utils/configs/kimi_linear.py */
        {"llava", "vision_config.num_hidden_layers", 24}, /* LlavaConfig: init_kwargs of vision_config */
        {"llava", "vision_feature_layer", -2},
        {"dots3_note", "n_group",
         1}, /* vllm/transformers_utils/configs/dots3_note.py over DeepseekV3Config's 8 */
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        vp_class_default got = get(rows[i].model_type, rows[i].key);
        t_u64_case(rows[i].key, got.kind, VP_CLASS_INTEGER);
        t_u64_case(rows[i].key, (uint64_t)got.integer, (uint64_t)rows[i].want);
    }
}

static void switches_numbers_and_nulls(void **state)
{
    (void)state;
    assert_true(get("gpt2", "tie_word_embeddings").on); /* GPT2Config: tie_word_embeddings = True */
    vp_class_default off = get("mistral", "tie_word_embeddings");
    t_u64(off.kind, VP_CLASS_SWITCH);
    assert_false(off.on);
    vp_class_default number =
        get("llama4_text", "rope_theta"); /* Llama4TextConfig.default_theta = 500000.0 */
    t_u64(number.kind, VP_CLASS_NUMBER);
    assert_true(number.number == 500000.0);
    assert_true(get("glm", "partial_rotary_factor").number ==
                0.5);                                  /* GlmConfig: kwargs.setdefault(..., 0.5) */
    t_u64(get("gpt2", "n_inner").kind, VP_CLASS_NULL); /* GPT2Config: n_inner = None */
    assert_true(same(get("jamba", "mamba_dt_rank").text, "auto")); /* JambaConfig */
}

static void null_is_not_absent(void **state)
{
    (void)state;
    vp_class_default out;
    vp_str qwen3 = vp_str_from("qwen3"), gpt2 = vp_str_from("gpt2");
    /* Qwen3Config: 32 when absent; __post_init__ fills null with num_attention_heads */
    t_u64((uint64_t)get("qwen3", "num_key_value_heads").integer, 32);
    assert_true(vp_class_default_of_null(qwen3, "num_key_value_heads", &out));
    t_u64(out.kind, VP_CLASS_MEMBER);
    assert_true(same(out.text, "num_attention_heads") && same(out.other, ""));
    assert_false(vp_class_default_of_null(qwen3, "hidden_size", &out));
    assert_false(vp_class_default_of_null(gpt2, "n_inner", &out));
    /* MistralConfig: head_dim = None, filled with hidden_size // num_attention_heads */
    vp_class_default head = get("mistral", "head_dim");
    t_u64(head.kind, VP_CLASS_MEMBER);
    assert_true(same(head.text, "hidden_size") && same(head.other, "num_attention_heads"));
    assert_true(vp_class_default_of_null(vp_str_from("mistral"), "head_dim", &out));
    t_u64(out.kind, VP_CLASS_MEMBER);
}

static void layers_in_turn(void **state)
{
    (void)state;
    /* Gemma3TextConfig: sliding where (i + 1) % sliding_window_pattern, which is 6 unless given */
    vp_class_default gemma = get("gemma3_text", "layer_types");
    t_u64(gemma.kind, VP_CLASS_EVERY);
    t_u64((uint64_t)gemma.integer, 6);
    assert_false(gemma.on);
    assert_true(same(gemma.text, "full_attention") && same(gemma.other, "sliding_attention"));
    assert_true(same(gemma.by, "sliding_window_pattern"));
    /* ModernBertConfig: sliding where i % global_attn_every_n_layers */
    assert_true(get("modernbert", "layer_types").on);
    /* ExaoneMoeConfig: dense where i < first_k_dense_replace, which is 1 unless given */
    vp_class_default exaone = get("exaone_moe", "mlp_layer_types");
    t_u64(exaone.kind, VP_CLASS_HEAD);
    t_u64((uint64_t)exaone.integer, 1);
    assert_true(same(exaone.text, "dense") && same(exaone.other, "sparse"));
    assert_true(same(exaone.by, "first_k_dense_replace"));
    /* Qwen3Config: by use_sliding_window, sliding_window and max_window_layers together */
    t_u64(get("qwen3", "layer_types").kind, VP_CLASS_COMPUTED);
}

static void parts_and_lists(void **state)
{
    (void)state;
    vp_class_default text = get("llava", "text_config"); /* LlavaConfig: AutoConfig, "llama" when unnamed */
    t_u64(text.kind, VP_CLASS_PART);
    assert_true(same(text.text, "llama") && text.on && !text.flat);
    text = get("qwen2_vl", "text_config"); /* Qwen2VLConfig: one class; it takes the outer members */
    assert_true(same(text.text, "qwen2_vl_text") && !text.on && text.flat);

    vp_class_default list = get("qwen3_vl_vision", "deepstack_visual_indexes"); /* Qwen3VLVisionConfig */
    t_u64(list.kind, VP_CLASS_INTEGERS);
    static const char *const want[] = {"8", "16", "24"};
    vp_str item;
    size_t count = 0;
    while (vp_class_list_next(&list.text, &item)) {
        assert_true(count < 3);
        assert_true(same(item, want[count++]));
    }
    t_u64(count, 3);
    list = get("qwen3_moe", "mlp_only_layers"); /* Qwen3MoeConfig: [] for None */
    assert_false(vp_class_list_next(&list.text, &item));
}

static void names(void **state)
{
    (void)state;
    vp_str gpt2 = vp_str_from("gpt2");
    t_text(vp_class_default_alias(gpt2, "hidden_size"), "n_embd"); /* GPT2Config.attribute_map */
    assert_null(vp_class_default_alias(gpt2, "n_embd"));
    assert_null(vp_class_default_alias(vp_str_from("llama"), "hidden_size"));
    t_u64((uint64_t)get("gpt2", "hidden_size").integer, 768);
    /* Qwen3MoeConfig: the field num_experts = 128, which attribute_map keeps as num_local_experts */
    t_u64((uint64_t)get("qwen3_moe", "num_experts").integer, 128);
    t_u64((uint64_t)get("qwen3_moe", "num_local_experts").integer, 128);
    t_text(vp_class_default_alias_of(vp_str_from("qwen3_moe"), "num_local_experts", NULL), "num_experts");
    assert_null(vp_class_default_alias_of(vp_str_from("qwen3_moe"), "num_local_experts", "num_experts"));
    /* vllm/transformers_utils/config.py:_ARCHITECTURE_TO_MODEL_TYPE */
    t_text(vp_class_default_model_type(vp_str_from("LongcatFlashForCausalLM")), "longcat_flash");
    assert_null(vp_class_default_model_type(vp_str_from("LlamaForCausalLM")));
}

static void what_is_not_there(void **state)
{
    (void)state;
    vp_class_default out;
    vp_str cut = {"qwen3_moe", 5}; /* a view ends where it says: this is qwen3 */
    assert_true(vp_class_default_find(cut, "head_dim", &out));
    assert_false(vp_class_default_find(vp_str_from("llama"), "no_such_member", &out));
    assert_false(vp_class_default_find(vp_str_from("llama"), "num_experts", &out));
    assert_false(vp_class_default_find(vp_str_from("no_such_class"), "hidden_size", &out));
    assert_false(vp_class_default_find(vp_str_from(""), "hidden_size", &out));
    assert_true(vp_class_default_has_class(vp_str_from("unlimited-ocr")));
    assert_false(vp_class_default_has_class(vp_str_from("zzz")));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(numbers_are_the_classes_own),
        cmocka_unit_test(switches_numbers_and_nulls),
        cmocka_unit_test(null_is_not_absent),
        cmocka_unit_test(layers_in_turn),
        cmocka_unit_test(parts_and_lists),
        cmocka_unit_test(names),
        cmocka_unit_test(what_is_not_there),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
