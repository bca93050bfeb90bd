/* SPDX-License-Identifier: Apache-2.0 */
#include "../support/t_hf.h"

#include <jansson.h>
#include <stdlib.h>

#include "hf/hf.h"
#include "hf/index.h"
#include "hf/show.h"

#define LLAMA(more) CONFIG("LlamaForCausalLM", more)

static void llama_spelling_and_its_defaults(void **state)
{
    (void)state;
    must_read(LLAMA(""));
    const vp_model *m = &facts.model;
    t_text(m->architecture->name, "LlamaForCausalLM");
    t_u64(m->layers, 2);
    t_u64(m->head_dim, 8); /* 64 / 8 */
    t_u64(m->kv_heads, 8);
    t_u64(m->ropes[0].rotary_dim, 8);
    t_u64(m->max_position, 2048); /* LlamaConfig */
    t_u64(m->context, 2048);
    assert_false(m->tied || facts.structure.mixers[0].qkv_bias || facts.structure.mixers[0].o_bias ||
                 facts.structure.ffns[0].bias || facts.structure.mixers[0].qk_norm != VP_QK_NORM_NONE);
    t_u64(m->dtype, VP_DTYPE_NONE);
    t_text(m->stored.method, "");
    must_read(LLAMA(
        ",\"num_key_value_heads\":2,\"head_dim\":16,\"tie_word_embeddings\":true,\"torch_dtype\":\"float16\","
        "\"attention_bias\":true,\"mlp_bias\":true,\"sliding_window\":32,\"partial_rotary_factor\":0.5"));
    t_u64(m->kv_heads, 2);
    t_u64(m->head_dim, 16);
    t_u64(m->ropes[0].rotary_dim, 8);
    t_u64(m->dtype, VP_DTYPE_FLOAT16);
    t_u64(m->sliding_window, 32); /* attention.py:Attention takes it from cache_config */
    assert_true(m->tied && facts.structure.mixers[0].qkv_bias && facts.structure.mixers[0].o_bias &&
                facts.structure.ffns[0].bias);
    must_read(LLAMA(",\"bias\":true,\"qkv_bias\":false,\"torch_dtype\":\"float16\",\"dtype\":\"bfloat16\","
                    "\"head_dim\":null"));
    assert_true(!facts.structure.mixers[0].qkv_bias && facts.structure.mixers[0].o_bias);
    t_u64(m->dtype, VP_DTYPE_BFLOAT16);
    t_u64(m->head_dim, 8);
    must_read(
        CONFIG("Qwen3ForCausalLM", ",\"attention_bias\":true,\"head_dim\":0,\"num_key_value_heads\":2"));
    assert_true(facts.structure.mixers[0].qkv_bias && facts.structure.mixers[0].qk_norm != VP_QK_NORM_NONE);
    t_u64(m->head_dim, 8);
    must_read("{\"architectures\":[\"Qwen3ForCausalLM\"],\"hidden_size\":1024,\"num_hidden_layers\":2,"
              "\"num_attention_heads\":64,\"intermediate_size\":96,\"vocab_size\":100}");
    t_u64(m->head_dim, 128); /* Qwen3Config; 1024 / 64 would be 16 */
    t_u64(m->kv_heads, 32);  /* Qwen3Config */
    t_u64(m->context, 32768);
}

static void qwen1_spelling(void **state)
{
    (void)state;
    /* the sizes of Qwen-14B: intermediate_size 27392 is 2 * 13696; vLLM takes the smaller of the lengths */
    must_read(
        "{\"architectures\":[\"QWenLMHeadModel\"],\"hidden_size\":5120,\"num_hidden_layers\":40,"
        "\"num_attention_heads\":40,\"kv_channels\":128,\"intermediate_size\":27392,\"vocab_size\":152064,"
        "\"max_position_embeddings\":8192,\"seq_length\":2048,\"bf16\":true,\"fp16\":false,\"rotary_pct\":0."
        "5}");
    const vp_model *m = &facts.model;
    t_u64(m->intermediate, 13696);
    t_u64(m->head_dim, 128);
    t_u64(m->kv_heads, 40);
    t_u64(m->ropes[0].rotary_dim, 128);
    t_u64(m->max_position, 8192);
    t_u64(m->context, 2048);
    t_u64(m->dtype, VP_DTYPE_BFLOAT16);
    assert_true(facts.structure.mixers[0].qkv_bias && !facts.structure.mixers[0].o_bias &&
                !facts.structure.ffns[0].bias);
}

