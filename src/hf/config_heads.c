/* SPDX-License-Identifier: Apache-2.0 */
/* What stands behind the last norm where it is not a head over the vocabulary. Heads of classifiers are
 * float32 (0.33.0, config/model.py:head_dtype). */
#include "base/vp_int.h"
#include "hf/config.h"
#include "hf/python_json.h"

/** num_labels, else as many as id2label names, else two (transformers, configuration_utils.py). */
static bool read_labels(const vp_reader *r, uint64_t *out)
{
    const json_t *names = json_object_get(r->config, "id2label");
    uint64_t usual = json_object_size(names) > 0 ? (uint64_t)json_object_size(names) : 2;
    return vp_member_count(r->config, "num_labels", r->path, VP_MAX_MEMBER, usual, out, r->error);
}

/** A matrix with or without a bias, on every rank. */
static vp_group *add(vp_reader *r, vp_module_key key, vp_part part, bool bias, vp_dtype dtype)
{
    vp_group *group = vp_config_add_extra(r, key, NULL, r->structure->hidden, part);
    group->bias = bias;
    group->dtype = dtype;
    return group;
}

/** qwen2_rm.py:Qwen2RewardBaseModel: two layers, the second takes the first's outputs where they are. */
static void add_reward(vp_reader *r, uint64_t labels)
{
    add(r, VP_MODULE_SCORE_DENSE, vp_divided(r->structure->hidden), true, VP_DTYPE_FLOAT32);
    add(r, VP_MODULE_SCORE, vp_copied(labels), true, VP_DTYPE_FLOAT32)->in_divided = true;
}

/** bert.py:BertMLMHead. */
static void add_masked(vp_reader *r)
{
    uint64_t hidden = r->structure->hidden;
    add(r, VP_MODULE_HEAD_DENSE, vp_copied(hidden), true, VP_DTYPE_NONE);
    vp_config_add_extra(r, VP_MODULE_HEAD_NORM, NULL, 0, vp_copied(hidden))->bias = true;
    add(r, VP_MODULE_CLASSIFIER, vp_copied(r->structure->vocab), true, VP_DTYPE_NONE);
}

/** modernbert.py:ModernBertPooler, ModernBertPredictionHead. */
static bool add_modern(vp_reader *r, uint64_t labels, vp_dtype dtype)
{
    uint64_t hidden = r->structure->hidden;
    bool bias, norm_bias;
    if (!vp_read_switch(r, "classifier_bias", false, &bias) ||
        !vp_read_switch(r, "norm_bias", false, &norm_bias))
        return false;
    add(r, VP_MODULE_HEAD_DENSE, vp_copied(hidden), bias, dtype);
    vp_group *norm = vp_config_add_extra(r, VP_MODULE_HEAD_NORM, NULL, 0, vp_copied(hidden));
    norm->bias = norm_bias;
    norm->dtype = dtype;
    add(r, VP_MODULE_CLASSIFIER, vp_copied(labels), true, VP_DTYPE_FLOAT32);
    return true;
}

/** jina.py:JinaForRanking: a dense layer to half the size and one to embedding_size, which vLLM sets to 512. */
static void add_projector(vp_reader *r)
{
    uint64_t half = r->structure->hidden / 2;
    add(r, VP_MODULE_HEAD_DENSE, vp_copied(half), false, VP_DTYPE_NONE);
    vp_config_add_extra(r, VP_MODULE_CLASSIFIER, NULL, half, vp_copied(512));
}

bool vp_config_head(vp_reader *r)
{
    uint64_t hidden = r->structure->hidden, labels;
    vp_head_rule head = r->head;
    r->structure->has_head = head == VP_HEAD_WORDS || head == VP_HEAD_BOTH;
    if (!read_labels(r, &labels)) return false;
    switch (head) {
    case VP_HEAD_WORDS:
        return vp_read_rule(r, r->row->head_bias, &r->structure->head_bias);
    case VP_HEAD_NONE:
        break;
    case VP_HEAD_SCORE:
    case VP_HEAD_BOTH:
        add(r, VP_MODULE_SCORE, vp_copied(labels), false, VP_DTYPE_FLOAT32);
        break;
    case VP_HEAD_SCORE_BIAS:
        add(r, VP_MODULE_CLASSIFIER, vp_copied(labels), true, VP_DTYPE_FLOAT32);
        break;
    case VP_HEAD_POOLED:
        add(r, VP_MODULE_HEAD_DENSE, vp_copied(hidden), true, VP_DTYPE_FLOAT32);
        add(r, VP_MODULE_CLASSIFIER, vp_copied(labels), true, VP_DTYPE_FLOAT32);
        break;
    case VP_HEAD_POOLED_SCORE:
        add(r, VP_MODULE_HEAD_DENSE, vp_copied(hidden), true, VP_DTYPE_FLOAT32);
        add(r, VP_MODULE_SCORE, vp_copied(labels), true, VP_DTYPE_FLOAT32);
        break;
    case VP_HEAD_REWARD:
    case VP_HEAD_REWARD_ONE:
        add_reward(r, head == VP_HEAD_REWARD ? labels : 1);
        break;
    case VP_HEAD_VALUE:
        add(r, VP_MODULE_CLASSIFIER, vp_copied(1), false, VP_DTYPE_FLOAT32)->in_divided = true;
        break;
    case VP_HEAD_MASKED:
        add_masked(r);
        break;
    case VP_HEAD_MODERN_LABELS:
        return add_modern(r, labels, VP_DTYPE_FLOAT32);
    case VP_HEAD_MODERN_TOKENS:
        return add_modern(r, labels, VP_DTYPE_NONE);
    case VP_HEAD_M3:
        add(r, VP_MODULE_SCORE_SPARSE, vp_copied(1), true, VP_DTYPE_FLOAT32);
        add(r, VP_MODULE_CLASSIFIER, vp_copied(hidden), true, VP_DTYPE_FLOAT32);
        break;
    case VP_HEAD_PROJECTOR:
        add_projector(r);
        break;
    case VP_HEAD_COLBERT:
        if (!vp_read_count(r, "colbert_dim|dim|projection_dim", 0, &labels)) return false;
        add(r, VP_MODULE_CLASSIFIER, vp_copied(labels), false, VP_DTYPE_FLOAT32);
        break;
    case VP_HEAD_LABELS:
        add(r, VP_MODULE_CLASSIFIER, vp_copied(labels), false, VP_DTYPE_NONE);
        break;
    }
    return true;
}
