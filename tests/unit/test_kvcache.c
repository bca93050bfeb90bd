/* SPDX-License-Identifier: Apache-2.0 */
#include "../support/t_assert.h"
#include "../support/t_models.h"
#include "core/kvcache.h"

static vp_attention_list attention;

static vp_kv_case qwen3_8b(vp_release release, uint64_t length)
{
    vp_model model = t_model("Qwen3ForCausalLM", 36, 4096, 32, 8, 128, 12288, 151936, 40960);
    t_attention(&model, &attention);
    vp_kv_case c = {.attention = &attention,
                    .layers = 36,
                    .release = release,
                    .block_size = 16,
                    .kv_dtype = vp_kv_dtype_find(vp_str_from("auto")),
                    .model_dtype = VP_DTYPE_BFLOAT16,
                    .max_model_len = length,
                    .max_num_batched_tokens = 2048,
                    .tp = 1,
                    .pp = 1};
    return c;
}

static void qwen3_8b_needs_what_vllm_says(void **state)
{
    (void)state;
    vp_kv_shape shape;
    vp_kv_case c = qwen3_8b(VP_RELEASE(0, 33, 0), 40960);
    vp_kv_shape_of_rank(&c, 0, &shape);
    /* a page 16 * 8 * (128 + 128) * 2 = 65536, 36 layers; 2560 blocks; one block more to start */
    t_u64(shape.bytes_per_block, 2359296);
    t_u64(shape.needed_bytes, 6039797760);
    t_u64(shape.min_start_bytes, 6042157056);
    c.release = VP_RELEASE(0, 28, 0); /* the null block was not kept back yet */
    vp_kv_shape_of_rank(&c, 0, &shape);
    t_u64(shape.min_start_bytes, 6039797760);
}

static void the_printed_figures_follow_the_release(void **state)
{
    (void)state;
    /* Yi-34B of vLLM 0.33.0: page 65536, 60 layers, 4096 tokens: 2 GiB give 546 blocks, 8736 tokens, 2.1328125;
     * 1010565119 bytes do not start and leave 4080 */
    vp_model model = t_model("LlamaForCausalLM", 60, 7168, 56, 8, 128, 20480, 64000, 4096);
    vp_kv_shape shape;
    vp_kv_pool pool;
    t_attention(&model, &attention);
    vp_kv_case c = {.attention = &attention,
                    .layers = 60,
                    .release = VP_RELEASE(0, 33, 0),
                    .block_size = 16,
                    .kv_dtype = vp_kv_dtype_find(vp_str_from("auto")),
                    .model_dtype = VP_DTYPE_BFLOAT16,
                    .max_model_len = 4096,
                    .max_num_batched_tokens = 2048,
                    .tp = 1,
                    .pp = 1};
    vp_kv_shape_of_rank(&c, 0, &shape);
    vp_kv_pool_of_blocks(&c, &shape, vp_kv_blocks(&shape, 2147483648), &pool);
    t_u64(pool.blocks, 546);
    t_u64(pool.tokens, 8736);
    t_u64((uint64_t)(pool.concurrency * 1e7), 21328125);
    t_u64(vp_kv_longest_len(&c, &shape, 1010565119), 4080);
    t_u64(vp_kv_longest_len(&c, &shape, 1010565120), 4096);
    c.max_model_len =
        4095; /* 256 blocks a request: older releases print blocks * 16, newer int(concurrency * 4095) */
    vp_kv_shape_of_rank(&c, 0, &shape);
    vp_kv_pool_of_blocks(&c, &shape, 546, &pool);
    t_u64(pool.tokens, 8733); /* 546 / 256 * 4095 = 8733.87 */
    c.release = VP_RELEASE(0, 19, 1);
    vp_kv_pool_of_blocks(&c, &shape, 546, &pool);
    t_u64(pool.tokens, 8736);
}

static void longest_length_is_tight_and_monotone(void **state)
{
    (void)state;
    uint64_t last = 0;
    for (uint64_t available = 0; available < (uint64_t)7 << 30; available += 123456789) {
        vp_kv_case c = qwen3_8b(VP_RELEASE(0, 33, 0), 40960);
        vp_kv_shape shape;
        vp_kv_shape_of_rank(&c, 0, &shape);
        uint64_t longest = vp_kv_longest_len(&c, &shape, available);
        assert_true(longest >= last);
        last = longest;
        if (longest > 0) {
            c.max_model_len = longest;
            vp_kv_shape_of_rank(&c, 0, &shape);
            assert_true(shape.min_start_bytes <= available);
        }
        if (longest < 40960) {
            c.max_model_len = longest + 1;
            vp_kv_shape_of_rank(&c, 0, &shape);
            assert_true(shape.min_start_bytes > available);
        }
    }
}

static void windows_hold_the_batches_in_flight(void **state)
{
    (void)state;
    vp_model model = t_model("MistralForCausalLM", 32, 4096, 32, 8, 128, 14336, 32000, 32768);
    vp_kv_shape shape;
    model.sliding_window = 4096;
    t_attention(&model, &attention);
    vp_kv_case c = {.attention = &attention,
                    .layers = 32,
                    .release = VP_RELEASE(0, 33, 0),
                    .block_size = 16,
                    .kv_dtype = vp_kv_dtype_find(vp_str_from("auto")),
                    .model_dtype = VP_DTYPE_BFLOAT16,
                    .max_model_len = 32768,
                    .max_num_batched_tokens = 8192,
                    .tp = 1,
                    .pp = 1};
    vp_kv_shape_of_rank(&c, 0, &shape);
    t_u64(shape.blocks_per_request, 1281); /* cdiv(min(4095 + 2 * 8192, 32768), 16) + 1 = 1280 + 1 */
    c.release = VP_RELEASE(0, 25, 1);      /* one batch */
    vp_kv_shape_of_rank(&c, 0, &shape);
    t_u64(shape.blocks_per_request, 769); /* cdiv(4095 + 8192, 16) + 1 */
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(qwen3_8b_needs_what_vllm_says),
        cmocka_unit_test(the_printed_figures_follow_the_release),
        cmocka_unit_test(longest_length_is_tight_and_monotone),
        cmocka_unit_test(windows_hold_the_batches_in_flight),
    };
    return cmocka_run_group_tests_name("kvcache", tests, NULL, NULL);
}
