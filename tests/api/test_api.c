/* SPDX-License-Identifier: Apache-2.0 */
/* The exported functions, through the public headers alone. */
#define _POSIX_C_SOURCE 200809L /* setenv */
#include "../support/t_assert.h"

#include <stdlib.h>

#include <vllmplan/vllmplan.h>

#define CONFIG                                                                                               \
    "{\"architectures\":[\"Qwen2ForCausalLM\"],\"hidden_size\":896,\"intermediate_size\":4864,"              \
    "\"num_hidden_layers\":24,\"num_attention_heads\":14,\"num_key_value_heads\":2,\"vocab_size\":151936,"   \
    "\"max_position_embeddings\":32768,\"torch_dtype\":\"bfloat16\",\"tie_word_embeddings\":true}"
#define PLAN                                                                                                 \
    "{\"model\":{\"config\":" CONFIG                                                                         \
    "},\"gpus\":[{\"name\":\"rtx_3090\"}],\"engine\":{\"release\":\"0.33.0\"}}"

typedef int32_t json_call(const char *, size_t, uint32_t, char **, size_t *);

/** A call that must fail with this code; its text must hold `part`. */
static void refused(json_call *call, const char *request, uint32_t allow, int32_t code, const char *part)
{
    char *out = NULL;
    size_t length = 0;
    assert_int_equal(call(request, strlen(request), allow, &out, &length), code);
    t_contains(out, "{\"error\":{\"code\":-");
    t_contains(out, vllmplan_status_name(code));
    t_contains(out, part);
    t_u64(length, strlen(out));
    vllmplan_free(out);
}

static void versions_agree(void **state)
{
    (void)state;
    t_u64(vllmplan_version(), VLLMPLAN_VERSION);
    t_text(vllmplan_version_string(), VLLMPLAN_VERSION_STRING);
}

static void misuse_is_told(void **state)
{
    (void)state;
    size_t length = 7;
    char *out = NULL;
    assert_int_equal(vllmplan_plan_json("{}", 2, 0, NULL, &length), VLLMPLAN_E_MISUSE);
    assert_int_equal(vllmplan_plan_json(NULL, 2, 0, &out, NULL), VLLMPLAN_E_MISUSE);
    vllmplan_free(out);
    refused(vllmplan_plan_json, PLAN, 8, VLLMPLAN_E_MISUSE, "allow");
    vllmplan_free(NULL);
}

static void bad_text_is_told(void **state)
{
    (void)state;
    char deep[200] = "";
    refused(vllmplan_plan_json, "", 0, VLLMPLAN_E_SYNTAX, "JSON");
    refused(vllmplan_plan_json, "{\"a\":1,\"a\":2}", 0, VLLMPLAN_E_UNKNOWN_KEY, "duplicate");
    refused(vllmplan_plan_json, "{\"a\":\"\xff\"}", 0, VLLMPLAN_E_SYNTAX, "UTF-8");
    refused(vllmplan_plan_json, "{} x", 0, VLLMPLAN_E_SYNTAX, "line 1");
    refused(vllmplan_plan_json, "[]", 0, VLLMPLAN_E_TYPE, "expected an object, got a list");
    memset(deep, '[', 65); /* one more than is allowed */
    refused(vllmplan_plan_json, deep, 0, VLLMPLAN_E_LIMIT, "64");
    deep[64] = '\0';
    refused(vllmplan_plan_json, deep, 0, VLLMPLAN_E_SYNTAX, "JSON");
}

static void nothing_ambient_unless_allowed(void **state)
{
    (void)state;
    refused(vllmplan_plan_json, "{\"model\":{\"path\":\"x\"},\"gpus\":{\"name\":\"rtx_3090\"}}", 0,
            VLLMPLAN_E_NOT_ALLOWED, "\"path\":\"/model/path\"");
    refused(vllmplan_plan_json, "{\"model\":{\"id\":\"a/b\"},\"gpus\":{\"name\":\"rtx_3090\"}}", 0,
            VLLMPLAN_E_NOT_ALLOWED, "VLLMPLAN_ALLOW_FILES");
    refused(vllmplan_plan_json, "{\"model\":{\"id\":\"a/b\"},\"gpus\":{\"name\":\"rtx_3090\"}}",
            VLLMPLAN_ALLOW_FILES, VLLMPLAN_E_NOT_ALLOWED, "VLLMPLAN_ALLOW_ENV");
    refused(vllmplan_plan_json, "{\"model\":{\"config\":" CONFIG "},\"gpus\":\"auto\"}", 0,
            VLLMPLAN_E_NOT_ALLOWED, "VLLMPLAN_ALLOW_PROBE");
    refused(vllmplan_describe_json, "{\"topic\":\"machine\"}", VLLMPLAN_ALLOW_FILES | VLLMPLAN_ALLOW_ENV,
            VLLMPLAN_E_NOT_ALLOWED, "VLLMPLAN_ALLOW_PROBE");
    refused(vllmplan_plan_json, "{\"model\":{\"path\":\"/nowhere/at/all\"},\"gpus\":{\"name\":\"rtx_3090\"}}",
            VLLMPLAN_ALLOW_FILES, VLLMPLAN_E_NOT_FOUND, "\"path\":\"/model/path\"");
}

