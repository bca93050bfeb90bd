/* SPDX-License-Identifier: Apache-2.0 */
/* Which modules of a model the files hold packed, and how: the rules of the quantization config, asked for
 * every module of every layer. */
#include <stdlib.h>
#include <string.h>

#include "hf/config.h"
#include "hf/hf.h"
#include "hf/python_json.h"
#include "hf/quant_rules.h"

vp_quant_group *vp_quant_add_group(vp_quant_rules *rules, const vp_scheme *scheme)
{
    if (rules->group_count == VP_MAX_SCHEMES) return NULL;
    vp_quant_group *group = &rules->groups[rules->group_count++];
    group->scheme = *scheme;
    return group;
}

static void free_rules(vp_quant_rules *rules)
{
    vp_entries_free(&rules->skip);
    vp_entries_free(&rules->only);
    for (uint32_t i = 0; i < rules->group_count; i++) vp_entries_free(&rules->groups[i].targets);
}

static uint32_t number(const json_t *block, const char *key, uint32_t fallback)
{
    const json_t *value = vp_member(block, key);
    if (!json_is_integer(value)) return fallback;
    json_int_t n = json_integer_value(value);
    return n > 0 && n <= 1 << 20 ? (uint32_t)n : 0; /* -1: whole rows */
}

static void add_linear(vp_quant_rules *rules, const vp_scheme *scheme)
{
    vp_quant_group *group = vp_quant_add_group(rules, scheme);
    if (group) group->linear = true;
}

/** fp8.py:Fp8Config.from_config. fbgemm_fp8.py has scales for each output. */
static bool read_fp8(const json_t *block, vp_stored *stored, vp_quant_rules *rules)
{
    const json_t *size = vp_member(block, "weight_block_size");
    const json_t *skip = vp_member(block, "ignored_layers");
    vp_scheme scheme = {.packing = VP_PACKING_FP8_TENSOR, .bits = 8};
    if (json_array_size(skip) == 0) skip = vp_member(block, "modules_to_not_convert");
    if (json_array_size(size) == 2) {
        scheme.packing = VP_PACKING_FP8_BLOCK;
        scheme.block_out = (uint32_t)json_integer_value(json_array_get(size, 0));
        scheme.group = (uint32_t)json_integer_value(json_array_get(size, 1));
        if (scheme.block_out == 0 || scheme.group == 0) rules->unknown = true;
    }
    bool fbgemm = strcmp(stored->method, "fbgemm_fp8") == 0;
    if (fbgemm) scheme.packing = VP_PACKING_FP8_CHANNEL;
    /* FBGEMM keeps an upper bound of the activations' scale */
    scheme.static_inputs = fbgemm || vp_str_equal(vp_member_text(block, "activation_scheme"), "static");
    stored->kv_scales = !fbgemm; /* Fp8KVCacheMethod, for Attention alone */
    add_linear(rules, &scheme);
    return vp_entries_read(&rules->skip, VP_ENTRY_EXACT, skip);
}

/** auto_awq.py:AutoAWQConfig.from_config. */
static bool read_awq(const json_t *block, vp_quant_rules *rules)
{
    vp_scheme scheme = {.packing = VP_PACKING_INT, .form = VP_FORM_AWQ};
    scheme.bits = number(block, "w_bit", number(block, "bits", 4));
    scheme.group = number(block, "q_group_size", number(block, "group_size", 128));
    scheme.zero_points = !json_is_false(json_object_get(block, "zero_point"));
    rules->head = json_is_true(json_object_get(block, "lm_head"));
    rules->unknown = scheme.bits != 4;
    add_linear(rules, &scheme);
    if (!vp_entries_read(&rules->skip, VP_ENTRY_CONTAINED, vp_member(block, "modules_to_not_convert")))
        return false;
    rules->by_files = rules->skip.count == 0;
    return true;
}

/** "+:" rules give the modules that they take other sizes, "-:" rules leave them alone; the first that takes
 *  a module counts (utils/gptq_utils.py:get_dynamic_override). */
