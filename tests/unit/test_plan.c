/* SPDX-License-Identifier: Apache-2.0 */
/* The decision as a whole, on requests that are built by hand: what must hold whatever the figures are. */
#include <stdlib.h>

#include "../support/t_assert.h"
#include "../support/t_models.h"
#include "core/plan.h"

static vp_facts facts;
static vp_request request;
static vp_plan plan;
static char room[4 << 20];

static void ask(vp_model model, const char *release, uint64_t total_bytes, uint32_t cards)
{
    vp_error error;
    bool exact;
    vp_error_start(&error);
    memset(&facts, 0, sizeof facts);
    memset(&request, 0, sizeof request);
    facts.model = model;
    assert_true(t_inventory(&facts.model, &facts.inventory, &error));
    t_attention(&facts.model, &facts.attention);
    request.facts = &facts;
    request.serve_as = "DIR";
    request.device_count = request.nodes = 1;
    request.devices[0] = (vp_device){.count = cards, .total_bytes = total_bytes, .capability = 86};
    request.engine.release = vp_release_find(vp_str_from(release), &exact, "", &error);
    request.engine.release_text = release;
    request.engine.release_given = request.engine.release_exact = true;
    assert_non_null(request.engine.release);
}

static void make(void)
{
    vp_error error;
    vp_arena arena;
    vp_error_start(&error);
    vp_arena_start(&arena, room, sizeof room);
    if (!vp_plan_make(&request, &arena, &plan, &error)) fail_msg("%s: %s", error.path, error.message);
}

static const vp_method_row *row(const char *name)
{
    for (uint32_t i = 0; i < plan.method_count; i++)
        if (strcmp(plan.methods[i].name, name) == 0) return &plan.methods[i];
    fail_msg("no row for %s", name);
    return NULL;
}

static void exactly_this_changes_nothing(void **state)
{
    (void)state;
    ask(t_qwen25_14b(32768), "0.11.2", (uint64_t)24124 << 20, 1);
    request.policy.may_change_given = true;
    make();
    assert_int_equal(plan.returned.evaluation.verdict, plan.asked.evaluation.verdict);
    t_text(plan.returned.evaluation.failing_step, "weights_create");
    t_u64(plan.returned.settings.count, 0);
}

static void sixteen_bit_is_kept_where_it_fits(void **state)
{
    (void)state;
    ask(t_qwen25_14b(32768), "0.11.2", (uint64_t)80 << 30, 1);
    make();
    assert_int_equal(plan.returned.evaluation.verdict, VP_VERDICT_FITS);
    assert_null(vp_settings_text(&plan.returned.settings, "quantization"));
    t_u64(plan.returned.settings.count, 0);
    assert_int_equal(row("none")->status, VP_STATUS_CHOSEN);
}

static void the_mission_takes_four_bits(void **state)
{
    (void)state;
    ask(t_qwen25_14b(32768), "0.11.2", (uint64_t)24124 << 20, 1);
    make();
    t_text(vp_settings_text(&plan.returned.settings, "quantization"), "bitsandbytes");
    assert_int_equal(row("bitsandbytes")->status, VP_STATUS_CHOSEN);
    assert_int_equal(row("rtn")->status, VP_STATUS_POSSIBLE); /* listed, but not taken unasked */
    assert_int_equal(row("awq")->reason, VP_REASON_NEEDS_CHECKPOINT);
    assert_true(plan.remedy_count > 0);
    request.policy.quantization = VP_QUANTIZATION_NEVER;
    make();
    assert_null(vp_settings_text(&plan.returned.settings, "quantization"));
    assert_int_equal(plan.returned.evaluation.verdict, VP_VERDICT_DOES_NOT_FIT);
}

static void users_settings_stay(void **state)
{
    (void)state;
    ask(t_qwen25_14b(32768), "0.33.0", (uint64_t)24124 << 20, 1);
    vp_settings_put(&request.settings, "gpu_memory_utilization", VP_VALUE_DECIMAL, "0.5");
    vp_settings_put(&request.settings, "max_model_len", VP_VALUE_INT, "4096");
    make();
    t_text(vp_settings_text(&plan.returned.settings, "gpu_memory_utilization"), "0.5");
    t_text(vp_settings_text(&plan.returned.settings, "max_model_len"), "4096");
}

static void two_cards_are_used_before_weights_lose(void **state)
{
    (void)state;
    ask(t_qwen25_14b(32768), "0.11.2", (uint64_t)24124 << 20, 2);
    make();
    assert_null(vp_settings_text(&plan.returned.settings, "quantization"));
    t_text(vp_settings_text(&plan.returned.settings, "tensor_parallel_size"), "2");
    assert_int_equal(plan.returned.evaluation.verdict, VP_VERDICT_FITS);
}

/** Loss first, then context: the order in which the search takes plans. */
static bool at_least_as_good(const vp_candidate *a, const vp_candidate *b)
{
    if (a->works != b->works) return a->works;
    if (a->wishes_met != b->wishes_met) return a->wishes_met;
    return a->loss < b->loss ||
           (a->loss == b->loss && a->evaluation.args.max_model_len >= b->evaluation.args.max_model_len);
}

static void more_memory_is_never_worse(void **state)
{
    (void)state;
    static const char *const releases[] = {"0.8.5", "0.11.2", "0.19.1", "0.33.0"};
    static vp_candidate last;
    for (size_t r = 0; r < sizeof releases / sizeof releases[0]; r++) {
        for (uint64_t gib = 6; gib <= 60; gib += 3) { /* below 70 GiB: no jump in the batch defaults */
            ask(t_qwen25_14b(32768), releases[r], gib << 30, 1);
            make();
            if (gib > 6 && !at_least_as_good(&plan.returned, &last))
                fail_msg("%s: %u GiB is worse than %u", releases[r], (unsigned)gib, (unsigned)gib - 3);
            last = plan.returned;
        }
    }
}

static void human_integers_are_vllms(void **state)
{
    (void)state;
    uint64_t n;
    assert_true(vp_human_int(vp_str_from("4k"), &n));
    t_u64(n, 4000);
    assert_true(vp_human_int(vp_str_from("4K"), &n));
    t_u64(n, 4096);
    assert_true(vp_human_int(vp_str_from("1.5k"), &n));
    t_u64(n, 1500);
    assert_false(vp_human_int(vp_str_from("1.5K"), &n));
    assert_false(vp_human_int(vp_str_from("k"), &n));
    assert_false(vp_human_int(vp_str_from("-1"), &n));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(exactly_this_changes_nothing),
        cmocka_unit_test(sixteen_bit_is_kept_where_it_fits),
        cmocka_unit_test(the_mission_takes_four_bits),
        cmocka_unit_test(users_settings_stay),
        cmocka_unit_test(two_cards_are_used_before_weights_lose),
        cmocka_unit_test(more_memory_is_never_worse),
        cmocka_unit_test(human_integers_are_vllms),
    };
    return cmocka_run_group_tests_name("plan", tests, NULL, NULL);
}
