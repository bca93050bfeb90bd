/* SPDX-License-Identifier: Apache-2.0 */
#include "../support/t_hf.h"
#include "../support/t_models.h"

#include <stdlib.h>

#include "hf/hf.h"

typedef struct fake {
    const char *name;
    vp_dtype dtype;
    uint64_t rows, columns; /* columns 0: a vector */
} fake;

static bool give(vp_hf_collector *c, const char *name, vp_dtype dtype, uint64_t rows, uint64_t columns)
{
    vp_tensor tensor = {.name = vp_str_from(name), .dtype = dtype, .shape = {rows, columns}};
    tensor.dimensions = columns ? 2 : 1;
    tensor.elements = rows * (columns ? columns : 1);
    tensor.bytes = vp_dtype_bytes(dtype, tensor.elements);
    return vp_hf_take_tensor(c, &tensor, &error);
}

/* hidden 64, 2 layers, 8 heads of 8, 2 KV heads, intermediate 96, vocab 100 */
#define TINY(more) CONFIG("Qwen2ForCausalLM", ",\"num_key_value_heads\":2,\"torch_dtype\":\"bfloat16\"" more)

static const fake tiny_layer[] = {
    {"model.layers.%u.input_layernorm.weight", VP_DTYPE_BFLOAT16, 64, 0},
    {"model.layers.%u.self_attn.q_proj.weight", VP_DTYPE_BFLOAT16, 64, 64},
    {"model.layers.%u.self_attn.k_proj.weight", VP_DTYPE_BFLOAT16, 16, 64},
    {"model.layers.%u.self_attn.v_proj.weight", VP_DTYPE_BFLOAT16, 16, 64},
    {"model.layers.%u.self_attn.q_proj.bias", VP_DTYPE_BFLOAT16, 64, 0},
    {"model.layers.%u.self_attn.k_proj.bias", VP_DTYPE_BFLOAT16, 16, 0},
    {"model.layers.%u.self_attn.v_proj.bias", VP_DTYPE_BFLOAT16, 16, 0},
    {"model.layers.%u.self_attn.o_proj.weight", VP_DTYPE_BFLOAT16, 64, 64},
    {"model.layers.%u.post_attention_layernorm.weight", VP_DTYPE_BFLOAT16, 64, 0},
    {"model.layers.%u.mlp.gate_proj.weight", VP_DTYPE_BFLOAT16, 96, 64},
    {"model.layers.%u.mlp.up_proj.weight", VP_DTYPE_BFLOAT16, 96, 64},
    {"model.layers.%u.mlp.down_proj.weight", VP_DTYPE_BFLOAT16, 64, 96},
};

/** Gives all tensors but `without`; bits < 16 packs the matrices of the layers as bitsandbytes does. */
static vp_hf_collector *collect(const char *config, const char *without, bool packed)
{
    char name[128];
    vp_writer w;
    must_read(config);
    vp_hf_collector *c = vp_hf_collector_new(&facts);
    assert_non_null(c);
    if (!without || strcmp(without, "lm_head.weight") != 0)
        give(c, "lm_head.weight", VP_DTYPE_BFLOAT16, 100, 64);
    give(c, "model.embed_tokens.weight", VP_DTYPE_BFLOAT16, 100, 64);
    give(c, "model.norm.weight", VP_DTYPE_BFLOAT16, 64, 0);
    for (unsigned layer = 0; layer < 2; layer++) {
        for (size_t i = 0; i < sizeof tiny_layer / sizeof tiny_layer[0]; i++) {
            const fake *f = &tiny_layer[i];
            vp_writer_start(&w, name, sizeof name);
            vp_put_format(&w, "model.layers.%u%s", layer, f->name + strlen("model.layers.%u"));
            if (without && strcmp(name, without) == 0) continue;
            if (!packed || f->columns == 0) {
                give(c, name, f->dtype, f->rows, f->columns);
                continue;
            }
            uint64_t half = f->rows * f->columns / 2;
            give(c, name, VP_DTYPE_UINT8, half, 1);
            vp_put(&w, ".absmax");
            give(c, name, VP_DTYPE_UINT8, half / 32, 0); /* one for 64 weights */
            w.length -= strlen("absmax");
            vp_put(&w, "nested_absmax");
            give(c, name, VP_DTYPE_FLOAT32, 1, 0);
            w.length -= strlen("nested_absmax");
            vp_put(&w, "quant_state.bitsandbytes__nf4");
            give(c, name, VP_DTYPE_UINT8, 100, 0);
        }
    }
    return c;
}

