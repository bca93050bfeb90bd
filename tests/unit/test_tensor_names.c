/* SPDX-License-Identifier: Apache-2.0 */
#include "../support/t_assert.h"
#include "core/tensor_names.h"

typedef struct name_case {
    vp_spelling spelling;
    const char *name;
    int module; /* -1: no module takes it */
    uint32_t part;
    uint64_t layer;
    vp_suffix suffix;
} name_case;

#define L VP_SPELLING_LLAMA
#define Q VP_SPELLING_QWEN1

/* Names as they stand in published checkpoints; module and part by vLLM's stacked_params_mapping. */
static const name_case cases[] = {
    {L, "model.embed_tokens.weight", VP_MODULE_EMBED_TOKENS, 0, 0, VP_SUFFIX_WEIGHT},
    {L, "lm_head.weight", VP_MODULE_LM_HEAD, 0, 0, VP_SUFFIX_WEIGHT},
    {L, "model.norm.weight", VP_MODULE_FINAL_NORM, 0, 0, VP_SUFFIX_WEIGHT},
    {L, "model.layers.3.self_attn.q_proj.weight", VP_MODULE_QKV_PROJ, 0, 3, VP_SUFFIX_WEIGHT},
    {L, "model.layers.47.self_attn.v_proj.bias", VP_MODULE_QKV_PROJ, 2, 47, VP_SUFFIX_BIAS},
    {L, "layers.0.mlp.up_proj.weight", VP_MODULE_GATE_UP_PROJ, 1, 0, VP_SUFFIX_WEIGHT},
    {L, "model.model.layers.0.mlp.down_proj.weight", VP_MODULE_DOWN_PROJ, 0, 0, VP_SUFFIX_WEIGHT},
    {L, "model.layers.7.self_attn.qkv_proj.weight", VP_MODULE_QKV_PROJ, VP_PART_WHOLE, 7, VP_SUFFIX_WEIGHT},
    {L, "model.layers.0.self_attn.k_norm.weight", VP_MODULE_K_NORM, 0, 0, VP_SUFFIX_WEIGHT},
    {L, "model.layers.1.mlp.gate_proj.weight.absmax", VP_MODULE_GATE_UP_PROJ, 0, 1, VP_SUFFIX_ABSMAX},
    {L, "model.layers.1.mlp.gate_proj.weight.nested_absmax", VP_MODULE_GATE_UP_PROJ, 0, 1,
     VP_SUFFIX_NESTED_ABSMAX},
    {L, "model.layers.1.mlp.gate_proj.weight.quant_map", VP_MODULE_GATE_UP_PROJ, 0, 1, VP_SUFFIX_QUANT_MAP},
    {L, "model.layers.1.self_attn.o_proj.weight.quant_state.bitsandbytes__nf4", VP_MODULE_O_PROJ, 0, 1,
     VP_SUFFIX_QUANT_STATE_NF4},
    {L, "model.layers.1.self_attn.o_proj.weight.quant_state.bitsandbytes__fp4", VP_MODULE_O_PROJ, 0, 1,
     VP_SUFFIX_QUANT_STATE_FP4},
    {L, "model.layers.1.self_attn.k_proj.SCB", VP_MODULE_QKV_PROJ, 1, 1, VP_SUFFIX_SCB},
    {L, "model.layers.1.self_attn.k_proj.qweight", VP_MODULE_QKV_PROJ, 1, 1, VP_SUFFIX_QWEIGHT},
    {L, "model.layers.1.self_attn.k_proj.weight_scale_inv", VP_MODULE_QKV_PROJ, 1, 1,
     VP_SUFFIX_WEIGHT_SCALE_INV},
    {L, "model.layers.1.self_attn.k_proj.weight_g_idx", VP_MODULE_QKV_PROJ, 1, 1, VP_SUFFIX_WEIGHT_G_IDX},
    {L, "model.layers.1.self_attn.rotary_emb.inv_freq", -1, 0, 0, VP_SUFFIX_UNKNOWN},
    {L, "model.layers.01.mlp.up_proj.weight", -1, 0, 0, VP_SUFFIX_WEIGHT},
    {L, "model.layers..mlp.up_proj.weight", -1, 0, 0, VP_SUFFIX_WEIGHT},
    {L, "model.layers.99999999999999999999.mlp.up_proj.weight", -1, 0, 0, VP_SUFFIX_WEIGHT},
    {L, "model.layers.1.mlp.up_proj", -1, 0, 0, VP_SUFFIX_UNKNOWN},
    {L, "weight", -1, 0, 0, VP_SUFFIX_UNKNOWN},
    {L, "", -1, 0, 0, VP_SUFFIX_UNKNOWN},
    {L, "transformer.h.3.attn.c_attn.weight", -1, 0, 0, VP_SUFFIX_WEIGHT},
    {Q, "transformer.wte.weight", VP_MODULE_EMBED_TOKENS, 0, 0, VP_SUFFIX_WEIGHT},
    {Q, "transformer.h.3.attn.c_attn.weight", VP_MODULE_QKV_PROJ, VP_PART_WHOLE, 3, VP_SUFFIX_WEIGHT},
    {Q, "h.3.attn.c_attn.bias", VP_MODULE_QKV_PROJ, VP_PART_WHOLE, 3, VP_SUFFIX_BIAS},
    {Q, "transformer.h.3.attn.c_proj.weight", VP_MODULE_O_PROJ, 0, 3, VP_SUFFIX_WEIGHT},
    {Q, "transformer.h.3.mlp.w2.weight", VP_MODULE_GATE_UP_PROJ, 0, 3,
     VP_SUFFIX_WEIGHT}, /* qwen.py: w2 is the gate */
    {Q, "transformer.h.3.mlp.w1.weight", VP_MODULE_GATE_UP_PROJ, 1, 3, VP_SUFFIX_WEIGHT},
    {Q, "transformer.h.3.mlp.c_proj.weight", VP_MODULE_DOWN_PROJ, 0, 3, VP_SUFFIX_WEIGHT},
    {Q, "transformer.ln_f.weight", VP_MODULE_FINAL_NORM, 0, 0, VP_SUFFIX_WEIGHT},
};

