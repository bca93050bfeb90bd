/* SPDX-License-Identifier: Apache-2.0 */
/* Reading requests: every bad input has a code, a place and, where there is one, the name that was meant. The
 * expectations are the contract's. */
#include "../support/t_assert.h"

#include "json/json.h"
#include "json/keys.h"

#define MODEL "\"model\":{\"config\":{}}"
#define GPUS "\"gpus\":[{\"name\":\"rtx_3090\"}]"
#define REQUEST(rest) "{" MODEL "," GPUS "," rest "}"

static vp_facts facts;
static vp_request request;
static vp_model_source source;
static vp_error error;
static _Alignas(16) char room[1 << 20];
static json_t *root; /* the texts of `request` are borrowed from it */

static bool read_text(const char *text)
{
    vp_arena arena;
    json_decref(root);
    memset(&request, 0, sizeof request);
    request.facts = &facts;
    vp_error_start(&error);
    vp_arena_start(&arena, room, sizeof room);
    root = vp_json_parse(text, strlen(text), &error);
    return root && vp_json_request(root, &arena, &request, &source, &error);
}

static int forget(void **state)
{
    (void)state;
    json_decref(root);
    root = NULL;
    return 0;
}

typedef struct refusal {
    const char *request;
    int32_t code;
    const char *path, *part;
} refusal;

static void check_refusals(const refusal *rows, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        if (read_text(rows[i].request)) fail_msg("%s was taken", rows[i].request);
        if (error.code != rows[i].code || strcmp(error.path, rows[i].path) != 0)
            fail_msg("%s: %s at \"%s\": %s", rows[i].request, vp_status_name(error.code), error.path,
                     error.message);
        t_contains(error.message, rows[i].part);
    }
}
#define CHECK_REFUSALS(rows) check_refusals(rows, sizeof rows / sizeof rows[0])

static void keys_and_types(void **state)
{
    (void)state;
    static const refusal rows[] = {
        {REQUEST("\"wishs\":{}"), VLLMPLAN_E_UNKNOWN_KEY, "/wishs", "did you mean \"wishes\""},
        {"{" MODEL ",\"gpus\":[{\"nmae\":\"rtx_3090\"}]}", VLLMPLAN_E_UNKNOWN_KEY, "/gpus/0/nmae",
         "\"name\""},
        {"{" MODEL ",\"gpus\":{\"a/b~\":1}}", VLLMPLAN_E_UNKNOWN_KEY, "/gpus/a~1b~0", "no key"},
        {REQUEST("\"engine\":{\"relase\":\"0.33.0\"}"), VLLMPLAN_E_UNKNOWN_KEY, "/engine/relase",
         "\"release\""},
        {"[]", VLLMPLAN_E_TYPE, "", "expected an object, got a list"},
        {"{\"model\":\"x\"}", VLLMPLAN_E_TYPE, "/model", "expected an object, got text"},
        {"{" MODEL ",\"gpus\":3}", VLLMPLAN_E_TYPE, "/gpus",
         "expected an object or a list or text, got a whole number"},
        {"{" MODEL ",\"gpus\":[3]}", VLLMPLAN_E_TYPE, "/gpus/0", "expected an object, got a whole number"},
        {REQUEST("\"nodes\":1.5"), VLLMPLAN_E_TYPE, "/nodes",
         "expected a whole number, got a number with a fraction"},
        {REQUEST("\"nodes\":null"), VLLMPLAN_E_TYPE, "/nodes", "got null"},
        {REQUEST("\"lenient\":1"), VLLMPLAN_E_TYPE, "/lenient", "expected true or false"},
        {REQUEST("\"deploy\":[]"), VLLMPLAN_E_TYPE, "/deploy", "expected an object"},
        {REQUEST("\"engine\":{\"plugins\":[1]}"), VLLMPLAN_E_TYPE, "/engine/plugins/0", "expected text"},
        {REQUEST("\"schema\":2"), VLLMPLAN_E_RANGE, "/schema", "from 1 to 1"},
        {REQUEST("\"nodes\":0"), VLLMPLAN_E_RANGE, "/nodes", "from 1 to 64"},
        {REQUEST("\"nodes\":65"), VLLMPLAN_E_RANGE, "/nodes", "from 1 to 64"},
        {REQUEST("\"nodes\":-1"), VLLMPLAN_E_RANGE, "/nodes", "from 1 to 64"},
        {REQUEST("\"catalog\":{}"), VLLMPLAN_E_UNSUPPORTED, "/catalog", "not in this version"},
    };
    CHECK_REFUSALS(rows);
}

