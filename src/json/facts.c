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
static bool read_dtype(vp_members *m, const char *key, vp_dtype *out)
{
    const json_t *value = vp_members_any(m, key);
    *out = VP_DTYPE_NONE;
    if (!value || json_is_null(value)) return value != NULL;
    if (!json_is_string(value)) return vp_members_fail(m, VLLMPLAN_E_TYPE, key, "is neither text nor null");
    *out = vp_dtype_from_name((vp_str){json_string_value(value), json_string_length(value)});
    return *out != VP_DTYPE_NONE || vp_members_fail(m, VLLMPLAN_E_UNKNOWN_NAME, key, "is not known");
}

/** The number of a name in a list of names; `count` when it is none of them. */
typedef const char *(*namer)(int number);
static const char *rope_name(int number) { return vp_rope_kind_name((vp_rope_kind)number); }
static const char *packing_name(int number) { return vp_packing_name((vp_packing)number); }
static const char *form_name(int number) { return vp_form_name((vp_form)number); }
static const char *shard_name(int number) { return vp_shard_name((vp_shard)number); }
static const char *place_name(int number) { return vp_place_name((vp_place)number); }

static bool read_name(vp_members *m, const char *key, namer name_of, int count, int *out)
{
    const char *text;
    if (!vp_members_text(m, key, VP_MAX_NAME, &text)) return false;
    for (*out = 0; *out < count; ++*out)
        if (strcmp(text, name_of(*out)) == 0) return true;
    return vp_members_fail(m, VLLMPLAN_E_UNKNOWN_NAME, key, "is not known");
}

static bool read_rope(vp_members *m, uint64_t layers, vp_rope *rope)
{
    int kind;
    if (!read_name(m, "kind", rope_name, VP_ROPE_KINDS, &kind)) return false;
    rope->kind = (vp_rope_kind)kind;
    return read_factor(m, "factor", &rope->factor) &&
           vp_members_u64(m, "original_max", VP_MAX_MEMBER, &rope->original_max) &&
           vp_members_u64(m, "max_position", VP_MAX_MEMBER, &rope->max_position) &&
           vp_members_u64(m, "rotary_dim", VP_MAX_MEMBER, &rope->rotary_dim) &&
           vp_members_u32(m, "times", &rope->times) && vp_members_bool(m, "counted", &rope->counted) &&
           vp_members_u32(m, "kinds", &rope->kinds) && vp_members_bool(m, "single", &rope->single) &&
           vp_members_bool(m, "single_operator", &rope->single_operator) &&
           vp_members_bool(m, "capped", &rope->capped) &&
           vp_members_bool(m, "both_styles", &rope->both_styles) && read_layers(m, layers, &rope->layers) &&
           vp_members_close(m);
}

static bool read_ropes(vp_members *m, vp_model *model)
{
    vp_members rope;
    const json_t *list;
    if (!vp_members_list(m, "ropes", VP_MAX_ROPES, &list)) return false;
    model->rope_count = (uint32_t)json_array_size(list);
    for (uint32_t i = 0; i < model->rope_count; i++)
        if (!vp_members_open_item(&rope, m, list, "ropes", i) ||
            !read_rope(&rope, model->layers, &model->ropes[i]))
            return false;
    return true;
}

static bool read_scheme(vp_members *m, vp_scheme *out)
{
    int packing, form;
    if (!read_name(m, "packing", packing_name, VP_PACKING_COUNT, &packing) ||
        !read_name(m, "form", form_name, VP_FORM_COUNT, &form))
        return false;
    out->packing = (vp_packing)packing;
    out->form = (vp_form)form;
    return vp_members_u32(m, "bits", &out->bits) && vp_members_u32(m, "group", &out->group) &&
           vp_members_u32(m, "block_out", &out->block_out) &&
           vp_members_bool(m, "zero_points", &out->zero_points) &&
           vp_members_bool(m, "act_order", &out->act_order) &&
           vp_members_bool(m, "static_inputs", &out->static_inputs) &&
           vp_members_bool(m, "weight_only", &out->weight_only) && vp_members_close(m);
}

static bool read_schemes(vp_members *m, vp_stored *out)
{
    vp_members scheme;
    const json_t *list;
    if (!vp_members_list(m, "schemes", VP_MAX_SCHEMES, &list)) return false;
    out->scheme_count = (uint32_t)json_array_size(list);
    for (uint32_t i = 0; i < out->scheme_count; i++)
        if (!vp_members_open_item(&scheme, m, list, "schemes", i) || !read_scheme(&scheme, &out->schemes[i]))
            return false;
    return true;
}