static void windows_follow_their_class(void **state)
{
    (void)state;
    static const struct {
        const char *config;
        uint64_t window;
        bool partial;
    } cases[] = {
        {CONFIG("MistralForCausalLM", ",\"num_key_value_heads\":8"), 4096,
         false}, /* MistralConfig's default */
        {CONFIG("MistralForCausalLM", ",\"num_key_value_heads\":8,\"sliding_window\":null"), 0, false},
        {CONFIG("MistralForCausalLM", ",\"num_key_value_heads\":8,\"sliding_window\":1024"), 1024, false},
        {CONFIG("Qwen2ForCausalLM", ",\"num_key_value_heads\":8,\"sliding_window\":1024"), 0, false},
        {CONFIG("Qwen2ForCausalLM",
                ",\"num_key_value_heads\":8,\"sliding_window\":1024,\"use_sliding_window\":true"),
         1024, false},
        {CONFIG("Qwen3ForCausalLM",
                ",\"num_key_value_heads\":8,\"sliding_window\":1024,\"use_sliding_window\":true,"
                "\"max_window_layers\":1"),
         1024, true},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        must_read(cases[i].config);
        t_u64_case(cases[i].config, facts.model.sliding_window, cases[i].window);
        assert_int_equal(has_finding("sliding_window_in_some_layers"), cases[i].partial);
    }
}

static void contexts_are_those_of_vllm(void **state)
{
    (void)state;
    static const struct {
        const char *more;
        vp_rope_kind kind;
        uint64_t context, original;
    } cases[] = {
        {",\"max_position_embeddings\":4096", VP_ROPE_DEFAULT, 4096, 0},
        {",\"max_position_embeddings\":4096,\"rope_scaling\":null", VP_ROPE_DEFAULT, 4096, 0},
        {",\"max_position_embeddings\":4096,\"rope_scaling\":{\"type\":\"linear\",\"factor\":4.0}",
         VP_ROPE_LINEAR, 16384, 0},
        {",\"max_position_embeddings\":4096,\"rope_scaling\":{\"rope_type\":\"dynamic\",\"factor\":2.5}",
         VP_ROPE_DYNAMIC, 10240, 0},
        {",\"max_position_embeddings\":4096,\"rope_scaling\":{\"rope_type\":\"dynamic\",\"factor\":null}",
         VP_ROPE_DYNAMIC, 4096, 0},
        {",\"max_position_embeddings\":32768,\"rope_scaling\":{\"type\":\"yarn\",\"factor\":4.0,"
         "\"original_max_position_embeddings\":32768}",
         VP_ROPE_YARN, 131072, 32768},
        {",\"max_position_embeddings\":131072,\"rope_scaling\":{\"rope_type\":\"llama3\",\"factor\":8.0,"
         "\"original_max_position_embeddings\":8192}",
         VP_ROPE_LLAMA3, 131072, 8192},
        {",\"max_position_embeddings\":131072,\"rope_parameters\":{\"rope_type\":\"default\",\"rope_theta\":"
         "10000.0}",
         VP_ROPE_DEFAULT, 131072, 0},
        {",\"max_position_embeddings\":131072,\"original_max_position_embeddings\":4096,"
         "\"rope_scaling\":{\"type\":\"longrope\",\"long_factor\":[1.0]}",
         VP_ROPE_LONG, 4096, 4096},
        {",\"max_position_embeddings\":131072,\"max_sequence_length\":2048", VP_ROPE_DEFAULT, 2048, 0},
        {",\"max_position_embeddings\":131072,\"model_max_length\":262144", VP_ROPE_DEFAULT, 262144, 0},
        {",\"max_position_embeddings\":131072,\"model_max_length\":1000000000000000019884624838656",
         VP_ROPE_DEFAULT, 131072, 0},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        char text[700];
        vp_writer w;
        vp_writer_start(&w, text, sizeof text);
        vp_put_format(&w, "{\"architectures\":[\"LlamaForCausalLM\"],%s%s}", SIZES, cases[i].more);
        must_read(text);
        t_u64_case(cases[i].more, facts.model.context, cases[i].context);
        t_u64_case(cases[i].more, facts.model.ropes[0].kind, cases[i].kind);
        t_u64_case(cases[i].more, facts.model.ropes[0].original_max, cases[i].original);
    }
}

