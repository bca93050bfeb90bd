/* SPDX-License-Identifier: Apache-2.0 */
/* Expectations are read off vLLM's own parsers, one release at a time. */
#include "../support/t_assert.h"
#include "data/flags.h"
#include "data/releases.h"

static const vp_release_row *release(const char *key)
{
    bool exact = false;
    vp_error error;
    vp_error_start(&error);
    const vp_release_row *row = vp_release_find(vp_str_from(key), &exact, "", &error);
    if (!row || !exact) fail_msg("no row %s", key);
    return row;
}

static const vp_flag *find(const char *setting, const char *key)
{
    return vp_flag_find(vp_str_from(setting), release(key));
}

static void releases_are_found(void **state)
{
    (void)state;
    static const struct {
        const char *text, *key;
        bool exact;
    } cases[] = {
        {"0.33.0", "0.33.0", true},       {"v0.33.0", "0.33.0", true}, {"0.33.0+cu129", "0.33.0", true},
        {"0.34.0.dev5", "0.33.0", false}, {"1.0", "0.33.0", false},    {"0.22.0", "0.21.0", false},
        {"0.33.0rc1", "0.32.0", false},   {"0.9", "0.9.0", true},      {"0.6.6.post1", "0.6.6.post1", true},
        {"0.8.5", "0.7.3", false},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        bool exact = !cases[i].exact;
        vp_error error;
        vp_error_start(&error);
        const vp_release_row *row = vp_release_find(vp_str_from(cases[i].text), &exact, "", &error);
        t_text(row ? row->key : NULL, cases[i].key);
        t_u64_case(cases[i].text, exact, cases[i].exact);
    }
    static const char *const bad[] = {"latest", "", "0.6.6", "0.1"};
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        bool exact;
        vp_error error;
        vp_error_start(&error);
        assert_null(vp_release_find(vp_str_from(bad[i]), &exact, "/engine/release", &error));
        assert_int_equal(error.code, VLLMPLAN_E_UNKNOWN_NAME);
        t_text(error.path, "/engine/release");
        t_contains(error.message, i < 2 ? "\"0.33.0\"" : "0.6.6.post1");
    }
}

static void releases_rise(void **state)
{
    (void)state;
    t_u64(vp_release_count(), 31);
    for (size_t i = 1; i < vp_release_count(); i++) {
        const vp_release_row *a = vp_release_at(i - 1), *b = vp_release_at(i);
        assert_true(vp_release_compare(vp_release_of(a), vp_release_of(b)) < 0);
        assert_true(strcmp(a->uploaded, b->uploaded) < 0);
        t_u64(vp_release_index(vp_release_at(i)), i);
    }
    /* gpu_memory_utilization: 0.9 up to 0.19.1, 0.92 from 0.20.2 */
    t_u64(release("0.19.1")->utilization_default_permille, 900);
    t_u64(release("0.20.2")->utilization_default_permille, 920);
}

/** Number of settings that a release's parser has: its options without --help and the positional model. */
static void every_option_is_there(void **state)
{
    (void)state;
    static const struct {
        const char *key;
        size_t options;
    } cases[] = {{"0.6.6.post1", 129}, {"0.9.0", 151}, {"0.11.0", 185}, {"0.20.2", 241}, {"0.33.0", 322}};
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        size_t count = 0;
        const vp_release_row *row = release(cases[i].key);
        for (size_t f = 0; f < vp_flag_count(); f++) count += vp_flag_in(vp_flag_at(f), row);
        t_u64_case(cases[i].key, count + 2, cases[i].options);
    }
}

static void rows_are_in_order(void **state)
{
    (void)state;
    for (size_t i = 1; i < vp_flag_count(); i++) {
        const vp_flag *a = vp_flag_at(i - 1), *b = vp_flag_at(i);
        int order = strcmp(a->setting, b->setting);
        /* no gaps between the rows of a setting: vp_flag_rows() promises it */
        if (order > 0 || (order == 0 && a->until + 1 != b->since)) fail_msg("%s", b->setting);
        assert_true(b->since <= b->until && b->until < vp_release_count());
        if (b->value == VP_FLAG_CHOICE) assert_non_null(b->choices);
        if (b->repeat) assert_true(b->list);
    }
    assert_null(vp_flag_at(vp_flag_count()));
}

