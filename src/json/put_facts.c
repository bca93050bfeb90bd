/* SPDX-License-Identifier: Apache-2.0 */
/* Facts as `inspect` prints them; facts.c reads the same members back. */
#include "base/vp_decimal.h"
#include "base/vp_int.h"
#include "json/json.h"
#include "json/put.h"

/** A decimal where 15 digits say it exactly, else mantissa / 2^halvings, which always does. */
static void put_factor(vp_out *out, const char *key, double value)
{
    char digits[40];
    vp_writer w;
    vp_writer_start(&w, digits, sizeof digits);
    if (vp_decimal_write(&w, value)) {
        vp_out_setting(out, key, key, VP_VALUE_DECIMAL, digits);
        return;
    }
    uint64_t mantissa;
    int exponent;
    vp_double_parts(value, &mantissa, &exponent);
    vp_out_object(out, key);
    vp_out_u64(out, "mantissa", mantissa);
    vp_out_u64(out, "halvings", exponent < 0 ? (uint64_t)-exponent : 0);
    vp_out_end(out);
}

/** "0-3,5": the ranges of a set; "" for what stands outside of the layers. */
static void put_layers(vp_out *out, const vp_layers *layers)
{
    char text[4096]; /* 512 ranges of one layer take 2.4 KB */
    vp_writer w;
    vp_writer_start(&w, text, sizeof text);
    for (uint64_t first = 0; first < VP_MAX_LAYERS; first++) {
        if (!vp_layers_has(layers, first)) continue;
        uint64_t last = first;
        while (vp_layers_has(layers, last + 1)) last++;
        if (w.length > 0) vp_put_char(&w, ',');
        vp_put_u64(&w, first);
        if (last > first) vp_put_format(&w, "-%llu", (unsigned long long)last);
        first = last;
    }
    vp_out_text(out, "layers", text);
}

static void put_dtype(vp_out *out, const char *key, vp_dtype dtype)
{
    vp_out_text(out, key, dtype == VP_DTYPE_NONE ? NULL : vp_dtype_name(dtype));
}

static void put_ropes(vp_out *out, const vp_model *model)
{
    vp_out_list(out, "ropes");
    for (uint32_t i = 0; i < model->rope_count; i++) {
        const vp_rope *rope = &model->ropes[i];
        vp_out_object(out, NULL);
        vp_out_text(out, "kind", vp_rope_kind_name(rope->kind));
        put_factor(out, "factor", rope->factor);
        vp_out_u64(out, "original_max", rope->original_max);
        vp_out_u64(out, "max_position", rope->max_position);
        vp_out_u64(out, "rotary_dim", rope->rotary_dim);
        vp_out_u64(out, "times", rope->times);
        vp_out_bool(out, "counted", rope->counted);
        vp_out_u64(out, "kinds", rope->kinds);
        vp_out_bool(out, "single", rope->single);
        vp_out_bool(out, "single_operator", rope->single_operator);
        vp_out_bool(out, "capped", rope->capped);
        vp_out_bool(out, "both_styles", rope->both_styles);
        put_layers(out, &rope->layers);
        vp_out_end(out);
    }
    vp_out_end(out);
}

static void put_schemes(vp_out *out, const vp_stored *stored)
{
    vp_out_list(out, "schemes");
    for (uint32_t i = 0; i < stored->scheme_count; i++) {
        const vp_scheme *scheme = &stored->schemes[i];
        vp_out_object(out, NULL);
        vp_out_text(out, "packing", vp_packing_name(scheme->packing));
        vp_out_text(out, "form", vp_form_name(scheme->form));
        vp_out_u64(out, "bits", scheme->bits);
        vp_out_u64(out, "group", scheme->group);
        vp_out_u64(out, "block_out", scheme->block_out);
        vp_out_bool(out, "zero_points", scheme->zero_points);
        vp_out_bool(out, "act_order", scheme->act_order);
        vp_out_bool(out, "static_inputs", scheme->static_inputs);
        vp_out_bool(out, "weight_only", scheme->weight_only);
        vp_out_end(out);
    }
    vp_out_end(out);
}

