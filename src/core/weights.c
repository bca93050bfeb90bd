/* SPDX-License-Identifier: Apache-2.0 */
#include "core/weights.h"

#include <string.h>

#include "base/vp_int.h"
#include "core/packing.h"
#include "core/rotary.h"
#include "core/weights_latent.h"
#include "data/release_rules.h"

/** torch's CUDA allocator rounds every request up to this (c10 CUDACachingAllocator: kMinBlockSize). */
enum { ALLOCATOR_UNIT = 512 };

void vp_weights_count(vp_weights *w, vp_role role, uint64_t bytes, uint64_t times)
{
    uint64_t sum = vp_mul(bytes, times);
    w->bytes = vp_add(w->bytes, sum);
    w->allocated = vp_add(w->allocated, vp_mul(vp_round_up(bytes, ALLOCATOR_UNIT), times));
    w->by_role[role] = vp_add(w->by_role[role], sum);
}

static bool is_left_out(const vp_weights_case *c, const vp_group *group)
{
    if (!vp_rule_value(VP_RULE_ENCODERS_LEFT_OUT, c->release)) return false;
    if (group->module->role == VP_ROLE_AUDIO) return c->no_audio;
    return group->module->role == VP_ROLE_VISION && c->no_vision;
}

/** How many modules of a group stand on a stage: its layers there, or 1 or 0 for what is outside. A
 *  pipeline of a tied model holds the embedding at both ends (models/llama.py:LlamaForCausalLM). */
static uint64_t instances(const vp_weights_case *c, const vp_group *group, const vp_stage *stage)
{
    bool head_of_tied = group->module->kind == VP_KIND_TABLE && stage->is_last && c->model->tied;
    if (group->alias) return 0;
    switch (group->place) {
    case VP_PLACE_FIRST:
        return stage->is_first || head_of_tied;
    case VP_PLACE_LAST:
        return stage->is_last;
    case VP_PLACE_EVERY:
        return 1;
    case VP_PLACE_TOWER: /* models/interfaces.py:SupportsMultiModal._mark_tower_model */
        if ((is_left_out(c, group) || (c->encoders_first && !stage->is_first)) && !group->buffer) return 0;
        return vp_group_instances(group);
    case VP_PLACE_LAYERS:
    case VP_PLACE_COUNT:
        break;
    }
    return vp_layers_count_in(&group->layers, stage->first, stage->end);
}

/** The module as it is without any quantization. */
static uint64_t plain_bytes(const vp_packed *module)
{
    vp_packed plain = *module;
    vp_allocations tensors = {{0}, 0};
    plain.packing = VP_PACKING_NOTHING;
    vp_packing_add(&plain, &tensors);
    return vp_allocations_sum(&tensors);
}

static uint64_t packed_bytes(const vp_packed *module)
{
    vp_allocations tensors = {{0}, 0};
    vp_packing_add(module, &tensors);
    return vp_allocations_sum(&tensors);
}

/** Whether the linear layers exist in 16 bit before they are packed: all at once, or one by one. */
static bool whole_model_first(const vp_weights_case *c)
{
    bool fp8 = c->packing == VP_PACKING_FP8_TENSOR;
    return fp8 && !c->stored && !vp_rule_value(VP_RULE_FP8_STREAMS, c->release);
}

static bool streams(const vp_weights_case *c)
{
    return c->packing != VP_PACKING_NOTHING && c->packing != VP_PACKING_BNB4 && !c->stored &&
           !whole_model_first(c);
}

/** What loading holds beyond the end value. Streaming: the last layer's modules are packed in order, so
 *  while one is there in 16 bit the packed ones behind it are not. Whole model first: packing begins
 *  when all is there, so the peak is the 16-bit model and the copies that the first layer's modules
 *  make before enough 16-bit weights were given back. */
