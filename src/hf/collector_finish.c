/* SPDX-License-Identifier: Apache-2.0 */
/* All tensors were taken: is anything missing, and do files and config agree? */
#include <string.h>

#include "base/vp_int.h"
#include "hf/collector.h"

typedef struct missing {
    uint64_t tensors;
    char first[VP_MAX_TENSOR_NAME];
} missing;

static void note_missing(missing *m, const vp_hf_collector *c, const vp_group *group, uint32_t part,
                         uint64_t layer, vp_suffix suffix)
{
    vp_writer w;
    if (m->tensors++ > 0) return;
    vp_writer_start(&w, m->first, sizeof m->first);
    vp_tensor_name_write(&w, c->model.architecture->spelling, group->module->key, part, layer, suffix);
}

/** A group outside of layers counts as one that stands in layer 0. */
static bool wanted(const vp_group *group, uint64_t layer)
{
    return vp_layers_empty(&group->layers) ? layer == 0 : vp_layers_has(&group->layers, layer);
}

static void look_for_missing(const vp_hf_collector *c, const vp_group *group, const vp_seen *seen, missing *m)
{
    uint64_t experts = vp_mul(group->copies, vp_group_instances(group));
    for (uint32_t part = 0; part < group->part_count; part++) {
        for (uint64_t layer = 0; layer < VP_MAX_LAYERS; layer++) {
            if (!wanted(group, layer)) continue;
            if (!vp_layers_has(&seen->weights[part], layer))
                note_missing(m, c, group, part, layer, VP_SUFFIX_WEIGHT);
            if (group->bias && !vp_layers_has(&seen->biases[part], layer))
                note_missing(m, c, group, part, layer, VP_SUFFIX_BIAS);
        }
        if (seen->experts[part] > 0 && seen->experts[part] < experts)
            note_missing(m, c, group, part, 0, VP_SUFFIX_WEIGHT);
    }
}

static bool check_missing(const vp_hf_collector *c, vp_error *error)
{
    missing m = {0, ""};
    for (uint32_t i = 0; i < c->expected.count; i++) {
        const vp_group *group = &c->expected.groups[i];
        if (!group->alias && group->module->key != VP_MODULE_ATTENTION_SCALES)
            look_for_missing(c, group, &c->seen[i], &m);
    }
    if (m.tensors == 0) return true;
    return vp_fail(
        error, VLLMPLAN_E_CHECKPOINT, "", "the files lack %llu tensor%s that %s needs; the first is %s%s",
        (unsigned long long)m.tensors, m.tensors == 1 ? "" : "s", c->model.architecture_name, m.first,
        strcmp(m.first, "lm_head.weight") == 0 ? " (is tie_word_embeddings missing in config.json?)" : "");
}

/** What the endings of the names and the dtypes tell about the method, best evidence first. */
static bool detect_method(const vp_hf_collector *c, vp_stored *out)
{
    const uint64_t *n = c->suffixes;
    uint64_t states = n[VP_SUFFIX_QUANT_STATE_NF4] + n[VP_SUFFIX_QUANT_STATE_FP4];
    const struct {
        bool seen;
        const char *method;
        uint32_t bits;
    } signs[] = {
        {states > 0 || n[VP_SUFFIX_ABSMAX] > 0, "bitsandbytes", 4},
        {n[VP_SUFFIX_SCB] > 0, "bitsandbytes", 8},
        {n[VP_SUFFIX_QWEIGHT] > 0 && n[VP_SUFFIX_G_IDX] > 0, "gptq", 0},
        {n[VP_SUFFIX_QWEIGHT] > 0, "awq", 4}, /* auto_awq.py takes 4 bits only */
        {n[VP_SUFFIX_WEIGHT_PACKED] > 0, "compressed-tensors", 0},
        {n[VP_SUFFIX_WEIGHT_SCALE_2] > 0, "modelopt_fp4", 4},
        {c->dtypes[VP_DTYPE_FLOAT8_E4M3] > 0, "fp8", 8},
    };
    memset(out, 0, sizeof *out);
    for (size_t i = 0; i < sizeof signs / sizeof signs[0]; i++) {
        if (!signs[i].seen) continue;
        vp_writer w;
        vp_writer_start(&w, out->method, sizeof out->method);
        vp_put(&w, signs[i].method);
        out->bits = signs[i].bits;
        out->nested = n[VP_SUFFIX_NESTED_ABSMAX] > 0;
        out->nf4 = n[VP_SUFFIX_QUANT_STATE_NF4] >= n[VP_SUFFIX_QUANT_STATE_FP4] && states > 0;
        return true;
    }
    return false;
}

