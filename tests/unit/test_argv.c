/* SPDX-License-Identifier: Apache-2.0 */
/* What vLLM's parser of each release takes was read off that parser; tests/argv tries every option. */
#include "../support/t_assert.h"
#include "launch/argv.h"
#include "launch/values.h"

static char memory[1 << 16];
static vp_settings settings;
static vp_argv argv;
static vp_error error;

static const vp_release_row *release(const char *key)
{
    bool exact;
    vp_error_start(&error);
    return vp_release_find(vp_str_from(key), &exact, "", &error);
}

static int clear(void **state)
{
    (void)state;
    settings.count = 0;
    vp_error_start(&error);
    return 0;
}

static void put(const char *name, vp_value_kind kind, const char *text)
{
    assert_true(vp_settings_put(&settings, name, kind, text));
}

static bool build(const vp_engine *engine, const char *model)
{
    vp_arena arena;
    vp_arena_start(&arena, memory, sizeof memory);
    vp_error_start(&error);
    return vp_launch_check(&settings, engine->release, false, &error) &&
           vp_launch_argv(engine, model, &settings, &arena, &argv, &error);
}

/** Builds and compares; the expected arguments are separated by '|'. */
static void expect(const char *key, const char *model, const char *wanted)
{
    vp_engine engine = {.release = release(key), .python = "python3"};
    char got[2048];
    vp_writer w;
    vp_writer_start(&w, got, sizeof got);
    if (!build(&engine, model)) fail_msg("%s", error.message);
    for (uint32_t i = 0; i < argv.count; i++) vp_put_format(&w, "%s%s", i > 0 ? "|" : "", argv.items[i]);
    t_text(got, wanted);
    assert_null(argv.items[argv.count]);
}

static void refuse(const char *key, int32_t code, const char *path, const char *part)
{
    vp_error_start(&error);
    assert_false(vp_launch_check(&settings, release(key), false, &error));
    assert_int_equal(error.code, code);
    t_text(error.path, path);
    t_contains(error.message, part);
}

static void order_is_stable(void **state)
{
    (void)state;
    put("seed", VP_VALUE_INT, "0");
    put("max_model_len", VP_VALUE_INT, "8192");
    put("block_size", VP_VALUE_INT, "16");
    put("quantization", VP_VALUE_TEXT, "fp8");
    expect("0.33.0", "org/m",
           "vllm|serve|org/m|--quantization|fp8|--max-model-len|8192|--block-size|16|--seed|0");
}

static void switches_have_two_words(void **state)
{
    (void)state;
    put("enable_prefix_caching", VP_VALUE_BOOL, "false");
    put("enforce_eager", VP_VALUE_BOOL, "true");
    put("enable_chunked_prefill", VP_VALUE_BOOL, "false");
    expect("0.33.0", "m", "vllm|serve|m|--enforce-eager|--disable-chunked-prefill|--disable-prefix-caching");
    expect("0.11.0", "m",
           "vllm|serve|m|--enforce-eager|--no-enable-chunked-prefill|--no-enable-prefix-caching");
    expect("0.7.3", "m",
           "vllm|serve|m|--enforce-eager|--enable-chunked-prefill=false|--no-enable-prefix-caching");
    settings.count = 0;
    put("headless", VP_VALUE_BOOL, "false"); /* off by default, and no word for it */
    expect("0.33.0", "m", "vllm|serve|m");
    settings.count = 0;
    put("use_v2_block_manager", VP_VALUE_BOOL, "false"); /* on by default, and no word against it */
    refuse("0.8.5.post1", VLLMPLAN_E_RANGE, "/settings/use_v2_block_manager", "cannot be switched off");
}

static void a_dash_is_not_read_as_an_option(void **state)
{
    (void)state;
    put("max_model_len", VP_VALUE_INT, "-1");
    put("chat_template", VP_VALUE_TEXT, "--x.y");
    put("served_model_name", VP_VALUE_JSON, "[\"-n\"]");
    put("middleware", VP_VALUE_JSON, "[\"a.b\",\"-c\"]");
    expect("0.33.0", "-odd",
           "vllm|serve|./-odd|--served-model-name=-n|--max-model-len=-1|--chat-template=--x.y|"
           "--middleware|a.b|--middleware=-c");
    vp_engine module = {.release = release("0.33.0"), .module_entrypoint = true, .python = "/opt/python"};
    assert_true(build(&module, "-odd"));
    t_text(argv.items[0], "/opt/python");
    t_text(argv.items[2], "vllm.entrypoints.openai.api_server");
    t_text(argv.items[3], "--model=-odd");
    settings.count = 0;
    put("served_model_name", VP_VALUE_JSON, "[\"a\",\"-n\"]");
    refuse("0.33.0", VLLMPLAN_E_RANGE, "/settings/served_model_name", "take it for an option");
}