/** A model of the hub's cache is found by HF_HUB_CACHE, and its absence told. */
static void the_hub_cache_comes_from_the_environment(void **state)
{
    (void)state;
    setenv("HF_HUB_CACHE", "/nowhere/at/all", 1);
    refused(vllmplan_plan_json, "{\"model\":{\"id\":\"a/b\"},\"gpus\":{\"name\":\"rtx_3090\"}}",
            VLLMPLAN_ALLOW_FILES | VLLMPLAN_ALLOW_ENV, VLLMPLAN_E_NOT_FOUND, "/nowhere/at/all");
    unsetenv("HF_HUB_CACHE");
}

static void a_plan_is_read_by_pointers(void **state)
{
    (void)state;
    vllmplan_request *request = NULL;
    vllmplan_plan *plan = NULL;
    vllmplan_error error = VLLMPLAN_ERROR_INIT;
    assert_int_equal(vllmplan_request_new(&request), VLLMPLAN_OK);
    assert_int_equal(vllmplan_request_set_json(request, "/model/config", CONFIG, strlen(CONFIG), &error),
                     VLLMPLAN_OK);
    assert_int_equal(vllmplan_request_set_text(request, "/gpus/0/name", "rtx_3090", &error), VLLMPLAN_OK);
    assert_int_equal(vllmplan_request_set_text(request, "/engine/release", "0.33.0", NULL), VLLMPLAN_OK);
    assert_int_equal(vllmplan_plan_new(request, 0, &plan, &error), VLLMPLAN_OK);
    vllmplan_request_free(request); /* plans made from it stay valid */

    const char *text = NULL;
    uint64_t number = 0;
    size_t count = 0, length = 0;
    assert_int_equal(vllmplan_plan_get_text(plan, "/verdict", &text), VLLMPLAN_OK);
    t_text(text, "fits");
    assert_int_equal(vllmplan_plan_get_u64(plan, "/model/layers", &number), VLLMPLAN_OK);
    t_u64(number, 24);
    assert_int_equal(vllmplan_plan_count(plan, "/memory/ranks", &count), VLLMPLAN_OK);
    t_u64(count, 1);
    const char *const *argv = vllmplan_plan_argv(plan, &count);
    t_text(argv[0], "vllm");
    t_text(argv[1], "serve");
    t_text(argv[2], "MODEL");
    assert_null(argv[count]);
    number = 5;
    assert_int_equal(vllmplan_plan_get_u64(plan, "/verdict", &number), VLLMPLAN_E_TYPE);
    assert_int_equal(vllmplan_plan_get_u64(plan, "/memory/ranks/1/total_bytes", &number),
                     VLLMPLAN_E_NO_SUCH_FIGURE);
    assert_int_equal(vllmplan_plan_get_u64(plan, "model", &number), VLLMPLAN_E_NO_SUCH_FIGURE);
    assert_int_equal(vllmplan_plan_get_text(plan, "/failing_step", &text), VLLMPLAN_E_NO_SUCH_FIGURE);
    assert_int_equal(vllmplan_plan_get_u64(plan, "/model/layers", NULL), VLLMPLAN_E_MISUSE);
    t_u64(number, 5);

    char *handle_text = NULL, *direct = NULL;
    size_t direct_length = 0;
    assert_int_equal(vllmplan_plan_to_json(plan, &handle_text, &length), VLLMPLAN_OK);
    assert_int_equal(vllmplan_plan_json(PLAN, strlen(PLAN), 0, &direct, &direct_length), VLLMPLAN_OK);
    t_text(handle_text, direct);
    t_u64(length, direct_length);
    vllmplan_free(handle_text);
    vllmplan_free(direct);
    vllmplan_plan_free(plan);
}