static bool finish(vp_hf_collector *c)
{
    bool ok = vp_hf_collector_finish(c, &facts, &error);
    vp_hf_collector_free(c);
    return ok;
}

/** The two ways to an inventory agree in everything but the evidence. */
static void must_equal_the_config(void)
{
    static vp_inventory derived;
    assert_true(vp_inventory_from_structure(&facts.model, &facts.structure, &derived, &error));
    t_u64(facts.inventory.count, derived.count);
    for (uint32_t i = 0; i < derived.count; i++) {
        vp_group group = facts.inventory.groups[i];
        const vp_group *want = &derived.groups[i];
        assert_ptr_equal(group.module, want->module);
        t_u64_case(want->module->name, group.in, want->in);
        t_u64_case(want->module->name, group.part_count, want->part_count);
        assert_true(t_parts_equal(&group, want));
        assert_memory_equal(&group.layers, &want->layers, sizeof group.layers);
        assert_true(group.bias == want->bias && group.alias == want->alias);
    }
}

static void headers_give_the_inventory_of_the_config(void **state)
{
    (void)state;
    assert_true(finish(collect(TINY(""), NULL, false)));
    must_equal_the_config();
    t_u64(facts.finding_count, 0);
    /* weights a layer: norms 2*64, qkv 96*64 + 96, o 64*64, gate and up 2*96*64, down 64*96 = 28896
     * outside: 2*100*64 + 64 = 12864; 2 bytes each */
    t_u64(facts.inventory.checkpoint_bytes, (2 * 28896 + 12864) * 2);
    t_u64(facts.inventory.bytes_by_role[VP_ROLE_EMBEDDING], 12800);
    t_u64(facts.inventory.bytes_by_role[VP_ROLE_MLP], 2 * 3 * 96 * 64 * 2);
    assert_true(facts.inventory.from_headers && facts.inventory.checkpoint_bytes_known);
}

static void packed_weights_need_their_config(void **state)
{
    (void)state;
    const char *block = ",\"quantization_config\":{\"quant_method\":\"bitsandbytes\",\"load_in_4bit\":true}";
    char with[1024];
    vp_writer w;
    vp_writer_start(&w, with, sizeof with);
    vp_put_format(&w, "%s%s}", "{\"architectures\":[\"Qwen2ForCausalLM\"],\"num_key_value_heads\":2," SIZES,
                  block);
    assert_true(finish(collect(with, NULL, true)));
    t_u64(facts.finding_count, 0);
    assert_true(facts.model.stored.from_config);

    assert_true(finish(collect(TINY(""), NULL, true)));
    must_equal_the_config();
    assert_true(has_finding("packed_without_quantization_config"));
    t_u64(facts.findings[0].severity, VP_SEVERE);
    t_text(facts.findings[0].fix,
           "{\"quantization_config\": {\"quant_method\": \"bitsandbytes\", \"load_in_4bit\": true, "
           "\"bnb_4bit_quant_type\": \"nf4\", \"bnb_4bit_use_double_quant\": true, "
           "\"bnb_4bit_quant_storage\": \"uint8\", \"bnb_4bit_compute_dtype\": \"bfloat16\"}}");
    t_text(facts.model.stored.method, "bitsandbytes");
    t_u64(facts.model.stored.bits, 4);
    assert_true(facts.model.stored.nf4 && facts.model.stored.nested && !facts.model.stored.from_config);
    const vp_group *qkv = &facts.inventory.groups[2];
    t_text(qkv->module->name, "qkv_proj");
    t_u64(qkv->evidence.packed, 6);
    t_u64(qkv->evidence.tensors, 2 * 3 * 5);
    t_u64(qkv->evidence.dtype, VP_DTYPE_NONE);
    /* a layer: 96*64/2 packed + 96*64/64 absmax + 3 * (4 + 100) + 96 biases of 2 bytes */
    t_u64(qkv->evidence.bytes, 2 * (3072 + 96 + 312 + 192));

    assert_true(finish(collect(with, NULL, false)));
    assert_true(has_finding("quantization_config_without_packed_tensors"));
}