static void lists_and_json(void **state)
{
    (void)state;
    put("served_model_name", VP_VALUE_JSON, "[\"a \\\"b\\\"\",\"\\u00e4\\ud83d\\ude00\",7]");
    put("cudagraph_capture_sizes", VP_VALUE_JSON, "[1,2,-4]");
    put("speculative_config", VP_VALUE_JSON, "{\"method\":\"ngram\"}");
    put("allowed_origins", VP_VALUE_JSON, "[\"*\"]"); /* one JSON text, not a list of values */
    put("lora_modules", VP_VALUE_JSON, "[{\"name\":\"a\",\"path\":\"b, c\"},\"d=e\"]");
    expect("0.33.0", "m",
           "vllm|serve|m|--served-model-name|a \"b\"|\xc3\xa4\xf0\x9f\x98\x80|7|--allowed-origins|[\"*\"]|"
           "--cudagraph-capture-sizes|1|2|-4|--lora-modules|{\"name\":\"a\",\"path\":\"b, c\"}|d=e|"
           "--speculative-config|{\"method\":\"ngram\"}");
    settings.count = 0;
    put("limit_mm_per_prompt", VP_VALUE_JSON, "{\"image\":2,\"video\":1}");
    expect("0.7.3", "m", "vllm|serve|m|--limit-mm-per-prompt|image=2,video=1");
    expect("0.10.0", "m", "vllm|serve|m|--limit-mm-per-prompt|{\"image\":2,\"video\":1}");
    settings.count = 0;
    put("served_model_name", VP_VALUE_JSON, "[\"a\\u0000b\"]");
    vp_engine engine = {.release = release("0.33.0")};
    assert_false(build(&engine, "m"));
    assert_int_equal(error.code, VLLMPLAN_E_RANGE);
}

static void secrets_stay_out(void **state)
{
    (void)state;
    put("api_key", VP_VALUE_TEXT, "sk-1");
    put("hf_token", VP_VALUE_TEXT, "hf_1");
    expect("0.33.0", "m", "vllm|serve|m");
    assert_true(vp_launch_is_secret("api_key"));
    assert_false(vp_launch_is_secret("tokenizer"));
}

static void extra_arguments_come_last(void **state)
{
    (void)state;
    static const char *const extra[] = {"--swap-space", "4", "--", ""};
    put("seed", VP_VALUE_INT, "1");
    put("max_num_seqs", VP_VALUE_NULL, "");
    vp_engine engine = {.release = release("0.33.0"), .extra_args = extra, .extra_arg_count = 4};
    assert_true(build(&engine, "m"));
    t_u64(argv.count, 9);
    t_text(argv.items[5], "--swap-space");
    t_text(argv.items[8], "");
    static const char *const bad[] = {"\xff"};
    engine.extra_args = bad;
    engine.extra_arg_count = 1;
    assert_false(build(&engine, "m"));
    assert_int_equal(error.code, VLLMPLAN_E_RANGE);
    engine.extra_arg_count = 0;
    assert_false(build(&engine, ""));
    t_text(error.path, "/model/serve_as");
}

static void a_small_arena_is_an_error(void **state)
{
    (void)state;
    put("chat_template", VP_VALUE_TEXT, "-long");
    vp_engine engine = {.release = release("0.33.0")};
    for (size_t room = 0; room < 128; room += 8) {
        vp_arena arena;
        vp_arena_start(&arena, memory, room);
        vp_error_start(&error);
        if (vp_launch_argv(&engine, "m", &settings, &arena, &argv, &error)) return;
        assert_int_equal(error.code, VLLMPLAN_E_LIMIT);
    }
    fail_msg("128 bytes were not enough");
}

static void names_are_checked(void **state)
{
    (void)state;
    static const struct {
        const char *name, *release, *part;
    } cases[] = {
        {"max_modl_len", "0.33.0", "did you mean \"max_model_len\"?"},
        {"swap_space", "0.33.0", "vLLM 0.33.0 has no --swap-space; it was last in 0.17.1"},
        {"attention_backend", "0.9.0", "it is first in 0.13.0"},
        {"guided_decoding_backend", "0.33.0", "last in 0.11.2; \"structured_outputs_config\" takes"},
        {"disable_log_requests", "0.33.0", "spelling of \"enable_log_requests\"; set that to false"},
        {"device_memory_utilization", "0.33.0", "spelling of \"gpu_memory_utilization\""},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        char path[64] = "/settings/";
        settings.count = 0;
        put(cases[i].name, VP_VALUE_TEXT, "1");
        refuse(cases[i].release, VLLMPLAN_E_UNKNOWN_NAME, strcat(path, cases[i].name), cases[i].part);
    }
    settings.count = 0;
    put("a/b~c", VP_VALUE_INT, "1");
    refuse("0.33.0", VLLMPLAN_E_UNKNOWN_NAME, "/settings/a~1b~0c", "no setting \"a/b~c\"");
    settings.count = 0;
    put("model", VP_VALUE_TEXT, "m");
    refuse("0.33.0", VLLMPLAN_E_RANGE, "/settings/model", "/model/serve_as");
    settings.count = 0;
    put("swap_space", VP_VALUE_NULL, ""); /* nothing is asked of the release */
    expect("0.33.0", "m", "vllm|serve|m");
}