static void names_lead_to_modules(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        const name_case *c = &cases[i];
        vp_tensor_name read = vp_tensor_name_read(c->spelling, vp_str_from(c->name));
        if ((read.module ? (int)read.module->key : -1) != c->module) fail_msg("%s: another module", c->name);
        t_u64_case(c->name, read.suffix, c->suffix);
        if (c->module < 0) continue;
        t_u64_case(c->name, read.part, c->part);
        t_u64_case(c->name, read.layer, c->layer);
    }
}

static void kinds_follow_from_endings(void **state)
{
    (void)state;
    t_u64(vp_tensor_name_read(L, vp_str_from("lm_head.weight")).kind, VP_SUFFIX_KIND_WEIGHT);
    t_u64(vp_tensor_name_read(L, vp_str_from("lm_head.bias")).kind, VP_SUFFIX_KIND_BIAS);
    t_u64(vp_tensor_name_read(L, vp_str_from("lm_head.qweight")).kind, VP_SUFFIX_KIND_PACKED);
    t_u64(vp_tensor_name_read(L, vp_str_from("lm_head.scales")).kind, VP_SUFFIX_KIND_HELPER);
    t_u64(vp_tensor_suffix(vp_str_from("some.model.experts.weight.absmax")), VP_SUFFIX_ABSMAX);
}

/** Reads the name as that module; other modules may have tensors of the same name. */
static vp_tensor_name read_as(vp_spelling spelling, const char *text, int key)
{
    vp_tensor_name read = vp_tensor_name_read(spelling, vp_str_from(text));
    while (read.module && (int)read.module->key != key &&
           vp_tensor_name_next(spelling, vp_str_from(text), &read)) {
    }
    return read;
}

/** Every name that is written is read as the same thing. */
static void written_names_are_read_back(void **state)
{
    (void)state;
    for (int spelling = 0; spelling < VP_SPELLING_COUNT; spelling++) {
        for (int key = 0; key < VP_MODULE_COUNT; key++) {
            char text[128];
            vp_writer w;
            vp_writer_start(&w, text, sizeof text);
            vp_tensor_name_write(&w, (vp_spelling)spelling, (vp_module_key)key, 0, 12, VP_SUFFIX_WEIGHT);
            if (w.length == 0) continue; /* Qwen-1 has no q_norm */
            vp_tensor_name read = read_as((vp_spelling)spelling, text, key);
            assert_non_null(read.module);
            t_u64_case(text, read.module->key, (uint64_t)key);
            t_u64_case(text, read.layer, read.in_layer ? 12 : 0);
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(names_lead_to_modules),
        cmocka_unit_test(kinds_follow_from_endings),
        cmocka_unit_test(written_names_are_read_back),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