static void missing_tensors_are_named(void **state)
{
    (void)state;
    static const char *const names[] = {"lm_head.weight", "model.layers.1.mlp.up_proj.weight",
                                        "model.layers.0.self_attn.k_proj.bias"};
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        assert_false(finish(collect(TINY(""), names[i], false)));
        t_u64((uint64_t)-error.code, (uint64_t)-VLLMPLAN_E_CHECKPOINT);
        t_contains(error.message, "lack 1 tensor ");
        t_contains(error.message, names[i]);
    }
    must_read(TINY(""));
    vp_hf_collector *empty = vp_hf_collector_new(&facts);
    assert_false(finish(empty));
    t_contains(error.message, "lack 27 tensors"); /* 2 layers of 12, and three outside */
}

static void tied_models_have_one_table(void **state)
{
    (void)state;
    assert_true(finish(collect(TINY(",\"tie_word_embeddings\":true"), "lm_head.weight", false)));
    must_equal_the_config();
    t_u64(facts.finding_count, 0);
    assert_true(finish(collect(TINY(",\"tie_word_embeddings\":true"), NULL, false)));
    must_equal_the_config();
    assert_true(has_finding("tied_model_with_lm_head"));
    t_u64(facts.inventory.other_tensors, 1);
    t_u64(facts.inventory.bytes_by_role[VP_ROLE_OTHER], 12800);
}

static void strange_tensors_count_but_do_not_belong(void **state)
{
    (void)state;
    vp_hf_collector *c = collect(TINY(""), NULL, false);
    give(c, "model.layers.0.self_attn.rotary_emb.inv_freq", VP_DTYPE_FLOAT32, 4, 0);
    give(c, "model.layers.0.mlp.up_proj.bias", VP_DTYPE_BFLOAT16, 96, 0);    /* this class has none */
    give(c, "model.layers.2.mlp.up_proj.weight", VP_DTYPE_BFLOAT16, 96, 64); /* no such layer */
    give(c, "model.layers.0.mlp.up_proj.weight", VP_DTYPE_BFLOAT16, 96, 64); /* came before */
    give(c, "model.layers.18446744073709551615.mlp.up_proj.weight", VP_DTYPE_UINT8, 1, 0);
    assert_true(finish(c));
    must_equal_the_config();
    t_u64(facts.inventory.other_tensors, 5);
    t_u64(facts.inventory.bytes_by_role[VP_ROLE_OTHER], 16 + 192 + 2 * 96 * 64 * 2 + 1);
}

static void shapes_that_differ_are_found(void **state)
{
    (void)state;
    vp_hf_collector *c = collect(TINY(""), "model.layers.0.mlp.up_proj.weight", false);
    give(c, "model.layers.0.mlp.up_proj.weight", VP_DTYPE_BFLOAT16, 95, 64);
    assert_true(finish(c));
    assert_true(has_finding("shape_mismatch"));
    t_contains(facts.findings[0].text, "model.layers.0.mlp.up_proj.weight is bfloat16 [95, 64]");
    t_contains(facts.findings[0].text, "makes it [96, 64]");
    c = collect(TINY(""), "model.layers.0.mlp.up_proj.weight", true);
    give(c, "model.layers.0.mlp.up_proj.weight", VP_DTYPE_UINT8, 96 * 64 / 2 - 1, 1);
    assert_true(finish(c));
    assert_true(has_finding("shape_mismatch"));
}

