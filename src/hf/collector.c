/* SPDX-License-Identifier: Apache-2.0 */
/* Tensors of all shards -> inventory. */
#include "hf/collector.h"

#include <stdlib.h>
#include <string.h>

#include "base/vp_int.h"
#include "core/towers.h"
#include "hf/show.h"

/** The found groups begin as the expected ones without what tensors tell: layers and biases. */
static void start_found(vp_hf_collector *c)
{
    c->found.count = c->expected.count;
    c->found.from_headers = true;
    c->found.checkpoint_bytes_known = true;
    for (uint32_t i = 0; i < c->expected.count; i++) {
        vp_group *group = &c->found.groups[i];
        *group = c->expected.groups[i];
        if (!vp_group_is_stored(group)) continue;
        group->bias = false;
        memset(&group->layers, 0, sizeof group->layers);
    }
}

vp_hf_collector *vp_hf_collector_new(const vp_facts *facts)
{
    vp_hf_collector *c = calloc(1, sizeof *c);
    vp_error error;
    if (!c) return NULL;
    c->model = facts->model;
    vp_error_start(&error);
    /* an architecture without a row has no groups: its tensors are counted, not sorted */
    if (!vp_inventory_from_structure(&facts->model, &facts->structure, &c->expected, &error))
        c->expected.count = 0;
    start_found(c);
    c->seen = calloc(c->expected.count + 1, sizeof *c->seen);
    if (c->seen) return c;
    vp_hf_collector_free(c);
    return NULL;
}

void vp_hf_collector_free(vp_hf_collector *c)
{
    if (!c) return;
    free(c->seen);
    free(c);
}

/** The group that takes a tensor of this name, or -1: no module, no such layer, a bias that the module
 *  does not have (vLLM's load_weights() skips such ones), a head beside a tied one. */
static int group_of(const vp_hf_collector *c, const vp_tensor_name *name)
{
    for (uint32_t i = 0; i < c->expected.count && name->module; i++) {
        const vp_group *group = &c->expected.groups[i];
        if (group->module != name->module) continue;
        if (name->in_layer && !vp_layers_has(&group->layers, name->layer)) continue;
        if (name->kind == VP_SUFFIX_KIND_BIAS && !group->bias) continue;
        if (name->is_expert && name->expert >= group->copies) continue;
        bool several = name->part == VP_PART_WHOLE || (name->part == VP_PART_REST && group->part_count > 1);
        if (vp_group_is_stored(group) && (several || name->part < group->part_count)) return (int)i;
    }
    return -1;
}

/** The group of a tower that takes it, or -1. */
static int group_of_tower(const vp_hf_collector *c, vp_str text, vp_tensor_name *name)
{
    for (uint32_t i = 0; i < c->expected.count; i++) {
        const vp_group *group = &c->expected.groups[i];
        if (group->module->key != VP_MODULE_TOWER || group->made) continue;
        if (!vp_tower_name_read(group->module, text, name)) continue;
        if (name->in_layer && !vp_layers_has(&group->layers, name->layer)) continue;
        if (name->kind == VP_SUFFIX_KIND_BIAS && !group->bias) continue;
        if (name->part == VP_PART_WHOLE || name->part < group->part_count) return (int)i;
    }
    return -1;
}

/** The group that takes a tensor: of a tower, or of the decoder by every module that the name may mean. */
static int find_group(const vp_hf_collector *c, vp_str text, vp_tensor_name *name)
{
    int tower = group_of_tower(c, text, name);
    if (tower >= 0) return tower;
    vp_spelling spelling = c->model.spelling;
    vp_tensor_name first = vp_tensor_name_read(spelling, text);
    *name = first;
    do {
        int at = group_of(c, name);
        if (at >= 0) return at;
    } while (vp_tensor_name_next(spelling, text, name));
    *name = first;
    return -1;
}