static void models(void **state)
{
    (void)state;
    static const refusal rows[] = {
        {"{" GPUS "}", VLLMPLAN_E_MISSING, "/model", "names no model"},
        {"{\"model\":{}," GPUS "}", VLLMPLAN_E_MISSING, "/model", "path, id, config or facts"},
        {"{\"model\":{\"path\":\"a\",\"id\":\"b/c\"}," GPUS "}", VLLMPLAN_E_RANGE, "/model", "only one"},
        {"{\"model\":{\"path\":\"\"}," GPUS "}", VLLMPLAN_E_RANGE, "/model/path", "empty"},
        {"{\"model\":{\"path\":\"a\",\"revision\":\"b\"}," GPUS "}", VLLMPLAN_E_RANGE, "/model/revision",
         "\"id\""},
        {"{\"model\":{\"id\":\"a/b\",\"tensors\":[]}," GPUS "}", VLLMPLAN_E_RANGE, "/model/tensors",
         "\"config\""},
    };
    CHECK_REFUSALS(rows);
    assert_true(read_text("{\"model\":{\"path\":\"a/b\"}," GPUS "}"));
    t_text(request.serve_as, "a/b");
    assert_true(read_text("{\"model\":{\"id\":\"a/b\",\"serve_as\":\"/models/b\"}," GPUS "}"));
    t_text(request.serve_as, "/models/b");
    assert_true(read_text("{" MODEL "," GPUS "}"));
    t_text(request.serve_as, "MODEL");
}