static void json_is_read_as_python_reads_it(void **state)
{
    (void)state;
    must_read(
        LLAMA(",\"a\":NaN,\"b\":[-Infinity,Infinity],\"c\":\"NaN \\\" Infinity\",\"d\":-1e999,\"e\":1e-999"));
    assert_true(has_finding("config_nan"));
    must_read(LLAMA(",\"a\":123456789012345678901234567890,\"b\":-12345678901234567890,\"c\":\"\\u0000\""));
    t_u64(facts.finding_count, 0);
    must_read(LLAMA(",\"vocab_size\":200"));
    t_u64(facts.model.vocab, 200); /* the last one */
    assert_true(has_finding("config_duplicate_key"));
}

static void bad_configs_are_refused(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        int32_t code;
        const char *path, *says;
    } cases[] = {
        {"", VLLMPLAN_E_SYNTAX, "config.json", "not JSON: line 1"},
        {"{\"a\":1,}", VLLMPLAN_E_SYNTAX, "config.json", "line 1, column 8"},
        {"{\"a\":Nan}", VLLMPLAN_E_SYNTAX, "config.json", "not JSON"},
        {"{\"a\":\"", VLLMPLAN_E_SYNTAX, "config.json", "not JSON"},
        {"{\"a\":\"\\", VLLMPLAN_E_SYNTAX, "config.json", "not JSON"},
        {"{} {}", VLLMPLAN_E_SYNTAX, "config.json", "not JSON"},
        {"[]", VLLMPLAN_E_TYPE, "config.json", "not an object"},
        {"7", VLLMPLAN_E_TYPE, "config.json", "not an object"},
        {"\xEF\xBB\xBF{}", VLLMPLAN_E_SYNTAX, "config.json", "byte order mark"},
        {"version https://git-lfs.github.com/spec/v1\n", VLLMPLAN_E_CHECKPOINT, "config.json",
         "git lfs pull"},
        {"{}", VLLMPLAN_E_MISSING, "config.json/architectures", "not guessed"},
        {"{\"architectures\":[]}", VLLMPLAN_E_MISSING, "config.json/architectures", "is missing"},
        {"{\"architectures\":[1]}", VLLMPLAN_E_TYPE, "config.json/architectures", "other than text"},
        {"{\"architectures\":[\"LlamaForCausalLM\"]}", VLLMPLAN_E_MISSING, "config.json/num_hidden_layers",
         "is missing"},
        {LLAMA(",\"num_hidden_layers\":\"2\""), VLLMPLAN_E_TYPE, "config.json/num_hidden_layers",
         "not a whole number"},
        {LLAMA(",\"num_hidden_layers\":2.5"), VLLMPLAN_E_TYPE, "config.json/num_hidden_layers",
         "not a whole number"},
        {LLAMA(",\"num_hidden_layers\":0"), VLLMPLAN_E_RANGE, "config.json/num_hidden_layers",
         "larger than zero"},
        {LLAMA(",\"vocab_size\":-5"), VLLMPLAN_E_RANGE, "config.json/vocab_size", "larger than zero"},
        {LLAMA(",\"num_hidden_layers\":1025"), VLLMPLAN_E_RANGE, "config.json/num_hidden_layers",
         "absurdly large"},
        {LLAMA(",\"vocab_size\":1099511627777"), VLLMPLAN_E_RANGE, "config.json/vocab_size",
         "absurdly large"},
        {LLAMA(",\"vocab_size\":99999999999999999999999"), VLLMPLAN_E_RANGE, "config.json/vocab_size",
         "absurdly large"},
        {LLAMA(",\"num_attention_heads\":65"), VLLMPLAN_E_RANGE, "config.json/num_attention_heads",
         "above hidden_size"},
        {LLAMA(",\"num_key_value_heads\":9"), VLLMPLAN_E_RANGE, "config.json/num_key_value_heads", "above"},
        {LLAMA(",\"tie_word_embeddings\":\"no\""), VLLMPLAN_E_TYPE, "config.json/tie_word_embeddings",
         "neither"},
        {LLAMA(",\"rope_scaling\":{\"type\":\"linear\",\"factor\":0}"), VLLMPLAN_E_RANGE,
         "config.json/factor", "range"},
        {LLAMA(",\"quantization_config\":[]"), VLLMPLAN_E_TYPE, "config.json/quantization_config",
         "not an object"},
        {CONFIG("QWenLMHeadModel", ",\"intermediate_size\":1"), VLLMPLAN_E_RANGE,
         "config.json/intermediate_size", "larger"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        if (read_config(cases[i].text)) fail_msg("%s was taken", cases[i].text);
        t_u64_case(cases[i].text, (uint64_t)-error.code, (uint64_t)-cases[i].code);
        t_text(error.path, cases[i].path);
        t_contains(error.message, cases[i].says);
    }
    char *deep = malloc(10001);
    memset(deep, '[', 10000);
    deep[10000] = '\0';
    assert_false(read_config(deep));
    free(deep);
}