/** Marks the tensor as seen; false when one of this name came before. */
static bool mark(vp_seen *seen, const vp_group *group, const vp_tensor_name *name)
{
    uint32_t first = name->part, end = name->part + 1;
    if (name->part == VP_PART_WHOLE || name->part == VP_PART_REST) {
        first = name->part == VP_PART_REST;
        end = group->part_count;
    }
    bool bias = name->kind == VP_SUFFIX_KIND_BIAS, fresh = true;
    if (name->kind == VP_SUFFIX_KIND_HELPER) return true;
    for (uint32_t part = first; part < end; part++) {
        vp_layers *layers = bias ? &seen->biases[part] : &seen->weights[part];
        if (name->is_expert && !bias) seen->experts[part]++;
        if (!name->is_expert && vp_layers_has(layers, name->layer)) fresh = false;
        vp_layers_add(layers, name->layer);
    }
    return fresh;
}

/** The rows that the tensor has to have: those of its part, or of all. */
static uint64_t expected_out(const vp_group *group, const vp_tensor_name *name)
{
    if (name->part == VP_PART_REST) return vp_group_out(group) - group->parts[0].out;
    return name->part == VP_PART_WHOLE ? vp_group_out(group) : group->parts[name->part].out;
}

static void note_misfit(vp_hf_collector *c, const vp_tensor *tensor, const vp_group *group, uint64_t out)
{
    vp_shown shown;
    vp_writer w;
    if (c->misfits++ > 0) return;
    vp_writer_start(&w, c->first_misfit, sizeof c->first_misfit);
    vp_put_format(&w, "%s is %s [", vp_show(&shown, tensor->name), vp_dtype_name(tensor->dtype));
    for (uint32_t i = 0; i < tensor->dimensions; i++) {
        if (i > 0) vp_put(&w, ", ");
        vp_put_u64(&w, tensor->shape[i]);
    }
    vp_put_format(&w, "] in the files; config.json makes it [%llu", (unsigned long long)out);
    if (group->in > 0) vp_put_format(&w, ", %llu", (unsigned long long)group->in);
    vp_put(&w, "]");
}

/** The width of one stored weight: what the config says, else what the container suggests. */
static uint64_t packed_bits(const vp_hf_collector *c, const vp_tensor *tensor)
{
    if (c->model.stored.bits > 0) return c->model.stored.bits;
    return tensor->dtype == VP_DTYPE_UINT8 || tensor->dtype == VP_DTYPE_FLOAT4_E2M1 ? 4 : 0;
}

static bool is_float(vp_dtype dtype)
{
    return dtype == VP_DTYPE_FLOAT64 || dtype == VP_DTYPE_FLOAT32 || dtype == VP_DTYPE_BFLOAT16 ||
           dtype == VP_DTYPE_FLOAT16;
}

/** Packed weights: several in one element, or one in an element that is no float of 16 bits or more.
 *  bitsandbytes stores columns [n, 1], in whatever dtype bnb_4bit_quant_storage names. */
static bool is_packed(const vp_group *group, const vp_tensor_name *name, const vp_tensor *tensor)
{
    bool column = tensor->dimensions == 2 && tensor->shape[1] == 1 && group->in > 1;
    return name->kind == VP_SUFFIX_KIND_PACKED || !is_float(tensor->dtype) || column;
}

/** A packed weight must hold as many bits as the module has weights of that width, unless it has the
 *  module's own shape (8 bits a weight). */
static bool packed_fits(const vp_hf_collector *c, const vp_group *group, uint64_t out,
                        const vp_tensor *tensor)
{
    uint64_t bits = packed_bits(c, tensor), logical = vp_mul(out, group->in);
    bool own_shape = tensor->dimensions == 2 && tensor->shape[0] == out && tensor->shape[1] == group->in;
    if (own_shape || bits == 0 || tensor->dtype == VP_DTYPE_NONE) return true;
    return vp_mul(tensor->elements, vp_dtype_bits(tensor->dtype)) == vp_mul(logical, bits);
}

/** Sizes of the found group from a plain tensor; those of packed ones and of experts stay the config's. */
static void learn_shape(vp_group *found, const vp_tensor_name *name, const vp_tensor *tensor, bool packed)
{
    bool matrix = found->in > 0 && tensor->dimensions == 2;
    if (packed || name->part >= VP_PART_REST || found->module->kind == VP_KIND_EXPERTS) return;
    if (!matrix && (found->in > 0 || tensor->dimensions != 1)) return;
    found->parts[name->part].out = tensor->shape[0];
    if (matrix) found->in = tensor->shape[1];
}

/** Whether a plain tensor is what the config makes of it. A convolution's weight has dimensions of one, and
 *  stacked experts may stand with their axes turned: there the elements have to agree. */
