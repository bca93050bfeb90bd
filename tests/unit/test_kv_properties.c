/* SPDX-License-Identifier: Apache-2.0 */
/* What holds for any attention list, release and memory. The lists are random, from a fixed seed. */
#include "../support/t_assert.h"
#include "../support/t_kv.h"

static vp_attention_list list;
static uint64_t seed;

static uint64_t draw(uint64_t limit)
{
    seed = seed * 6364136223846793005u + 1442695040888963407u;
    return (seed >> 33) % limit;
}

static vp_release draw_release(void)
{
    static const vp_release releases[] = {{0, 8, 5, 0},  {0, 10, 2, 0}, {0, 11, 2, 0}, {0, 14, 1, 0},
                                          {0, 19, 1, 0}, {0, 22, 1, 0}, {0, 26, 0, 0}, {0, 28, 0, 0},
                                          {0, 31, 0, 0}, {0, 33, 0, 0}};
    return releases[draw(sizeof releases / sizeof releases[0])];
}

static void draw_entry(uint64_t first, uint64_t end)
{
    static const vp_attention_kind kinds[] = {VP_ATTENTION_FULL,   VP_ATTENTION_SLIDING, VP_ATTENTION_CHUNKED,
                                              VP_ATTENTION_LATENT, VP_ATTENTION_STATE,   VP_ATTENTION_CROSS,
                                              VP_ATTENTION_RING};
    vp_attention_kind kind = kinds[draw(7)];
    vp_attention *entry = t_add(&list, kind, first, 1, end);
    uint64_t sized = (uint64_t)32 << draw(4);
    if (kind == VP_ATTENTION_LATENT)
        t_latent(entry, 576);
    else if (kind == VP_ATTENTION_STATE)
        t_states(entry, (vp_recurrence)draw(VP_RECURRENCES), 64 * (1 + draw(64)), 64, 64 * (1 + draw(128)),
                 draw(2) ? VP_DTYPE_FLOAT32 : VP_DTYPE_NONE);
    else
        t_heads(entry, (uint64_t)1 << draw(5), sized, 128 + draw(8192));
    if (kind == VP_ATTENTION_FULL) entry->window = 0;
}

/** A random case; false when vLLM would not lay it out. */
static bool draw_case(vp_kv_case *c, vp_kv_shape *shape)
{
    uint64_t layers = 0, entries = 1 + draw(4);
    memset(&list, 0, sizeof list);
    for (uint64_t i = 0; i < entries; i++) {
        uint64_t end = layers + 1 + draw(30);
        draw_entry(layers, end);
        layers = end;
    }
    *c = t_case(&list, layers, 1 + draw(200000), 256 + draw(16384));
    c->release = draw_release();
    c->capability = (uint16_t[]){0, 75, 86, 90, 100, 120}[draw(6)];
    c->pp = 1 + (uint32_t)draw(layers > 4 ? 3 : 1);
    c->asked.speculative_tokens = (uint32_t)draw(4);
    c->asked.async_off = draw(2);
    c->asked.prefix_caching_off = draw(4) == 0;
    c->asked.prefix_caching_on = draw(4) == 0;
    c->asked.dcp = (uint32_t)draw(3);
    vp_kv_shape_of_rank(c, (uint32_t)draw(c->pp), shape);
    return !shape->refused && shape->bytes_per_block > 0;
}

static vp_kv_pool pool_of(const vp_kv_case *c, const vp_kv_shape *shape, uint64_t available)
{
    vp_kv_pool pool;
    vp_kv_pool_of_blocks(c, shape, vp_kv_blocks(shape, available), &pool);
    return pool;
}

static void more_memory_never_means_less(void **state)
{
    (void)state;
    seed = 1;
    for (int i = 0, done = 0; done < 2000; i++) {
        vp_kv_case c;
        vp_kv_shape shape;
        assert_true(i < 20000);
        if (!draw_case(&c, &shape)) continue;
        done++;
        uint64_t less = draw((uint64_t)1 << 31) * 16, more = less + draw((uint64_t)1 << 30);
        vp_kv_pool a = pool_of(&c, &shape, less), b = pool_of(&c, &shape, more);
        assert_true(a.blocks <= b.blocks && a.tokens <= b.tokens && a.concurrency <= b.concurrency);
        assert_true(vp_kv_longest_len(&c, &shape, less) <= vp_kv_longest_len(&c, &shape, more));
        assert_true(vp_kv_requests_for(&c, &shape, 64, less) <= vp_kv_requests_for(&c, &shape, 64, more));
    }
}

static void longer_contexts_never_mean_more_requests(void **state)
{
    (void)state;
    seed = 2;
    for (int i = 0, done = 0; done < 2000; i++) {
        vp_kv_case c;
        vp_kv_shape shape, longer;
        assert_true(i < 20000);
        if (!draw_case(&c, &shape)) continue;
        done++;
        c.pp = 1;
        vp_kv_shape_of_rank(&c, 0, &shape);
        uint64_t available = draw((uint64_t)1 << 31) * 16;
        vp_kv_pool a = pool_of(&c, &shape, available);
        c.max_model_len += 1 + draw(100000);
        vp_kv_shape_of_rank(&c, 0, &longer);
        t_u64(longer.bytes_per_block, shape.bytes_per_block);
        assert_true(pool_of(&c, &longer, available).concurrency <= a.concurrency);
        assert_true(longer.needed_bytes >= shape.needed_bytes);
    }
}

static void the_longest_length_is_tight(void **state)
{
    (void)state;
    seed = 3;
    for (int i = 0, done = 0; done < 2000; i++) {
        vp_kv_case c;
        vp_kv_shape shape, at;
        assert_true(i < 20000);
        if (!draw_case(&c, &shape)) continue;
        done++;
        uint64_t available = draw(shape.min_start_bytes + shape.min_start_bytes / 4 + 2);
        uint64_t longest = vp_kv_longest_len(&c, &shape, available), own = c.max_model_len;
        assert_int_equal(longest >= own, shape.min_start_bytes <= available);
        for (uint64_t length = longest; length <= longest + 1; length++) {
            if (length == 0 || length > own) continue;
            c.max_model_len = length;
            at = shape;
            vp_kv_measure(&c, &at);
            assert_int_equal(at.min_start_bytes <= available, length == longest);
        }
    }
}

static void the_inverse_questions_agree(void **state)
{
    (void)state;
    seed = 4;
    for (int i = 0, done = 0; done < 2000; i++) {
        vp_kv_case c;
        vp_kv_shape shape;
        assert_true(i < 20000);
        if (!draw_case(&c, &shape)) continue;
        done++;
        uint64_t requests = 1 + draw(64), length = 1 + draw(c.max_model_len);
        uint64_t bytes = vp_kv_bytes_for(&c, &shape, requests, length);
        assert_true(vp_kv_requests_for(&c, &shape, length, bytes) == requests);
        assert_true(vp_kv_longest_for(&c, &shape, requests, bytes) >= length);
        uint64_t longest = vp_kv_longest_for(&c, &shape, requests, bytes);
        if (longest < c.max_model_len)
            assert_true(vp_kv_bytes_for(&c, &shape, requests, longest + 1) > bytes);
        assert_true(vp_kv_requests_for(&c, &shape, length, bytes - 1) < requests);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(more_memory_never_means_less),
        cmocka_unit_test(longer_contexts_never_mean_more_requests),
        cmocka_unit_test(the_longest_length_is_tight),
        cmocka_unit_test(the_inverse_questions_agree),
    };
    return cmocka_run_group_tests_name("kv_properties", tests, NULL, NULL);
}
