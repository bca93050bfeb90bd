/* SPDX-License-Identifier: Apache-2.0 */
/* Decoders and encoders of text without experts and without states. Sizes on ranks are those of vLLM 0.33.0's own
 * classes, built with these sizes, or arithmetic shown beside them. */
#include "../support/t_built.h"
#include "core/weights.h"

static uint64_t bytes(uint32_t tp, uint32_t pp, uint32_t pp_rank, vp_release release)
{
    vp_weights_case c = {.model = &facts.model,
                         .inventory = &inventory,
                         .release = release,
                         .dtype = VP_DTYPE_BFLOAT16,
                         .capability = 90,
                         .tp = tp,
                         .pp = pp};
    vp_weights w;
    vp_weights_of_rank(&c, pp_rank, &w);
    return w.bytes;
}

#define DENSE(name, type, more)                                                                              \
    "{\"architectures\":[\"" name "\"],\"model_type\":\"" type "\",\"hidden_size\":1536,"                    \
    "\"num_attention_heads\":24,\"num_key_value_heads\":4,\"intermediate_size\":4352,\"vocab_size\":32064,"  \
    "\"max_position_embeddings\":4096" more "}"

static void falcon_has_heads_and_norms_by_its_switches(void **state)
{
    (void)state;
#define FALCON(more)                                                                                         \
    "{\"architectures\":[\"FalconForCausalLM\"],\"model_type\":\"falcon\",\"hidden_size\":64,"               \
    "\"num_hidden_layers\":2,\"num_attention_heads\":8,\"vocab_size\":100,\"ffn_hidden_size\":8" more "}"
    build(FALCON(""));                     /* multi-query, one norm for attention and MLP */
    t_u64(out(VP_MODULE_QKV_PROJ, 1), 80); /* (8 + 2 x 1) heads of 8 */
    t_u64(out(VP_MODULE_QKV_PROJ, 2), 48); /* (4 + 2 x 1): the one is copied */
    t_u64(out(VP_MODULE_UP_PROJ, 1), 256); /* 4 x 64, whatever ffn_hidden_size says */
    assert_null(group(VP_MODULE_POST_NORM));
    assert_true(group(VP_MODULE_LM_HEAD)->alias); /* FalconConfig ties */
    build(FALCON(",\"new_decoder_architecture\":true,\"num_kv_heads\":2,\"alibi\":true"));
    t_u64(out(VP_MODULE_QKV_PROJ, 1), 96); /* (8 + 2 x 2) x 8 */
    assert_non_null(group(VP_MODULE_POST_NORM));
    t_u64(out(VP_MODULE_SLOPES, 2), 4); /* ALiBi: a slope a head */
    t_u64(facts.model.rope_count, 0);
}

static void gemma_knows_kinds_of_layers(void **state)
{
    (void)state;
    /* shapes of gemma-4-31B at tp 1, 2 and KV layers: 50 sliding with 16 heads of 256, 10 full with 4 of 512 */
    build("{\"architectures\":[\"Gemma4ForCausalLM\"],\"model_type\":\"gemma4_text\",\"hidden_size\":5376,"
          "\"num_hidden_layers\":60,\"num_attention_heads\":32,\"num_key_value_heads\":16,\"head_dim\":256,"
          "\"global_head_dim\":512,\"num_global_key_value_heads\":4,\"attention_k_eq_v\":true,"
          "\"hidden_size_per_layer_input\":0,\"intermediate_size\":21504,\"vocab_size\":262144,"
          "\"sliding_window\":1024}");
    t_u64(attention.count, 2);
    t_u64(attention.entries[0].window, 1024);
    t_u64(vp_layers_count(&attention.entries[0].layers), 50);
    t_u64(attention.entries[0].head_size, 256);
    t_u64(attention.entries[1].kv_heads, 4);
    t_u64(attention.entries[1].head_size, 512);
    t_u64(facts.model.rope_count, 2);
    t_u64(facts.model.ropes[1].rotary_dim, 512); /* "proportional" keeps the whole width */
    for (uint32_t i = 0; i < inventory.count; i++)
        if (inventory.groups[i].module->key == VP_MODULE_QKV_PROJ &&
            vp_layers_has(&inventory.groups[i].layers, 59))
            t_u64(vp_layout_group_out(&inventory.groups[i], 1), 20480); /* (32 + 2 x 4) x 512 */
}