static bool read_dynamic(const json_t *block, const vp_scheme *usual, vp_quant_rules *rules)
{
    json_t *dynamic = json_object_get(block, "dynamic");
    rules->skip.rule = VP_ENTRY_REGEX;
    for (void *at = json_object_iter(dynamic); at; at = json_object_iter_next(dynamic, at)) {
        const char *key = json_object_iter_key(at);
        const json_t *value = json_object_iter_value(at);
        vp_entries *list = &rules->skip;
        if (strncmp(key, "-:", 2) != 0) {
            vp_scheme scheme = *usual;
            scheme.bits = number(value, "bits", usual->bits);
            scheme.group = number(value, "group_size", usual->group);
            vp_quant_group *group = vp_quant_add_group(rules, &scheme);
            if (!group) {
                rules->unknown = true;
                return true;
            }
            list = &group->targets;
            list->rule = VP_ENTRY_REGEX;
        }
        if (!vp_entries_add(list, vp_str_from(key))) return false;
    }
    return true;
}

/** auto_gptq.py:AutoGPTQConfig.from_config. */
static bool read_gptq(const json_t *block, vp_quant_rules *rules)
{
    vp_scheme scheme = {.packing = VP_PACKING_INT, .form = VP_FORM_GPTQ};
    scheme.bits = number(block, "bits", 4);
    scheme.group = number(block, "group_size", 0);
    scheme.act_order = json_is_true(json_object_get(block, "desc_act")) && scheme.group > 0;
    scheme.zero_points = json_is_false(json_object_get(block, "sym"));
    rules->head = json_is_true(json_object_get(block, "lm_head"));
    rules->unknown = scheme.bits != 4 && scheme.bits != 8 && scheme.bits != 2 && scheme.bits != 3;
    if (!read_dynamic(block, &scheme, rules)) return false;
    add_linear(rules, &scheme);
    const json_t *blocks = vp_member(block, "modules_in_block_to_quantize");
    if (!vp_entries_read(&rules->only, VP_ENTRY_CONTAINED, blocks)) return false;
    rules->by_files = rules->only.count == 0;
    return true;
}

/** A list of names, or one text with commas (inc/inc.py:INCConfig). */
static bool read_names(vp_entries *out, vp_entry_rule rule, const json_t *value)
{
    out->rule = rule;
    if (!json_is_string(value)) return vp_entries_read(out, rule, value);
    const char *text = json_string_value(value);
    while (*text) {
        size_t n = strcspn(text, ",");
        if (n > 0 && !vp_entries_add(out, (vp_str){text, n})) return false;
        text += n + (text[n] == ',');
    }
    return true;
}

/** inc/inc.py:INCConfig, inc/config_parser.py. Layers with settings of their own are taken when all that
 *  these say is that the layer stays in 16 bit. */
static bool read_inc(const json_t *block, vp_quant_rules *rules)
{
    vp_scheme scheme = {.packing = VP_PACKING_INT, .form = VP_FORM_AUTOROUND};
    vp_str format = vp_member_text(block, "packing_format"), type = vp_member_text(block, "data_type");
    json_t *extra = json_object_get(block, "extra_config");
    const json_t *blocks = vp_member(block, "block_name_to_quantize");
    bool gptq = vp_str_equal(format, "auto_round:auto_gptq") || vp_str_equal(format, "auto_gptq");
    bool awq = vp_str_equal(format, "auto_round:auto_awq") || vp_str_equal(format, "auto_awq");
    scheme.bits = number(block, "bits", 4);
    scheme.group = number(block, "group_size", 0);
    scheme.zero_points = json_is_false(json_object_get(block, "sym"));
    /* what the exporter calls its own format is GPTQ's */
    rules->unknown = (!awq && !gptq && !vp_str_equal(format, "auto_round:gptq") && format.length > 0) ||
                     (type.length > 0 && !vp_str_equal(type, "int")) || awq != scheme.zero_points;
    rules->skip.rule = VP_ENTRY_PATTERN;
    for (void *at = json_object_iter(extra); at; at = json_object_iter_next(extra, at)) {
        if (number(json_object_iter_value(at), "bits", scheme.bits) < 16) rules->unknown = true;
        if (!vp_entries_add(&rules->skip, vp_str_from(json_object_iter_key(at)))) return false;
    }
    add_linear(rules, &scheme);
    if (!blocks) blocks = vp_member(block, "to_quant_block_names");
    return read_names(&rules->only, VP_ENTRY_CONTAINED, blocks);
}