static void put_stored_facts(vp_out *out, const vp_stored *stored)
{
    vp_out_object(out, "stored");
    vp_out_text(out, "method", stored->method);
    vp_out_u64(out, "bits", stored->bits);
    vp_out_bool(out, "nested", stored->nested);
    vp_out_bool(out, "nf4", stored->nf4);
    vp_out_bool(out, "from_config", stored->from_config);
    vp_out_bool(out, "kv_scales", stored->kv_scales);
    vp_out_bool(out, "latent_kv_scales", stored->latent_kv_scales);
    vp_out_bool(out, "computed", stored->computed);
    vp_out_text(out, "kv_dtype", stored->kv_dtype);
    put_schemes(out, stored);
    vp_out_end(out);
}

static void put_model(vp_out *out, const vp_model *model)
{
    vp_out_object(out, "model");
    vp_out_text(out, "architecture", model->architecture_name);
#define SIZE(name, limit, needed) vp_out_u64(out, #name, model->name);
#include "json/facts_sizes.def"
#undef SIZE
    put_ropes(out, model);
    vp_out_bool(out, "tied", model->tied);
    put_dtype(out, "dtype", model->dtype);
    put_stored_facts(out, &model->stored);
    vp_out_end(out);
}

static void put_parts(vp_out *out, const vp_group *group)
{
    vp_out_list(out, "parts");
    for (uint32_t i = 0; i < group->part_count; i++) {
        const vp_part *part = &group->parts[i];
        vp_out_object(out, NULL);
        vp_out_u64(out, "out", part->out);
        vp_out_u64(out, "unit", part->unit);
        vp_out_text(out, "shard", vp_shard_name(part->shard));
        vp_out_end(out);
    }
    vp_out_end(out);
}

static void put_group(vp_out *out, const vp_group *group)
{
    vp_out_object(out, NULL);
    const vp_tower_part *part = vp_tower_part_of(group->module);
    vp_out_text(out, "tower", part ? vp_tower_row_of(part->tower)->name : "");
    vp_out_text(out, "module", group->module->name);
    vp_out_u64(out, "in", group->in);
    vp_out_bool(out, "in_divided", group->in_divided);
    vp_out_bool(out, "whole_if_backed", group->whole_if_backed);
    put_parts(out, group);
    vp_out_u64(out, "copies", group->copies);
    vp_out_bool(out, "bias", group->bias);
    vp_out_bool(out, "alias", group->alias);
    vp_out_bool(out, "whole_in_sequence", group->whole_in_sequence);
    vp_out_bool(out, "buffer", group->buffer);
    vp_out_bool(out, "made", group->made);
    vp_out_bool(out, "exact", group->exact);
    vp_out_bool(out, "per_token", group->per_token);
    vp_out_u64(out, "out_multiple", group->out_multiple);
    put_dtype(out, "dtype", group->dtype);
    vp_out_text(out, "place", vp_place_name(group->place));
    vp_out_u64(out, "whole_unless", group->whole_unless);
    vp_out_u64(out, "scheme", group->scheme);
    put_layers(out, &group->layers);
    vp_out_object(out, "evidence");
    vp_out_u64(out, "bytes", group->evidence.bytes);
    vp_out_u64(out, "tensors", group->evidence.tensors);
    vp_out_u64(out, "packed", group->evidence.packed);
    put_dtype(out, "dtype", group->evidence.dtype);
    vp_out_end(out);
    vp_out_end(out);
}