static void cards(void **state)
{
    (void)state;
    static const refusal rows[] = {
        {"{" MODEL "}", VLLMPLAN_E_MISSING, "/gpus", "which cards"},
        {"{" MODEL ",\"gpus\":[]}", VLLMPLAN_E_MISSING, "/gpus", "which cards"},
        {"{" MODEL ",\"gpus\":\"all\"}", VLLMPLAN_E_RANGE, "/gpus", "auto"},
        {"{" MODEL ",\"gpus\":{\"name\":\"rtx_3091\"}}", VLLMPLAN_E_UNKNOWN_NAME, "/gpus/name", "3090"},
        {"{" MODEL ",\"gpus\":[{\"name\":\"a100\"}]}", VLLMPLAN_E_AMBIGUOUS, "/gpus/0/name", ""},
        {"{" MODEL ",\"gpus\":[{\"name\":\"rtx_3090\",\"count\":0}]}", VLLMPLAN_E_RANGE, "/gpus/0/count",
         "from 1 to 1024"},
        {"{" MODEL ",\"gpus\":[{\"name\":\"rtx_3090\",\"total_bytes\":1048575}]}", VLLMPLAN_E_RANGE,
         "/gpus/0/total_bytes", "1048576"},
        {"{" MODEL ",\"gpus\":[{\"name\":\"rtx_3090\",\"free_bytes\":99999999999}]}", VLLMPLAN_E_RANGE,
         "/gpus/0/free_bytes", "in total"},
        {"{" MODEL ",\"gpus\":[{\"name\":\"rtx_3090\",\"free_measured\":\"after\"}]}", VLLMPLAN_E_RANGE,
         "/gpus/0/free_measured", "after_context"},
        /* its total was never seen by torch */
        {"{" MODEL ",\"gpus\":[{\"name\":\"rtx_3070\"}]}", VLLMPLAN_E_MISSING, "/gpus/0/total_bytes",
         "never seen"},
        {"{" MODEL ",\"gpus\":[{\"total_bytes\":25000000000}]}", VLLMPLAN_E_MISSING,
         "/gpus/0/compute_capability", "8.6"},
        {"{" MODEL ",\"gpus\":[{\"compute_capability\":\"8.6\"}]}", VLLMPLAN_E_MISSING, "/gpus/0/total_bytes",
         "name"},
        {"{" MODEL ",\"gpus\":[{\"total_bytes\":25000000000,\"compute_capability\":\"4.9\"}]}",
         VLLMPLAN_E_RANGE, "/gpus/0/compute_capability", "5.0"},
        {"{" MODEL ",\"gpus\":[{\"total_bytes\":25000000000,\"compute_capability\":\"86\"}]}",
         VLLMPLAN_E_RANGE, "/gpus/0/compute_capability", "8.6"},
        {"{" MODEL ",\"gpus\":[{\"total_bytes\":25000000000,\"compute_capability\":8.6}]}", VLLMPLAN_E_TYPE,
         "/gpus/0/compute_capability", "expected text"},
        {"{" MODEL ",\"gpus\":[{\"total_bytes\":25000000000,\"driver_total_bytes\":1}]}", VLLMPLAN_E_RANGE,
         "/gpus/0/driver_total_bytes", "1048576"},
        {"{" MODEL ",\"gpus\":[{\"driver_total_bytes\":25000000000,\"compute_capability\":\"8.6\"}]}",
         VLLMPLAN_E_MISSING, "/gpus/0/total_bytes", "translated"},
    };
    CHECK_REFUSALS(rows);
}

static void memory_of_cards(void **state)
{
    (void)state;
    /* gpus.def: the RTX 3090 has 24576 MiB by the driver and 24124 MiB by torch */
    assert_true(read_text("{" MODEL ",\"gpus\":[{\"name\":\"RTX 3090\",\"count\":2,\"uuid\":\"GPU-1\"}]}"));
    t_u64(request.device_count, 1);
    t_u64(request.devices[0].count, 2);
    t_u64(request.devices[0].total_bytes, 24124ull << 20);
    t_u64(request.devices[0].free_bytes, 24124ull << 20);
    t_u64(request.devices[0].capability, 86);
    assert_false(request.devices[0].free_given);
    t_text(request.devices[0].uuid, "GPU-1");

    /* 24575 MiB by the driver is one MiB less by torch, too */
    assert_true(read_text("{" MODEL ",\"gpus\":{\"name\":\"rtx_3090\",\"driver_total_bytes\":25768755200}}"));
    t_u64(request.devices[0].total_bytes, 24123ull << 20);

    assert_true(read_text(
        "{" MODEL
        ",\"gpus\":[{\"name\":\"rtx_3090\",\"free_bytes\":1000,\"free_measured\":\"after_context\"},"
        "{\"total_bytes\":2097152,\"compute_capability\":\"12.0\"}],\"nodes\":2}"));
    assert_true(request.devices[0].free_given && request.devices[0].free_after_context);
    t_u64(request.devices[0].free_bytes, 1000);
    t_u64(request.devices[1].capability, 120);
    t_u64(request.nodes, 2);
}