/** The dtype for computing: the config's, else that of the embedding, which is never packed. */
static vp_dtype compute_dtype(const vp_hf_collector *c)
{
    if (c->model.dtype != VP_DTYPE_NONE) return c->model.dtype;
    for (uint32_t i = 0; i < c->found.count; i++)
        if (c->found.groups[i].module->key == VP_MODULE_EMBED_TOKENS &&
            c->found.groups[i].evidence.dtype != VP_DTYPE_NONE)
            return c->found.groups[i].evidence.dtype;
    return VP_DTYPE_BFLOAT16;
}

/** The block to put back into config.json. Only bitsandbytes tells all of it in its tensors. */
static void write_fix(const vp_hf_collector *c, const vp_stored *stored, vp_writer *w)
{
    vp_dtype storage = c->packed_dtype == VP_DTYPE_NONE ? VP_DTYPE_UINT8 : c->packed_dtype;
    if (strcmp(stored->method, "bitsandbytes") != 0) {
        vp_put_format(w,
                      "Put the model's own quantization_config (quant_method \"%s\") back into config.json.",
                      stored->method);
    } else if (stored->bits == 8) {
        vp_put(w, "{\"quantization_config\": {\"quant_method\": \"bitsandbytes\", \"load_in_8bit\": true}}");
    } else {
        vp_put_format(
            w,
            "{\"quantization_config\": {\"quant_method\": \"bitsandbytes\", \"load_in_4bit\": true, "
            "\"bnb_4bit_quant_type\": \"%s\", \"bnb_4bit_use_double_quant\": %s, "
            "\"bnb_4bit_quant_storage\": \"%s\", \"bnb_4bit_compute_dtype\": \"%s\"}}",
            stored->nf4 ? "nf4" : "fp4", stored->nested ? "true" : "false", vp_dtype_name(storage),
            vp_dtype_name(compute_dtype(c)));
    }
}

static void judge_quantization(const vp_hf_collector *c, vp_facts *facts)
{
    vp_stored detected;
    bool said = facts->model.stored.method[0] != '\0';
    if (!said && detect_method(c, &detected)) {
        char fix[sizeof facts->findings[0].fix];
        vp_writer w;
        vp_writer_start(&w, fix, sizeof fix);
        write_fix(c, &detected, &w);
        facts->model.stored = detected;
        vp_facts_find(
            facts, "packed_without_quantization_config", VP_SEVERE, fix,
            "The files hold %s weights, but config.json has no quantization_config: vLLM takes them for "
            "plain ones and stops while loading.",
            detected.method);
    }
    if (said && c->packed_linear == 0 && c->plain_linear > 0)
        vp_facts_find(facts, "quantization_config_without_packed_tensors", VP_SEVERE,
                      "Remove quantization_config from config.json, or get the files that belong to it.",
                      "config.json says that the weights are stored as %s, but none of the %llu is packed.",
                      facts->model.stored.method, (unsigned long long)c->plain_linear);
}

/** Without a dtype in the config, vLLM takes that of the files
 *  (model_arch_config_convertor.py:get_torch_dtype; config/model.py before 0.14): the one that holds them
 *  all. */
static void dtype_from_files(const vp_hf_collector *c, vp_model *model)
{
    bool bf16 = c->dtypes[VP_DTYPE_BFLOAT16] > 0, f16 = c->dtypes[VP_DTYPE_FLOAT16] > 0;
    if (model->dtype != VP_DTYPE_NONE) return;
    if (c->dtypes[VP_DTYPE_FLOAT32] > 0 || (bf16 && f16))
        model->dtype = VP_DTYPE_FLOAT32;
    else if (bf16 || f16)
        model->dtype = bf16 ? VP_DTYPE_BFLOAT16 : VP_DTYPE_FLOAT16;
}

bool vp_hf_collector_finish(vp_hf_collector *c, vp_facts *facts, vp_error *error)
{
    if (!check_missing(c, error)) return false;
    for (uint32_t i = 0; i < c->found.count; i++)
        if (c->seen[i].mixed) c->found.groups[i].evidence.dtype = VP_DTYPE_NONE;
    facts->inventory = c->found;
    judge_quantization(c, facts);
    dtype_from_files(c, &facts->model);
    if (c->model.tied && c->tied_heads > 0)
        vp_facts_find(facts, "tied_model_with_lm_head", VP_INFO, "",
                      "The files hold lm_head.weight although tie_word_embeddings is set; vLLM skips it.");
    if (c->misfits > 0)
        vp_facts_find(facts, "shape_mismatch", VP_SEVERE,
                      "Get config.json and weights of one and the same model.",
                      "%llu tensor%s not fit config.json: %s.", (unsigned long long)c->misfits,
                      c->misfits == 1 ? " does" : "s do", c->first_misfit);
    return true;
}
