/* SPDX-License-Identifier: Apache-2.0 */
/* From a log to a plan: remedies from what was measured, and measured terms kept for later plans. */
#include <jansson.h>
#include <stdlib.h>
#include <vllmplan/vllmplan.h>

#include "../support/t_assert.h"

#define GIB ((uint64_t)1 << 30)

/* Llama-3.1-8B: a token's KV is 2 * 8 heads * 128 * 2 bytes * 32 layers = 131072 bytes, so 8192 tokens are
 * 1 GiB. */
#define MODEL                                                                                                \
    "\"model\":{\"config\":{\"architectures\":[\"LlamaForCausalLM\"],\"model_type\":\"llama\","              \
    "\"hidden_size\":4096,\"intermediate_size\":14336,\"num_hidden_layers\":32,"                             \
    "\"num_attention_heads\":32,\"num_key_value_heads\":8,\"head_dim\":128,\"vocab_size\":128256,"           \
    "\"max_position_embeddings\":131072,\"tie_word_embeddings\":false,\"torch_dtype\":\"bfloat16\","         \
    "\"rope_theta\":500000,\"rms_norm_eps\":1e-05,\"hidden_act\":\"silu\",\"attention_bias\":false}}"
#define GPUS "\"gpus\":{\"name\":\"RTX 3090\"}"
/* the texts of v1/worker/gpu_model_runner.py, gpu_worker.py and core/kv_cache_utils.py of 0.17.1 */
#define FIGURES                                                                                              \
    "Initializing a V1 LLM engine (v0.17.1) with config: model='x', dtype=torch.bfloat16, "                  \
    "max_seq_len=8192, tensor_parallel_size=1, quantization=None, enforce_eager=False, \\n"                  \
    "Model loading took 14.99 GiB memory and 4.133111 seconds\\nAvailable KV cache memory: 0.95 GiB\\n"
#define FAILURE                                                                                              \
    "ValueError: To serve at least one request with the models's max seq len (8192), (1.0 GiB KV cache is "  \
    "needed, which is larger than the available KV cache memory (0.95 GiB). Based on the available memory, " \
    "the estimated maximum model length is 7760. \\n"

typedef int32_t (*call)(const char *, size_t, uint32_t, char **, size_t *);

static json_t *ask(call which, const char *request)
{
    char *out = NULL;
    int32_t status = which(request, strlen(request), 0, &out, NULL);
    json_t *answer = out ? json_loads(out, 0, NULL) : NULL;
    if (status != VLLMPLAN_OK || !answer) fail_msg("%s -> %s", request, out ? out : "nothing");
    vllmplan_free(out);
    return answer;
}

static json_t *explain(const char *more, const char *log)
{
    char request[4096];
    snprintf(request, sizeof request, "{%s,%s,%s\"log\":\"%s\"}", MODEL, GPUS, more, log);
    return ask(vllmplan_explain_json, request);
}

static uint64_t number(const json_t *object, const char *key)
{
    const json_t *value = json_object_get(object, key);
    if (!json_is_integer(value)) fail_msg("no number %s", key);
    return (uint64_t)json_integer_value(value);
}

static const char *text(const json_t *object, const char *key)
{
    return json_string_value(json_object_get(object, key));
}

/** The remedy that changes a setting, or NULL. */
static const json_t *remedy(const json_t *answer, const char *setting)
{
    size_t i;
    json_t *item;
    json_array_foreach(json_object_get(answer, "remedies"), i,
                       item) if (json_object_get(json_object_get(item, "change"), setting)) return item;
    return NULL;
}

static void the_plan_behind_a_log_lacks_what_the_log_lacks(void **state)
{
    (void)state;
    json_t *answer = explain("\"settings\":{\"gpu_memory_utilization\":0.7},", FIGURES FAILURE);
    const json_t *asked = json_object_get(answer, "asked");
    t_text(text(asked, "verdict"), "does_not_fit");
    t_text(text(asked, "failing_step"), "max_model_len");
    /* 1 GiB is needed and 0.95 GiB, 1020054733 bytes, were left */
    t_u64(number(asked, "missing_bytes"), GIB - 1020054733);
    t_u64(number(json_object_get(answer, "measured"), "weights_bytes"), 16095389942); /* 14.99 * 2^30 */
    json_decref(answer);
}

static void remedies_stand_on_what_was_measured(void **state)
{
    (void)state;
    json_t *answer = explain("\"settings\":{\"gpu_memory_utilization\":0.7},", FIGURES FAILURE);
    const json_t *shorter = remedy(answer, "max_model_len"),
                 *share = remedy(answer, "gpu_memory_utilization");
    t_u64(number(json_object_get(shorter, "change"), "max_model_len"), 7760);
    t_text(text(shorter, "verdict"), "fits");
    t_text(text(shorter, "from"), "log");
    assert_non_null(share);
    t_text(text(share, "from"), "plan");
    /* smaller weights are no longer the ones that were measured: 4 bits of 8 billion are below 7 GiB */
    t_contains(text(remedy(answer, "quantization"), "cost"), "instead of 14.99");
    json_decref(answer);
}

static void a_start_that_worked_needs_no_remedy(void **state)
{
    (void)state;
    json_t *answer =
        explain("\"settings\":{\"gpu_memory_utilization\":0.9},", FIGURES "Application startup complete.\\n");
    t_text(text(answer, "outcome"), "started");
    t_u64(json_array_size(json_object_get(answer, "remedies")), 0);
    json_decref(answer);
}