static void pointers_of_a_request(void **state)
{
    (void)state;
    vllmplan_request *request = NULL;
    vllmplan_error error = VLLMPLAN_ERROR_INIT;
    assert_int_equal(vllmplan_request_new(NULL), VLLMPLAN_E_MISUSE);
    assert_int_equal(vllmplan_request_new(&request), VLLMPLAN_OK);
    assert_int_equal(vllmplan_request_set_text(request, "/gpus/-/name", "a", &error), VLLMPLAN_OK);
    assert_int_equal(vllmplan_request_set_text(request, "/gpus/1/name", "b", &error), VLLMPLAN_OK);
    assert_int_equal(vllmplan_request_set_text(request, "/gpus/1/name", "c", &error), VLLMPLAN_OK);
    assert_int_equal(vllmplan_request_set_text(request, "/gpus/3/name", "d", &error), VLLMPLAN_E_MISUSE);
    t_text(error.path, "/gpus/3/name");
    assert_int_equal(vllmplan_request_set_text(request, "/gpus/0/name/x", "d", &error), VLLMPLAN_E_MISUSE);
    assert_int_equal(vllmplan_request_set_text(request, "gpus", "d", &error), VLLMPLAN_E_MISUSE);
    assert_int_equal(vllmplan_request_set_text(request, "/a~2", "d", &error), VLLMPLAN_E_MISUSE);
    assert_int_equal(vllmplan_request_set_text(request, "/a", "\xff", &error), VLLMPLAN_E_SYNTAX);
    assert_int_equal(vllmplan_request_set_text(request, "/a", NULL, &error), VLLMPLAN_E_MISUSE);
    assert_int_equal(vllmplan_request_set_u64(request, "/nodes", UINT64_MAX, &error), VLLMPLAN_E_RANGE);
    assert_int_equal(vllmplan_request_set_json(request, "/model", "{", 1, &error), VLLMPLAN_E_SYNTAX);
    assert_int_equal(vllmplan_request_set_json(request, "", "[]", 2, &error), VLLMPLAN_E_MISUSE);
    assert_int_equal(vllmplan_request_set_json(request, "", PLAN, strlen(PLAN), &error), VLLMPLAN_OK);
    assert_int_equal(vllmplan_request_set_text(request, "/gpus/0/a~1b~0c", "d", &error), VLLMPLAN_OK);
    vllmplan_plan *plan = NULL;
    assert_int_equal(vllmplan_plan_new(request, 0, &plan, &error), VLLMPLAN_E_UNKNOWN_KEY);
    t_text(error.path, "/gpus/0/a~1b~0c");
    assert_null(plan);
    vllmplan_request_free(request);
    vllmplan_request_free(NULL);
}

static void handles_of_another_kind(void **state)
{
    (void)state;
    vllmplan_request *request = NULL;
    vllmplan_plan *plan = NULL;
    uint64_t number = 0;
    size_t count = 9;
    assert_int_equal(vllmplan_request_new(&request), VLLMPLAN_OK);
    const vllmplan_plan *wrong = (const void *)request;
    assert_int_equal(vllmplan_plan_get_u64(wrong, "/verdict", &number), VLLMPLAN_E_MISUSE);
    assert_int_equal(vllmplan_plan_get_u64(NULL, "/verdict", &number), VLLMPLAN_E_MISUSE);
    assert_null(vllmplan_plan_argv(wrong, &count));
    t_u64(count, 0);
    assert_int_equal(vllmplan_plan_new(NULL, 0, &plan, NULL), VLLMPLAN_E_MISUSE);
    assert_int_equal(vllmplan_plan_new(request, 8, &plan, NULL), VLLMPLAN_E_MISUSE);
    assert_int_equal(vllmplan_plan_new(request, 0, NULL, NULL), VLLMPLAN_E_MISUSE);
    vllmplan_plan_free(NULL);
    vllmplan_request_free(request);
}

/** Older programs have a smaller struct: what it holds is written, and not a byte more. */
static void error_structs_of_other_sizes(void **state)
{
    (void)state;
    vllmplan_request *request = NULL;
    vllmplan_plan *plan = NULL;
    vllmplan_error error;
    assert_int_equal(vllmplan_request_new(&request), VLLMPLAN_OK);
    memset(&error, 'x', sizeof error);
    error.struct_size = 7;
    assert_int_equal(vllmplan_plan_new(request, 0, &plan, &error), VLLMPLAN_E_ABI);
    assert_int_equal(error.code, 0x78787878);
    error.struct_size = 8; /* size and code */
    assert_int_equal(vllmplan_plan_new(request, 0, &plan, &error), VLLMPLAN_E_MISSING);
    assert_int_equal(error.code, VLLMPLAN_E_MISSING);
    assert_int_equal(error.path[0], 'x');
    error.struct_size = 8 + 256; /* and the path */
    assert_int_equal(vllmplan_plan_new(request, 0, &plan, &error), VLLMPLAN_E_MISSING);
    t_text(error.path, "/model");
    assert_int_equal(error.message[0], 'x');
    error.struct_size = (uint32_t)sizeof error + 100; /* of a newer program */
    assert_int_equal(vllmplan_plan_new(request, 0, &plan, &error), VLLMPLAN_E_MISSING);
    t_contains(error.message, "model");
    vllmplan_request_free(request);
}