static void shared_keys_have_no_cache(void **state)
{
    (void)state;
    build("{\"architectures\":[\"Gemma3nForCausalLM\"],\"model_type\":\"gemma3n_text\",\"hidden_size\":64,"
          "\"num_hidden_layers\":10,\"num_attention_heads\":8,\"num_key_value_heads\":2,\"head_dim\":8,"
          "\"num_kv_shared_layers\":4,\"intermediate_size\":[96,96,96,96,96,128,128,128,128,128],"
          "\"vocab_size\":128,\"vocab_size_per_layer_input\":128,\"hidden_size_per_layer_input\":16}");
    t_u64(attention.count, 2); /* sliding and full ones of the first six */
    t_u64(vp_layers_count(&attention.entries[0].layers) + vp_layers_count(&attention.entries[1].layers), 6);
    t_u64(out(VP_MODULE_Q_PROJ, 1), 64); /* 8 x 8: no keys, no values */
    t_u64(facts.structure.ffn_count, 2);
    t_u64(group(VP_MODULE_LAYER_EMBED)->in, 160); /* 10 layers of 16 */
}

static void encoders_cache_nothing(void **state)
{
    (void)state;
    build("{\"architectures\":[\"BertForSequenceClassification\"],\"model_type\":\"bert\",\"hidden_size\":64,"
          "\"num_hidden_layers\":2,\"num_attention_heads\":8,\"intermediate_size\":96,\"vocab_size\":100,"
          "\"max_position_embeddings\":512,\"id2label\":{\"0\":\"a\",\"1\":\"b\",\"2\":\"c\"}}");
    t_u64(attention.count, 0);
    t_u64(out(VP_MODULE_EMBED_POSITIONS, 2), 256);
    t_u64(out(VP_MODULE_EMBED_TYPES, 2), 32); /* 2 rows, padded to 64 */
    t_u64(out(VP_MODULE_CLASSIFIER, 2), 3);
    t_u64(group(VP_MODULE_CLASSIFIER)->dtype, VP_DTYPE_FLOAT32);
    assert_null(group(VP_MODULE_LM_HEAD));
    assert_null(group(VP_MODULE_FINAL_NORM));
    assert_true(group(VP_MODULE_POSITION_IDS)->made);
}

static void classifiers_are_made_of_generators(void **state)
{
    (void)state;
    build(CONFIG("Qwen3ForSequenceClassification",
                 ",\"num_key_value_heads\":2,\"head_dim\":8,\"num_labels\":1"));
    t_text(facts.model.architecture->name, "Qwen3ForCausalLM");
    t_u64(out(VP_MODULE_SCORE, 4), 1);
    assert_null(group(VP_MODULE_LM_HEAD));
    build(CONFIG("Qwen3EmbeddingModel", ",\"num_key_value_heads\":2,\"head_dim\":8"));
    assert_null(group(VP_MODULE_SCORE));
    assert_null(group(VP_MODULE_LM_HEAD));
    must_read(CONFIG("NoSuchForSequenceClassification", ""));
    assert_null(facts.model.architecture);
}

/** Releases that run transformers' class keep frequencies instead of a table. The whole models, at tp 1, 2:
 *  figures of vLLM. */
static void transformers_classes_keep_frequencies(void **state)
{
    (void)state;
    build(DENSE("ArceeForCausalLM", "arcee",
                ",\"num_hidden_layers\":4,\"head_dim\":96,"
                "\"tie_word_embeddings\":false"));
    uint64_t now = bytes(1, 1, 0, VP_RELEASE(0, 33, 0)), then = bytes(1, 1, 0, VP_RELEASE(0, 31, 0));
    /* a table of 4096 x 96 in 16 bit; twice 48 frequencies in 32 bit */
    t_u64(then - now, 4096 * 96 * 2 - 2 * 48 * 4);
    /* 2 x 32064 x 1536 rows; 4 x (32 + 24) x 96 x 1536 of attention; 4 x 2 x 4352 x 1536; 9 norms; 4 x 4 scalars */
    t_u64(now, 2 * (2 * 32064 * 1536ull + 4 * 56 * 96 * 1536ull + 8 * 4352 * 1536ull + 9 * 1536) + 384 + 64);
}

