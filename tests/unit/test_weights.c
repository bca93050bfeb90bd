/* SPDX-License-Identifier: Apache-2.0 */
/* Expected bytes: vLLM 0.33.0's own classes on this config, one model a process (parameters and buffers that
 * stay on the GPU), unless a comment shows other arithmetic. */
#include "../support/t_assert.h"
#include "../support/t_models.h"
#include "core/weights.h"

static vp_inventory inventory;

static vp_weights_case make_case(const vp_model *model, vp_release release, uint16_t capability,
                                 vp_packing packing)
{
    vp_error error;
    vp_error_start(&error);
    assert_true(t_inventory(model, &inventory, &error));
    vp_weights_case c = {.model = model,
                         .inventory = &inventory,
                         .release = release,
                         .packing = packing,
                         .dtype = VP_DTYPE_BFLOAT16,
                         .capability = capability,
                         .multiprocessors = capability == 86 ? 82 : 132,
                         .tp = 1,
                         .pp = 1};
    return c;
}

static void qwen25_14b_is_vllms_to_the_byte(void **state)
{
    (void)state;
    static const struct {
        const char *what;
        uint16_t capability;
        vp_packing packing;
        uint64_t bytes, allocated;
    } cases[] = {
        {"16 bit", 90, VP_PACKING_NOTHING, 29573622528, 29573720064},
        {"fp8 on 9.0", 90, VP_PACKING_FP8_TENSOR, 16361565696, 16361760768},
        {"fp8 on 8.6 (Marlin)", 86, VP_PACKING_FP8_TENSOR, 16365890304, 16365987840},
        {"fp8_per_block on 8.6", 86, VP_PACKING_FP8_BLOCK, 16568003328, 16568100864},
        {"mxfp8 on 8.6", 86, VP_PACKING_MXFP8, 16774441728, 16774539264},
    };
    vp_model model = t_qwen25_14b(131072);
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        vp_weights w;
        vp_weights_case c = make_case(&model, VP_RELEASE(0, 33, 0), cases[i].capability, cases[i].packing);
        vp_weights_of_rank(&c, 0, &w);
        t_u64_case(cases[i].what, w.bytes, cases[i].bytes);
        t_u64_case(cases[i].what, w.allocated, cases[i].allocated);
    }
}

static void pipeline_ranks_hold_their_own_ends(void **state)
{
    (void)state;
    vp_weights w;
    vp_model model = t_qwen25_14b(131072);
    vp_weights_case c = make_case(&model, VP_RELEASE(0, 33, 0), 90, VP_PACKING_NOTHING);
    c.pp = 2;
    vp_weights_of_rank(&c, 0, &w);
    t_u64(w.bytes, 14803583360);
    vp_weights_of_rank(&c, 1, &w);
    t_u64(w.bytes, 14803593600);
}

static void streaming_peaks_one_module_above_the_end(void **state)
{
    (void)state;
    vp_weights w;
    vp_model model = t_qwen25_14b(131072);
    vp_weights_case c = make_case(&model, VP_RELEASE(0, 33, 0), 90, VP_PACKING_FP8_TENSOR);
    vp_weights_of_rank(&c, 0, &w);
    /* the last gate_up_proj in 16 bit, 2 * 27648 * 5120, while the last down_proj, 5120 * 13824 + 4, is still
     * to come: 16361565696 + 283115520 - 70778884. vLLM's own classes: 16573902718, which has 8 bytes a layer
     * of scalars more (384) and two bytes of temporaries less. */
    t_u64(w.load_peak, 16573902332);
    t_u64(w.created, w.bytes);
}

static void old_fp8_needs_the_whole_16_bit_model(void **state)
{
    (void)state;
    vp_weights w;
    vp_model model = t_qwen25_14b(32768);
    vp_weights_case c = make_case(&model, VP_RELEASE(0, 11, 2), 86, VP_PACKING_FP8_TENSOR);
    vp_weights_of_rank(&c, 0, &w);
    /* 16 bit: tensors of the files 29540067328, rotary 32768 * 128 * 2 = 8388608, scalars 48 * 28 = 1344 */
    t_u64(w.created, 29540067328 + 8388608 + 1344);
    /* end: 13212057600 linear weights in one byte (48 * 275251200), 16-bit scales 48 * 2 * (7168 + 5120 + 27648 +
     * 5120) = 4325376, locks 48 * 4 * 4 * 82 = 62976, and what stays 16 bit: 29540067328 - 26424115200 */
    t_u64(w.bytes, 13212057600 + 4325376 + 62976 + 3115952128 + 8388608 + 1344);
    assert_true(w.load_peak >= w.created);
}

