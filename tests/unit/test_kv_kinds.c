/* SPDX-License-Identifier: Apache-2.0 */
/* One test for each kind of cache and each way of grouping; figures are worked in the comments. */
#include "../support/t_assert.h"
#include "../support/t_kv.h"

static vp_attention_list list;

static vp_kv_shape shape_of(const vp_kv_case *c)
{
    vp_kv_shape shape;
    vp_kv_shape_of_rank(c, 0, &shape);
    return shape;
}

static vp_kv_case dtype_case(const char *dtype)
{
    vp_kv_case c = t_case(&list, 36, 4096, 2048);
    c.kv_dtype = vp_kv_dtype_find(vp_str_from(dtype));
    assert_non_null(c.kv_dtype);
    return c;
}

static void cells_follow_the_kv_dtype(void **state)
{
    (void)state;
    /* 8 heads of 128, 16 tokens: 128 cells; of a head and token */
    static const struct {
        const char *dtype;
        uint64_t cell;
    } rows[] = {
        {"auto", 512},                /* (128 + 128) * 2 */
        {"fp8_e4m3", 256},            /* one byte each */
        {"int8_per_token_head", 264}, /* and two float32 scales */
        {"int4_per_token_head", 136}, /* 64 + 64 and the scales */
        {"nvfp4", 144},               /* 2 * (128 / 2 + 128 / 16) */
        {"turboquant_k8v4", 196},     /* 128 + (64 + 4) */
        {"turboquant_4bit_nc", 134},  /* (64 + 2) + (64 + 4) */
        {"turboquant_3bit_nc", 102},  /* (48 + 2) + (48 + 4) */
    };
    memset(&list, 0, sizeof list);
    t_heads(t_add(&list, VP_ATTENTION_FULL, 0, 1, 36), 8, 128, 0);
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        vp_kv_case c = dtype_case(rows[i].dtype);
        vp_kv_shape shape = shape_of(&c);
        t_u64(shape.block_size, 16);
        t_u64(shape.groups[0].page_bytes, 128 * rows[i].cell);
    }
}

static void keys_and_values_may_differ(void **state)
{
    (void)state;
    memset(&list, 0, sizeof list);
    t_heads(t_add(&list, VP_ATTENTION_FULL, 0, 1, 9), 4, 192, 0)->head_size_v = 128;
    vp_kv_case c = t_case(&list, 9, 4096, 2048);
    t_u64(shape_of(&c).groups[0].page_bytes, 16 * 4 * (192 + 128) * 2);
    c.tp = 8; /* heads are copied, one a rank */
    t_u64(shape_of(&c).groups[0].page_bytes, 16 * (192 + 128) * 2);
}

static void latent_vectors_are_copied(void **state)
{
    (void)state;
    memset(&list, 0, sizeof list);
    t_latent(t_add(&list, VP_ATTENTION_LATENT, 0, 1, 61), 576);
    vp_kv_case c = t_case(&list, 61, 163840, 8192);
    c.tp = 8;
    t_u64(shape_of(&c).groups[0].page_bytes, 18432); /* 16 * 576 * 2 on every rank */
    c.kv_dtype = vp_kv_dtype_find(vp_str_from("fp8"));
    t_u64(shape_of(&c).block_size, 64); /* FlashMLA */
    t_u64(shape_of(&c).groups[0].page_bytes, 64 * 576);
    c.kv_dtype = vp_kv_dtype_find(vp_str_from("fp8_ds_mla"));
    t_u64(shape_of(&c).groups[0].page_bytes, 64 * 656);
    c.kv_dtype = vp_kv_dtype_find(vp_str_from("auto"));
    c.capability = 100;
    t_u64(shape_of(&c).block_size, 32); /* FlashInfer's */
    c.capability = 86;
    t_u64(shape_of(&c).block_size, 16);
    c.block_size = 128; /* asked */
    t_u64(shape_of(&c).block_size, 128);
    c.block_size = 0;
    c.capability = 90;
    c.release = VP_RELEASE(0, 17, 1); /* FlashMLA for everything */
    t_u64(shape_of(&c).block_size, 64);
}