static bool plain_fits(const vp_group *group, const vp_tensor_name *name, uint64_t out,
                       const vp_tensor *tensor)
{
    uint64_t one = vp_mul(out, group->in == 0 ? 1 : group->in);
    if (group->in == 0 && tensor->dimensions == 1) return tensor->shape[0] == out;
    if (group->in > 0 && tensor->dimensions == 2 && (name->is_expert || group->copies == 1))
        return tensor->shape[0] == out && tensor->shape[1] == group->in;
    return tensor->elements == (name->is_expert ? one : vp_mul(one, group->copies));
}

static void take_weight(vp_hf_collector *c, uint32_t at, const vp_tensor_name *name, const vp_tensor *tensor)
{
    const vp_group *expected = &c->expected.groups[at];
    vp_group *found = &c->found.groups[at];
    uint64_t out = expected_out(expected, name);
    bool packed = is_packed(expected, name, tensor), fits;
    if (packed) {
        fits = packed_fits(c, expected, out, tensor);
        if (found->evidence.packed++ == 0 && c->packed_dtype == VP_DTYPE_NONE)
            c->packed_dtype = tensor->dtype;
    } else {
        fits = plain_fits(expected, name, out, tensor);
        if (found->evidence.dtype == VP_DTYPE_NONE) found->evidence.dtype = tensor->dtype;
        if (found->evidence.dtype != tensor->dtype) c->seen[at].mixed = true;
    }
    if (!fits) note_misfit(c, tensor, expected, out);
    if (vp_module_is_target(expected->module)) *(packed ? &c->packed_linear : &c->plain_linear) += 1;
    learn_shape(found, name, tensor, packed);
    if (name->in_layer) vp_layers_add(&found->layers, name->layer);
}

static void take_bias(vp_hf_collector *c, uint32_t at, const vp_tensor_name *name, const vp_tensor *tensor)
{
    const vp_group *expected = &c->expected.groups[at];
    vp_group vector = *expected;
    uint64_t out = expected_out(expected, name);
    vector.in = 0;
    c->found.groups[at].bias = true;
    if (expected->copies > 1 && !name->is_expert) out = vp_mul(out, expected->copies);
    if (tensor->elements != out) note_misfit(c, tensor, &vector, out);
}

static void add_bytes(vp_hf_collector *c, vp_role role, uint64_t bytes)
{
    c->found.checkpoint_bytes = vp_add(c->found.checkpoint_bytes, bytes);
    c->found.bytes_by_role[role] = vp_add(c->found.bytes_by_role[role], bytes);
}

bool vp_hf_take_tensor(void *collector, const vp_tensor *tensor, vp_error *error)
{
    vp_hf_collector *c = collector;
    if (c->tensors++ == VP_MAX_TENSORS)
        return vp_fail(error, VLLMPLAN_E_LIMIT, "", "more than %d tensors", (int)VP_MAX_TENSORS);
    vp_tensor_name name = vp_tensor_name_read(VP_SPELLING_LLAMA, tensor->name);
    int at = c->model.architecture ? find_group(c, tensor->name, &name) : -1;
    if (name.suffix != VP_SUFFIX_UNKNOWN) c->suffixes[name.suffix]++;
    c->dtypes[tensor->dtype]++;
    if (at < 0 || !mark(&c->seen[at], &c->expected.groups[at], &name)) {
        if (name.module == vp_module_at(VP_MODULE_LM_HEAD) && name.kind == VP_SUFFIX_KIND_WEIGHT)
            c->tied_heads++;
        c->found.other_tensors++;
        add_bytes(c, VP_ROLE_OTHER, tensor->bytes);
        return true;
    }
    vp_evidence *evidence = &c->found.groups[at].evidence;
    evidence->bytes = vp_add(evidence->bytes, tensor->bytes);
    evidence->tensors++;
    add_bytes(c, name.module->role, tensor->bytes);
    if (name.kind == VP_SUFFIX_KIND_WEIGHT || name.kind == VP_SUFFIX_KIND_PACKED)
        take_weight(c, (uint32_t)at, &name, tensor);
    else if (name.kind == VP_SUFFIX_KIND_BIAS)
        take_bias(c, (uint32_t)at, &name, tensor);
    return true;
}