/** quark/quark.py:QuarkConfig: one setting for all, and modules left out of it. */
static bool read_quark(const json_t *block, vp_stored *stored, vp_quant_rules *rules)
{
    const json_t *all = json_object_get(block, "global_quant_config");
    const json_t *weight = vp_member(all, "weight"), *input = vp_member(all, "input_tensors");
    vp_str scale = vp_member_text(weight, "qscheme");
    vp_scheme scheme = {.packing = VP_PACKING_FP8_TENSOR, .bits = 8};
    if (vp_str_equal(scale, "per_channel")) scheme.packing = VP_PACKING_FP8_CHANNEL;
    scheme.static_inputs = json_is_false(json_object_get(input, "is_dynamic"));
    rules->unknown = json_object_size(json_object_get(block, "layer_quant_config")) > 0 ||
                     json_object_size(json_object_get(block, "layer_type_quant_config")) > 0 || !input ||
                     !vp_str_equal(vp_member_text(weight, "dtype"), "fp8_e4m3") ||
                     (scheme.packing == VP_PACKING_FP8_TENSOR && !vp_str_equal(scale, "per_tensor"));
    stored->kv_scales = true; /* QuarkKVCacheMethod */
    add_linear(rules, &scheme);
    return vp_entries_read(&rules->skip, VP_ENTRY_PATTERN, vp_member(block, "exclude"));
}

/** bitsandbytes.py:BitsAndBytesConfig.from_config. */
static bool read_bitsandbytes(const json_t *block, const vp_stored *stored, vp_quant_rules *rules)
{
    vp_scheme scheme = {.packing = stored->bits == 8 ? VP_PACKING_BNB8 : VP_PACKING_BNB4,
                        .bits = stored->bits};
    rules->unknown = stored->bits == 0;
    add_linear(rules, &scheme);
    return vp_entries_read(&rules->skip, VP_ENTRY_WORD, vp_member(block, "llm_int8_skip_modules"));
}

/** mxfp4.py:Mxfp4Config: experts alone. */
static bool read_mxfp4(const json_t *block, vp_quant_rules *rules)
{
    vp_scheme scheme = {.packing = VP_PACKING_MXFP4, .bits = 4, .group = 32};
    rules->experts_only = true;
    add_linear(rules, &scheme);
    (void)block; /* its list names what is no expert */
    return true;
}

static bool read_rules(const json_t *block, vp_stored *stored, vp_quant_rules *rules)
{
    const char *method = stored->method;
    if (strcmp(method, "fp8") == 0 || strcmp(method, "fbgemm_fp8") == 0)
        return read_fp8(block, stored, rules);
    if (strcmp(method, "awq") == 0) return read_awq(block, rules);
    if (strcmp(method, "gptq") == 0) return read_gptq(block, rules);
    if (strcmp(method, "auto-round") == 0 || strcmp(method, "inc") == 0) return read_inc(block, rules);
    if (strcmp(method, "quark") == 0) return read_quark(block, stored, rules);
    if (strcmp(method, "bitsandbytes") == 0) return read_bitsandbytes(block, stored, rules);
    if (strcmp(method, "mxfp4") == 0) return read_mxfp4(block, rules);
    if (strcmp(method, "compressed-tensors") == 0) return vp_quant_compressed(block, stored, rules);
    if (strncmp(method, "modelopt", strlen("modelopt")) == 0) return vp_quant_modelopt(block, stored, rules);
    rules->unknown = true;
    return true;
}

/** The group that a module belongs to, or -1; `differ`: its parts do not agree. */
static int group_of(const vp_quant_rules *rules, const vp_module_names *names, bool *differ)
{
    bool some = false;
    if ((names->head && !rules->head) || (rules->experts_only && !names->experts)) return -1;
    if (rules->only.count > 0 && !vp_entries_take(&rules->only, names, &some)) {
        *differ |= some;
        return -1;
    }
    if (vp_entries_take(&rules->skip, names, &some)) return -1;
    *differ |= some;
    if (rules->layers) return vp_quant_modelopt_layer(rules, names, differ);
    for (uint32_t i = 0; i < rules->group_count; i++)
        if (vp_entries_take(&rules->groups[i].targets, names, &some)) return (int)i;
    for (uint32_t i = 0; i < rules->group_count; i++) {
        /* compressed-tensors' "Linear" is no head; other methods say about the head themselves */
        bool by_name = names->head && rules->groups[i].targets.count > 0;
        if (rules->groups[i].linear && !by_name) return (int)i;
    }
    return -1;
}