static void an_index_cache_lies_beside(void **state)
{
    (void)state;
    memset(&list, 0, sizeof list); /* DeepSeek-V3.2 */
    vp_attention *index = t_latent(t_add(&list, VP_ATTENTION_LATENT, 0, 1, 61), 132);
    index->reader = VP_READER_INDEX;
    index->element = VP_DTYPE_UINT8;
    t_latent(t_add(&list, VP_ATTENTION_LATENT, 0, 1, 61), 576)->reader = VP_READER_SPARSE;
    vp_kv_case c = t_case(&list, 61, 163840, 8192);
    vp_kv_shape shape = shape_of(&c);
    t_u64(shape.group_total, 1);
    t_u64(shape.bytes_per_block, 5012736); /* 61 * (64 * 132 + 64 * 1152) */
    t_u64(shape.groups[0].layers, 122);
    t_u64(shape.blocks_per_request, 2560);
}

static void windows_and_full_layers_alternate(void **state)
{
    (void)state;
    vp_kv_pool pool;
    memset(&list, 0, sizeof list); /* gpt-oss-20b, 8 GiB, 8192 tokens */
    t_heads(t_add(&list, VP_ATTENTION_SLIDING, 0, 2, 24), 8, 64, 128);
    t_heads(t_add(&list, VP_ATTENTION_FULL, 1, 2, 24), 8, 64, 0);
    vp_kv_case c = t_case(&list, 24, 8192, 8192);
    vp_kv_shape shape = shape_of(&c);
    t_u64(shape.bytes_per_block, 393216); /* 12 layers of 32768 */
    t_u64(shape.blocks_per_request, 1025);
    vp_kv_pool_of_blocks(&c, &shape, vp_kv_blocks(&shape, (uint64_t)8 << 30), &pool);
    t_u64(pool.blocks, 21845);
    t_u64(pool.tokens, 174589); /* 21845 / 1025 * 8192 */
    c.max_num_batched_tokens = 2048;
    t_u64(shape_of(&c).blocks_per_request, 777); /* cdiv(127 + 4096, 16) + 1 = 265, and 512 */
    c.asked.async_off = true;                    /* one batch in flight: cdiv(127 + 2048, 16) + 1 = 137 */
    t_u64(shape_of(&c).blocks_per_request, 649);
    c.asked.async_off = false;
    c.asked.hybrid_off = true; /* every layer keeps everything: 24 layers, 512 blocks */
    t_u64(shape_of(&c).bytes_per_block, 786432);
    t_u64(shape_of(&c).blocks_per_request, 512);
}

static void a_draft_layer_fills_a_group_up(void **state)
{
    (void)state;
    memset(&list, 0, sizeof list); /* 12 windows, 13 full: both kinds count 13 */
    t_heads(t_add(&list, VP_ATTENTION_SLIDING, 0, 2, 24), 8, 64, 128);
    t_heads(t_add(&list, VP_ATTENTION_FULL, 1, 2, 24), 8, 64, 0);
    t_heads(t_add(&list, VP_ATTENTION_FULL, 24, 1, 25), 8, 64, 0)->draft = true;
    vp_kv_case c = t_case(&list, 24, 8192, 8192);
    t_u64(shape_of(&c).bytes_per_block, 13 * 32768);
    t_u64(shape_of(&c).group_total, 2);
    c.release = VP_RELEASE(0, 11, 2); /* cut by the smaller number: 12, and 7 + 6 */
    t_u64(shape_of(&c).group_total, 3);
    t_u64(shape_of(&c).bytes_per_block, 12 * 32768);
    c.release = VP_RELEASE(0, 33, 0);
    c.pp = 2; /* the draft stands on the last rank: 6 windows, 7 full */
    vp_kv_shape last;
    vp_kv_shape_of_rank(&c, 1, &last);
    t_u64(last.bytes_per_block, 7 * 32768);
    t_u64(shape_of(&c).bytes_per_block, 6 * 32768);
}

static void unequal_pages_get_longer_blocks(void **state)
{
    (void)state;
    memset(&list, 0, sizeof list); /* gemma-4-31B: 50 windows of 16 heads of 256, 10 full of 4 heads of 512 */
    for (int i = 0; i < 2; i++)
        t_heads(t_add(&list, i ? VP_ATTENTION_FULL : VP_ATTENTION_SLIDING, 0, 1, 0), i ? 4 : 16,
                i ? 512 : 256, i ? 0 : 1024)
            ->reader = VP_READER_MM_PREFIX;
    for (uint64_t layer = 0; layer < 60; layer++) vp_layers_add(&list.entries[layer % 6 == 5].layers, layer);
    vp_kv_case c = t_case(&list, 60, 262144, 2048);
    vp_kv_shape shape = shape_of(&c);
    t_u64(shape.bytes_per_block, 2621440); /* 10 * 262144 */
    t_u64(shape.groups[0].times, 5);
    t_u64(shape.groups[1].block_size, 32);
    t_u64(shape.blocks_per_request, 5 * 321 + 8192);
    c.capability = 100; /* blocks of 64: cdiv(1023 + 4096, 64) + 1 = 81 */
    shape = shape_of(&c);
    t_u64(shape.groups[1].block_size, 128);
    t_u64(shape.blocks_per_request, 5 * 81 + 2048);
    c.release = VP_RELEASE(0, 11, 2); /* no release before 0.12 brings pages to one size */
    assert_non_null(shape_of(&c).refused);
}