static void tables_are_described(void **state)
{
    (void)state;
    static const char *const topics[][2] = {
        {"{\"topic\":\"gpus\"}", "\"key\":\"rtx_3090\""},
        {"{\"topic\":\"methods\",\"release\":\"0.11.2\"}", "\"key\":\"bitsandbytes\""},
        {"{\"topic\":\"releases\"}", "\"release\":\"0.33.0\""},
        {"{\"topic\":\"flags\",\"release\":\"0.33.0\"}", "\"option\":\"--tensor-parallel-size\""},
        {"{\"topic\":\"flags\"}", "\"-tp\""},
        {"{\"topic\":\"architectures\"}", "\"name\":\"Qwen2ForCausalLM\""},
        {"{\"topic\":\"codes\"}", "\"code\":\"VLLMPLAN_E_RANGE\""},
        {"{\"topic\":\"schema\"}", "\"free_measured\""}};
    for (size_t i = 0; i < sizeof topics / sizeof topics[0]; i++) {
        char *out = NULL;
        assert_int_equal(vllmplan_describe_json(topics[i][0], strlen(topics[i][0]), 0, &out, NULL),
                         VLLMPLAN_OK);
        t_contains(out, topics[i][1]);
        vllmplan_free(out);
    }
    refused(vllmplan_describe_json, "{}", 0, VLLMPLAN_E_MISSING, "\"path\":\"/topic\"");
    refused(vllmplan_describe_json, "{\"topic\":\"gpu\"}", 0, VLLMPLAN_E_UNKNOWN_NAME,
            "did you mean \\\"gpus\\\"?");
    refused(vllmplan_describe_json, "{\"topic\":\"flags\",\"release\":\"99.0\"}", 0, VLLMPLAN_E_UNKNOWN_NAME,
            "\"path\":\"/release\"");
}

/** Facts stand in for what they were read from: the same plan, byte for byte. */
static void facts_stand_in_for_the_model(void **state)
{
    (void)state;
    static const char rest[] =
        ",\"serve_as\":\"MODEL\"},\"gpus\":[{\"name\":\"rtx_3090\"}],\"engine\":{\"release\":\"0.33.0\"}}";
    static const char model[] = "{\"model\":{\"config\":" CONFIG "}}";
    char *inspected = NULL, *from_config = NULL, *from_facts = NULL;
    assert_int_equal(vllmplan_inspect_json(model, strlen(model), 0, &inspected, NULL), VLLMPLAN_OK);
    const char *begin = strstr(inspected, "\"facts\":"), *end = NULL;
    for (const char *at = inspected; (at = strstr(at, ",\"findings\":")) != NULL; at++) end = at;
    assert_non_null(begin);
    assert_non_null(end);
    size_t room = strlen(inspected) + sizeof rest + 32;
    char *request = malloc(room);
    assert_non_null(request);
    snprintf(request, room, "{\"model\":{%.*s%s", (int)(end - begin), begin, rest);
    assert_int_equal(vllmplan_plan_json(PLAN, strlen(PLAN), 0, &from_config, NULL), VLLMPLAN_OK);
    int32_t status = vllmplan_plan_json(request, strlen(request), 0, &from_facts, NULL);
    t_text(from_facts, from_config);
    assert_int_equal(status, VLLMPLAN_OK);
    free(request);
    vllmplan_free(inspected);
    vllmplan_free(from_config);
    vllmplan_free(from_facts);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(versions_agree),
        cmocka_unit_test(misuse_is_told),
        cmocka_unit_test(bad_text_is_told),
        cmocka_unit_test(nothing_ambient_unless_allowed),
        cmocka_unit_test(the_hub_cache_comes_from_the_environment),
        cmocka_unit_test(a_plan_is_read_by_pointers),
        cmocka_unit_test(pointers_of_a_request),
        cmocka_unit_test(handles_of_another_kind),
        cmocka_unit_test(error_structs_of_other_sizes),
        cmocka_unit_test(tables_are_described),
        cmocka_unit_test(facts_stand_in_for_the_model),
    };
    return cmocka_run_group_tests_name("api", tests, NULL, NULL);
}