static void bitsandbytes_is_packed_bytes_and_absmax(void **state)
{
    (void)state;
    vp_weights w;
    /* Qwen2.5-7B by hand: linear elements a layer 233046016: packed 116523008, absmax 4 * /64 = 14565376, 7 tables
     * of 64; 28 layers 3670487296. Embedding and head 2 * 152064 * 3584 * 2, norms 57 * 3584 * 2, biases
     * 28 * 4608 * 2, rotary 32768 * 128 * 2, scalars 28 * 28, bitsandbytes' own map 1024. */
    vp_model model = t_qwen25_7b();
    vp_weights_case c = make_case(&model, VP_RELEASE(0, 11, 2), 86, VP_PACKING_BNB4);
    vp_weights_of_rank(&c, 0, &w);
    t_u64(w.bytes, 3670487296 + 2179989504 + 408576 + 258048 + 8388608 + 784 + 1024);
    c.stored = true;
    vp_weights_of_rank(&c, 0, &w);
    t_u64(w.bytes, 3670487296 + 2179989504 + 408576 + 258048 + 8388608 + 784);
    /* the mission's 14B: packed 6606028800 (6.15 GiB), absmax 825753600 (0.77 GiB), tables 48 * 7 * 64; embedding
     * and head 3114270720 (2.90 GiB); norms 97 * 5120 * 2 and biases 48 * 7168 * 2; rotary; scalars */
    model = t_qwen25_14b(32768);
    c = make_case(&model, VP_RELEASE(0, 11, 2), 86, VP_PACKING_BNB4);
    c.stored = true;
    vp_weights_of_rank(&c, 0, &w);
    t_u64(w.bytes, 6606028800 + 825753600 + 21504 + 3114270720 + 993280 + 688128 + 8388608 + 1344);
}

static void impossible_packings_say_why(void **state)
{
    (void)state;
    char why[256];
    vp_writer w;
    const char *step;
    vp_model model = t_qwen25_14b(32768);
    vp_weights_case c = make_case(&model, VP_RELEASE(0, 33, 0), 86, VP_PACKING_FP8_CHANNEL);
    vp_writer_start(&w, why, sizeof why);
    assert_false(vp_weights_possible(&c, &w, &step));
    t_contains(why, "8.9");
    c.packing = VP_PACKING_BNB4;
    c.stored = true;
    assert_true(vp_weights_possible(&c, &w, &step));
    c.tp = 2;
    vp_writer_start(&w, why, sizeof why);
    assert_false(vp_weights_possible(&c, &w, &step));
    t_contains(why, "tensor parallelism");
    t_text(step, "weights_load");
    c.stored = false;
    assert_true(vp_weights_possible(&c, &w, &step));
}

static void rotary_tables_follow_the_scaling(void **state)
{
    (void)state;
    /* vLLM 0.33.0: positions of the table for each kind; 256 bytes a position, 16 bytes of scalars a layer */
    static const struct {
        vp_rope_kind kind;
        double factor;
        uint64_t original, positions, rows_new, rows_old;
    } cases[] = {
        {VP_ROPE_DEFAULT, 1.0, 0, 4096, 4096, 4096},
        {VP_ROPE_LLAMA3, 8.0, 8192, 131072, 131072, 131072},
        {VP_ROPE_YARN, 4.0, 32768, 131072, 131072, 131072},
        {VP_ROPE_YARN, 4.0, 32768, 32768, 131072, 131072},
        {VP_ROPE_LINEAR, 2.0, 0, 4096, 8192, 8192},
        {VP_ROPE_DYNAMIC, 2.0, 0, 4096, 4096, 8192},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        vp_model model = t_model("LlamaForCausalLM", 2, 256, 2, 2, 128, 512, 1024, cases[i].positions);
        vp_weights w;
        model.ropes[0].kind = cases[i].kind;
        model.ropes[0].factor = cases[i].factor;
        model.ropes[0].original_max = cases[i].original;
        vp_weights_case c = make_case(&model, VP_RELEASE(0, 33, 0), 90, VP_PACKING_NOTHING);
        vp_weights_of_rank(&c, 0, &w);
        t_u64_case("0.33.0", w.by_role[VP_ROLE_OTHER], cases[i].rows_new * 256 + 2 * 16);
        c.release = VP_RELEASE(0, 11, 2);
        vp_weights_of_rank(&c, 0, &w);
        t_u64_case("0.11.2", w.by_role[VP_ROLE_OTHER], cases[i].rows_old * 256 + 2 * 28);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(qwen25_14b_is_vllms_to_the_byte),
        cmocka_unit_test(pipeline_ranks_hold_their_own_ends),
        cmocka_unit_test(streaming_peaks_one_module_above_the_end),
        cmocka_unit_test(old_fp8_needs_the_whole_16_bit_model),
        cmocka_unit_test(bitsandbytes_is_packed_bytes_and_absmax),
        cmocka_unit_test(impossible_packings_say_why),
        cmocka_unit_test(rotary_tables_follow_the_scaling),
    };
    return cmocka_run_group_tests_name("weights", tests, NULL, NULL);
}
