/* SPDX-License-Identifier: Apache-2.0 */
/* Encoders beside a decoder: rows of towers.def, their reading, splits and names. Sizes are those that vLLM
 * 0.33.0 allocates for the same members (constructors of the classes named in the rows). */
#include "../support/t_hf.h"

#include <stdlib.h>

#include "core/formula.h"
#include "core/layout.h"
#include "core/towers.h"

#define TEXT                                                                                                 \
    "\"hidden_size\":64,\"num_hidden_layers\":2,\"num_attention_heads\":8,\"num_key_value_heads\":8,"        \
    "\"intermediate_size\":128,\"vocab_size\":1000,\"max_position_embeddings\":2048"
#define QWEN3_VL(vision)                                                                                     \
    "{\"architectures\":[\"Qwen3VLForConditionalGeneration\"],\"model_type\":\"qwen3_vl\","                  \
    "\"text_config\":{\"model_type\":\"qwen3_vl_text\",\"head_dim\":8," TEXT "},\"vision_config\":{"         \
    "\"model_type\":\"qwen3_vl\",\"depth\":3,\"hidden_size\":48,\"num_heads\":6,\"intermediate_size\":96,"   \
    "\"out_hidden_size\":64,\"patch_size\":4,\"temporal_patch_size\":2,\"in_channels\":3,"                   \
    "\"spatial_merge_size\":2,\"num_position_embeddings\":100" vision "}}"

static bool value_of(const void *context, vp_str name, uint64_t *out)
{
    (void)context;
    *out = 7;
    return vp_str_equal(name, "seven");
}

static void formulas(void **state)
{
    static const struct {
        const char *text;
        bool ok;
        uint64_t value;
    } cases[] = {
        {"2+3*4", true, 14},      {"(2+3)*4", true, 20}, {"seven/2", true, 3},
        {"seven%4", true, 3},     {"3-seven", true, 0},  {"seven=7", true, 1},
        {"(seven<7)+1", true, 1}, {"10/2|9", true, 5},   {"18446744073709551615*2", true, UINT64_MAX},
        {"eight", false, 0},      {"1/0", false, 0},     {"(1", false, 0},
        {"1 1", false, 0},        {"", false, 0},        {"((((((((((1))))))))))", false, 0},
    };
    vp_formula_names names = {value_of, NULL};
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        uint64_t value = 0;
        t_u64_case(cases[i].text, vp_formula(cases[i].text, &names, &value), cases[i].ok);
        if (cases[i].ok) t_u64_case(cases[i].text, value, cases[i].value);
    }
}

/** Every formula of the tables names sizes that its tower has, and no tower has two modules of one name: facts
 *  that were printed tell them by it. */
static void rows_hold_together(void **state)
{
    (void)state;
    for (size_t i = 0; i < vp_tower_part_count(); i++) {
        const vp_tower_part *part = vp_tower_part_at(i);
        vp_tower tower = {.kind = part->tower};
        uint64_t value;
        const char *formulas_of[] = {part->layers, part->first, part->in, part->out, part->bias, part->when};
        for (size_t k = 0; k < VP_MAX_TOWER_SIZES; k++) tower.sizes[k] = 1;
        for (size_t k = 0; k < sizeof formulas_of / sizeof formulas_of[0]; k++)
            if (formulas_of[k] && !vp_tower_formula(formulas_of[k], &tower, 1, &value) &&
                !strchr(formulas_of[k], '/')) /* sizes of one may make a divisor 0 */
                fail_msg("%s: \"%s\" cannot be computed", part->module.name, formulas_of[k]);
        const vp_tower_row *row = vp_tower_row_of(part->tower);
        if (vp_tower_module_find(vp_str_from(row->name), vp_str_from(part->module.name)) != &part->module)
            fail_msg("%s has two modules %s", row->name, part->module.name);
        assert_non_null(row->source);
    }
    for (size_t i = 0; i < VP_TOWER_COUNT; i++) {
        uint32_t sizes = 0;
        for (size_t k = 0; k < vp_tower_size_count(); k++)
            sizes += vp_tower_size_at(k)->tower == (vp_tower_kind)i;
        assert_true(sizes <= VP_MAX_TOWER_SIZES);
    }
}

static const vp_group *group_named(const vp_inventory *inventory, const char *name)
{
    for (uint32_t i = 0; i < inventory->count; i++)
        if (strcmp(inventory->groups[i].module->name, name) == 0) return &inventory->groups[i];
    fail_msg("no group %s", name);
    return NULL;
}

static vp_inventory inventory;

static void build(const char *config)
{
    must_read(config);
    assert_true(vp_inventory_from_structure(&facts.model, &facts.structure, &inventory, &error));
}

