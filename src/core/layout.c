/* SPDX-License-Identifier: Apache-2.0 */
#include "core/layout.h"

#include "base/vp_int.h"

/** Rows of an embedding are padded to this before they are divided
 *  (layers/vocab_parallel_embedding.py: DEFAULT_VOCAB_PADDING_SIZE). */
enum { VOCAB_PADDING = 64 };

vp_stage vp_layout_stage(uint64_t layers, uint32_t pp, uint32_t rank)
{
    uint64_t base = layers / pp, rest = layers % pp;
    vp_stage stage = {0, 0, rank == 0, rank + 1 == pp};
    for (uint32_t r = 0; r <= rank; r++) {
        /* ranks pp-1-rest .. pp-2 hold one layer more */
        bool more = r + 1 < pp && (uint64_t)r + 1 + rest >= pp;
        stage.first = stage.end;
        stage.end += base + more;
    }
    return stage;
}

uint64_t vp_layout_kv_heads(uint64_t kv_heads, uint32_t tp) { return vp_max(1, kv_heads / tp); }

uint64_t vp_layout_out(const vp_model *model, const vp_group *group, uint32_t part, uint32_t tp)
{
    uint64_t out = group->parts[part].out;
    switch (group->module->shard) {
    case VP_SHARD_VOCAB:
        return vp_round_up(out, VOCAB_PADDING) / tp;
    case VP_SHARD_QKV:
        return part == 0 ? out / tp : vp_mul(vp_layout_kv_heads(model->kv_heads, tp), model->head_dim);
    case VP_SHARD_COLUMN:
        return out / tp;
    case VP_SHARD_ROW:
    case VP_SHARD_COPY:
        break;
    }
    return out;
}

uint64_t vp_layout_group_out(const vp_model *model, const vp_group *group, uint32_t tp)
{
    uint64_t out = 0;
    for (uint32_t i = 0; i < group->part_count; i++) out = vp_add(out, vp_layout_out(model, group, i, tp));
    return out;
}

uint64_t vp_layout_in(const vp_group *group, uint32_t tp)
{
    return group->module->shard == VP_SHARD_ROW ? group->in / tp : group->in;
}

static bool tp_legal(const vp_model *model, uint64_t tp)
{
    uint64_t kv = model->kv_heads;
    return model->heads % tp == 0 && (kv >= tp ? kv % tp == 0 : kv != 0 && tp % kv == 0) &&
           model->intermediate % tp == 0 && vp_round_up(model->vocab, VOCAB_PADDING) % tp == 0;
}

/** Ends a refusal with the sizes up to 64 that the model could be split by. */
static void put_legal_sizes(const vp_model *model, vp_writer *why)
{
    const char *between = "; sizes that work: ";
    for (uint64_t tp = 1; tp <= 64; tp++) {
        if (!tp_legal(model, tp)) continue;
        vp_put(why, between);
        vp_put_u64(why, tp);
        between = ", ";
    }
}

static bool refuse_tp(const vp_model *model, uint64_t tp, vp_writer *why, const char **step)
{
    unsigned long long size = tp;
    uint64_t kv = model->kv_heads, vocab = vp_round_up(model->vocab, VOCAB_PADDING);
    if (model->heads % tp != 0) {
        /* config/model.py:verify_with_parallel_config */
        *step = "config";
        vp_put_format(why, "%llu attention heads cannot be divided by tensor_parallel_size %llu",
                      (unsigned long long)model->heads, size);
    } else if (kv >= tp ? kv % tp != 0 : kv == 0 || tp % kv != 0) {
        /* layers/linear.py:QKVParallelLinear */
        *step = "weights_create";
        vp_put_format(why, "%llu KV heads can be neither divided nor copied over tensor_parallel_size %llu",
                      (unsigned long long)kv, size);
    } else if (model->intermediate % tp != 0) {
        *step = "weights_create";
        vp_put_format(why, "an intermediate size of %llu cannot be divided by tensor_parallel_size %llu",
                      (unsigned long long)model->intermediate, size);
    } else {
        *step = "weights_create";
        vp_put_format(why,
                      "%llu vocabulary rows (padded to 64) cannot be divided by tensor_parallel_size %llu",
                      (unsigned long long)vocab, size);
    }
    put_legal_sizes(model, why);
    return false;
}

bool vp_layout_legal(const vp_model *model, uint64_t tp, uint64_t pp, vp_writer *why, const char **step)
{
    *step = "arguments";
    if (tp == 0 || tp > VP_MAX_SPLIT || pp == 0 || pp > VP_MAX_SPLIT) {
        vp_put_format(why, "tensor_parallel_size and pipeline_parallel_size must be 1 to %d",
                      (int)VP_MAX_SPLIT);
        return false;
    }
    if (model->layers > 0 && pp > model->layers) {
        *step = "config";
        vp_put_format(why, "%llu layers cannot fill pipeline_parallel_size %llu",
                      (unsigned long long)model->layers, (unsigned long long)pp);
        return false;
    }
    if (!model->architecture || tp_legal(model, tp)) return true;
    return refuse_tp(model, tp, why, step);
}
