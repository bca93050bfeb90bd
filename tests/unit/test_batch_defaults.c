/* SPDX-License-Identifier: Apache-2.0 */
#include "../support/t_assert.h"
#include "core/batch_defaults.h"

static vp_release release(const char *text)
{
    vp_release r;
    if (!vp_release_parse(vp_str_from(text), &r)) fail_msg("%s is no release", text);
    return r;
}

/* What each release's configuration answered for an 8192-token model (API server), for 14 made-up cards;
 * neighbouring releases with equal answers share a row. */
static const struct {
    const char *name;
    uint16_t capability;
    uint64_t bytes;
} cards[14] = {
    {"Tesla P100-PCIE-16GB", 60, 17179869184},
    {"Tesla V100-SXM2-16GB", 70, 17179869184},
    {"Tesla T4", 75, 16106127360},
    {"NVIDIA A10G", 86, 23622320128},
    {"NVIDIA A100-SXM4-80GB", 80, 85899345920},
    {"NVIDIA GeForce RTX 4090", 89, 25769803776},
    {"NVIDIA L40S", 89, 48318382080},
    {"NVIDIA H100 80GB HBM3", 90, 85469849190},
    {"NVIDIA H200", 90, 150323855360},
    {"NVIDIA B200", 100, 192199786496},
    {"NVIDIA B300", 103, 287762808832},
    {"NVIDIA GeForce RTX 5090", 120, 34359738368},
    {"NVIDIA RTX PRO 6000 Blackwell", 120, 102005473280},
    {"NVIDIA GB10", 121, 127775277056},
};
/* a letter a card: s 256 and 2048, l 256 and 8192, b 1024 and 8192, B 1024 and 16384 */
static const struct {
    const char *releases, *answers;
} defaults[] = {
    {"0.6.6.post1 0.7.3", "llllllllllllll"},
    {"0.8.5.post1", "lllsbssbbbbsbb"},
    {"0.9.0 0.9.2 0.10.0", "lllssssbbbbsbb"},
    {"0.10.2 0.11.0 0.11.2 0.12.0 0.13.0 0.14.1 0.15.1 0.16.0 0.17.1 0.18.1 0.19.1 0.20.2 0.21.0 0.22.1 "
     "0.23.0 0.24.0 0.25.1 0.26.0 0.27.1",
     "sssssssbbbbsbb"},
    {"0.28.0 0.29.0 0.30.0 0.31.0 0.32.0", "sssssssbbBBsbb"},
    {"0.33.0", "sssssssbbBBsbs"},
};

static void batch_defaults_of_every_release_and_card(void **state)
{
    (void)state;
    size_t pairs = 0;
    for (size_t i = 0; i < sizeof defaults / sizeof defaults[0]; i++)
        for (const char *at = defaults[i].releases; *at; at += strspn(at, " ")) {
            char text[16] = {0};
            size_t length = strcspn(at, " ");
            memcpy(text, at, length);
            at += length;
            for (size_t card = 0; card < 14; card++, pairs++) {
                vp_batch_case c = {.release = release(text),
                                   .gpu_name = cards[card].name,
                                   .total_bytes = cards[card].bytes,
                                   .capability = cards[card].capability,
                                   .max_model_len = 8192};
                uint64_t seqs, tokens;
                char want = defaults[i].answers[card];
                vp_batch_defaults(&c, &seqs, &tokens);
                t_u64_case(cards[card].name, seqs, want == 'b' || want == 'B' ? 1024 : 256);
                t_u64_case(cards[card].name, tokens, want == 's' ? 2048 : want == 'B' ? 16384 : 8192);
            }
        }
    t_u64(pairs, 434);
}

static void batch_is(const char *text, vp_batch_case c, uint64_t want_seqs, uint64_t want_tokens)
{
    uint64_t seqs, tokens;
    c.release = release(text);
    c.gpu_name = "h100_80gb_sxm";
    c.total_bytes = 85469849190;
    c.capability = 90;
    vp_batch_defaults(&c, &seqs, &tokens);
    t_u64_case(text, seqs, want_seqs);
    t_u64_case(text, tokens, want_tokens);
}

