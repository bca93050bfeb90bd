/* SPDX-License-Identifier: Apache-2.0 */
/* All tensors were taken: is anything missing, and do files and config agree? */
#include <string.h>

#include "base/vp_int.h"
#include "core/towers.h"
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
    if (group->module->key == VP_MODULE_TOWER)
        vp_tower_name_write(&w, group->module, part, layer, suffix);
    else
        vp_tensor_name_write(&w, c->model.spelling, group->module->key, part, layer, suffix);
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
            if (!vp_layers_has(&seen->weights[part], layer) && group->copied_part != part + 1)
                note_missing(m, c, group, part, layer, VP_SUFFIX_WEIGHT);
            if (group->bias && (group->bias_made >> part & 1) == 0 &&
                !vp_layers_has(&seen->biases[part], layer))
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
        if (vp_group_is_stored(group)) look_for_missing(c, group, &c->seen[i], &m);
    }
    if (m.tensors == 0) return true;
    return vp_fail(
        error, VLLMPLAN_E_CHECKPOINT, "", "the files lack %llu tensor%s that %s needs; the first is %s%s",
        (unsigned long long)m.tensors, m.tensors == 1 ? "" : "s", c->model.architecture_name, m.first,
        strcmp(m.first, "lm_head.weight") == 0 ? " (is tie_word_embeddings missing in config.json?)" : "");
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
    vp_hf_judge_quantization(c, facts);
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