static uint64_t peak(const vp_weights_case *c, const vp_stage *stage, const vp_weights *w)
{
    uint64_t best = w->bytes, behind = 0, freed = 0;
    if (stage->end == stage->first) return best;
    const vp_inventory *inventory = c->inventory;
    for (uint32_t i = 0; i < inventory->count; i++) {
        const vp_group *group = &inventory->groups[whole_model_first(c) ? i : inventory->count - 1 - i];
        if (!vp_module_is_target(group->module) || instances(c, group, stage) == 0) continue;
        vp_packed module = vp_packing_of(c, group);
        uint64_t packed = packed_bytes(&module), plain = plain_bytes(&module);
        if (whole_model_first(c)) {
            best = vp_max(best, vp_sub0(vp_add(w->created, packed), freed));
            freed = vp_add(freed, vp_sub0(plain, packed));
        } else if (streams(c)) {
            best = vp_max(best, vp_sub0(vp_add(w->bytes, plain), behind));
            behind = vp_add(behind, packed);
        }
    }
    return best;
}

/** The tensors of one group on a rank. Returns by how much packing shrank them. */
static uint64_t count_group(const vp_weights_case *c, const vp_group *group, uint64_t times, vp_weights *out)
{
    vp_role role = group->module->role;
    if (group->module->key == VP_MODULE_ATTENTION_SCALES) {
        out->attention_layers += times;
        uint64_t scalars = vp_rule_value(VP_RULE_ATTENTION_SCALAR_BYTES, c->release) / 4;
        if (vp_rule_value(VP_RULE_KV_METHOD_KEEPS_SCALES, c->release)) scalars += group->parts[0].out - 1;
        vp_weights_count(out, role, 4, vp_mul(scalars, times));
        return 0;
    }
    if (group->module->key == VP_MODULE_SPARSE_TOKENS) return 0; /* vp_latent_count_buffers() */
    vp_packed module = vp_packing_of(c, group);
    vp_allocations tensors = {{0}, 0};
    vp_packing_add(&module, &tensors);
    vp_latent_add_copies(&module, &tensors);
    for (uint32_t t = 0; t < tensors.count; t++) vp_weights_count(out, role, tensors.bytes[t], times);
    vp_dtype dtype = group->dtype == VP_DTYPE_NONE ? c->dtype : group->dtype;
    if (group->bias)
        vp_weights_count(out, role, vp_dtype_bytes(dtype, vp_mul(vp_packing_bias(&module), module.copies)),
                         times);
    return vp_mul(vp_sub0(plain_bytes(&module), vp_allocations_sum(&tensors)), times);
}

static uint64_t table_bytes(const vp_weights_case *c, const vp_rope *rope)
{
    vp_rope table = *rope;
    if (rope->capped && c->max_model_len > 0)
        table.max_position = vp_min(rope->max_position, c->max_model_len);
    return vp_rotary_bytes(&table, c->dtype, c->release, c->own_operators);
}

/** A table, or what transformers' own classes keep instead: the frequencies, and a copy of them, in float32
 *  for each kind of layer (modeling_rope_utils.py; models/transformers/base.py). */
static void count_rope(const vp_weights_case *c, const vp_rope *rope, vp_weights *out)
{
    if (vp_architecture_backed(c->model->architecture, c->release))
        vp_weights_count(out, VP_ROLE_OTHER, vp_mul(4, rope->rotary_dim / 2),
                         vp_mul(2, vp_max(1, rope->kinds)));
    else
        vp_weights_count(out, VP_ROLE_OTHER, table_bytes(c, rope), 1);
}

/** With expert parallelism each layer of experts keeps an int32 for every expert of the model
 *  (fused_moe/expert_map_manager.py:determine_expert_map). */
static void count_expert_maps(const vp_weights_case *c, const vp_stage *stage, vp_weights *out)
{
    if (c->expert_ranks == 0) return;
    for (uint32_t i = 0; i < c->inventory->count; i++) {
        const vp_group *group = &c->inventory->groups[i];
        if (group->module->key != VP_MODULE_EXPERTS_DOWN) continue;
        vp_weights_count(out, VP_ROLE_OTHER, vp_mul(4, group->copies), instances(c, group, stage));
    }
}

/** Whether the size on this case was compared with vLLM's own classes, run on the same shapes. */
static bool is_proved(const vp_weights_case *c)
{
    bool fp8 =
        c->packing == VP_PACKING_FP8_TENSOR ||
        (c->capability == 90 && (c->packing == VP_PACKING_FP8_BLOCK || c->packing == VP_PACKING_FP8_CHANNEL));
    return vp_release_compare(c->release, VP_RELEASE(0, 33, 0)) == 0 &&
           (c->packing == VP_PACKING_NOTHING || fp8 || c->stored) && vp_model_ropes_known(c->model);
}

