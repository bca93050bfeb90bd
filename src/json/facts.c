/* SPDX-License-Identifier: Apache-2.0 */
/* Facts that `inspect` printed, read back. Whoever kept them may have changed them, so every member is
 * checked as if a stranger had written it. */
#include "core/facts.h"

#include <string.h>

#include "base/vp_int.h"
#include "hf/python_json.h"
#include "json/json.h"
#include "json/members.h"
#include "json/put.h"

/** The largest scaling factor, as for config.json (hf/config_rope.c). */
#define MAX_FACTOR 1e6
/** A double below MAX_FACTOR has at most this many bits behind the binary point. */
enum { MAX_HALVINGS = 1074 };

/** A number, or {"mantissa", "halvings"}: mantissa / 2^halvings. */
static bool read_factor(vp_members *m, const char *key, double *out)
{
    const json_t *value = vp_members_any(m, key);
    if (!value) return false;
    if (json_is_number(value)) {
        *out = json_number_value(value);
    } else {
        vp_members parts;
        uint64_t mantissa, halvings;
        if (!vp_members_open(&parts, value, m->path, key, m->error) ||
            !vp_members_u64(&parts, "mantissa", VP_MAX_FIGURE, &mantissa) ||
            !vp_members_u64(&parts, "halvings", MAX_HALVINGS, &halvings) || !vp_members_close(&parts))
            return false;
        *out = (double)mantissa;
        while (halvings-- > 0) *out /= 2;
    }
    return (*out > 0 && *out <= MAX_FACTOR) || vp_members_fail(m, VLLMPLAN_E_RANGE, key, "is out of range");
}

/** Takes digits from the front of *text. */
static bool take_number(const char **text, uint64_t *out)
{
    vp_str digits = {*text, strspn(*text, "0123456789")};
    *text += digits.length;
    return vp_str_to_u64(digits, out);
}

/** Takes "0-3" or "5" from the front of *text: layers from `least` on and below `end`. */
static bool take_range(const char **text, uint64_t least, uint64_t end, uint64_t *first, uint64_t *last)
{
    if (!take_number(text, first)) return false;
    *last = *first;
    if (**text == '-') {
        (*text)++;
        if (!take_number(text, last)) return false;
    }
    return *first >= least && *first <= *last && *last < end;
}

/** "0-3,5": rising ranges of layers below `end`; "" is the empty set. */
static bool read_layers(vp_members *m, uint64_t end, vp_layers *out)
{
    const char *text;
    uint64_t first, last, least = 0;
    if (!vp_members_text(m, "layers", 8192, &text)) return false;
    memset(out, 0, sizeof *out);
    bool ok = *text == '\0';
    while (!ok) {
        if (least > 0 && *text++ != ',') break;
        if (!take_range(&text, least, end, &first, &last)) break;
        vp_layers_add_range(out, first, last + 1);
        least = last + 1;
        ok = *text == '\0';
    }
    return ok || vp_members_fail(m, VLLMPLAN_E_RANGE, "layers",
                                 "is not a list of rising ranges of the model's layers");
}

/** A dtype by its torch name; null when there is none. */
static bool read_dtype(vp_members *m, vp_dtype *out)
{
    const json_t *value = vp_members_any(m, "dtype");
    *out = VP_DTYPE_NONE;
    if (!value || json_is_null(value)) return value != NULL;
    if (!json_is_string(value))
        return vp_members_fail(m, VLLMPLAN_E_TYPE, "dtype", "is neither text nor null");
    *out = vp_dtype_from_name((vp_str){json_string_value(value), json_string_length(value)});
    return *out != VP_DTYPE_NONE || vp_members_fail(m, VLLMPLAN_E_UNKNOWN_NAME, "dtype", "is not known");
}

static bool read_rope(vp_members *m, vp_model *model)
{
    vp_members rope;
    const char *kind;
    if (!vp_members_object(m, "rope", &rope) || !vp_members_text(&rope, "kind", VP_MAX_NAME, &kind))
        return false;
    int found = 0;
    while (found < VP_ROPE_KINDS && strcmp(kind, vp_rope_kind_name((vp_rope_kind)found)) != 0) found++;
    if (found == VP_ROPE_KINDS)
        return vp_members_fail(&rope, VLLMPLAN_E_UNKNOWN_NAME, "kind", "is not known");
    model->rope = (vp_rope_kind)found;
    return read_factor(&rope, "factor", &model->rope_factor) &&
           vp_members_u64(&rope, "original_max", VP_MAX_MEMBER, &model->rope_original_max) &&
           vp_members_close(&rope);
}