static void engines(void **state)
{
    (void)state;
    static const refusal rows[] = {
        {REQUEST("\"engine\":{\"release\":\"latest\"}"), VLLMPLAN_E_UNKNOWN_NAME, "/engine/release",
         "0.33.0"},
        {REQUEST("\"engine\":{\"entrypoint\":\"sevre\"}"), VLLMPLAN_E_RANGE, "/engine/entrypoint",
         "did you mean \"serve\""},
        {REQUEST("\"engine\":{\"runner\":\"v3\"}"), VLLMPLAN_E_RANGE, "/engine/runner", "v1|v2"},
    };
    CHECK_REFUSALS(rows);
    assert_true(read_text(REQUEST("\"engine\":{\"release\":\"0.11.2\",\"runner\":\"v1\",\"plugins\":[\"p\"],"
                                  "\"extra_args\":[\"--seed\",\"1\"]}")));
    t_text(request.engine.release->key, "0.11.2");
    assert_true(request.engine.release_given && request.engine.release_exact);
    t_text(request.engine.python, "python3");
    t_u64(request.engine.plugin_count, 1);
    t_u64(request.engine.extra_arg_count, 2);
    t_text(request.engine.extra_args[1], "1");
    assert_true(read_text("{" MODEL "," GPUS "}"));
    assert_false(request.engine.release_given);
    assert_ptr_equal(request.engine.release, vp_release_newest());
}

static void setting_is(const char *name, vp_value_kind kind, const char *text)
{
    const vp_setting *setting = vp_settings_find(&request.settings, name);
    assert_non_null(setting);
    assert_int_equal(setting->kind, kind);
    t_text(setting->text, text);
}

static void settings(void **state)
{
    (void)state;
    static const refusal rows[] = {
        {REQUEST("\"settings\":{\"max_model_length\":4096}"), VLLMPLAN_E_UNKNOWN_NAME,
         "/settings/max_model_length", "max_model_len"},
        {REQUEST("\"settings\":{\"max_model_len\":true}"), VLLMPLAN_E_TYPE, "/settings/max_model_len", ""},
        {REQUEST("\"settings\":{\"gpu_memory_utilization\":-0.5}"), VLLMPLAN_E_RANGE,
         "/settings/gpu_memory_utilization", "from 0"},
        {REQUEST("\"settings\":{\"gpu_memory_utilization\":1e300}"), VLLMPLAN_E_RANGE,
         "/settings/gpu_memory_utilization", "10^9"},
        /* the settings are judged before the cards and the policy */
        {"{" MODEL ",\"gpus\":{\"total_bytes\":1073741824},\"settings\":{\"nosuch\":true}}",
         VLLMPLAN_E_UNKNOWN_NAME, "/settings/nosuch", ""},
    };
    CHECK_REFUSALS(rows);
    assert_true(read_text(
        REQUEST("\"engine\":{\"release\":\"0.33.0\"},\"settings\":{\"gpu_memory_utilization\":\"0.90\","
                "\"swap\\u005fspace\":null,"
                "\"max_num_seqs\":\"64\",\"max_model_len\":\"4k\",\"enforce_eager\":true,\"block_size\":16,"
                "\"hf_overrides\":{\"a\" : [0.1, 2]},\"served_model_name\":[\"a\",\"b\"]}")));
    setting_is("gpu_memory_utilization", VP_VALUE_DECIMAL, "0.90");
    setting_is("swap_space", VP_VALUE_NULL, "");
    setting_is("max_num_seqs", VP_VALUE_INT, "64");
    setting_is("max_model_len", VP_VALUE_TEXT, "4k");
    setting_is("enforce_eager", VP_VALUE_BOOL, "true");
    setting_is("block_size", VP_VALUE_INT, "16");
    setting_is("hf_overrides", VP_VALUE_JSON, "{\"a\":[0.1,2]}");
    setting_is("served_model_name", VP_VALUE_JSON, "[\"a\",\"b\"]");
    assert_true(read_text(REQUEST("\"settings\":{\"gpu_memory_utilization\":0.90}")));
    setting_is("gpu_memory_utilization", VP_VALUE_DECIMAL, "0.9"); /* JSON has no memory of the digits */
}

