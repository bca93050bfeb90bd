/* SPDX-License-Identifier: Apache-2.0 */
#include "../support/t_assert.h"
#include "../support/t_models.h"
#include "core/layout.h"

static vp_inventory inventory;

static bool legal(const vp_model *model, uint64_t tp, uint64_t pp, vp_writer *why, const char **step)
{
    vp_error error;
    vp_error_start(&error);
    assert_true(t_inventory(model, &inventory, &error));
    return vp_layout_legal(model, &inventory, tp, pp, false, why, step);
}

static void stages_are_vllms(void **state)
{
    (void)state;
    /* 62 layers over 4 ranks: 15, 16, 16, 15 (distributed/utils.py:get_pp_indices); an odd number over 2: the
     * first rank has one more */
    static const uint64_t want[] = {15, 16, 16, 15};
    uint64_t next = 0;
    for (uint32_t r = 0; r < 4; r++) {
        vp_stage stage = vp_layout_stage(62, 4, r);
        t_u64(stage.first, next);
        t_u64(stage.end - stage.first, want[r]);
        next = stage.end;
    }
    vp_stage stage = vp_layout_stage(7, 2, 0);
    t_u64(stage.end, 4);
    assert_true(stage.is_first);
    assert_false(stage.is_last);
    stage = vp_layout_stage(11, 4, 0); /* remainder 3 = ranks - 1: the first rank has one more too */
    t_u64(stage.end, 3);
}

static void splits_are_refused_with_the_sizes_that_work(void **state)
{
    (void)state;
    static const struct {
        uint64_t tp;
        const char *step, *part; /* NULL: legal */
    } cases[] = {
        {1, NULL, NULL},
        {2, NULL, NULL},
        {4, NULL, NULL},
        {8, NULL, NULL},
        {3, "config", "40 attention heads"},
        {5, "weights_create", "152064 vocabulary rows"}, /* the first module that vLLM makes */
        {0, "arguments", "1 to"},
    };
    vp_model model = t_qwen25_14b(32768);
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        char why[320];
        vp_writer w;
        const char *step;
        vp_writer_start(&w, why, sizeof why);
        assert_int_equal(legal(&model, cases[i].tp, 1, &w, &step), cases[i].part == NULL);
        if (!cases[i].part) continue;
        t_text(step, cases[i].step);
        t_contains(why, cases[i].part);
        if (cases[i].tp > 0) t_contains(why, "sizes that work: 1, 2, 4, 8");
    }
}

static void padded_vocabulary_decides(void **state)
{
    (void)state;
    /* 32001 rows are padded to 32064 and divide by 2; 151936 do not divide by 5 */
    char why[320];
    vp_writer w;
    const char *step;
    vp_model model = t_model("LlamaForCausalLM", 32, 4096, 40, 40, 128, 10240, 32001, 4096);
    vp_writer_start(&w, why, sizeof why);
    assert_true(legal(&model, 2, 1, &w, &step));
    model.vocab = 151936;
    assert_false(legal(&model, 5, 1, &w, &step));
    t_contains(why, "151936 vocabulary rows");
}

static void kv_heads_are_copied_when_they_run_out(void **state)
{
    (void)state;
    t_u64(vp_layout_kv_heads(8, 4), 2);
    t_u64(vp_layout_kv_heads(8, 8), 1);
    t_u64(vp_layout_kv_heads(2, 8), 1);
}

static void layer_sets_count(void **state)
{
    (void)state;
    vp_layers set;
    memset(&set, 0, sizeof set);
    vp_layers_add_range(&set, 60, 70);
    vp_layers_add(&set, 1023);
    vp_layers_add(&set, 5000); /* out of range: ignored */
    t_u64(vp_layers_count(&set), 11);
    t_u64(vp_layers_count_in(&set, 0, 64), 4);
    t_u64(vp_layers_count_in(&set, 63, 66), 3);
    t_u64(vp_layers_count_in(&set, 70, 1023), 0);
    assert_true(vp_layers_has(&set, 69));
    assert_false(vp_layers_has(&set, 70));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(stages_are_vllms),
        cmocka_unit_test(splits_are_refused_with_the_sizes_that_work),
        cmocka_unit_test(padded_vocabulary_decides),
        cmocka_unit_test(kv_heads_are_copied_when_they_run_out),
        cmocka_unit_test(layer_sets_count),
    };
    return cmocka_run_group_tests_name("layout", tests, NULL, NULL);
}