static void unknown_architectures_keep_their_name(void **state)
{
    (void)state;
    must_read("{\"architectures\":[\"Some\\nModel\"],\"num_hidden_layers\":3,\"hidden_size\":\"x\",\"vocab_"
              "size\":7}");
    assert_null(facts.model.architecture);
    t_text(facts.model.architecture_name, "Some?Model");
    t_u64(facts.model.layers, 3);
    t_u64(facts.model.hidden, 0);
    must_read("{\"architectures\":[\"MyOwn\",\"Qwen2ForCausalLM\"],\"num_key_value_heads\":8," SIZES "}");
    t_text(facts.model.architecture_name, "Qwen2ForCausalLM");
}

static void stored_quantization(void **state)
{
    (void)state;
    static const struct {
        const char *block, *method;
        uint32_t bits;
        bool nested, nf4;
    } cases[] = {
        {"{\"quant_method\":\"bitsandbytes\",\"load_in_4bit\":true,\"bnb_4bit_quant_type\":\"nf4\","
         "\"bnb_4bit_use_double_quant\":true}",
         "bitsandbytes", 4, true, true},
        {"{\"quant_method\":\"BitsAndBytes\",\"load_in_4bit\":true}", "bitsandbytes", 4, false, false},
        {"{\"quant_method\":\"bitsandbytes\",\"load_in_8bit\":true,\"load_in_4bit\":false}", "bitsandbytes",
         8, false, false},
        {"{\"quant_method\":\"awq\",\"bits\":4}", "awq", 4, false, false},
        {"{\"quant_method\":\"gptq\",\"bits\":8,\"group_size\":128}", "gptq", 8, false, false},
        {"{\"quant_method\":\"fp8\",\"activation_scheme\":\"dynamic\"}", "fp8", 8, false, false},
        {"{\"quant_method\":\"compressed_tensors\",\"config_groups\":{\"group_0\":{\"weights\":{\"num_bits\":"
         "4}}}}",
         "compressed-tensors", 4, false, false},
        {"{\"producer\":{\"name\":\"modelopt\"},\"quantization\":{\"quant_algo\":\"FP8\"}}", "modelopt", 8,
         false, false},
        {"{\"producer\":{\"name\":\"modelopt\"},\"quantization\":{\"quant_algo\":\"NVFP4\"}}", "modelopt_fp4",
         4, false, false},
        {"{\"bits\":4,\"group_size\":128,\"desc_act\":false}", "gptq", 4, false, false},
        {"{\"zero_point\":true,\"q_group_size\":128,\"w_bit\":4}", "awq", 4, false, false},
        {"{\"weird\":true}", "", 0, false, false},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        const vp_stored *stored = &facts.model.stored;
        vp_error_start(&error);
        assert_true(vp_hf_quantization(vp_str_from(cases[i].block), "/q", &facts, &error));
        t_text(stored->method, cases[i].method);
        t_u64_case(cases[i].block, stored->bits, cases[i].bits);
        assert_int_equal(stored->nested, cases[i].nested);
        assert_int_equal(stored->nf4, cases[i].nf4);
        assert_int_equal(stored->from_config, cases[i].method[0] != '\0');
    }
    must_read(LLAMA(",\"compression_config\":{\"quant_method\":\"compressed-tensors\"}"));
    t_text(facts.model.stored.method, "compressed-tensors");
}

/* ---- index and names ---- */

static void indexes_are_checked(void **state)
{
    (void)state;
    static const struct {
        const char *text, *says;
    } bad[] = {
        {"", "not JSON"},
        {"{}", "no weight_map"},
        {"{\"weight_map\":{}}", "no weight_map"},
        {"{\"weight_map\":{\"a\":1}}", "plain name"},
        {"{\"weight_map\":{\"a\":\"../x.safetensors\"}}", "plain name"},
        {"{\"weight_map\":{\"a\":\"/x.safetensors\"}}", "plain name"},
        {"{\"weight_map\":{\"a\":\"d\\\\x.safetensors\"}}", "plain name"},
        {"{\"weight_map\":{\"a\":\"..safetensors\"}}", "plain name"},
        {"{\"weight_map\":{\"a\":\"x.bin\"}}", "plain name"},
    };
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        vp_error_start(&error);
        assert_null(vp_hf_index_new(vp_str_from(bad[i].text), "i.json", &error));
        t_contains(error.message, bad[i].says);
    }
    vp_error_start(&error);
    vp_hf_index *index = vp_hf_index_new(
        vp_str_from(
            "{\"weight_map\":{\"a\":\"2.safetensors\",\"b\":\"1.safetensors\",\"c\":\"2.safetensors\"}}"),
        "i.json", &error);
    assert_non_null(index);
    t_u64(vp_hf_index_shards(index), 2);
    t_text(vp_hf_index_shard(index, 0), "1.safetensors");
    vp_hf_index_saw(index, vp_str_from("a"));
    vp_hf_index_saw(index, vp_str_from("b"));
    vp_hf_index_saw(index, vp_str_from("new"));
    assert_false(vp_hf_index_complete(index, &error));
    t_contains(error.message, "promises tensor \"c\" in 2.safetensors");
    vp_hf_index_saw(index, vp_str_from("c"));
    vp_error_start(&error);
    assert_true(vp_hf_index_complete(index, &error));
    vp_hf_index_free(index);
}