static void policies(void **state)
{
    (void)state;
    static const refusal rows[] = {
        {REQUEST("\"policy\":{\"quantization\":\"sometimes\"}"), VLLMPLAN_E_RANGE, "/policy/quantization",
         "auto|never"},
        {REQUEST("\"policy\":{\"quantization\":[\"fp8\",\"bitsandbites\"]}"), VLLMPLAN_E_UNKNOWN_NAME,
         "/policy/quantization/1", "\"bitsandbytes\""},
        {REQUEST("\"policy\":{\"may_change\":[\"max_model_length\"]}"), VLLMPLAN_E_UNKNOWN_NAME,
         "/policy/may_change/0", "\"max_model_len\""},
        {REQUEST("\"policy\":{\"objective\":\"speed\"}"), VLLMPLAN_E_RANGE, "/policy/objective",
         "quality|context|concurrency"},
        {REQUEST("\"policy\":{\"risk\":\"high\"}"), VLLMPLAN_E_RANGE, "/policy/risk", "safe|likely"},
        {REQUEST("\"policy\":{\"reserve_bytes\":-1}"), VLLMPLAN_E_RANGE, "/policy/reserve_bytes", "from 0"},
    };
    CHECK_REFUSALS(rows);
    assert_true(read_text(
        REQUEST("\"policy\":{\"quantization\":[\"fp8\"],\"objective\":\"context\",\"risk\":\"likely\","
                "\"may_change\":[],\"reserve_bytes\":7}")));
    assert_int_equal(request.policy.quantization, VP_QUANTIZATION_LIST);
    t_text(request.policy.methods[0], "fp8");
    assert_int_equal(request.policy.objective, VP_OBJECTIVE_CONTEXT);
    assert_true(request.policy.risk_likely && request.policy.may_change_given);
    t_u64(request.policy.may_change_count, 0);
    t_u64(request.policy.reserve_bytes, 7);
}

static void the_rest(void **state)
{
    (void)state;
    static const refusal rows[] = {
        {REQUEST("\"host\":{\"platform\":\"macos\"}"), VLLMPLAN_E_RANGE, "/host/platform",
         "linux|wsl2|windows"},
        {REQUEST("\"wishes\":{\"context_tokens\":0}"), VLLMPLAN_E_RANGE, "/wishes/context_tokens", "from 1"},
        {REQUEST("\"measured\":{\"graphs_bytes\":9007199254740992}"), VLLMPLAN_E_RANGE,
         "/measured/graphs_bytes", "9007199254740991"},
    };
    CHECK_REFUSALS(rows);
    assert_true(read_text(REQUEST(
        "\"host\":{\"compile_cache\":\"warm\",\"platform\":\"wsl2\",\"env\":{\"A\":\"b\"}},"
        "\"wishes\":{\"context_tokens\":8192,\"concurrency\":4},\"deploy\":{\"image\":\"x\"},"
        "\"measured\":{\"activation_bytes\":5,\"graphs_bytes\":0,\"source\":\"log\"},\"limits\":{}")));
    assert_int_equal(request.compile_cache, VP_CACHE_WARM);
    t_text(request.platform, "wsl2");
    t_u64(request.wish_context, 8192);
    t_u64(request.wish_concurrency, 4);
    t_u64(request.measured_activation, 5);
    assert_true(request.measured_given[1] && request.measured_given[3]);
    assert_false(request.measured_given[0] || request.measured_given[2]);
}

static void lenient_requests(void **state)
{
    (void)state;
    assert_true(
        read_text("{\"lenient\":true," MODEL ",\"gpus\":[{\"name\":\"rtx_3090\",\"colour\":1}],\"x\":{}}"));
    t_u64(source.ignored_count, 2);
    t_text(source.ignored[0], "/gpus/0/colour");
    t_text(source.ignored[1], "/x");
}

