/* SPDX-License-Identifier: Apache-2.0 */
/* What stays of stored weights. Expected bytes: vLLM 0.33.0's own classes on this model (a Llama of two
 * layers with biases: hidden 960, 16 heads of 64, 2 KV heads, intermediate 2624, vocabulary 32000, 4096
 * positions), whose sizes fill neither Marlin's nor Humming's tiles; less the scalars of KV scales. */
#include "../support/t_assert.h"
#include "../support/t_models.h"
#include "core/weights.h"

static vp_inventory inventory;
static vp_model model;

static void make_model(const vp_scheme *scheme)
{
    vp_error error;
    static vp_structure s;
    vp_error_start(&error);
    model = t_model("LlamaForCausalLM", 2, 960, 16, 2, 64, 2624, 32000, 4096);
    s = *t_structure(&model);
    s.mixers[0].qkv_bias = s.mixers[0].o_bias = s.ffns[0].bias = true;
    model.stored.schemes[0] = *scheme;
    model.stored.scheme_count = 1;
    assert_true(vp_inventory_from_structure(&model, &s, &inventory, &error));
    for (uint32_t i = 0; i < inventory.count; i++)
        inventory.groups[i].scheme = vp_module_is_target(inventory.groups[i].module);
}

static vp_weights_case make_case(uint16_t capability, uint32_t tp)
{
    vp_weights_case c = {.model = &model,
                         .inventory = &inventory,
                         .release = VP_RELEASE(0, 33, 0),
                         .stored = true,
                         .dtype = VP_DTYPE_BFLOAT16,
                         .capability = capability,
                         .tp = tp,
                         .pp = 1};
    return c;
}

#define INT(form_, bits_, ...)                                                                               \
    {                                                                                                        \
        .packing = VP_PACKING_INT, .form = VP_FORM_##form_, .bits = bits_, __VA_ARGS__                       \
    }
#define OTHER(packing_, form_, ...)                                                                          \
    {                                                                                                        \
        .packing = VP_PACKING_##packing_, .form = VP_FORM_##form_, __VA_ARGS__                               \
    }

static void stored_weights_are_vllms_to_the_byte(void **state)
{
    (void)state;
    static const struct {
        const char *what;
        uint16_t capability;
        vp_scheme scheme;
        uint64_t bytes;
    } cases[] = {
        /* Machete, Humming where it does not take the shape, Marlin */
        {"gptq on 9.0", 90, INT(GPTQ, 4, .group = 64), 134268448},
        {"gptq on 8.6", 86, INT(GPTQ, 4, .group = 64), 133892512},
        {"gptq, 8 bits on 9.0", 90, INT(GPTQ, 8, .group = 64), 144434336},
        {"gptq, 8 bits on 8.6", 86, INT(GPTQ, 8, .group = 64), 143722912},
        {"gptq by rows on 9.0", 90, INT(GPTQ, 4, .group = 0), 133582112},
        {"gptq by rows on 8.6", 86, INT(GPTQ, 4, .group = 0), 133311904},
        {"awq on 9.0", 90, INT(AWQ, 4, .group = 64, .zero_points = true), 134621600},
        {"awq on 8.6", 86, INT(AWQ, 4, .group = 64, .zero_points = true), 134046112},
        {"w4a16 by rows on 9.0", 90, INT(COMPRESSED, 4, .group = 0), 133575648},
        {"w4a16 by rows on 8.6", 86, INT(COMPRESSED, 4, .group = 0), 133312032},
        {"w8a16 on 9.0", 90, INT(COMPRESSED, 8, .group = 64), 144238560},
        {"w8a16 on 8.6", 86, INT(COMPRESSED, 8, .group = 64), 143723040},
        {"w8a8", 90, OTHER(INT8_CHANNEL, COMPRESSED, .bits = 8), 143053216},
        {"w8a8, measured zero points", 90,
         OTHER(INT8_CHANNEL, COMPRESSED, .bits = 8, .zero_points = true, .static_inputs = true), 143120864},
        {"w8a8 by tensor", 90, OTHER(INT8_TENSOR, COMPRESSED, .bits = 8, .static_inputs = true), 143037904},
        {"fp8 by rows on 9.0", 90, OTHER(FP8_CHANNEL, COMPRESSED, .bits = 8), 143053216},
        {"fp8 by rows on 8.6", 86, OTHER(FP8_CHANNEL, COMPRESSED, .bits = 8), 144772512},
        {"fp8, weights alone, 9.0", 90, OTHER(FP8_CHANNEL, COMPRESSED, .weight_only = true), 144785824},
        {"fp8, weights alone, 8.9", 89, OTHER(FP8_CHANNEL, COMPRESSED, .weight_only = true), 144788384},
        {"fp8 by tensor", 90, OTHER(FP8_TENSOR, PLAIN, .static_inputs = true), 142985696},
        {"fp8 by tiles on 9.0", 90, OTHER(FP8_BLOCK, PLAIN, .group = 128, .block_out = 128), 142990752},
        {"fp8 by tiles on 8.6", 86, OTHER(FP8_BLOCK, PLAIN, .group = 128, .block_out = 128), 144264352},
        {"fp8 by tiles on 8.9", 89, OTHER(FP8_BLOCK, PLAIN, .group = 128, .block_out = 128), 144264352},
        {"fp8 by tiles on 10.0", 100, OTHER(FP8_BLOCK, PLAIN, .group = 128, .block_out = 128), 143005600},
        {"nvfp4 on 9.0", 90, OTHER(NVFP4, MODELOPT, .group = 16), 135461312},
        {"nvfp4 on 8.6", 86, OTHER(NVFP4, MODELOPT, .group = 16), 134507040},
        {"nvfp4 on 10.0", 100, OTHER(NVFP4, MODELOPT, .group = 16), 134467104},
        {"nvfp4, weights alone, 8.6", 86, OTHER(NVFP4, COMPRESSED, .weight_only = true), 134506944},
        {"nvfp4, weights alone, 10.0", 100, OTHER(NVFP4, COMPRESSED, .weight_only = true), 134467008},
        {"mxfp4 on 9.0", 90, OTHER(MXFP4, COMPRESSED, .group = 32), 134797760},
        {"mxfp4 on 8.6", 86, OTHER(MXFP4, COMPRESSED, .group = 32), 133892512},
        {"mxfp4 on 10.0", 100, OTHER(MXFP4, COMPRESSED, .group = 32), 133872032},
        {"mxfp8 on 9.0", 90, OTHER(MXFP8, COMPRESSED, .group = 32), 145414560},
        {"mxfp8 on 8.6", 86, OTHER(MXFP8, COMPRESSED, .group = 32), 143722912},
        {"mxfp8 on 10.0", 100, OTHER(MXFP8, COMPRESSED, .group = 32), 143640992},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        vp_weights w;
        make_model(&cases[i].scheme);
        vp_weights_case c = make_case(cases[i].capability, 1);
        vp_weights_of_rank(&c, 0, &w);
        t_u64_case(cases[i].what, w.bytes, cases[i].bytes);
    }
}