/** A plan with `entry` as its only measured start. */
static json_t *plan_with(const json_t *entry, const char *release, const char *settings)
{
    char request[8192], *dumped = json_dumps(entry, JSON_COMPACT);
    snprintf(request, sizeof request,
             "{%s,%s,\"engine\":{\"release\":\"%s\"},\"settings\":{%s},\"policy\":{\"may_change\":[]},"
             "\"calibration\":[%s]}",
             MODEL, GPUS, release, settings, dumped);
    free(dumped);
    return ask(vllmplan_plan_json, request);
}

static const char *calibration_note(const json_t *plan)
{
    size_t i;
    json_t *note;
    json_array_foreach(json_object_get(plan, "notes"), i,
                       note) if (strcmp(text(note, "code"), "calibration") == 0) return text(note, "text");
    return NULL;
}

static uint64_t pool(const json_t *plan, const char *end)
{
    const json_t *rank = json_array_get(json_object_get(json_object_get(plan, "memory"), "ranks"), 0);
    return number(json_object_get(rank, "available_kv_bytes"), end);
}

static void a_later_plan_takes_the_measured_terms(void **state)
{
    (void)state;
    json_t *answer = explain("\"settings\":{\"gpu_memory_utilization\":0.7},", FIGURES FAILURE);
    const json_t *entry = json_object_get(answer, "calibration");
    assert_true(json_is_object(entry));
    json_t *plan = plan_with(entry, "0.17.1", "\"gpu_memory_utilization\":0.7,\"max_model_len\":4096");
    t_contains(calibration_note(plan), "0.17.1");
    t_u64(pool(plan, "likely"), 1020054733); /* what the log printed: 0.95 GiB */
    t_u64(pool(plan, "low"), pool(plan, "high"));
    json_decref(plan);
    plan =
        plan_with(entry, "0.18.0", "\"gpu_memory_utilization\":0.7,\"max_model_len\":4096"); /* a neighbour */
    t_u64(pool(plan, "likely"), 1020054733);
    json_decref(plan);
    json_decref(answer);
}

static void other_starts_are_not_taken(void **state)
{
    (void)state;
    static const char *const others[][2] = {{"0.17.1", "\"max_num_seqs\":8"},
                                            {"0.17.1", "\"enforce_eager\":true"},
                                            {"0.17.1", "\"quantization\":\"fp8\""},
                                            {"0.11.2", "\"max_model_len\":8192"},
                                            {"0.33.0", "\"max_model_len\":8192"}};
    json_t *answer = explain("\"settings\":{\"gpu_memory_utilization\":0.7},", FIGURES FAILURE);
    const json_t *entry = json_object_get(answer, "calibration");
    for (size_t i = 0; i < sizeof others / sizeof others[0]; i++) {
        json_t *plan = plan_with(entry, others[i][0], others[i][1]);
        t_contains(calibration_note(plan), "none of the 1");
        json_decref(plan);
    }
    json_t *damaged = json_deep_copy(entry);
    json_object_del(damaged, "model");
    json_t *plan = plan_with(damaged, "0.17.1", "\"max_model_len\":8192");
    t_contains(calibration_note(plan), "none of the 1");
    json_decref(plan);
    json_decref(damaged);
    json_decref(answer);
}

static void a_damaged_setting_of_the_log_is_no_error_of_the_request(void **state)
{
    (void)state;
    json_t *answer = explain(
        "", "non-default args: {'max_model_len': 'banana', 'kv_cache_dtype': 'no such type'}\\n" FAILURE);
    t_text(text(answer, "outcome"), "failed");
    assert_true(json_is_null(json_object_get(answer, "asked")));
    json_decref(answer);
}

static void the_callers_own_errors_are_errors(void **state)
{
    (void)state;
    static const struct {
        const char *request, *path;
        int32_t status;
    } rows[] = {
        {"{}", "/log", VLLMPLAN_E_MISSING},
        {"{\"log\":1}", "/log", VLLMPLAN_E_TYPE},
        {"{\"log\":\"\",\"lgo\":1}", "/lgo", VLLMPLAN_E_UNKNOWN_KEY},
        {"{\"log\":\"Model loading took 1.0 GiB\"," GPUS ",\"model\":{\"path\":\"/x\"}}", "/model/path",
         VLLMPLAN_E_NOT_ALLOWED},
        {"{\"log\":\"Model loading took 1.0 GiB\"," MODEL ",\"gpus\":{\"name\":\"no such card\"}}",
         "/gpus/name", VLLMPLAN_E_UNKNOWN_NAME},
        {"{\"log\":\"Model loading took 1.0 GiB\"," MODEL "," GPUS ",\"engine\":{\"release\":\"x\"}}",
         "/engine/release", VLLMPLAN_E_UNKNOWN_NAME},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        char *out = NULL;
        assert_int_equal(vllmplan_explain_json(rows[i].request, strlen(rows[i].request), 0, &out, NULL),
                         rows[i].status);
        json_t *answer = json_loads(out, 0, NULL);
        t_text(text(json_object_get(answer, "error"), "path"), rows[i].path);
        json_decref(answer);
        vllmplan_free(out);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_plan_behind_a_log_lacks_what_the_log_lacks),
        cmocka_unit_test(remedies_stand_on_what_was_measured),
        cmocka_unit_test(a_start_that_worked_needs_no_remedy),
        cmocka_unit_test(a_later_plan_takes_the_measured_terms),
        cmocka_unit_test(other_starts_are_not_taken),
        cmocka_unit_test(a_damaged_setting_of_the_log_is_no_error_of_the_request),
        cmocka_unit_test(the_callers_own_errors_are_errors),
    };
    return cmocka_run_group_tests_name("measured", tests, NULL, NULL);
}
