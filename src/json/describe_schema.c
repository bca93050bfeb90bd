/* SPDX-License-Identifier: Apache-2.0 */
/* The tables of keys.c as JSON Schema. Nesting stays within VP_OUT_DEPTH: a row that would go deeper is
 * told by its type only. */
#include "base/vp_int.h"
#include "json/describe.h"
#include "json/keys.h"

static void put_types(vp_out *out, unsigned kinds)
{
    static const struct {
        unsigned kind;
        const char *name;
    } types[] = {{VP_KEY_OBJECT, "object"},
                 {VP_KEY_LIST, "array"},
                 {VP_KEY_TEXT, "string"},
                 {VP_KEY_INTEGER, "integer"},
                 {VP_KEY_BOOL, "boolean"}};
    bool several = (kinds & (kinds - 1)) != 0;
    if (several) vp_out_list(out, "type");
    for (size_t i = 0; i < sizeof types / sizeof types[0]; i++)
        if (kinds & types[i].kind) vp_out_text(out, several ? NULL : "type", types[i].name);
    if (several) vp_out_end(out);
}

static void put_members(vp_out *out, const vp_key *keys);

/** What the items of a list are. */
static void put_items(vp_out *out, const vp_key *key)
{
    vp_out_u64(out, "maxItems", key->most);
    vp_out_object(out, "items");
    put_types(out, key->items);
    if (key->members && !(key->kinds & VP_KEY_OBJECT) && out->depth + 4 < VP_OUT_DEPTH)
        put_members(out, key->members);
    vp_out_end(out);
}

static void put_row(vp_out *out, const vp_key *key)
{
    vp_out_object(out, key->name);
    put_types(out, key->kinds);
    if (key->about[0]) vp_out_text(out, "description", key->about);
    if (key->kinds == VP_KEY_INTEGER) {
        vp_out_u64(out, "minimum", key->low);
        vp_out_u64(out, "maximum", key->high > 0 ? key->high : VP_MAX_FIGURE);
    }
    if (key->choices) vp_describe_words(out, key->kinds == VP_KEY_TEXT ? "enum" : "texts", key->choices);
    if (key->kinds & VP_KEY_LIST) put_items(out, key);
    if (key->members && (key->kinds & VP_KEY_OBJECT)) put_members(out, key->members);
    vp_out_end(out);
}

static void put_members(vp_out *out, const vp_key *keys)
{
    vp_out_bool(out, "additionalProperties", false);
    vp_out_object(out, "properties");
    for (; keys->name; keys++) put_row(out, keys);
    vp_out_end(out);
}

void vp_describe_schema(vp_out *out)
{
    vp_out_object(out, "request");
    vp_out_text(out, "type", "object");
    put_members(out, vp_plan_keys);
    vp_out_end(out);
    vp_out_object(out, "explain");
    vp_out_text(out, "type", "object");
    put_members(out, vp_explain_keys);
    vp_out_end(out);
}