typedef struct mixture {
    uint64_t layers, experts, hidden, intermediate;
    bool bias;
} mixture;

/** A model whose layers are `m`; only the experts' bytes are looked at. */
static void make_mixture(const mixture *m, const vp_scheme *scheme)
{
    static vp_structure s;
    vp_error error;
    vp_error_start(&error);
    model = t_model("LlamaForCausalLM", m->layers, m->hidden, 16, 2, 64, 64, 32000, 4096);
    s = *t_structure(&model);
    s.ffns[0] = (vp_ffn){.gated = true,
                         .layers = s.ffns[0].layers,
                         .experts = m->experts,
                         .expert_intermediate = m->intermediate,
                         .expert_bias = m->bias};
    model.stored.schemes[0] = *scheme;
    model.stored.scheme_count = 1;
    assert_true(vp_inventory_from_structure(&model, &s, &inventory, &error));
    for (uint32_t i = 0; i < inventory.count; i++)
        inventory.groups[i].scheme = inventory.groups[i].module->kind == VP_KIND_EXPERTS;
}

/** vLLM 0.33.0's own classes: a Qwen3-MoE of two layers, 8 experts, hidden 1024, intermediate 704 (no
 *  multiple of 128), with what its layers keep outside of parameters; and openai/gpt-oss-20b. */