/* H100 as above; the first five as each release's configuration answered */
static void batch_settings_move_each_other(void **state)
{
    (void)state;
    batch_is("0.33.0", (vp_batch_case){.max_model_len = 8192, .max_num_batched_tokens = 512}, 512, 512);
    batch_is("0.10.2", (vp_batch_case){.max_model_len = 8192, .max_num_batched_tokens = 128}, 128, 128);
    batch_is("0.10.0", (vp_batch_case){.max_model_len = 8192, .max_num_batched_tokens = 512}, 1024, 512);
    batch_is("0.7.3", (vp_batch_case){.max_model_len = 4096}, 256, 4096);
    batch_is("0.33.0", (vp_batch_case){.max_model_len = 4096}, 1024, 8192);
    /* arithmetic: one request of 4096 tokens fills no larger batch; a whole prompt must fit when not split;
     * a long context is split by V0; throughput doubles what was not given */
    batch_is("0.33.0", (vp_batch_case){.max_model_len = 4096, .max_num_seqs = 1}, 1, 4096);
    batch_is("0.11.0", (vp_batch_case){.max_model_len = 4096, .max_num_seqs = 1}, 1, 8192);
    batch_is("0.33.0", (vp_batch_case){.max_model_len = 32768, .chunked_prefill_off = true}, 1024, 32768);
    batch_is("0.10.2", (vp_batch_case){.max_model_len = 32768, .chunked_prefill_off = true}, 1024, 8192);
    batch_is("0.7.3", (vp_batch_case){.max_model_len = 131072}, 256, 2048);
    batch_is("0.7.3", (vp_batch_case){.max_model_len = 131072, .chunked_prefill_off = true}, 256, 131072);
    batch_is("0.33.0", (vp_batch_case){.max_model_len = 8192, .performance_throughput = true}, 2048, 16384);
}

/* config.py:SchedulerConfig.__post_init__ of 0.9.2 (engine V0, below 8.0): max(max_model_len, 2048), pooling at
 * least 32768, several modalities at least 5120, never more than max_num_seqs * max_model_len; arg_utils.py: only
 * plain text is split from 32768 tokens on. engine/arg_utils.py of 0.22.1: one item of a prefix LM fits a batch;
 * of 0.20.2: 256 tokens where experts exchange fixed batches. */
static void models_that_need_more(void **state)
{
    (void)state;
    static const struct {
        const char *release;
        uint16_t capability;
        uint64_t length;
        bool multimodal, pooling, adapters, batched;
        uint64_t item, tokens;
    } rows[] = {
        {"0.9.2", 75, 4096, true, false, false, false, 0, 5120},
        {"0.9.2", 75, 65536, true, false, false, false, 0, 65536},
        {"0.9.2", 75, 65536, false, false, true, false, 0, 65536},
        {"0.9.2", 75, 65536, false, false, false, false, 0, 2048},
        {"0.9.2", 75, 8192, false, true, false, false, 0, 32768},
        {"0.9.2", 86, 8192, true, true, true, false, 0, 2048},
        {"0.19.1", 86, 8192, true, false, false, true, 2496, 2048},
        {"0.22.1", 86, 8192, true, false, false, false, 2496, 2496},
        {"0.22.1", 86, 8192, false, false, false, true, 0, 256},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        vp_batch_case c = {.release = release(rows[i].release),
                           .total_bytes = (uint64_t)24 << 30,
                           .capability = rows[i].capability,
                           .max_model_len = rows[i].length,
                           .multimodal = rows[i].multimodal,
                           .pooling = rows[i].pooling,
                           .adapters = rows[i].adapters,
                           .whole_item = rows[i].item,
                           .batched_experts = rows[i].batched};
        uint64_t seqs, tokens;
        vp_batch_defaults(&c, &seqs, &tokens);
        t_u64(tokens, rows[i].tokens);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(models_that_need_more),
        cmocka_unit_test(batch_defaults_of_every_release_and_card),
        cmocka_unit_test(batch_settings_move_each_other),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
