/* SPDX-License-Identifier: Apache-2.0 */
/* Extra arguments of a plan: they come last, they win, and that is said (argparse: the last of two counts). */
#include <vllmplan/vllmplan.h>

#include "../support/t_assert.h"

#define MODEL                                                                                                \
    "{\"config\":{\"architectures\":[\"LlamaForCausalLM\"],\"model_type\":\"llama\",\"hidden_size\":2048,"   \
    "\"intermediate_size\":8192,\"num_attention_heads\":32,\"num_key_value_heads\":8,"                       \
    "\"num_hidden_layers\":16,\"vocab_size\":128256,\"max_position_embeddings\":8192,"                       \
    "\"torch_dtype\":\"bfloat16\",\"rms_norm_eps\":1e-5,\"tie_word_embeddings\":true}}"

static vllmplan_plan *plan_with(const char *extra)
{
    vllmplan_error error = VLLMPLAN_ERROR_INIT;
    vllmplan_request *request = NULL;
    vllmplan_plan *plan = NULL;
    assert_int_equal(vllmplan_request_new(&request), VLLMPLAN_OK);
    assert_int_equal(vllmplan_request_set_json(request, "/model", MODEL, strlen(MODEL), &error), VLLMPLAN_OK);
    assert_int_equal(vllmplan_request_set_text(request, "/gpus/name", "L4", &error), VLLMPLAN_OK);
    assert_int_equal(vllmplan_request_set_text(request, "/engine/release", "0.20.2", &error), VLLMPLAN_OK);
    assert_int_equal(vllmplan_request_set_u64(request, "/settings/max_model_len", 4096, &error), VLLMPLAN_OK);
    assert_int_equal(vllmplan_request_set_json(request, "/engine/extra_args", extra, strlen(extra), &error),
                     VLLMPLAN_OK);
    int32_t status = vllmplan_plan_new(request, 0, &plan, &error);
    if (status != VLLMPLAN_OK) print_error("%s: %s\n", error.path, error.message);
    assert_int_equal(status, VLLMPLAN_OK);
    vllmplan_request_free(request);
    return plan;
}

static const char *text_at(const vllmplan_plan *plan, const char *pointer)
{
    const char *text = "";
    assert_int_equal(vllmplan_plan_get_text(plan, pointer, &text), VLLMPLAN_OK);
    return text;
}

/** The pointer of the member of a list whose `key` is `value`. */
static const char *where(const vllmplan_plan *plan, const char *list, const char *key, const char *value,
                         char *pointer, size_t room)
{
    for (int i = 0;; i++) {
        const char *text = NULL;
        snprintf(pointer, room, "%s/%d/%s", list, i, key);
        if (vllmplan_plan_get_text(plan, pointer, &text) != VLLMPLAN_OK) return NULL;
        if (strcmp(text, value) != 0) continue;
        snprintf(pointer, room, "%s/%d", list, i);
        return pointer;
    }
}

static void overrides_are_planned_and_told(void **state)
{
    (void)state;
    char at[128], below[160];
    uint64_t length = 0;
    size_t count = 0;
    vllmplan_plan *plan = plan_with("[\"--max-model-len\",\"2k\",\"--seed\",\"1\"]");
    assert_int_equal(vllmplan_plan_get_u64(plan, "/settings/max_model_len", &length), VLLMPLAN_OK);
    t_u64(length, 2000); /* 2k, not the 4096 of the settings */
    assert_non_null(where(plan, "/notes", "code", "overrides", at, sizeof at));
    snprintf(below, sizeof below, "%s/path", at);
    t_text(text_at(plan, below), "/engine/extra_args/0");
    assert_non_null(where(plan, "/chosen", "setting", "max_model_len", at, sizeof at));
    snprintf(below, sizeof below, "%s/from", at);
    t_text(text_at(plan, below), "extra_args");
    const char *const *argv = vllmplan_plan_argv(plan, &count);
    int said = 0;
    for (size_t i = 0; i < count; i++) said += strcmp(argv[i], "--max-model-len") == 0;
    assert_int_equal(said, 1); /* it stands there once, where the caller put it */
    t_text(argv[count - 4], "--max-model-len");
    t_text(argv[count - 1], "1");
    vllmplan_plan_free(plan);
}

static void what_is_refused_refuses_the_plan(void **state)
{
    (void)state;
    char at[128];
    vllmplan_plan *plan = plan_with("[\"--swap-space\",\"4\"]"); /* last in 0.17.1 */
    t_text(text_at(plan, "/verdict"), "refused");
    t_text(text_at(plan, "/failing_step"), "arguments");
    t_contains(text_at(plan, "/summary"), "--swap-space");
    assert_non_null(where(plan, "/notes", "code", "removed_flag", at, sizeof at));
    vllmplan_plan_free(plan);
}

static void right_ones_say_nothing(void **state)
{
    (void)state;
    char at[128];
    vllmplan_plan *plan = plan_with("[\"--port\",\"9000\",\"--enable-prefix-caching\"]");
    t_text(text_at(plan, "/verdict"), "fits");
    assert_null(where(plan, "/notes", "code", "overrides", at, sizeof at));
    uint64_t port = 0;
    assert_int_equal(vllmplan_plan_get_u64(plan, "/health/port", &port), VLLMPLAN_OK);
    t_u64(port, 9000);
    vllmplan_plan_free(plan);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(overrides_are_planned_and_told),
        cmocka_unit_test(what_is_refused_refuses_the_plan),
        cmocka_unit_test(right_ones_say_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