static void put_inventory(vp_out *out, const vp_inventory *inventory)
{
    vp_out_object(out, "inventory");
    vp_out_bool(out, "from_headers", inventory->from_headers);
    vp_out_u64(out, "checkpoint_bytes", inventory->checkpoint_bytes);
    vp_out_bool(out, "checkpoint_bytes_known", inventory->checkpoint_bytes_known);
    vp_out_object(out, "bytes_by_role");
    for (int role = 0; role < VP_ROLE_COUNT; role++)
        vp_out_u64(out, vp_role_name((vp_role)role), inventory->bytes_by_role[role]);
    vp_out_end(out);
    vp_out_u64(out, "other_tensors", inventory->other_tensors);
    vp_out_list(out, "groups");
    for (uint32_t i = 0; i < inventory->count; i++) put_group(out, &inventory->groups[i]);
    vp_out_end(out);
    vp_out_end(out);
}

static void put_states(vp_out *out, const vp_attention *entry)
{
    vp_out_text(out, "recurrence", vp_recurrence_name(entry->recurrence));
    vp_out_list(out, "states");
    for (uint32_t i = 0; i < entry->state_count; i++) {
        const vp_state_tensor *state = &entry->states[i];
        vp_out_object(out, NULL);
        vp_out_u64(out, "whole", state->whole);
        vp_out_u64(out, "split", state->split);
        vp_out_u64(out, "groups", state->groups);
        vp_out_u64(out, "group_width", state->group_width);
        vp_out_bool(out, "lengthens", state->lengthens);
        vp_out_bool(out, "recurrent", state->recurrent);
        put_dtype(out, "dtype", state->dtype);
        vp_out_end(out);
    }
    vp_out_end(out);
}

static void put_attention(vp_out *out, const vp_attention_list *list)
{
    vp_out_object(out, "attention");
    vp_out_text(out, "auto_100", list->auto_100);
    vp_out_list(out, "entries");
    for (uint32_t i = 0; i < list->count; i++) {
        const vp_attention *entry = &list->entries[i];
        vp_out_object(out, NULL);
        vp_out_text(out, "kind", vp_attention_kind_name(entry->kind));
        vp_out_text(out, "reader", vp_attention_reader_name(entry->reader));
#define SIZE(name) vp_out_u64(out, #name, entry->name);
#include "json/facts_attention.def"
#undef SIZE
        put_dtype(out, "element", entry->element);
        vp_out_bool(out, "packed", entry->packed);
        vp_out_bool(out, "copied", entry->copied);
        vp_out_bool(out, "draft", entry->draft);
        put_states(out, entry);
        put_layers(out, &entry->layers);
        vp_out_end(out);
    }
    vp_out_end(out);
    vp_out_end(out);
}

static void put_findings(vp_out *out, const vp_facts *facts)
{
    vp_out_list(out, "findings");
    for (uint32_t i = 0; i < facts->finding_count; i++) {
        const vp_finding *finding = &facts->findings[i];
        vp_out_object(out, NULL);
        vp_out_text(out, "code", finding->code);
        vp_out_text(out, "severity", vp_severity_name(finding->severity));
        vp_out_text(out, "text", finding->text);
        vp_out_text(out, "fix", finding->fix);
        vp_out_end(out);
    }
    vp_out_end(out);
}

static void put_facts(vp_out *out, const char *key, const vp_facts *facts)
{
    vp_out_object(out, key);
    vp_out_u64(out, "schema", 1);
    put_model(out, &facts->model);
    put_inventory(out, &facts->inventory);
    put_attention(out, &facts->attention);
    vp_out_u64(out, "shards", facts->shards);
    vp_out_u64(out, "header_bytes", facts->header_bytes);
    put_findings(out, facts);
    vp_out_end(out);
}

void vp_json_put_facts(vp_writer *w, const vp_facts *facts)
{
    vp_out out;
    vp_out_start(&out, w, NULL);
    put_facts(&out, NULL, facts);
}

void vp_json_put_inspect(vp_writer *w, const vp_facts *facts)
{
    vp_out out;
    vp_out_start(&out, w, NULL);
    vp_out_object(&out, NULL);
    put_facts(&out, "facts", facts);
    put_findings(&out, facts);
    vp_out_end(&out);
}