static void names_are_shown_on_one_line(void **state)
{
    (void)state;
    vp_shown shown;
    char long_name[300], base[40];
    t_text(vp_show(&shown, vp_str_from("a\nb\x7F \xC3\xA9\xFF")), "a?b? \xC3\xA9?");
    t_text(vp_show(&shown, (vp_str){"", 0}), "");
    memset(long_name, 'x', sizeof long_name);
    vp_show(&shown, (vp_str){long_name, sizeof long_name});
    t_u64(strlen(shown.text), sizeof shown.text - 1);
    t_text(shown.text + sizeof shown.text - 4, "...");
    vp_hf_adapter_base(vp_str_from("{\"base_model_name_or_path\":\"org/base\"}"), base, sizeof base);
    t_text(base, "org/base");
    vp_hf_adapter_base(vp_str_from("nonsense"), base, sizeof base);
    t_text(base, "");
}

/* ---- vLLM's own answers, where the folder with them lies beside the source ---- */

/** The path of a file in ../shared beside the source, or false when __FILE__ does not tell. */
static bool path_beside(const char *name, char *path, size_t room)
{
    vp_writer w;
    vp_writer_start(&w, path, room);
    vp_put(&w, __FILE__);
    const char *end = strstr(path, "tests/unit/");
    if (!end) return false;
    w.length = (size_t)(end - path);
    vp_put_format(&w, "../shared/%s", name);
    return true;
}

/** Compares one row; true when it was one that can be compared. */
static bool check_row(const json_t *row)
{
    char name[256], path[1024];
    vp_writer w;
    const char *config = json_string_value(json_object_get(row, "config"));
    const char *architecture = json_string_value(json_object_get(row, "arch"));
    if (!config || !architecture || !vp_architecture_find(vp_str_from(architecture))) return false;
    vp_writer_start(&w, name, sizeof name);
    vp_put_format(&w, "models/configs/%s", config);
    json_t *json = path_beside(name, path, sizeof path) ? json_load_file(path, 0, NULL) : NULL;
    if (!json) return false;
    char *text = json_dumps(json, 0);
    must_read(text);
    t_u64_case(config, facts.model.context,
               (uint64_t)json_integer_value(json_object_get(row, "default_max_model_len")));
    free(text);
    json_decref(json);
    return true;
}

static void contexts_equal_the_oracle(void **state)
{
    (void)state;
    static char line[1 << 20];
    char path[1024];
    size_t checked = 0;
    FILE *file = path_beside("oracle/weights.jsonl", path, sizeof path) ? fopen(path, "r") : NULL;
    if (!file) {
        print_message("skipped: no ../shared/oracle/weights.jsonl beside the source\n");
        skip();
    }
    while (fgets(line, sizeof line, file)) {
        json_t *row = json_loads(line, 0, NULL);
        checked += check_row(row);
        json_decref(row);
    }
    fclose(file);
    print_message("%zu rows compared\n", checked);
    assert_true(checked > 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(llama_spelling_and_its_defaults),
        cmocka_unit_test(qwen1_spelling),
        cmocka_unit_test(windows_follow_their_class),
        cmocka_unit_test(contexts_are_those_of_vllm),
        cmocka_unit_test(json_is_read_as_python_reads_it),
        cmocka_unit_test(bad_configs_are_refused),
        cmocka_unit_test(unknown_architectures_keep_their_name),
        cmocka_unit_test(stored_quantization),
        cmocka_unit_test(indexes_are_checked),
        cmocka_unit_test(names_are_shown_on_one_line),
        cmocka_unit_test(contexts_equal_the_oracle),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