static bool read_stored(vp_members *m, vp_stored *out)
{
    vp_members stored;
    if (!vp_members_object(m, "stored", &stored) ||
        !vp_members_copy(&stored, "method", out->method, sizeof out->method) ||
        !vp_members_u32(&stored, "bits", &out->bits) || !vp_members_bool(&stored, "nested", &out->nested) ||
        !vp_members_bool(&stored, "nf4", &out->nf4) ||
        !vp_members_bool(&stored, "from_config", &out->from_config) ||
        !vp_members_bool(&stored, "kv_scales", &out->kv_scales) ||
        !vp_members_bool(&stored, "latent_kv_scales", &out->latent_kv_scales) ||
        !vp_members_bool(&stored, "computed", &out->computed) ||
        !vp_members_copy(&stored, "kv_dtype", out->kv_dtype, sizeof out->kv_dtype) ||
        !read_schemes(&stored, out))
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
    return model->kv_heads <= model->heads ||
           vp_members_fail(m, VLLMPLAN_E_RANGE, "kv_heads", "is above heads");
}

static bool read_model(vp_members *facts, vp_model *model)
{
    vp_members m;
    if (!vp_members_object(facts, "model", &m) ||
        !vp_members_copy(&m, "architecture", model->architecture_name, sizeof model->architecture_name))
        return false;
    model->architecture = vp_architecture_find(vp_str_from(model->architecture_name));
    if (model->architecture) model->spelling = model->architecture->spelling;
    return read_sizes(&m, model) && read_ropes(&m, model) && vp_members_bool(&m, "tied", &model->tied) &&
           read_dtype(&m, "dtype", &model->dtype) && read_stored(&m, &model->stored) && vp_members_close(&m);
}

static bool read_part(vp_members *m, vp_part *part)
{
    int shard;
    if (!vp_members_u64(m, "out", VP_MAX_FIGURE, &part->out) ||
        !vp_members_u64(m, "unit", VP_MAX_FIGURE, &part->unit) ||
        !read_name(m, "shard", shard_name, VP_SHARD_COUNT, &shard))
        return false;
    part->shard = (vp_shard)shard;
    if (part->out == 0) return vp_members_fail(m, VLLMPLAN_E_RANGE, "out", "must be larger than zero");
    if (part->unit == 0 || part->out % part->unit != 0)
        return vp_members_fail(m, VLLMPLAN_E_RANGE, "unit", "does not divide out");
    return vp_members_close(m);
}

static bool read_parts(vp_members *m, vp_group *group)
{
    const json_t *parts;
    vp_members part;
    if (!vp_members_list(m, "parts", VP_MAX_PARTS, &parts)) return false;
    group->part_count = (uint32_t)json_array_size(parts);
    if (group->part_count == 0) return vp_members_fail(m, VLLMPLAN_E_RANGE, "parts", "is empty");
    for (uint32_t i = 0; i < group->part_count; i++)
        if (!vp_members_open_item(&part, m, parts, "parts", i) || !read_part(&part, &group->parts[i]))
            return false;
    return true;
}

static bool read_evidence(vp_members *m, vp_evidence *out)
{
    vp_members evidence;
    return vp_members_object(m, "evidence", &evidence) &&
           vp_members_u64(&evidence, "bytes", VP_MAX_FIGURE, &out->bytes) &&
           vp_members_u32(&evidence, "tensors", &out->tensors) &&
           vp_members_u32(&evidence, "packed", &out->packed) && read_dtype(&evidence, "dtype", &out->dtype) &&
           vp_members_close(&evidence);
}