static void methods_go_and_plugins_bring_them_back(void **state)
{
    (void)state;
    put("quantization", VP_VALUE_TEXT, "bitsandbytes");
    refuse("0.33.0", VLLMPLAN_E_RANGE, "/settings/quantization", "last in 0.27.1; it takes auto_awq, ");
    vp_error_start(&error);
    assert_true(vp_launch_check(&settings, release("0.33.0"), true, &error));
    assert_true(vp_launch_check(&settings, release("0.27.1"), false, &error));
    put("quantization", VP_VALUE_TEXT, "mxfp4");
    refuse("0.10.0", VLLMPLAN_E_RANGE, "/settings/quantization", "it is first in 0.10.2");
}

static void values_are_checked(void **state)
{
    (void)state;
    static const struct {
        const char *name;
        vp_value_kind kind;
        const char *text, *release;
        int32_t code; /* 0: taken */
    } cases[] = {
        {"max_model_len", VP_VALUE_TEXT, "32k", "0.33.0", 0},
        {"max_model_len", VP_VALUE_TEXT, "25.6k", "0.33.0", 0},
        {"max_model_len", VP_VALUE_TEXT, "25.6K", "0.33.0", VLLMPLAN_E_TYPE},
        {"max_model_len", VP_VALUE_TEXT, "32k", "0.7.3", VLLMPLAN_E_TYPE},
        {"max_model_len", VP_VALUE_TEXT, "auto", "0.14.1", 0},
        {"max_model_len", VP_VALUE_TEXT, "auto", "0.13.0", VLLMPLAN_E_TYPE},
        {"max_num_seqs", VP_VALUE_DECIMAL, "1.5", "0.33.0", VLLMPLAN_E_TYPE},
        {"gpu_memory_utilization", VP_VALUE_DECIMAL, "0.9", "0.33.0", 0},
        {"gpu_memory_utilization", VP_VALUE_TEXT, ".9e0", "0.33.0", 0},
        {"gpu_memory_utilization", VP_VALUE_TEXT, "90%", "0.33.0", VLLMPLAN_E_TYPE},
        {"enforce_eager", VP_VALUE_TEXT, "true", "0.33.0", VLLMPLAN_E_TYPE},
        {"dtype", VP_VALUE_BOOL, "true", "0.33.0", VLLMPLAN_E_TYPE},
        {"dtype", VP_VALUE_TEXT, "bf16", "0.33.0", VLLMPLAN_E_RANGE},
        {"block_size", VP_VALUE_INT, "24", "0.17.1", VLLMPLAN_E_RANGE},
        {"tokenizer", VP_VALUE_JSON, "{}", "0.33.0", VLLMPLAN_E_TYPE},
        {"tokenizer", VP_VALUE_TEXT, "\xff", "0.33.0", VLLMPLAN_E_RANGE},
        {"speculative_config", VP_VALUE_TEXT, "{\"a\": [1, {\"b\": null}]}", "0.33.0", 0},
        {"speculative_config", VP_VALUE_TEXT, "{\"a\":", "0.33.0", VLLMPLAN_E_TYPE},
        {"compilation_config", VP_VALUE_TEXT, "3", "0.33.0", VLLMPLAN_E_TYPE},
        {"compilation_config", VP_VALUE_TEXT, "3", "0.7.3", 0},
        {"served_model_name", VP_VALUE_JSON, "[]", "0.33.0", VLLMPLAN_E_TYPE},
        {"served_model_name", VP_VALUE_JSON, "[null]", "0.33.0", VLLMPLAN_E_TYPE},
        {"cudagraph_capture_sizes", VP_VALUE_JSON, "[1,\"x\"]", "0.33.0", VLLMPLAN_E_TYPE},
        {"limit_mm_per_prompt", VP_VALUE_JSON, "{\"image\":{}}", "0.7.3", VLLMPLAN_E_TYPE},
        {"tool_call_parser", VP_VALUE_TEXT, "mine", "0.33.0", 0}, /* looked up only when tools are on */
        {"reasoning_parser", VP_VALUE_TEXT, "mine", "0.33.0", VLLMPLAN_E_RANGE},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        settings.count = 0;
        put(cases[i].name, cases[i].kind, cases[i].text);
        const vp_release_row *row = release(cases[i].release);
        bool taken = vp_launch_check(&settings, row, false, &error);
        if (taken != (cases[i].code == 0) || error.code != cases[i].code)
            fail_msg("%s=%s in %s: %s", cases[i].name, cases[i].text, cases[i].release, error.message);
    }
    put("tool_call_parser", VP_VALUE_TEXT, "mine");
    put("enable_auto_tool_choice", VP_VALUE_BOOL, "true");
    vp_settings_remove(&settings, "reasoning_parser");
    refuse("0.33.0", VLLMPLAN_E_RANGE, "/settings/tool_call_parser", "cannot be \"mine\"");
    put("tool_parser_plugin", VP_VALUE_TEXT, "/parsers/mine.py");
    vp_error_start(&error);
    assert_true(vp_launch_check(&settings, release("0.33.0"), false, &error));
}