static void kinds_change_between_releases(void **state)
{
    (void)state;
    assert_int_equal(find("max_model_len", "0.7.3")->value, VP_FLAG_INT);
    assert_int_equal(find("max_model_len", "0.10.0")->value, VP_FLAG_HUMAN_INT);
    assert_int_equal(find("max_model_len", "0.14.1")->value, VP_FLAG_HUMAN_AUTO);
    assert_int_equal(find("limit_mm_per_prompt", "0.7.3")->value, VP_FLAG_PAIRS);
    assert_int_equal(find("compilation_config", "0.33.0")->value, VP_FLAG_OBJECT);
    assert_null(find("swap_space", "0.18.1"));
    assert_non_null(find("swap_space", "0.17.1"));
    t_text(find("swap_space", "0.17.1")->fallback, "4");
    t_text(vp_flag_find_any(vp_str_from("swap_space"))->option, "--swap-space");
    assert_null(vp_flag_find_any(vp_str_from("swap")));
    assert_true(find("served_model_name", "0.33.0")->list);
    assert_false(find("served_model_name", "0.33.0")->repeat);
    assert_true(find("middleware", "0.33.0")->repeat);
    t_text(find("enable_prefix_caching", "0.32.0")->negative, "--no-enable-prefix-caching");
    t_text(find("enable_prefix_caching", "0.33.0")->negative, "--disable-prefix-caching");
    t_text(find("enable_chunked_prefill", "0.7.3")->negative, "--enable-chunked-prefill=false");
    assert_null(find("headless", "0.33.0")->negative);
    t_text(vp_flag_successor(vp_str_from("disable_log_requests")), "enable_log_requests");
}

static void choices_follow_the_release(void **state)
{
    (void)state;
    vp_str bitsandbytes = vp_str_from("bitsandbytes");
    assert_true(vp_flag_takes(find("quantization", "0.27.1"), bitsandbytes));
    assert_false(vp_flag_takes(find("quantization", "0.28.0"), bitsandbytes));
    assert_false(vp_flag_takes(find("load_format", "0.33.0"), bitsandbytes));
    assert_true(vp_flag_takes(find("kv_cache_dtype", "0.33.0"), vp_str_from("octave_k3v4")));
    assert_false(vp_flag_takes(find("kv_cache_dtype", "0.33.0"), vp_str_from("octave_k3v")));
    assert_false(vp_flag_takes(find("kv_cache_dtype", "0.33.0"), vp_str_from("")));
    assert_true(vp_flag_takes(find("tokenizer", "0.33.0"), vp_str_from("anything")));
    t_text(find("block_size", "0.7.3")->choices, "8|16|32|64|128");
}

static void options_lead_to_settings(void **state)
{
    (void)state;
    static const struct {
        const char *option, *release, *setting;
        bool off;
    } cases[] = {
        {"--max-model-len", "0.33.0", "max_model_len", false},
        {"--max_model_len", "0.33.0", "max_model_len", false},
        {"-tp", "0.6.6.post1", "tensor_parallel_size", false},
        {"-dp", "0.7.3", NULL, false},
        {"-dp", "0.9.0", "data_parallel_size", false},
        {"-O", "0.11.2", "compilation_config", false},
        {"-cc", "0.12.0", "compilation_config", false},
        {"--device-memory-utilization", "0.31.0", "gpu_memory_utilization", false},
        {"--device-memory-utilization", "0.30.0", NULL, false},
        {"--no-enable-prefix-caching", "0.10.0", "enable_prefix_caching", true},
        {"--no-enable-prefix-caching", "0.33.0", "enable_prefix_caching", true},
        {"--no_enable_prefix_caching", "0.33.0", "enable_prefix_caching", true},
        {"--disable-prefix-caching", "0.33.0", "enable_prefix_caching", true},
        {"--disable-prefix-caching", "0.32.0", NULL, false},
        {"--no-headless", "0.33.0", NULL, false},
        {"--no-enable-chunked-prefill", "0.7.3", NULL, false},
        {"--swap-space", "0.33.0", NULL, false},
        {"--", "0.33.0", NULL, false},
        {"", "0.33.0", NULL, false},
        {"--no", "0.33.0", NULL, false},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        bool off = true;
        const vp_release_row *row = release(cases[i].release);
        const vp_flag *flag = vp_flag_find_option(vp_str_from(cases[i].option), row, &off);
        if (!cases[i].setting && !flag) continue;
        t_text(flag ? flag->setting : NULL, cases[i].setting);
        t_u64_case(cases[i].option, off, cases[i].off);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(releases_are_found),
        cmocka_unit_test(releases_rise),
        cmocka_unit_test(every_option_is_there),
        cmocka_unit_test(rows_are_in_order),
        cmocka_unit_test(kinds_change_between_releases),
        cmocka_unit_test(choices_follow_the_release),
        cmocka_unit_test(options_lead_to_settings),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