static void chunks_hold_the_batches_in_flight(void **state)
{
    (void)state;
    memset(&list, 0, sizeof list); /* Llama 4: three layers of four in chunks of 8192 */
    t_heads(t_add(&list, VP_ATTENTION_CHUNKED, 0, 2, 48), 8, 128, 8192);
    t_heads(t_add(&list, VP_ATTENTION_FULL, 1, 2, 48), 8, 128, 0);
    vp_kv_case c = t_case(&list, 48, 1048576, 2048);
    vp_kv_shape shape = shape_of(&c);
    t_u64(shape.groups[0].blocks_per_request, 768); /* (8192 + 2 * 2048) / 16 */
}

static void states_decide_about_the_block_size(void **state)
{
    (void)state;
    memset(&list, 0, sizeof list); /* Qwen3-Next: 36 gated delta nets, 12 full */
    t_states(t_add(&list, VP_ATTENTION_STATE, 0, 1, 36), VP_RECURRENCE_GATED_DELTA, 8192, 32, 128 * 128,
             VP_DTYPE_NONE);
    t_heads(t_add(&list, VP_ATTENTION_FULL, 36, 1, 48), 2, 256, 0);
    vp_kv_case c = t_case(&list, 48, 262144, 2048);
    vp_kv_shape shape = shape_of(&c);
    /* states 3 * 8192 * 2 + 32 * 128 * 128 * 2 = 1097728, a token 2048: 64 * cdiv(1097728, 64 * 2048) */
    t_u64(shape.block_size, 576);
    t_u64(shape.groups[0].page_bytes, 1179648);
    t_u64(shape.groups[0].times, 3);
    t_u64(shape.blocks_per_request, 3 * 3 + 456); /* two states and one in the middle of a prompt */
    c.asked.speculative_tokens = 2;               /* 5 * 8192 * 2 more, and two blocks each */
    t_u64(shape_of(&c).blocks_per_request, 3 * 5 + 456);
    c.asked.speculative_tokens = 0;
    c.capability = 86; /* without FlashInfer: 16 * cdiv(1097728, 16 * 2048) = 544, no third state */
    t_u64(shape_of(&c).block_size, 544);
    t_u64(shape_of(&c).blocks_per_request, 3 * 2 + 482);
    c.asked.prefix_caching_off = true;
    t_u64(shape_of(&c).blocks_per_request, 3 + 482);
    c.asked.prefix_caching_off = false;
    c.capability = 90;
    c.tp = 2; /* half the states, a token 1024 */
    t_u64(shape_of(&c).groups[0].page_bytes, 1179648 / 2);
    c.asked.recurrent_dtype = VP_DTYPE_FLOAT32; /* 24576 + 1048576: 64 * cdiv(1073152, 65536) */
    t_u64(shape_of(&c).block_size, 1088);
}

static void mamba2_groups_are_raised_to_the_ranks(void **state)
{
    (void)state;
    memset(&list, 0, sizeof list); /* 23 Mamba 2, 6 full; 8 groups of 2 * 128 beside 4096 channels */
    t_states(t_add(&list, VP_ATTENTION_STATE, 0, 1, 23), VP_RECURRENCE_MAMBA2, 4096, 64, 64 * 128,
             VP_DTYPE_FLOAT32);
    list.entries[0].states[0].groups = 8;
    list.entries[0].states[0].group_width = 256;
    t_heads(t_add(&list, VP_ATTENTION_FULL, 23, 1, 29), 2, 128, 0);
    vp_kv_case c = t_case(&list, 29, 262144, 2048);
    vp_kv_shape shape = shape_of(&c);
    t_u64(shape.block_size, 2096); /* 3 * 6144 * 2 + 64 * 64 * 128 * 4 = 2134016 of 1024 */
    t_u64(shape.group_total, 5);   /* 6, 6, 6, 5 and 6 */
    t_u64(shape.groups[0].times, 3);
    t_u64(shape.groups[1].layers, 5);
    c.tp = 16; /* (4096 + 16 * 256) / 16 = 512 channels, 4 heads: 3 * 512 * 2 + 131072 = 134144 of 512 */
    t_u64(shape_of(&c).block_size, 272);
}