static void a_vision_transformer(void **state)
{
    (void)state;
    build(QWEN3_VL(",\"deepstack_visual_indexes\":[0,1]"));
    const vp_group *qkv = group_named(&inventory, "blocks.#.attn.qkv");
    t_u64(vp_group_out(qkv), 144); /* 3 * 48 */
    t_u64(qkv->parts[0].unit, 8);  /* 48 / 6 heads */
    t_u64(vp_group_instances(qkv), 3);
    t_u64(qkv->place, VP_PLACE_TOWER);
    assert_true(qkv->bias && qkv->module->kind == VP_KIND_LINEAR);
    t_u64(group_named(&inventory, "patch_embed.proj")->in, 96);   /* 3 * 2 * 4 * 4 */
    t_u64(group_named(&inventory, "merger.linear_fc1")->in, 192); /* 48 * 2 * 2 */
    t_u64(vp_group_instances(group_named(&inventory, "deepstack_merger_list.#.norm")), 2);
    /* 8192 positions of half a head */
    const vp_group *table = group_named(&inventory, "rotary_pos_emb.cos_sin_cache");
    t_u64(vp_group_out(table), 32768);
    assert_true(table->made && !table->per_token);
    t_u64(vp_group_out(group_named(&inventory, "deepstack_input_embeds")), 64);
    build(QWEN3_VL(",\"deepstack_visual_indexes\":[]"));
    for (uint32_t i = 0; i < inventory.count; i++)
        assert_null(strstr(inventory.groups[i].module->name, "deepstack"));
}

/** Six heads: three ranks share them, four cannot (vLLM stops), unless each holds the whole encoder. */
static void splits(void **state)
{
    char why[400];
    const char *step;
    vp_writer w;
    (void)state;
    build(QWEN3_VL(""));
    const vp_group *qkv = group_named(&inventory, "blocks.#.attn.qkv");
    t_u64(vp_layout_split(qkv, 2, false), 2);
    t_u64(vp_layout_split(qkv, 2, true), 1);
    vp_writer_start(&w, why, sizeof why);
    assert_true(vp_layout_legal(&facts.model, &inventory, 2, 1, false, &w, &step));
    assert_false(vp_layout_legal(&facts.model, &inventory, 4, 1, false, &w, &step));
    t_contains(why, "6 heads of blocks.#.attn.qkv cannot be divided by tensor_parallel_size 4");
    assert_true(vp_layout_legal(&facts.model, &inventory, 4, 1, true, &w, &step));
    vp_group fallback = *qkv; /* vision.py:is_vit_use_data_parallel(num_heads) */
    fallback.whole_unless = 6;
    t_u64(vp_layout_split(&fallback, 4, false), 1);
    t_u64(vp_layout_split(&fallback, 3, false), 3);
}

static void names(void **state)
{
    static const struct {
        const char *module, *name;
        bool taken;
        uint32_t part;
        uint64_t layer;
    } cases[] = {
        {"blocks.#.attn.qkv", "visual.blocks.2.attn.qkv.bias", true, VP_PART_WHOLE, 2},
        {"blocks.#.attn.qkv", "model.visual.blocks.0.attn.qkv.weight", true, VP_PART_WHOLE, 0},
        {"blocks.#.attn.qkv", "visual.blocks.00.attn.qkv.weight", false, 0, 0},
        {"blocks.#.attn.qkv", "blocks.0.attn.qkv.weight", false, 0, 0},
        {"encoder.layers.#.self_attn.qkv_proj",
         "vision_tower.vision_model.encoder.layers.9.self_attn.v_proj.weight", true, 2, 9},
        {"encoder.layers.#.self_attn.qkv_proj", "vision_tower.encoder.layers.9.self_attn.k_proj.bias", true,
         1, 9},
        {"embeddings.class_embedding", "vision_tower.vision_model.embeddings.class_embedding", true, 0, 0},
    };
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        bool taken = false;
        for (size_t k = 0; k < vp_tower_part_count() && !taken; k++) {
            vp_tensor_name read;
            const vp_module *module = &vp_tower_part_at(k)->module;
            if (strcmp(module->name, cases[i].module) != 0) continue;
            taken = vp_tower_name_read(module, vp_str_from(cases[i].name), &read);
            if (!taken) continue;
            t_u64_case(cases[i].name, read.part, cases[i].part);
            t_u64_case(cases[i].name, read.layer, cases[i].layer);
        }
        t_u64_case(cases[i].name, taken, cases[i].taken);
    }
}

/** An encoder that no row stands for leaves the whole model unknown, never a smaller one. */
static void nothing_is_left_out(void **state)
{
    (void)state;
    must_read(
        "{\"architectures\":[\"LlavaForConditionalGeneration\"],\"model_type\":\"llava\",\"text_config\":{"
        "\"model_type\":\"llama\"," TEXT "},\"vision_config\":{\"model_type\":\"some_vision_model\"}}");
    assert_null(facts.model.architecture);
    must_read("{\"architectures\":[\"Qwen3VLForConditionalGeneration\"],\"model_type\":\"qwen3_vl\",\"text_"
              "config\":{"
              "\"model_type\":\"qwen3_vl_text\"," TEXT "},\"audio_config\":{\"d_model\":64}}");
    assert_null(facts.model.architecture);
    assert_false(has_finding("shape_mismatch"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(formulas),
        cmocka_unit_test(rows_hold_together),
        cmocka_unit_test(a_vision_transformer),
        cmocka_unit_test(splits),
        cmocka_unit_test(names),
        cmocka_unit_test(nothing_is_left_out),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
