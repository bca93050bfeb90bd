/* SPDX-License-Identifier: Apache-2.0 */
/* What the runtime law asks of a model is read off the inventory and the attention list, which printed facts
 * have too. */
#include "core/runtime_case.h"

#include <string.h>

#include "base/vp_int.h"
#include "data/towers.h"

static bool is(const vp_group *group, vp_module_key key) { return group->module == vp_module_at(key); }

static uint64_t widest_part(const vp_group *group)
{
    uint64_t widest = 0;
    for (uint32_t i = 0; i < group->part_count; i++) widest = vp_max(widest, group->parts[i].out);
    return widest;
}

/** The stored scheme decides about the kernels of experts (quantization/gptq_marlin.py,
 *  awq_marlin.py, mxfp4.py). */
static void read_kernels(const vp_model *model, const vp_group *group, vp_runtime_case *c)
{
    if (group->scheme == 0 || group->scheme > model->stored.scheme_count) return;
    vp_packing packing = model->stored.schemes[group->scheme - 1].packing;
    c->experts_marlin = packing == VP_PACKING_INT;
    c->experts_unstaged = packing == VP_PACKING_MXFP4;
}

static void read_tower(const vp_group *group, const vp_tower_part *part, vp_runtime_case *c)
{
    if (group->module->role != VP_ROLE_VISION) return;
    c->has_encoders = true;
    c->towers[part->tower] = true;
    if (vp_layers_empty(&group->layers) || group->in == 0) return;
    /* the projections of a layer: its hidden width is their narrowest side, the MLP's their widest part */
    uint64_t narrow = vp_min(group->in, widest_part(group)), wide = vp_max(group->in, widest_part(group));
    c->tower_hidden = c->tower_hidden == 0 ? narrow : vp_min(c->tower_hidden, narrow);
    c->tower_intermediate = vp_max(c->tower_intermediate, wide);
}

static void read_group(const vp_model *model, const vp_group *group, vp_runtime_case *c)
{
    const vp_tower_part *tower = vp_tower_part_of(group->module);
    if (tower) {
        read_tower(group, tower, c);
    } else if (is(group, VP_MODULE_EXPERTS_UP)) {
        c->experts_per_token = vp_max(1, model->experts_per_token);
        c->expert_hidden = group->in;
        c->experts_gated = group->part_count > 1;
        c->expert_intermediate = vp_max(c->expert_intermediate, widest_part(group));
        read_kernels(model, group, c);
    } else if (is(group, VP_MODULE_KV_B_PROJ) && model->heads > 0) {
        c->latent_head = vp_group_out(group) / model->heads;
    }
}

/** The MLP that runs beside the experts, else the widest there is. */
static void read_mlp(const vp_inventory *inventory, vp_runtime_case *c)
{
    vp_module_key gated = c->experts_per_token > 0 ? VP_MODULE_SHARED_UP : VP_MODULE_GATE_UP_PROJ;
    c->intermediate = 0;
    c->gated = true;
    for (uint32_t i = 0; i < inventory->count; i++) {
        const vp_group *group = &inventory->groups[i];
        bool plain = c->experts_per_token == 0 && is(group, VP_MODULE_UP_PROJ);
        if (!plain && !is(group, gated)) continue;
        uint64_t width = group->part_count > 1 || plain ? widest_part(group) : vp_group_out(group) / 2;
        if (width <= c->intermediate) continue;
        c->intermediate = width;
        c->gated = !plain;
    }
}

static void read_attention(const vp_attention_list *list, vp_runtime_case *c)
{
    for (uint32_t i = 0; i < list->count; i++) {
        const vp_attention *a = &list->entries[i];
        if (a->kind == VP_ATTENTION_STATE) c->states = true;
        if (a->reader == VP_READER_SPARSE || a->reader == VP_READER_INDEX) c->sparse_attention = true;
        if (a->reader == VP_READER_COMPRESSED) c->compressed = true;
    }
}

static void read_model(const vp_facts *facts, vp_runtime_case *c)
{
    const vp_model *model = &facts->model;
    c->architecture = model->architecture_name;
    c->layers = model->layers;
    c->hidden = model->hidden;
    c->vocab = model->vocab;
    c->heads = model->heads;
    c->kv_heads = model->kv_heads;
    c->head_dim = model->head_dim;
    for (uint32_t i = 0; i < facts->inventory.count; i++) read_group(model, &facts->inventory.groups[i], c);
    read_mlp(&facts->inventory, c);
    read_attention(&facts->attention, c);
}

/** Linear layers turn their inputs into 8 bits first. */
static bool quantizes_activations(const vp_model *model, const vp_judgement *judgement,
                                  const vp_device *device)
{
    vp_packing packing = judgement->packing;
    if (judgement->stored && model->stored.scheme_count > 0) packing = model->stored.schemes[0].packing;
    bool fp8 = packing >= VP_PACKING_FP8_TENSOR && packing <= VP_PACKING_FP8_BLOCK;
    if (packing == VP_PACKING_INT8_TENSOR || packing == VP_PACKING_INT8_CHANNEL) return true;
    return fp8 && vp_weights_native_fp8(device->capability);
}

vp_release vp_runtime_release(const vp_engine *engine)
{
    vp_release named;
    if (engine->release_text && vp_release_parse(vp_str_from(engine->release_text), &named)) return named;
    return vp_release_of(engine->release);
}

vp_runtime_case vp_runtime_case_of(const vp_request *request, const vp_engine_args *args,
                                   const vp_device *device, const vp_judgement *judgement)
{
    const char *runner = request->engine.runner;
    vp_runtime_case c = {
        .release = vp_runtime_release(&request->engine),
        .quantized = judgement->packing != VP_PACKING_NOTHING || judgement->stored,
        .quantized_activations = quantizes_activations(&request->facts->model, judgement, device),
        .expert_parallel = args->expert_parallel,
        .activation_bytes = vp_dtype_bits(args->dtype) / 8,
        .max_num_seqs = args->max_num_seqs,
        .max_num_batched_tokens = args->max_num_batched_tokens,
        .max_model_len = args->max_model_len,
        .speculative_tokens = args->kv.speculative_tokens,
        .tp = args->tp,
        .pp = args->pp,
        .enforce_eager = args->enforce_eager,
        .no_graphs = args->no_graphs,
        .capture_count = args->capture_count,
        .capability = device->capability,
        .multiprocessors = device->gpu ? device->gpu->multiprocessors : 0,
        .nvlink = !device->gpu || device->gpu->nvlink,
        .runner_v1 = runner && strcmp(runner, "v1") == 0,
        .runner_v2 = runner && strcmp(runner, "v2") == 0,
        .compile_cache = request->compile_cache,
    };
    read_model(request->facts, &c);
    if (args->without_items) c.has_encoders = false;
    return c;
}