static void inline_models(void **state)
{
    (void)state;
    assert_true(read_text(
        "{\"model\":{\"config\":{\"architectures\":[\"Qwen2ForCausalLM\"],\"hidden_size\":896,"
        "\"intermediate_size\":4864,\"num_hidden_layers\":24,\"num_attention_heads\":14,"
        "\"num_key_value_heads\":2,\"vocab_size\":151936,\"max_position_embeddings\":32768,"
        "\"torch_dtype\":\"bfloat16\",\"tie_word_embeddings\":true},\"checkpoint_bytes\":988097536}," GPUS
        "}"));
    assert_true(vp_json_model_inline(&source, &facts, &error));
    t_u64(facts.model.layers, 24);
    assert_true(facts.inventory.checkpoint_bytes_known);
    t_u64(facts.inventory.checkpoint_bytes, 988097536);
    /* embedding 151936 * 896, 24 layers of q and o 896 * 896 each, k and v 128 * 896 each, the biases of q, k
     * and v, three MLP matrices 896 * 4864 and two norms, and the last norm: 494032768 parameters, as the
     * model's page says */
    t_u64(vp_inventory_parameters(&facts.inventory), 494032768);

    assert_true(read_text(
        "{\"model\":{\"config\":{\"architectures\":[\"Qwen2ForCausalLM\"],\"num_hidden_layers\":0}}," GPUS
        "}"));
    assert_false(vp_json_model_inline(&source, &facts, &error));
    assert_true(strncmp(error.path, "/model/config/", 14) == 0);
}

#define TENSORS(tensors)                                                                                     \
    "{\"model\":{\"config\":{\"architectures\":[\"Qwen2ForCausalLM\"],\"hidden_size\":896,"                  \
    "\"intermediate_size\":4864,\"num_hidden_layers\":24,\"num_attention_heads\":14,"                        \
    "\"num_key_value_heads\":2,\"vocab_size\":151936,\"max_position_embeddings\":32768},"                    \
    "\"tensors\":[" tensors "]}," GPUS "}"

static void inline_tensors(void **state)
{
    (void)state;
    static const refusal rows[] = {
        {TENSORS("{\"name\":\"x\",\"dtype\":\"Q9\",\"shape\":[1]}"), VLLMPLAN_E_UNKNOWN_NAME,
         "/model/tensors/0", "Q9"},
        {TENSORS("{\"name\":\"x\",\"shape\":[1]}"), VLLMPLAN_E_MISSING, "/model/tensors/0", "a dtype"},
        {TENSORS("{\"name\":\"x\",\"dtype\":\"BF16\",\"shape\":[9007199254740991,2]}"), VLLMPLAN_E_RANGE,
         "/model/tensors/0", "large"},
        {TENSORS("{\"name\":\"x\",\"dtype\":\"BF16\",\"shape\":[1]}"), VLLMPLAN_E_CHECKPOINT,
         "/model/tensors", "lack"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        assert_true(read_text(rows[i].request));
        assert_false(vp_json_model_inline(&source, &facts, &error));
        assert_int_equal(error.code, rows[i].code);
        t_text(error.path, rows[i].path);
        t_contains(error.message, rows[i].part);
    }
}

static void texts_are_written_as_json(void **state)
{
    (void)state;
    char text[128];
    vp_writer w;
    vp_writer_start(&w, text, sizeof text);
    vp_json_put_text(&w, "a\"b\\c\n\x01\xc3\xa4\xc3");
    t_text(text, "\"a\\\"b\\\\c\\n\\u0001\xc3\xa4\\ufffd\"");
    vp_writer_start(&w, text, sizeof text);
    vp_json_put_text(&w, NULL);
    t_text(text, "null");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(keys_and_types),
        cmocka_unit_test(models),
        cmocka_unit_test(cards),
        cmocka_unit_test(memory_of_cards),
        cmocka_unit_test(engines),
        cmocka_unit_test(settings),
        cmocka_unit_test(policies),
        cmocka_unit_test(the_rest),
        cmocka_unit_test(lenient_requests),
        cmocka_unit_test(inline_models),
        cmocka_unit_test(inline_tensors),
        cmocka_unit_test(texts_are_written_as_json),
    };
    return cmocka_run_group_tests_name("request", tests, NULL, forget);
}