static void ends_stand_where_the_class_puts_them(void **state)
{
    (void)state;
    uint64_t table = 4096 * 64 * 2, layer = 2 * (32 * 64 * 1536ull + 1536 * 1536 + 3 * 4352 * 1536ull);
    uint64_t rows = 32064 * 1536ull * 2, norms = 1536 * 2, scalars = 16;
    build(DENSE("LlamaForCausalLM", "llama", ",\"num_hidden_layers\":2,\"tie_word_embeddings\":true"));
    t_u64(bytes(1, 2, 0, VP_RELEASE(0, 33, 0)), table + layer + rows + 2 * norms + scalars);
    t_u64(bytes(1, 2, 1, VP_RELEASE(0, 33, 0)), table + layer + rows + 3 * norms + scalars);
    /* no PPMissingLayer: both ends on both ranks (internlm2.py:InternLM2Model) */
    build(
        DENSE("InternLM2ForCausalLM", "internlm2", ",\"num_hidden_layers\":2,\"tie_word_embeddings\":false"));
    t_u64(bytes(1, 2, 0, VP_RELEASE(0, 33, 0)), table + layer + 2 * rows + 3 * norms + scalars);
    t_u64(bytes(1, 2, 1, VP_RELEASE(0, 33, 0)), table + layer + 2 * rows + 3 * norms + scalars);
}

static void windows_and_tables_differ_by_layer(void **state)
{
    (void)state;
    build(DENSE("Cohere2ForCausalLM", "cohere2",
                ",\"num_hidden_layers\":4,\"sliding_window\":4096,\"layer_types\":[\"sliding_attention\","
                "\"sliding_attention\",\"sliding_attention\",\"full_attention\"]"));
    t_u64(attention.entries[0].window, 4097); /* itself and 4096 before it */
    t_u64(vp_layers_count(&attention.entries[0].layers), 3);
    build(DENSE("IQuestLoopCoderForCausalLM", "iquestloopcoder", ",\"num_hidden_layers\":4"));
    t_u64(attention.count, 2); /* the second pass has a cache of its own */
    t_u64(attention.entries[1].window, 64);
    assert_false(read_config(DENSE("DomynEdgeForCausalLM", "domyn_edge", ",\"num_hidden_layers\":4")));
    t_text(error.path, "config.json/window_sizes");
}

static void blocks_say_what_a_layer_has(void **state)
{
    (void)state;
    build(DENSE("DeciLMForCausalLM", "nemotron-nas",
                ",\"num_hidden_layers\":3,\"block_configs\":["
                "{\"attention\":{\"n_heads_in_group\":6},\"ffn\":{\"ffn_mult\":2.0}},"
                "{\"attention\":{\"no_op\":true},\"ffn\":{\"intermediate_size\":512}},"
                "{\"attention\":{\"n_heads_in_group\":12},\"ffn\":{\"no_op\":true}}]"));
    t_u64(attention.count, 2);
    t_u64(attention.entries[0].kv_heads, 4); /* 24 / 6 */
    t_u64(attention.entries[1].kv_heads, 2);
    t_u64(facts.structure.ffns[0].intermediate, 2048); /* 2 x 2.0 x 1536 / 3, a multiple of 256 */
    t_u64(facts.structure.ffns[1].intermediate, 512);
    t_u64(vp_layers_count(&group(VP_MODULE_INPUT_NORM)->layers), 2);
    t_u64(vp_layers_count(&group(VP_MODULE_POST_NORM)->layers), 2);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(falcon_has_heads_and_norms_by_its_switches),
        cmocka_unit_test(gemma_knows_kinds_of_layers),
        cmocka_unit_test(shared_keys_have_no_cache),
        cmocka_unit_test(encoders_cache_nothing),
        cmocka_unit_test(classifiers_are_made_of_generators),
        cmocka_unit_test(transformers_classes_keep_frequencies),
        cmocka_unit_test(ends_stand_where_the_class_puts_them),
        cmocka_unit_test(windows_and_tables_differ_by_layer),
        cmocka_unit_test(blocks_say_what_a_layer_has),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