void vp_weights_of_rank(const vp_weights_case *c, uint32_t pp_rank, vp_weights *out)
{
    vp_stage stage = vp_layout_stage(c->model->layers, c->pp, pp_rank);
    memset(out, 0, sizeof *out);
    uint64_t packed_later = 0; /* 16-bit bytes less packed bytes of layers that are packed after creation */
    for (uint32_t i = 0; i < c->inventory->count; i++) {
        const vp_group *group = &c->inventory->groups[i];
        uint64_t times = instances(c, group, &stage);
        if (times > 0) packed_later = vp_add(packed_later, count_group(c, group, times, out));
    }
    for (uint32_t i = 0; i < c->model->rope_count; i++) {
        const vp_rope *rope = &c->model->ropes[i];
        if (vp_layers_count_in(&rope->layers, stage.first, stage.end) > 0) count_rope(c, rope, out);
    }
    uint64_t once = vp_packing_once(c);
    if (once > 0) vp_weights_count(out, VP_ROLE_OTHER, once, 1);
    count_expert_maps(c, &stage, out);
    vp_latent_count_buffers(c, &stage, out);
    out->created = whole_model_first(c) ? vp_add(out->bytes, packed_later) : out->bytes;
    out->load_peak = peak(c, &stage, out);
    out->proved = is_proved(c);
}

bool vp_weights_known(const vp_weights_case *c)
{
    for (uint32_t i = 0; i < c->inventory->count; i++) {
        vp_packed module = vp_packing_of(c, &c->inventory->groups[i]);
        if (!vp_packing_known(&module)) return false;
    }
    return true;
}

/** The same for files that are packed already. */
static bool stored_possible(const vp_weights_case *c, vp_writer *why)
{
    for (uint32_t i = 0; i < c->inventory->count; i++) {
        vp_packed module = vp_packing_of(c, &c->inventory->groups[i]);
        if (!vp_packing_legal(&module, why)) return false;
    }
    return true;
}

bool vp_weights_possible(const vp_weights_case *c, vp_writer *why, const char **step)
{
    *step = "weights_create";
    bool target_seen = false;
    if (c->stored && c->model->stored.scheme_count > 0 && !stored_possible(c, why)) return false;
    for (uint32_t i = 0; i < c->inventory->count; i++) {
        const vp_group *group = &c->inventory->groups[i];
        if (!vp_module_is_target(group->module)) continue;
        target_seen = true;
        uint64_t in = vp_layout_in(group, c->tp);
        if (c->stored) continue;
        bool micro = c->packing == VP_PACKING_MXFP8 || c->packing == VP_PACKING_MXFP4;
        uint64_t unit = micro ? 32 : c->packing == VP_PACKING_RTN8 ? 128 : 1;
        if (in % unit != 0) {
            vp_put_format(why, "%s has %llu inputs on a rank, and the method needs a multiple of %llu",
                          group->module->name, (unsigned long long)in, (unsigned long long)unit);
            return false;
        }
    }
    if (c->packing == VP_PACKING_FP8_CHANNEL && !c->stored && !vp_weights_native_fp8(c->capability)) {
        /* online/fp8.py:Fp8PtpcOnlineLinearMethod.create_weights */
        vp_put_format(why,
                      "needs fp8 kernels of the card itself (capability 8.9 or newer); this one is %u.%u",
                      c->capability / 10u, c->capability % 10u);
        return false;
    }
    if ((c->packing == VP_PACKING_BNB4 || c->packing == VP_PACKING_BNB8) && c->tp > 1) {
        if (c->stored) {
            /* model_loader/bitsandbytes_loader.py:_verify_model_compatibility */
            *step = "weights_load";
            vp_put(why, "a checkpoint stored by bitsandbytes cannot be split by tensor parallelism; "
                        "pipeline parallelism works");
            return false;
        }
        if (c->tp > c->model->kv_heads) {
            *step = "weights_load";
            vp_put_format(why,
                          "load-time bitsandbytes cannot copy KV heads: tensor_parallel_size is at most %llu",
                          (unsigned long long)c->model->kv_heads);
            return false;
        }
    }
    return target_seen;
}