static void settings_are_a_small_map(void **state)
{
    (void)state;
    put("max_model_len", VP_VALUE_TEXT, "32k");
    put("port", VP_VALUE_NULL, "");
    put("enforce_eager", VP_VALUE_BOOL, "true");
    t_u64(vp_settings_u64(&settings, "max_model_len", 1), 32000);
    t_u64(vp_settings_u64(&settings, "port", 8000), 8000);
    assert_null(vp_settings_text(&settings, "port"));
    assert_true(vp_settings_bool(&settings, "enforce_eager", false));
    assert_true(vp_settings_bool(&settings, "port", true));
    put("max_model_len", VP_VALUE_INT, "-1");
    t_u64(vp_settings_u64(&settings, "max_model_len", 5), 5);
    t_u64(settings.count, 3);
    assert_true(vp_settings_remove(&settings, "max_model_len"));
    assert_false(vp_settings_remove(&settings, "max_model_len"));
    t_text(settings.items[1].name, "enforce_eager");
    static char names[VP_MAX_SETTINGS][8];
    settings.count = 0;
    for (unsigned i = 0; i < VP_MAX_SETTINGS; i++) {
        snprintf(names[i], sizeof names[i], "n%u", i);
        put(names[i], VP_VALUE_NULL, "");
    }
    assert_false(vp_settings_put(&settings, "more", VP_VALUE_NULL, ""));
    assert_true(vp_settings_put(&settings, "n7", VP_VALUE_INT, "1"));
}

static void json_is_walked(void **state)
{
    (void)state;
    static const char *const good[] = {"{}",   "[]",   " [1, -2.5e3 ,\"\\\"]\"] ",
                                       "null", "\"\"", "{\"a\":{\"b\":[[]]}}"};
    static const char *const bad[] = {"",    "{",    "[1,]", "[1 2]", "{\"a\"}", "{a:1}",
                                      "\"x", "[1]]", "-",    "1e",    "tru",     "\"\\"};
    for (size_t i = 0; i < sizeof good / sizeof good[0]; i++)
        if (!vp_text_is_json(vp_str_from(good[i]))) fail_msg("%s", good[i]);
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
        if (vp_text_is_json(vp_str_from(bad[i]))) fail_msg("%s", bad[i]);
    char deep[4096];
    memset(deep, '[', sizeof deep);
    assert_false(vp_text_is_json((vp_str){deep, sizeof deep}));
    vp_arena arena;
    vp_arena_start(&arena, memory, sizeof memory);
    assert_null(vp_json_argument(vp_str_from("\"\\ud83d\""), &arena));
    assert_null(vp_json_argument(vp_str_from("\"\\q\""), &arena));
    assert_null(vp_json_argument(vp_str_from("true"), &arena));
    t_text(vp_json_argument(vp_str_from("\"\\t\\/\\u20AC\""), &arena), "\t/\xe2\x82\xac");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(order_is_stable, clear),
        cmocka_unit_test_setup(switches_have_two_words, clear),
        cmocka_unit_test_setup(a_dash_is_not_read_as_an_option, clear),
        cmocka_unit_test_setup(lists_and_json, clear),
        cmocka_unit_test_setup(secrets_stay_out, clear),
        cmocka_unit_test_setup(extra_arguments_come_last, clear),
        cmocka_unit_test_setup(a_small_arena_is_an_error, clear),
        cmocka_unit_test_setup(names_are_checked, clear),
        cmocka_unit_test_setup(methods_go_and_plugins_bring_them_back, clear),
        cmocka_unit_test_setup(values_are_checked, clear),
        cmocka_unit_test_setup(settings_are_a_small_map, clear),
        cmocka_unit_test_setup(json_is_walked, clear),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