static bool read_stored(vp_members *m, vp_stored *out)
{
    vp_members stored;
    if (!vp_members_object(m, "stored", &stored) ||
        !vp_members_copy(&stored, "method", out->method, sizeof out->method) ||
        !vp_members_u32(&stored, "bits", &out->bits) || !vp_members_bool(&stored, "nested", &out->nested) ||
        !vp_members_bool(&stored, "nf4", &out->nf4) ||
        !vp_members_bool(&stored, "from_config", &out->from_config))
        return false;
    if (out->bits > 16) return vp_members_fail(&stored, VLLMPLAN_E_RANGE, "bits", "is out of range");
    return vp_members_close(&stored);
}

static bool read_sizes(vp_members *m, vp_model *model)
{
#define SIZE(name, limit, needed)                                                                            \
    if (!vp_members_u64(m, #name, limit, &model->name)) return false;                                        \
    if ((needed) && model->architecture && model->name == 0)                                                 \
        return vp_members_fail(m, VLLMPLAN_E_RANGE, #name, "must be larger than zero");
#include "json/facts_sizes.def"
#undef SIZE
    if (!model->architecture) return true;
    if (model->heads > model->hidden) return vp_members_fail(m, VLLMPLAN_E_RANGE, "heads", "is above hidden");
    if (model->kv_heads > model->heads)
        return vp_members_fail(m, VLLMPLAN_E_RANGE, "kv_heads", "is above heads");
    return model->rotary_dim <= model->head_dim ||
           vp_members_fail(m, VLLMPLAN_E_RANGE, "rotary_dim", "is above head_dim");
}

static bool read_model(vp_members *facts, vp_model *model)
{
    vp_members m;
    if (!vp_members_object(facts, "model", &m) ||
        !vp_members_copy(&m, "architecture", model->architecture_name, sizeof model->architecture_name))
        return false;
    model->architecture = vp_architecture_find(vp_str_from(model->architecture_name));
    return read_sizes(&m, model) && read_rope(&m, model) && vp_members_bool(&m, "tied", &model->tied) &&
           vp_members_bool(&m, "qkv_bias", &model->qkv_bias) &&
           vp_members_bool(&m, "o_bias", &model->o_bias) &&
           vp_members_bool(&m, "mlp_bias", &model->mlp_bias) &&
           vp_members_bool(&m, "qk_norm", &model->qk_norm) && read_dtype(&m, &model->dtype) &&
           read_stored(&m, &model->stored) && vp_members_close(&m);
}

static bool read_parts(vp_members *m, vp_group *group)
{
    const json_t *parts;
    if (!vp_members_list(m, "parts", VP_MAX_PARTS, &parts)) return false;
    group->part_count = (uint32_t)json_array_size(parts);
    if (group->part_count == 0) return vp_members_fail(m, VLLMPLAN_E_RANGE, "parts", "is empty");
    for (uint32_t i = 0; i < group->part_count; i++) {
        const json_t *part = json_array_get(parts, i);
        if (!json_is_integer(part))
            return vp_members_fail(m, VLLMPLAN_E_TYPE, "parts", "holds other than whole numbers");
        json_int_t out = json_integer_value(part);
        if (out <= 0 || (uint64_t)out > VP_MAX_FIGURE)
            return vp_members_fail(m, VLLMPLAN_E_RANGE, "parts", "is out of range");
        group->parts[i].out = (uint64_t)out;
    }
    return true;
}

static bool read_evidence(vp_members *m, vp_evidence *out)
{
    vp_members evidence;
    return vp_members_object(m, "evidence", &evidence) &&
           vp_members_u64(&evidence, "bytes", VP_MAX_FIGURE, &out->bytes) &&
           vp_members_u32(&evidence, "tensors", &out->tensors) &&
           vp_members_u32(&evidence, "packed", &out->packed) && read_dtype(&evidence, &out->dtype) &&
           vp_members_close(&evidence);
}

static bool read_group(vp_members *m, uint64_t layers, vp_group *group)
{
    const char *module;
    if (!vp_members_text(m, "module", VP_MAX_NAME, &module)) return false;
    group->module = vp_module_find(vp_str_from(module));
    if (!group->module) return vp_members_fail(m, VLLMPLAN_E_UNKNOWN_NAME, "module", "is not known");
    return vp_members_u64(m, "in", VP_MAX_FIGURE, &group->in) && read_parts(m, group) &&
           vp_members_bool(m, "bias", &group->bias) && vp_members_bool(m, "alias", &group->alias) &&
           read_layers(m, layers, &group->layers) && read_evidence(m, &group->evidence) &&
           vp_members_close(m);
}

static bool read_roles(vp_members *m, uint64_t *bytes)
{
    vp_members roles;
    if (!vp_members_object(m, "bytes_by_role", &roles)) return false;
    for (int role = 0; role < VP_ROLE_COUNT; role++)
        if (!vp_members_u64(&roles, vp_role_name((vp_role)role), VP_MAX_FIGURE, &bytes[role])) return false;
    return vp_members_close(&roles);
}

static bool read_inventory(vp_members *facts, uint64_t layers, vp_inventory *out)
{
    vp_members m, group;
    const json_t *groups;
    if (!vp_members_object(facts, "inventory", &m) ||
        !vp_members_bool(&m, "from_headers", &out->from_headers) ||
        !vp_members_u64(&m, "checkpoint_bytes", VP_MAX_FIGURE, &out->checkpoint_bytes) ||
        !vp_members_bool(&m, "checkpoint_bytes_known", &out->checkpoint_bytes_known) ||
        !read_roles(&m, out->bytes_by_role) ||
        !vp_members_u64(&m, "other_tensors", VP_MAX_FIGURE, &out->other_tensors) ||
        !vp_members_list(&m, "groups", VP_MAX_GROUPS, &groups))
        return false;
    out->count = (uint32_t)json_array_size(groups);
    for (uint32_t i = 0; i < out->count; i++)
        if (!vp_members_open_item(&group, &m, groups, "groups", i) ||
            !read_group(&group, layers, &out->groups[i]))
            return false;
    return vp_members_close(&m);
}

static bool read_attention_entry(vp_members *m, uint64_t layers, vp_attention *entry)
{
    const char *kind;
    if (!vp_members_text(m, "kind", VP_MAX_NAME, &kind)) return false;
    bool sliding = strcmp(kind, vp_attention_kind_name(VP_ATTENTION_SLIDING)) == 0;
    if (!sliding && strcmp(kind, vp_attention_kind_name(VP_ATTENTION_FULL)) != 0)
        return vp_members_fail(m, VLLMPLAN_E_UNKNOWN_NAME, "kind", "is not known");
    entry->kind = sliding ? VP_ATTENTION_SLIDING : VP_ATTENTION_FULL;
    return vp_members_u64(m, "kv_heads", VP_MAX_MEMBER, &entry->kv_heads) &&
           vp_members_u64(m, "head_size", VP_MAX_MEMBER, &entry->head_size) &&
           vp_members_u64(m, "head_size_v", VP_MAX_MEMBER, &entry->head_size_v) &&
           vp_members_u64(m, "window", VP_MAX_MEMBER, &entry->window) &&
           read_layers(m, layers, &entry->layers) && vp_members_close(m);
}

static bool read_attention(vp_members *facts, uint64_t layers, vp_attention_list *out)
{
    vp_members entry;
    const json_t *list;
    if (!vp_members_list(facts, "attention", VP_MAX_ATTENTION, &list)) return false;
    out->count = (uint32_t)json_array_size(list);
    for (uint32_t i = 0; i < out->count; i++)
        if (!vp_members_open_item(&entry, facts, list, "attention", i) ||
            !read_attention_entry(&entry, layers, &out->entries[i]))
            return false;
    return true;
}

static bool read_finding(vp_members *m, vp_finding *out)
{
    const char *severity;
    if (!vp_members_copy(m, "code", out->code, sizeof out->code) ||
        !vp_members_text(m, "severity", VP_MAX_NAME, &severity) ||
        !vp_members_copy(m, "text", out->text, sizeof out->text) ||
        !vp_members_copy(m, "fix", out->fix, sizeof out->fix))
        return false;
    int found = VP_INFO;
    while (found <= VP_SEVERE && strcmp(severity, vp_severity_name((vp_severity)found)) != 0) found++;
    if (found > VP_SEVERE) return vp_members_fail(m, VLLMPLAN_E_UNKNOWN_NAME, "severity", "is not known");
    out->severity = (vp_severity)found;
    return vp_members_close(m);
}

static bool read_findings(vp_members *facts, vp_facts *out)
{
    vp_members finding;
    const json_t *list;
    if (!vp_members_list(facts, "findings", VP_MAX_FINDINGS, &list)) return false;
    out->finding_count = (uint32_t)json_array_size(list);
    for (uint32_t i = 0; i < out->finding_count; i++)
        if (!vp_members_open_item(&finding, facts, list, "findings", i) ||
            !read_finding(&finding, &out->findings[i]))
            return false;
    return true;
}

bool vp_json_facts(json_t *object, const char *path, vp_facts *out, vp_error *error)
{
    vp_members m;
    uint64_t schema;
    memset(out, 0, sizeof *out);
    if (!vp_members_open(&m, object, path, NULL, error) ||
        !vp_members_u64(&m, "schema", VP_MAX_FIGURE, &schema))
        return false;
    if (schema != 1) return vp_members_fail(&m, VLLMPLAN_E_UNSUPPORTED, "schema", "is not 1");
    return read_model(&m, &out->model) && read_inventory(&m, out->model.layers, &out->inventory) &&
           read_attention(&m, out->model.layers, &out->attention) &&
           vp_members_u32(&m, "shards", &out->shards) &&
           vp_members_u64(&m, "header_bytes", VP_MAX_FIGURE, &out->header_bytes) && read_findings(&m, out) &&
           vp_members_close(&m);
}
