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

uint32_t vp_layout_split(const vp_group *group, uint32_t tp, bool encoders_whole)
{
    if (group->whole_unless == 0) return tp;
    bool divides = group->whole_unless == 1 || group->whole_unless % tp == 0;
    bool asked = encoders_whole && group->module->role == VP_ROLE_VISION;
    return asked || !divides ? 1 : tp;
}

uint64_t vp_layout_kv_heads(uint64_t units, uint32_t tp) { return vp_max(1, units / tp); }

uint64_t vp_layout_out(const vp_part *part, uint32_t tp)
{
    switch (part->shard) {
    case VP_SHARD_VOCAB:
        return vp_round_up(part->out, VOCAB_PADDING) / tp;
    case VP_SHARD_HEADS:
        return vp_mul(vp_layout_kv_heads(part->out / part->unit, tp), part->unit);
    case VP_SHARD_DIVIDE:
        return part->out / tp;
    case VP_SHARD_COPY:
    case VP_SHARD_COUNT:
        break;
    }
    return part->out;
}

uint64_t vp_layout_group_out(const vp_group *group, uint32_t tp)
{
    uint64_t out = 0;
    for (uint32_t i = 0; i < group->part_count; i++) out = vp_add(out, vp_layout_out(&group->parts[i], tp));
    return group->out_multiple > 0 ? vp_round_up(out, group->out_multiple) : out;
}

uint64_t vp_layout_in(const vp_group *group, uint32_t tp)
{
    return group->in_divided ? group->in / tp : group->in;
}

/** Whether one part can be split that way. */
static bool part_legal(const vp_part *part, uint64_t tp)
{
    uint64_t units = part->out / part->unit;
    switch (part->shard) {
    case VP_SHARD_VOCAB:
        return vp_round_up(part->out, VOCAB_PADDING) % tp == 0;
    case VP_SHARD_HEADS:
        return units >= tp ? units % tp == 0 : tp % units == 0;
    case VP_SHARD_DIVIDE:
        return units % tp == 0;
    case VP_SHARD_COPY:
    case VP_SHARD_COUNT:
        break;
    }
    return true;
}

/** The first part of the inventory that stands against the split, or NULL. Inputs that are divided are
 *  outputs of the module before, except where they are not: those count too. */
static const vp_group *against(const vp_inventory *inventory, uint64_t tp, bool encoders_whole,
                               const vp_part **part)
{
    for (uint32_t i = 0; i < inventory->count; i++) {
        const vp_group *group = &inventory->groups[i];
        uint64_t ranks = vp_layout_split(group, (uint32_t)tp, encoders_whole);
        for (uint32_t p = 0; p < group->part_count; p++) {
            *part = &group->parts[p];
            if (!part_legal(*part, ranks)) return group;
        }
        *part = NULL;
        if (group->in_divided && group->in % ranks != 0) return group;
    }
    return NULL;
}

static bool tp_legal(const vp_model *model, const vp_inventory *inventory, uint64_t tp, bool encoders_whole)
{
    const vp_part *part;
    return model->heads % tp == 0 && !against(inventory, tp, encoders_whole, &part);
}

/** Ends a refusal with the sizes up to 64 that the model could be split by. */
static void put_legal_sizes(const vp_model *model, const vp_inventory *inventory, bool encoders_whole,
                            vp_writer *why)
{
    const char *between = "; sizes that work: ";
    for (uint64_t tp = 1; tp <= 64; tp++) {
        if (!tp_legal(model, inventory, tp, encoders_whole)) continue;
        vp_put(why, between);
        vp_put_u64(why, tp);
        between = ", ";
    }
}

/** What is being divided, in words. */
static void put_subject(const vp_group *group, const vp_part *part, vp_writer *why)
{
    vp_module_key key = group->module->key;
    if (!part) {
        vp_put_format(why, "%llu inputs of %s cannot be divided by", (unsigned long long)group->in,
                      group->module->name);
    } else if (part->shard == VP_SHARD_VOCAB) {
        vp_put_format(why, "%llu vocabulary rows (padded to 64) cannot be divided by",
                      (unsigned long long)vp_round_up(part->out, VOCAB_PADDING));
    } else if (part->shard == VP_SHARD_HEADS) {
        vp_put_format(why, "%llu KV heads can be neither divided nor copied over",
                      (unsigned long long)(part->out / part->unit));
    } else if (key == VP_MODULE_GATE_UP_PROJ || key == VP_MODULE_UP_PROJ) {
        vp_put_format(why, "an intermediate size of %llu cannot be divided by",
                      (unsigned long long)part->out);
    } else {
        vp_put_format(why, "%llu %s of %s cannot be divided by", (unsigned long long)(part->out / part->unit),
                      part->unit > 1 ? "heads" : "outputs", group->module->name);
    }
}

static bool refuse_tp(const vp_model *model, const vp_inventory *inventory, uint64_t tp, bool encoders_whole,
                      vp_writer *why, const char **step)
{
    if (model->heads % tp != 0) {
        /* config/model.py:verify_with_parallel_config */
        *step = "config";
        vp_put_format(why, "%llu attention heads cannot be divided by", (unsigned long long)model->heads);
    } else {
        /* distributed/utils.py:divide, layers/linear.py:QKVParallelLinear */
        const vp_part *part;
        const vp_group *group = against(inventory, tp, encoders_whole, &part);
        *step = "weights_create";
        put_subject(group, part, why);
    }
    vp_put_format(why, " tensor_parallel_size %llu", (unsigned long long)tp);
    put_legal_sizes(model, inventory, encoders_whole, why);
    return false;
}

bool vp_layout_legal(const vp_model *model, const vp_inventory *inventory, uint64_t tp, uint64_t pp,
                     bool encoders_whole, vp_writer *why, const char **step)
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
    if (inventory->count == 0 || tp_legal(model, inventory, tp, encoders_whole)) return true;
    return refuse_tp(model, inventory, tp, encoders_whole, why, step);
}