static void states_alone_need_no_pages_of_attention(void **state)
{
    (void)state;
    memset(&list, 0, sizeof list); /* Mamba-2.8B: 64 layers of 5120 channels, 16 states */
    t_states(t_add(&list, VP_ATTENTION_STATE, 0, 1, 64), VP_RECURRENCE_MAMBA1, 5120, 5120, 16, VP_DTYPE_NONE);
    list.entries[0].states[0].lengthens = false;
    vp_kv_case c = t_case(&list, 64, 2048, 2048);
    vp_kv_shape shape = shape_of(&c);
    t_u64(shape.bytes_per_block, 64 * (3 * 5120 * 2 + 5120 * 16 * 2));
    t_u64(shape.blocks_per_request, 1);
    t_u64(vp_kv_state_requests(&c, 100), 100);
}

static void an_encoder_takes_a_batch(void **state)
{
    (void)state;
    memset(&list, 0, sizeof list); /* Whisper tiny: self and cross attention in each of 4 layers */
    t_heads(t_add(&list, VP_ATTENTION_FULL, 0, 1, 4), 6, 64, 0);
    t_heads(t_add(&list, VP_ATTENTION_CROSS, 0, 1, 4), 6, 64, 0);
    vp_kv_case c = t_case(&list, 4, 448, 8192);
    t_u64(shape_of(&c).blocks_per_request, 28 + 512);
    c.asked.max_encoder_tokens = 1500;
    t_u64(shape_of(&c).blocks_per_request, 28 + 94);
}

static void a_ring_is_one_block(void **state)
{
    (void)state;
    memset(&list, 0,
           sizeof list); /* a compressed cache, 4 tokens a state, and the ring of what is still open */
    vp_attention *main_cache = t_latent(t_add(&list, VP_ATTENTION_LATENT, 0, 1, 10), 512);
    main_cache->tokens_per_state = 4;
    main_cache->kernel_block = 64;
    main_cache->packed = true;
    vp_attention *ring = t_latent(t_add(&list, VP_ATTENTION_RING, 0, 1, 10), 128);
    ring->window = 4;
    ring->copied = true;
    ring->element = VP_DTYPE_BFLOAT16;
    vp_kv_case c = t_case(&list, 10, 4096, 2048);
    vp_kv_shape shape = shape_of(&c);
    t_u64(shape.block_size, 64);
    t_u64(shape.blocks_per_request, 64 + 1); /* a page 16 * 1024; a ring 4 * 256, all ten in one block */
    t_u64(shape.bytes_per_block, 163840);
    c.asked.speculative_tokens = 3; /* round_up(4 + 3, 4) = 8 tokens a ring */
    t_u64(shape_of(&c).groups[1].block_size, 8);
    list.entries[0].stride_alignment = 65536; /* blocks a multiple of it apart */
    t_u64(shape_of(&c).bytes_per_block, 196608);
}

static void compressed_kinds_are_packed(void **state)
{
    (void)state;
    t_deepseek_v4(&list);
    vp_kv_case c = t_case(&list, 43, 1048576, 2048);
    vp_kv_shape shape = shape_of(&c);
    t_u64(shape.block_size, 256);
    t_u64(shape.group_total, 5);
    t_u64(shape.bytes_per_block, 1003584); /* 21 * (8704 + 37440) + 20 * 1728 */
    t_u64(shape.blocks_per_request, 2 * 67 + 4096 + 1027 + 529);
    c.kv_dtype = vp_kv_dtype_find(vp_str_from("fp8_ds_mla")); /* 21 * (8640 + 37440) + 20 * 1728 */
    t_u64(shape_of(&c).bytes_per_block, 1002240);
}

static void context_parallel_ranks_share_the_tokens(void **state)
{
    (void)state;
    memset(&list, 0, sizeof list);
    t_latent(t_add(&list, VP_ATTENTION_LATENT, 0, 1, 61), 576);
    vp_kv_case c = t_case(&list, 61, 163840, 8192);
    c.asked.dcp = 8;
    t_u64(shape_of(&c).blocks_per_request, 1280); /* cdiv(163840 / 8, 16) */
}

