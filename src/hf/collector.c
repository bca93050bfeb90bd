/* SPDX-License-Identifier: Apache-2.0 */
/* Tensors of all shards -> inventory. */
#include "hf/collector.h"

#include <stdlib.h>
#include <string.h>

#include "base/vp_int.h"
#include "hf/show.h"

/** The found groups begin as the expected ones without what tensors tell: sizes, layers, biases. */
static void start_found(vp_hf_collector *c)
{
    c->found.count = c->expected.count;
    c->found.from_headers = true;
    c->found.checkpoint_bytes_known = true;
    for (uint32_t i = 0; i < c->expected.count; i++) {
        const vp_group *from = &c->expected.groups[i];
        vp_group *to = &c->found.groups[i];
        if (from->alias) {
            *to = *from;
            continue;
        }
        to->module = from->module;
        to->part_count = from->part_count;
    }
}

vp_hf_collector *vp_hf_collector_new(const vp_model *model)
{
    vp_hf_collector *c = calloc(1, sizeof *c);
    vp_error error;
    if (!c) return NULL;
    c->model = *model;
    vp_error_start(&error);
    /* an architecture without a row has no groups: its tensors are counted, not sorted */
    if (!vp_inventory_from_config(model, &c->expected, &error)) c->expected.count = 0;
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
    if (!name->module) return -1;
    for (uint32_t i = 0; i < c->expected.count; i++) {
        const vp_group *group = &c->expected.groups[i];
        if (group->module != name->module) continue;
        bool known = name->in_layer ? vp_layers_has(&group->layers, name->layer) : true;
        bool bias = name->kind != VP_SUFFIX_KIND_BIAS || group->bias;
        return known && bias && !group->alias ? (int)i : -1;
    }
    return -1;
}

/** Marks the tensor as seen; false when one of this name came before. */
static bool mark(vp_seen *seen, const vp_group *group, const vp_tensor_name *name)
{
    uint32_t first = name->part == VP_PART_WHOLE ? 0 : name->part;
    uint32_t end = name->part == VP_PART_WHOLE ? group->part_count : name->part + 1;
    bool fresh = true;
    for (uint32_t part = first; part < end; part++) {
        vp_layers *layers = &seen->layers[part][name->suffix];
        if (vp_layers_has(layers, name->layer)) fresh = false;
        vp_layers_add(layers, name->layer);
    }
    return fresh;
}

/** The rows that the tensor has to have: those of its part, or of all. */
static uint64_t expected_out(const vp_group *group, const vp_tensor_name *name)
{
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

/** Sizes of the found group from a plain tensor; those of a packed one from the config. */
static void learn_shape(vp_group *found, const vp_group *expected, const vp_tensor_name *name,
                        const vp_tensor *tensor, bool packed)
{
    uint64_t in = expected->in, out = expected_out(expected, name);
    if (!packed && tensor->dimensions > 0) {
        out = tensor->shape[0];
        in = tensor->dimensions > 1 ? tensor->elements / (out == 0 ? 1 : out) : 0;
    }
    if (found->in == 0) found->in = in;
    if (name->part != VP_PART_WHOLE) {
        if (found->parts[name->part].out == 0) found->parts[name->part].out = out;
    } else if (found->parts[0].out == 0) {
        /* one tensor does not tell where its parts end */
        for (uint32_t i = 0; i < found->part_count; i++) found->parts[i].out = expected->parts[i].out;
    }
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
        uint32_t dimensions = expected->in == 0 ? 1 : 2;
        fits = tensor->dimensions == dimensions && tensor->shape[0] == out &&
               (dimensions == 1 || tensor->shape[1] == expected->in);
        if (found->evidence.dtype == VP_DTYPE_NONE) found->evidence.dtype = tensor->dtype;
        if (found->evidence.dtype != tensor->dtype) c->seen[at].mixed = true;
    }
    if (!fits) note_misfit(c, tensor, expected, out);
    if (expected->module->linear) *(packed ? &c->packed_linear : &c->plain_linear) += 1;
    learn_shape(found, expected, name, tensor, packed);
    if (name->in_layer) vp_layers_add(&found->layers, name->layer);
}

static void take_bias(vp_hf_collector *c, uint32_t at, const vp_tensor_name *name, const vp_tensor *tensor)
{
    const vp_group *expected = &c->expected.groups[at];
    vp_group vector = *expected;
    uint64_t out = expected_out(expected, name);
    vector.in = 0;
    c->found.groups[at].bias = true;
    if (tensor->dimensions != 1 || tensor->shape[0] != out) note_misfit(c, tensor, &vector, out);
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
    vp_spelling spelling = c->model.architecture ? c->model.architecture->spelling : VP_SPELLING_LLAMA;
    vp_tensor_name name = vp_tensor_name_read(spelling, tensor->name);
    int at = c->model.architecture ? group_of(c, &name) : -1;
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