static void fused_tensors_are_all_parts(void **state)
{
    (void)state;
    must_read(CONFIG("QWenLMHeadModel", ",\"bf16\":true")); /* MLP width 48 */
    vp_hf_collector *c = vp_hf_collector_new(&facts);
    give(c, "transformer.wte.weight", VP_DTYPE_BFLOAT16, 100, 64);
    give(c, "transformer.ln_f.weight", VP_DTYPE_BFLOAT16, 64, 0);
    give(c, "lm_head.weight", VP_DTYPE_BFLOAT16, 100, 64);
    for (unsigned layer = 0; layer < 2; layer++) {
        static const fake tensors[] = {{"ln_1.weight", VP_DTYPE_BFLOAT16, 64, 0},
                                       {"attn.c_attn.weight", VP_DTYPE_BFLOAT16, 192, 64},
                                       {"attn.c_attn.bias", VP_DTYPE_BFLOAT16, 192, 0},
                                       {"attn.c_proj.weight", VP_DTYPE_BFLOAT16, 64, 64},
                                       {"ln_2.weight", VP_DTYPE_BFLOAT16, 64, 0},
                                       {"mlp.w1.weight", VP_DTYPE_BFLOAT16, 48, 64},
                                       {"mlp.w2.weight", VP_DTYPE_BFLOAT16, 48, 64},
                                       {"mlp.c_proj.weight", VP_DTYPE_BFLOAT16, 64, 48}};
        for (size_t i = 0; i < sizeof tensors / sizeof tensors[0]; i++) {
            char name[96];
            vp_writer w;
            vp_writer_start(&w, name, sizeof name);
            vp_put_format(&w, "transformer.h.%u.%s", layer, tensors[i].name);
            give(c, name, tensors[i].dtype, tensors[i].rows, tensors[i].columns);
        }
    }
    assert_true(finish(c));
    must_equal_the_config();
    t_u64(facts.finding_count, 0);
}

static void unknown_architectures_are_summed(void **state)
{
    (void)state;
    must_read("{\"architectures\":[\"SomeModel\"]}");
    vp_hf_collector *c = vp_hf_collector_new(&facts);
    give(c, "model.layers.0.experts.weight", VP_DTYPE_BFLOAT16, 3, 5);
    give(c, "model.layers.0.mixer.A_log", VP_DTYPE_FLOAT32, 3, 0);
    assert_true(finish(c));
    t_u64(facts.inventory.count, 0);
    t_u64(facts.inventory.other_tensors, 2);
    t_u64(facts.inventory.checkpoint_bytes, 30 + 12);
    t_u64(facts.model.dtype, VP_DTYPE_FLOAT32); /* holds both */
}

/** All matrices of the layers are 8-bit floats but o_proj; the config leaves down_proj out instead. */
static void lists_are_compared_with_the_files(void **state)
{
    (void)state;
    static char config[2048];
    char name[128];
    vp_writer w;
    vp_writer_start(&w, config, sizeof config);
    vp_put_format(&w, "%s%s}", "{\"architectures\":[\"Qwen2ForCausalLM\"],\"num_key_value_heads\":2," SIZES,
                  ",\"quantization_config\":{\"quant_method\":\"fp8\",\"modules_to_not_convert\":["
                  "\"model.layers.0.mlp.down_proj\",\"model.layers.1.mlp.down_proj\"]}");
    must_read(config);
    vp_hf_collector *c = vp_hf_collector_new(&facts);
    assert_non_null(c);
    give(c, "lm_head.weight", VP_DTYPE_BFLOAT16, 100, 64);
    give(c, "model.embed_tokens.weight", VP_DTYPE_BFLOAT16, 100, 64);
    give(c, "model.norm.weight", VP_DTYPE_BFLOAT16, 64, 0);
    for (unsigned layer = 0; layer < 2; layer++) {
        for (size_t i = 0; i < sizeof tiny_layer / sizeof tiny_layer[0]; i++) {
            const fake *f = &tiny_layer[i];
            bool packed = f->columns > 0 && !strstr(f->name, "o_proj");
            vp_writer_start(&w, name, sizeof name);
            vp_put_format(&w, "model.layers.%u%s", layer, f->name + strlen("model.layers.%u"));
            give(c, name, packed ? VP_DTYPE_FLOAT8_E4M3 : f->dtype, f->rows, f->columns);
        }
    }
    assert_true(finish(c));
    assert_true(has_finding("packed_tensors_left_out"));
    assert_true(has_finding("plain_tensors_not_left_out"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(lists_are_compared_with_the_files),
        cmocka_unit_test(headers_give_the_inventory_of_the_config),
        cmocka_unit_test(packed_weights_need_their_config),
        cmocka_unit_test(missing_tensors_are_named),
        cmocka_unit_test(tied_models_have_one_table),
        cmocka_unit_test(strange_tensors_count_but_do_not_belong),
        cmocka_unit_test(shapes_that_differ_are_found),
        cmocka_unit_test(fused_tensors_are_all_parts),
        cmocka_unit_test(unknown_architectures_are_summed),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
