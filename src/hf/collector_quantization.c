/* SPDX-License-Identifier: Apache-2.0 */
/* Do the tensors agree with what the config says about quantization? The dtypes of the headers decide what a
 * tensor is; the config decides what vLLM makes of it. */
#include <string.h>

#include "base/vp_int.h"
#include "hf/collector.h"

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

/** Modules whose tensors are not what the config says. */
typedef struct disagreement {
    uint64_t modules;
    const vp_module *first;
} disagreement;

static void note(disagreement *d, const vp_group *group)
{
    if (d->modules == 0) d->first = group->module;
    d->modules = vp_add(d->modules, vp_group_instances(group));
}

/** vLLM asks the files which modules are packed, when the config has no list of them
 *  (auto_gptq.py and auto_awq.py: maybe_update_config). */
static void follow_files(vp_facts *facts)
{
    for (uint32_t i = 0; i < facts->inventory.count; i++) {
        vp_group *group = &facts->inventory.groups[i];
        uint32_t plain = group->evidence.dtype != VP_DTYPE_NONE, packed = group->evidence.packed;
        if (group->scheme == 0 || !plain) continue;
        if (packed == 0)
            group->scheme = 0;
        else /* some layers are, others are not */
            facts->model.stored.computed = false;
    }
}

/** Packed tensors where the config leaves the module alone, and plain ones where it does not: a lost or stale
 *  list. A float that is not packed is converted while it is loaded, an integer layout is not even found. */
static void compare_groups(vp_facts *facts)
{
    disagreement packed = {0, NULL}, plain = {0, NULL};
    for (uint32_t i = 0; i < facts->inventory.count; i++) {
        const vp_group *group = &facts->inventory.groups[i];
        bool head = group->module->kind == VP_KIND_HEAD;
        if ((!vp_module_is_target(group->module) && !head) || group->alias) continue;
        if (group->scheme == 0 && group->evidence.packed > 0) note(&packed, group);
        if (group->scheme > 0 && group->evidence.packed == 0 && group->evidence.dtype != VP_DTYPE_NONE)
            note(&plain, group);
    }
    if (packed.modules > 0)
        vp_facts_find(
            facts, "packed_tensors_left_out", VP_SEVERE,
            "Take the modules off the list of those that stay in 16 bit, or get the config that belongs to "
            "the files.",
            "The files hold %llu packed modules (%s) that quantization_config leaves in 16 bit: vLLM makes "
            "plain layers for them, which the packed tensors do not fit.",
            (unsigned long long)packed.modules, packed.first->name);
    if (plain.modules > 0)
        vp_facts_find(
            facts, "plain_tensors_not_left_out", VP_SEVERE,
            "Put the modules on the config's list of those that stay in 16 bit (ignore, "
            "modules_to_not_convert, exclude_modules).",
            "The files hold %llu modules (%s) in 16 bit that quantization_config counts among the %s ones.",
            (unsigned long long)plain.modules, plain.first->name, facts->model.stored.method);
}

static void find_lost_config(const vp_hf_collector *c, vp_facts *facts)
{
    vp_stored detected;
    char fix[sizeof facts->findings[0].fix];
    vp_writer w;
    if (!detect_method(c, &detected)) return;
    vp_writer_start(&w, fix, sizeof fix);
    write_fix(c, &detected, &w);
    facts->model.stored = detected;
    vp_facts_find(
        facts, "packed_without_quantization_config", VP_SEVERE, fix,
        "The files hold %s weights, but config.json has no quantization_config: vLLM takes them for "
        "plain ones and stops while loading.",
        detected.method);
}

/** Scales of a KV cache that nobody asks for: vLLM reads them and keeps a 16-bit cache. */
static void find_kv_scales(const vp_hf_collector *c, vp_facts *facts)
{
    uint64_t scales = vp_add(c->suffixes[VP_SUFFIX_K_SCALE], c->suffixes[VP_SUFFIX_V_SCALE]);
    if (scales == 0 || facts->model.stored.kv_dtype[0]) return;
    vp_facts_find(facts, "kv_scales_unused", VP_INFO, "--kv-cache-dtype fp8",
                  "The files hold %llu scales for an 8-bit KV cache; the config does not ask for one.",
                  (unsigned long long)scales);
}

void vp_hf_judge_quantization(const vp_hf_collector *c, vp_facts *facts)
{
    if (facts->model.stored.method[0] == '\0') {
        find_lost_config(c, facts);
        return;
    }
    find_kv_scales(c, facts);
    if (c->packed_linear == 0 && c->plain_linear > 0) {
        vp_facts_find(facts, "quantization_config_without_packed_tensors", VP_SEVERE,
                      "Remove quantization_config from config.json, or get the files that belong to it.",
                      "config.json says that the weights are stored as %s, but none of the %llu is packed.",
                      facts->model.stored.method, (unsigned long long)c->plain_linear);
        return;
    }
    if (facts->structure.stored_by_files) follow_files(facts);
    if (facts->model.stored.computed) compare_groups(facts);
}