static bool same_place(const vp_stored_as *as, const vp_group *group, uint32_t scheme)
{
    return as->module == group->module && as->scheme == scheme &&
           vp_layers_empty(&as->layers) == vp_layers_empty(&group->layers);
}

static void note(vp_facts *facts, const vp_group *group, uint64_t layer, uint32_t scheme)
{
    vp_structure *s = &facts->structure;
    uint32_t at = 0;
    while (at < s->stored_as_count && !same_place(&s->stored_as[at], group, scheme)) at++;
    if (at == VP_MAX_STORED_AS) {
        facts->model.stored.computed = false;
        return;
    }
    if (at == s->stored_as_count) {
        s->stored_as[s->stored_as_count++] = (vp_stored_as){.module = group->module, .scheme = scheme};
    }
    if (!vp_layers_empty(&group->layers)) vp_layers_add(&s->stored_as[at].layers, layer);
}

/** A tower whose class hands it no method of this kind (kimi_k25.py:_maybe_ignore_quant_config). */
static bool is_built_plain(const vp_facts *facts, const vp_group *group)
{
    const vp_tower_part *part = vp_tower_part_of(group->module);
    const char *method = part ? vp_tower_row_of(part->tower)->unpacked : NULL;
    return method && strcmp(method, facts->model.stored.method) == 0;
}

static void place_group(const vp_quant_rules *rules, const vp_group *group, vp_facts *facts)
{
    bool outside = vp_layers_empty(&group->layers);
    bool head = group->module->kind == VP_KIND_HEAD && !group->alias;
    if (!vp_module_is_target(group->module) && !head) return;
    if (is_built_plain(facts, group)) return;
    for (uint64_t layer = 0; layer < (outside ? 1 : VP_MAX_LAYERS); layer++) {
        vp_module_names names;
        bool differ = false;
        if (!outside && !vp_layers_has(&group->layers, layer)) continue;
        vp_module_names_of(facts->model.spelling, group, layer, &names);
        int at = group_of(rules, &names, &differ);
        if (differ) facts->structure.stored_shards_differ = true;
        if (at >= 0) note(facts, group, layer, (uint32_t)at);
    }
}

static bool place_all(const vp_quant_rules *rules, vp_facts *facts, vp_error *error)
{
    vp_inventory *inventory = malloc(sizeof *inventory);
    if (!inventory) return false;
    facts->structure.stored_as_count = 0;
    bool ok = vp_inventory_from_structure(&facts->model, &facts->structure, inventory, error);
    for (uint32_t i = 0; ok && i < inventory->count; i++) place_group(rules, &inventory->groups[i], facts);
    free(inventory);
    return ok;
}

/** Whether the model's class renames the method of its checkpoint. */
static bool is_taken_for_mxfp4(const json_t *block, const vp_facts *facts)
{
    const vp_architecture *row = facts->model.architecture;
    return row && row->mxfp4_experts && strcmp(facts->model.stored.method, "compressed-tensors") == 0 &&
           vp_str_equal(vp_member_text(block, "format"), "mxfp4-pack-quantized");
}

bool vp_config_schemes(const json_t *block, vp_facts *facts, vp_error *error)
{
    vp_stored *stored = &facts->model.stored;
    if (!block || stored->method[0] == '\0') return true;
    vp_quant_rules *rules = calloc(1, sizeof *rules);
    if (is_taken_for_mxfp4(block, facts)) strcpy(stored->method, "mxfp4");
    bool ok = rules && read_rules(block, stored, rules);
    if (ok) {
        bool odd = rules->unknown || rules->skip.odd;
        for (uint32_t i = 0; i < rules->group_count; i++) {
            odd |= rules->groups[i].targets.odd;
            stored->schemes[i] = rules->groups[i].scheme;
        }
        stored->scheme_count = rules->group_count;
        facts->structure.stored_by_files = rules->by_files;
        stored->computed = !odd && rules->group_count > 0;
        if (facts->model.architecture && !place_all(rules, facts, error)) ok = false;
        /* a list that names nothing of this model was not understood */
        if (facts->model.architecture && facts->structure.stored_as_count == 0) stored->computed = false;
    }
    if (rules) free_rules(rules);
    free(rules);
    return ok || vp_fail(error, VLLMPLAN_E_NO_MEMORY, "", "no memory");
}
