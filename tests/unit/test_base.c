/* SPDX-License-Identifier: Apache-2.0 */
#include "../support/t_assert.h"
#include "base/vp_decimal.h"
#include "base/vp_error.h"
#include "base/vp_int.h"
#include "base/vp_release.h"
#include "base/vp_text.h"

static void arithmetic_saturates(void **state)
{
    (void)state;
    t_u64(vp_add(UINT64_MAX, 1), UINT64_MAX);
    t_u64(vp_mul((uint64_t)1 << 40, (uint64_t)1 << 40), UINT64_MAX);
    t_u64(vp_mul(0, UINT64_MAX), 0);
    t_u64(vp_ceil_div(151936, 5), 30388);
    t_u64(vp_round_up(32001, 64), 32064);
    t_u64(vp_round_up(UINT64_MAX - 1, 64), UINT64_MAX);
    t_u64(vp_sub0(3, 5), 0);
}

static void releases_are_ordered(void **state)
{
    (void)state;
    static const char *const rising[] = {
        "0.6.6",     "0.6.6.post1", "0.7.3",   "0.9.2", "0.10.0", "0.33.0.dev5+g1234",
        "0.33.0rc1", "0.33.0rc2",   "v0.33.0", "0.33.1"};
    vp_release last, next;
    assert_true(vp_release_parse(vp_str_from(rising[0]), &last));
    for (size_t i = 1; i < sizeof rising / sizeof rising[0]; i++) {
        assert_true(vp_release_parse(vp_str_from(rising[i]), &next));
        if (vp_release_compare(last, next) >= 0) fail_msg("%s is not below %s", rising[i - 1], rising[i]);
        last = next;
    }
    static const char *const bad[] = {"",       "latest",  "0",       "0.",
                                      "0.33.x", "1e3.0.0", "0.33.0 ", "99999999999.1.1"};
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
        if (vp_release_parse(vp_str_from(bad[i]), &next)) fail_msg("\"%s\" was taken", bad[i]);
}

static void decimals_are_pythons(void **state)
{
    (void)state;
    double d;
    char text[32];
    vp_writer w;
    static const char *const same[] = {"0.9", "0.92", "0.95", "0.1", "1", "0.123456789", "12.5", "0.3"};
    for (size_t i = 0; i < sizeof same / sizeof same[0]; i++) {
        assert_true(vp_decimal_parse(vp_str_from(same[i]), &d));
        vp_writer_start(&w, text, sizeof text);
        assert_true(vp_decimal_write(&w, d));
        t_text(text, same[i]);
    }
    assert_false(vp_decimal_parse(vp_str_from("1e3"), &d));
    assert_false(vp_decimal_parse(vp_str_from("."), &d));
    assert_false(vp_decimal_parse(vp_str_from("-0.9"), &d));
    /* python3 -c 'import math; print(math.ceil(25295847424 * 0.9), math.ceil(85017755648 * 0.92))' */
    assert_true(vp_decimal_parse(vp_str_from("0.9"), &d));
    t_u64(vp_ceil_times(25295847424, d), 22766262682);
    assert_true(vp_decimal_parse(vp_str_from("0.92"), &d));
    t_u64(vp_ceil_times(85017755648, d), 78216335197);
}

static void text_is_bounded(void **state)
{
    (void)state;
    char small[8];
    vp_writer w;
    vp_gib gib;
    vp_writer_start(&w, small, sizeof small);
    vp_put_format(&w, "%s %d %u %zu %.*s%%", "abc", -7, 5u, (size_t)9, 2, "xyz");
    t_u64(w.length, 14); /* abc -7 5 9 xy% */
    assert_true(vp_writer_cut(&w));
    t_text(small, "abc -7 ");
    t_text(vp_gib_text(&gib, 29540067328), "27.51"); /* 29540067328 / 2^30 = 27.5113 */
    t_text(vp_gib_text(&gib, 0), "0.00");
    assert_true(vp_utf8_valid(vp_str_from("gr\xC3\xBC\xC3\x9F")));
    assert_false(vp_utf8_valid(vp_str_from("\xED\xA0\x80")));
    assert_false(vp_utf8_valid(vp_str_from("\xC0\xAF")));
}

static void names_are_forgiving(void **state)
{
    (void)state;
    vp_nearest near;
    assert_true(vp_name_equal(vp_str_from("RTX 3090"), vp_str_from("rtx_3090")));
    assert_false(vp_name_equal(vp_str_from("rtx_3090"), vp_str_from("rtx_3090_ti")));
    vp_nearest_start(&near, vp_str_from("max_model_length"));
    vp_nearest_offer(&near, "max_num_seqs");
    vp_nearest_offer(&near, "max_model_len");
    t_text(near.name, "max_model_len");
    vp_nearest_start(&near, vp_str_from("zebra"));
    vp_nearest_offer(&near, "max_model_len");
    assert_null(near.name);
}

static void the_first_error_wins(void **state)
{
    (void)state;
    vp_error error;
    vp_error_start(&error);
    assert_false(vp_fail(&error, VLLMPLAN_E_RANGE, "/gpus/0/count", "first %d", 1));
    assert_false(vp_fail(&error, VLLMPLAN_E_TYPE, "/x", "second"));
    assert_int_equal(error.code, VLLMPLAN_E_RANGE);
    t_text(error.path, "/gpus/0/count");
    t_text(error.message, "first 1");
    t_text(vp_status_name(error.code), "VLLMPLAN_E_RANGE");
    t_text(vp_status_name(12345), "VLLMPLAN_E_?");
}

static void arenas_end(void **state)
{
    (void)state;
    char room[32];
    vp_arena arena;
    vp_arena_start(&arena, room, sizeof room);
    t_text(vp_arena_format(&arena, "%s!", "hello"), "hello!");
    assert_false(arena.exhausted);
    t_text(vp_arena_format(&arena, "%s", "a text that is longer than the room left"), "");
    assert_true(arena.exhausted);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(arithmetic_saturates), cmocka_unit_test(releases_are_ordered),
        cmocka_unit_test(decimals_are_pythons), cmocka_unit_test(text_is_bounded),
        cmocka_unit_test(names_are_forgiving),  cmocka_unit_test(the_first_error_wins),
        cmocka_unit_test(arenas_end),
    };
    return cmocka_run_group_tests_name("base", tests, NULL, NULL);
}