static bool read_group(vp_members *m, uint64_t layers, vp_group *group)
{
    const char *module, *tower;
    if (!vp_members_text(m, "module", VP_MAX_NAME, &module) ||
        !vp_members_text(m, "tower", VP_MAX_NAME, &tower))
        return false;
    group->module = *tower ? vp_tower_module_find(vp_str_from(tower), vp_str_from(module))
                           : vp_module_find(vp_str_from(module));
    if (!group->module) return vp_members_fail(m, VLLMPLAN_E_UNKNOWN_NAME, "module", "is not known");
    int place;
    if (!vp_members_u64(m, "in", VP_MAX_FIGURE, &group->in) ||
        !vp_members_bool(m, "in_divided", &group->in_divided) ||
        !vp_members_bool(m, "whole_if_backed", &group->whole_if_backed) || !read_parts(m, group) ||
        !vp_members_u64(m, "copies", VP_MAX_MEMBER, &group->copies) ||
        !vp_members_bool(m, "bias", &group->bias) || !vp_members_bool(m, "alias", &group->alias) ||
        !vp_members_bool(m, "exact", &group->exact) || !vp_members_bool(m, "per_token", &group->per_token) ||
        !vp_members_bool(m, "buffer", &group->buffer) ||
        !vp_members_bool(m, "whole_in_sequence", &group->whole_in_sequence) ||
        !vp_members_bool(m, "made", &group->made) ||
        !vp_members_u32(m, "out_multiple", &group->out_multiple) || !read_dtype(m, "dtype", &group->dtype) ||
        !read_name(m, "place", place_name, VP_PLACE_COUNT, &place) ||
        !vp_members_u64(m, "whole_unless", VP_MAX_MEMBER, &group->whole_unless) ||
        !vp_members_u32(m, "scheme", &group->scheme) ||
        !read_layers(m, place == VP_PLACE_TOWER ? VP_MAX_LAYERS : layers, &group->layers) ||
        !read_evidence(m, &group->evidence))
        return false;
    group->place = (vp_place)place;
    if (group->copies == 0) return vp_members_fail(m, VLLMPLAN_E_RANGE, "copies", "must be larger than zero");
    return vp_members_close(m);
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

static const char *kind_name(int kind) { return vp_attention_kind_name((vp_attention_kind)kind); }
static const char *reader_name(int reader) { return vp_attention_reader_name((vp_attention_reader)reader); }
static const char *recurrence_name(int kind) { return vp_recurrence_name((vp_recurrence)kind); }

static bool read_state(vp_members *m, vp_state_tensor *out)
{
    return vp_members_u64(m, "whole", VP_MAX_MEMBER, &out->whole) &&
           vp_members_u64(m, "split", VP_MAX_MEMBER, &out->split) &&
           vp_members_u64(m, "groups", VP_MAX_MEMBER, &out->groups) &&
           vp_members_u64(m, "group_width", VP_MAX_MEMBER, &out->group_width) &&
           vp_members_bool(m, "lengthens", &out->lengthens) &&
           vp_members_bool(m, "recurrent", &out->recurrent) && read_dtype(m, "dtype", &out->dtype) &&
           vp_members_close(m);
}

static bool read_states(vp_members *m, vp_attention *entry)
{
    vp_members state;
    const json_t *list;
    int recurrence;
    if (!read_name(m, "recurrence", recurrence_name, VP_RECURRENCES, &recurrence) ||
        !vp_members_list(m, "states", VP_MAX_STATES, &list))
        return false;
    entry->recurrence = (vp_recurrence)recurrence;
    entry->state_count = (uint32_t)json_array_size(list);
    for (uint32_t i = 0; i < entry->state_count; i++)
        if (!vp_members_open_item(&state, m, list, "states", i) || !read_state(&state, &entry->states[i]))
            return false;
    return true;
}

static bool read_attention_entry(vp_members *m, uint64_t layers, vp_attention *entry)
{
    int kind, reader;
    if (!read_name(m, "kind", kind_name, VP_ATTENTION_KINDS, &kind) ||
        !read_name(m, "reader", reader_name, VP_READERS, &reader))
        return false;
    entry->kind = (vp_attention_kind)kind;
    entry->reader = (vp_attention_reader)reader;
#define SIZE(name)                                                                                           \
    if (!vp_members_u64(m, #name, VP_MAX_MEMBER, &entry->name)) return false;
#include "json/facts_attention.def"
#undef SIZE
    return read_dtype(m, "element", &entry->element) && vp_members_bool(m, "packed", &entry->packed) &&
           vp_members_bool(m, "copied", &entry->copied) && vp_members_bool(m, "draft", &entry->draft) &&
           read_states(m, entry) && read_layers(m, entry->draft ? VP_MAX_LAYERS : layers, &entry->layers) &&
           vp_members_close(m);
}

static bool read_attention(vp_members *facts, uint64_t layers, vp_attention_list *out)
{
    vp_members m, entry;
    const json_t *list;
    if (!vp_members_object(facts, "attention", &m) ||
        !vp_members_copy(&m, "auto_100", out->auto_100, sizeof out->auto_100) ||
        !vp_members_list(&m, "entries", VP_MAX_ATTENTION, &list))
        return false;
    out->count = (uint32_t)json_array_size(list);
    for (uint32_t i = 0; i < out->count; i++)
        if (!vp_members_open_item(&entry, &m, list, "entries", i) ||
            !read_attention_entry(&entry, layers, &out->entries[i]))
            return false;
    return vp_members_close(&m);
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