static void nothing_is_kept_by_an_empty_list(void **state)
{
    (void)state;
    vp_kv_pool pool;
    memset(&list, 0, sizeof list);
    vp_kv_case c = t_case(&list, 12, 512, 2048);
    vp_kv_shape shape = shape_of(&c);
    vp_kv_pool_of_blocks(&c, &shape, vp_kv_blocks(&shape, (uint64_t)8 << 30), &pool);
    t_u64(shape.group_count, 0);
    t_u64(shape.needed_bytes, 0);
    t_u64(pool.tokens, 0);
    t_u64(vp_kv_state_requests(&c, 100), UINT64_MAX);
}

static void kv_dtypes_need_a_backend(void **state)
{
    (void)state;
    /* what vLLM 0.33.0's own selection answered for these cards */
    static const struct {
        const char *dtype;
        bool latent;
        uint16_t capability;
        vp_release release;
        const char *step; /* NULL: taken */
    } rows[] = {
        {"fp8", false, 70, {0, 33, 0, 0}, NULL},
        {"fp8", true, 86, {0, 33, 0, 0}, NULL},
        {"fp8_e5m2", true, 90, {0, 33, 0, 0}, "weights_create"},
        {"nvfp4", false, 75, {0, 33, 0, 0}, "weights_create"},
        {"nvfp4", false, 100, {0, 33, 0, 0}, NULL},
        {"nvfp4_4over6", false, 90, {0, 33, 0, 0}, "weights_create"},
        {"turboquant_k8v4", false, 60, {0, 33, 0, 0}, NULL},
        {"turboquant_k8v4", false, 90, {0, 19, 1, 0}, "config"},
        {"fp8_ds_mla", false, 90, {0, 33, 0, 0}, "weights_create"},
        {"float16", false, 90, {0, 33, 0, 0}, "config"}, /* the model is bfloat16 */
        {"float16", false, 90, {0, 32, 0, 0}, NULL},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        memset(&list, 0, sizeof list);
        if (rows[i].latent)
            t_latent(t_add(&list, VP_ATTENTION_LATENT, 0, 1, 36), 576);
        else
            t_heads(t_add(&list, VP_ATTENTION_FULL, 0, 1, 36), 8, 128, 0);
        vp_kv_case c = dtype_case(rows[i].dtype);
        const char *step;
        c.capability = rows[i].capability;
        c.release = rows[i].release;
        const char *problem = vp_kv_dtype_problem(&c, &step);
        assert_int_equal(problem != NULL, rows[i].step != NULL);
        if (problem) assert_string_equal(step, rows[i].step);
    }
}

static void doubts_are_told(void **state)
{
    (void)state;
    memset(&list, 0, sizeof list);
    t_heads(t_add(&list, VP_ATTENTION_FULL, 0, 1, 36), 8, 128, 0);
    vp_kv_case c = t_case(&list, 36, 4096, 2048);
    assert_null(vp_kv_doubt(&c));
    c.release = VP_RELEASE(0, 6, 6);
    assert_non_null(vp_kv_doubt(&c));
    t_deepseek_v4(&list);
    c.release = VP_RELEASE(0, 25, 1);
    assert_non_null(vp_kv_doubt(&c));
    c.release = VP_RELEASE(0, 29, 0);
    assert_null(vp_kv_doubt(&c));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(cells_follow_the_kv_dtype),
        cmocka_unit_test(keys_and_values_may_differ),
        cmocka_unit_test(latent_vectors_are_copied),
        cmocka_unit_test(an_index_cache_lies_beside),
        cmocka_unit_test(windows_and_full_layers_alternate),
        cmocka_unit_test(a_draft_layer_fills_a_group_up),
        cmocka_unit_test(unequal_pages_get_longer_blocks),
        cmocka_unit_test(chunks_hold_the_batches_in_flight),
        cmocka_unit_test(states_decide_about_the_block_size),
        cmocka_unit_test(mamba2_groups_are_raised_to_the_ranks),
        cmocka_unit_test(states_alone_need_no_pages_of_attention),
        cmocka_unit_test(an_encoder_takes_a_batch),
        cmocka_unit_test(a_ring_is_one_block),
        cmocka_unit_test(compressed_kinds_are_packed),
        cmocka_unit_test(context_parallel_ranks_share_the_tokens),
        cmocka_unit_test(nothing_is_kept_by_an_empty_list),
        cmocka_unit_test(kv_dtypes_need_a_backend),
        cmocka_unit_test(doubts_are_told),
    };
    return cmocka_run_group_tests_name("kv_kinds", tests, NULL, NULL);
}