static void experts_are_vllms_to_the_byte(void **state)
{
    (void)state;
    static const mixture small = {2, 8, 1024, 704, false}, gpt_oss = {24, 32, 2880, 2880, true};
    static const struct {
        const char *what;
        const mixture *mixture;
        uint16_t capability;
        vp_scheme scheme;
        uint64_t bytes;
    } cases[] = {
        {"fp8 by expert", &small, 90, OTHER(FP8_TENSOR, PLAIN, .bits = 8), 34603136},
        {"fp8, measured inputs, 9.0", &small, 90, OTHER(FP8_TENSOR, PLAIN, .static_inputs = true),
         34603280 + 16},
        {"fp8, measured inputs, 10.0", &small, 100, OTHER(FP8_TENSOR, PLAIN, .static_inputs = true),
         34603152 + 192},
        {"fp8, measured inputs, 8.9", &small, 89, OTHER(FP8_TENSOR, PLAIN, .static_inputs = true), 34603152},
        {"fp8, measured inputs, 8.6", &small, 86, OTHER(FP8_TENSOR, PLAIN, .static_inputs = true), 34680848},
        {"fp8 by rows, with strides", &small, 90, OTHER(FP8_CHANNEL, COMPRESSED, .bits = 8), 34758656 + 384},
        {"fp8 by tiles cut to 64", &small, 90, OTHER(FP8_BLOCK, PLAIN, .group = 128, .block_out = 128),
         34636800},
        {"gptq on 9.0, with locks", &small, 90, INT(GPTQ, 4, .group = 64), 20054016 + 2 * 4224},
        {"gptq on 8.6", &small, 86, INT(GPTQ, 4, .group = 64), 18653184},
        {"w4a16 on 8.6", &small, 86, INT(COMPRESSED, 4, .group = 64, .weight_only = true), 18382976},
        {"w8a8", &small, 90, OTHER(INT8_CHANNEL, COMPRESSED, .bits = 8), 34758656},
        {"nvfp4 on 9.0", &small, 90, OTHER(NVFP4, MODELOPT, .group = 16), 21233792 + 2 * 4224},
        {"nvfp4 on 8.6", &small, 86, OTHER(NVFP4, MODELOPT, .group = 16), 19464320},
        {"nvfp4 on 10.0", &small, 100, OTHER(NVFP4, MODELOPT, .group = 16), 19464512 + 128},
        {"nvfp4 of compressed-tensors on 8.6", &small, 86, OTHER(NVFP4, COMPRESSED, .group = 16), 19464704},
        {"mxfp8 on 9.0", &small, 90, OTHER(MXFP8, COMPRESSED, .group = 32), 38928384 + 2 * 4224},
        {"mxfp8 on 8.6", &small, 86, OTHER(MXFP8, COMPRESSED, .group = 32), 35684352},
        {"mxfp8 on 10.0", &small, 100, OTHER(MXFP8, COMPRESSED, .group = 32), 38928384},
        {"gpt-oss on 9.0", &gpt_oss, 90, OTHER(MXFP4, PLAIN, .group = 32), 10188226752 - 192 + 26542080},
        {"gpt-oss on 8.6", &gpt_oss, 86, OTHER(MXFP4, PLAIN, .group = 32), 11083579392},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        vp_weights w;
        make_mixture(cases[i].mixture, &cases[i].scheme);
        vp_weights_case c = make_case(cases[i].capability, 1);
        vp_weights_of_rank(&c, 0, &w);
        t_u64_case(cases[i].what, w.by_role[VP_ROLE_EXPERTS], cases[i].bytes);
    }
}

static void what_vllm_refuses_is_refused(void **state)
{
    (void)state;
    static const struct {
        vp_scheme scheme;
        uint16_t capability;
        uint32_t tp;
        vp_release release;
        const char *says; /* NULL: taken */
    } cases[] = {
        /* 1024 inputs of o_proj and 2624 of down_proj: 41 * 64, so half of them is no multiple of 64 */
        {INT(AWQ, 4, .group = 64, .zero_points = true), 86, 2, {0, 33, 0, 0}, "down_proj has 1312 inputs"},
        {INT(COMPRESSED, 4, .group = 64), 90, 2, {0, 33, 0, 0}, "down_proj has 1312 inputs"},
        {INT(GPTQ, 4, .group = 64), 86, 2, {0, 33, 0, 0}, NULL},
        {INT(GPTQ, 4, .group = 64, .act_order = true), 86, 1, {0, 33, 0, 0}, "desc_act"},
        {INT(GPTQ, 4, .group = 64, .act_order = true), 86, 1, {0, 29, 0, 0}, NULL},
        {INT(GPTQ, 3, .group = 64), 86, 1, {0, 33, 0, 0}, "GPTQ of 3 bits"},
        /* validate_fp8_block_shape: 2624 is no multiple of 128; fused layers of the method fp8 may */
        {OTHER(FP8_BLOCK, COMPRESSED, .group = 128, .block_out = 128), 90, 1, {0, 33, 0, 0}, "2624 outputs"},
        {OTHER(FP8_BLOCK, PLAIN, .group = 128, .block_out = 128), 90, 1, {0, 33, 0, 0}, NULL},
        {OTHER(FP8_BLOCK, PLAIN, .group = 128, .block_out = 128), 90, 2, {0, 33, 0, 0}, "1312 inputs"},
        {OTHER(INT4_FP8, COMPRESSED, .group = 64), 86, 1, {0, 33, 0, 0}, "capability 9.0 only"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        char why[256] = "";
        vp_writer w;
        const char *step;
        make_model(&cases[i].scheme);
        vp_weights_case c = make_case(cases[i].capability, cases[i].tp);
        c.release = cases[i].release;
        vp_writer_start(&w, why, sizeof why);
        bool possible = vp_weights_possible(&c, &w, &step);
        if (possible != (cases[i].says == NULL)) fail_msg("case %zu: %s", i, why);
        if (cases[i].says) t_contains(why, cases[i].says);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(stored_weights_are_vllms_to_the_byte),
        cmocka_unit_test(experts_are_vllms_to_the_byte),
        cmocka_unit_test(what_vllm_refuses_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
