/* SPDX-License-Identifier: Apache-2.0 */
/* Sizes of encoders for images and sound (data/towers.h). */
#include <string.h>

#include "base/vp_int.h"
#include "core/towers.h"
#include "hf/config.h"
#include "hf/config_class_defaults.h"
#include "hf/python_json.h"

/** Goes down a path "a/b"; *path is left at its last name. */
static bool descend_to_last(vp_reader *r, const char **path)
{
    for (const char *slash = strchr(*path, '/'); slash; slash = strchr(*path, '/')) {
        vp_str name = {*path, (size_t)(slash - *path)};
        if (!vp_reader_descend(r, name)) return false;
        *path = slash + 1;
    }
    return true;
}

/** Opens the first of a tower's scopes that is there. */
static bool open_tower(const vp_reader *whole, const char *scopes, vp_reader *part)
{
    char scope[VP_MAX_KEY * 2];
    do {
        size_t length = strcspn(scopes, "|");
        const char *last = scope;
        if (length >= sizeof scope) return false;
        memcpy(scope, scopes, length);
        scope[length] = '\0';
        scopes += length + (scopes[length] == '|');
        *part = *whole;
        vp_writer w;
        vp_writer_start(&w, part->path, sizeof part->path);
        vp_put_format(&w, "%s%s%s", whole->root_path, length > 0 ? "/" : "", scope);
        if (length == 0 || (descend_to_last(part, &last) && vp_reader_descend(part, vp_str_from(last))))
            return true;
    } while (*scopes);
    return false;
}

/** How many layers there are up to the one that a member names: 0 is the first, -1 the last of `depth`; of a list
 *  the deepest counts (models/clip.py, siglip.py, llava.py: _get_num_hidden_layers). */
static uint64_t layers_up_to(const json_t *value, uint64_t depth)
{
    uint64_t most = 0, count = json_is_array(value) ? json_array_size(value) : 1;
    for (size_t i = 0; i < count; i++) {
        const json_t *item = json_is_array(value) ? json_array_get(value, i) : value;
        int64_t layer = json_integer_value(item);
        uint64_t back = layer < 0 ? (uint64_t)-layer - 1 : 0;
        uint64_t own = layer < 0 ? (back > depth ? 0 : depth - back) : (uint64_t)layer;
        if (own > most) most = own;
    }
    return most;
}

/** A size of the tower that was read before; 0 when it has none of that name. */
static uint64_t size_named(const vp_tower *tower, const char *name)
{
    uint64_t size = 0;
    vp_tower_formula(name, tower, 0, &size);
    return size;
}

/** The same for the one layer that a class names. */
static uint64_t layers_from_class(const vp_class_default *own, const vp_tower *tower)
{
    json_int_t layer = own->kind == VP_CLASS_INTEGER ? own->integer : -1;
    uint64_t depth = size_named(tower, "depth");
    return layer >= 0 ? (uint64_t)layer : vp_sub0(depth + 1, (uint64_t)-layer);
}

/** A place in the config, and what stands there. */
typedef struct member {
    const vp_reader *r;
    const vp_tower *tower;
    const char *key;      /* without its mark and its path */
    const char *argument; /* behind the colon; "" = none */
    const json_t *value;  /* NULL: only the class may know it */
    bool classed;         /* the class does: */
    vp_class_default own;
} member;

static bool read_text(const member *m, uint64_t *out)
{
    vp_str text = m->value ? vp_member_text(m->r->config, m->key) : m->own.text;
    *out = vp_str_equal(text, m->argument);
    return true;
}

static bool read_switch(const member *m, uint64_t *out)
{
    bool on = m->own.on;
    if (m->value && !vp_read_switch(m->r, m->key, false, &on)) return false;
    *out = on;
    return true;
}

static bool read_length(const member *m, uint64_t *out)
{
    vp_str list = m->own.text, item;
    *out = json_array_size(m->value);
    while (!m->value && vp_class_list_next(&list, &item)) ++*out;
    return true;
}

/** int(number * size): qwen2_vl.py:Qwen2VisionBlock and the like, for mlp_ratio. */
static bool read_scaled(const member *m, uint64_t *out)
{
    double number = m->own.kind == VP_CLASS_INTEGER ? (double)m->own.integer : m->own.number;
    if (m->value && !json_is_number(m->value))
        return vp_reader_fail(m->r, VLLMPLAN_E_TYPE, m->key, "is not a number");
    if (m->value) number = json_number_value(m->value);
    if (!(number >= 0 && number <= 1e6))
        return vp_reader_fail(m->r, VLLMPLAN_E_RANGE, m->key, "is out of range");
    *out = (uint64_t)(number * (double)vp_min(size_named(m->tower, m->argument), VP_MAX_MEMBER));
    return true;
}

/** int(1 / number): internvl.py:InternVLChatModel._init_mlp1, for downsample_ratio. */
static bool read_inverse(const member *m, uint64_t *out)
{
    double number = m->value ? json_number_value(m->value) : m->own.number;
    if (!(number > 1e-6 && number <= 1))
        return vp_reader_fail(m->r, VLLMPLAN_E_RANGE, m->key, "is out of range");
    *out = (uint64_t)(1 / number);
    return true;
}

static bool is_negative(const member *m)
{
    return (m->value ? json_integer_value(m->value) : m->own.integer) < 0;
}

/** A whole number, or one of a list: a side of an image or a patch, once for each axis. */
static bool read_item(const member *m, size_t at, uint64_t *out)
{
    if (json_is_array(m->value)) {
        const json_t *item = json_array_get(m->value, at);
        *out = (uint64_t)json_integer_value(item);
        return (json_is_integer(item) && json_integer_value(item) >= 0 && *out <= VP_MAX_MEMBER) ||
               vp_reader_fail(m->r, VLLMPLAN_E_TYPE, m->key, "is no list of whole numbers");
    }
    if (m->value) return vp_read_optional(m->r, m->key, out);
    vp_str list = m->own.text, item = {"", 0};
    if (m->own.kind == VP_CLASS_INTEGER) *out = m->own.integer > 0 ? (uint64_t)m->own.integer : 0;
    for (size_t i = 0; i <= at; i++) vp_class_list_next(&list, &item);
    return m->own.kind == VP_CLASS_INTEGER || vp_str_to_u64(item, out);
}

/** One of a size's members, from config.json or, when `defaults` is set, from its class; *found when it is there. */
static bool read_one(const vp_reader *part, const vp_reader *whole, const vp_tower *tower, char *text,
                     bool defaults, bool *found, uint64_t *out)
{
    char mark = strchr("?#=<>*%+", *text) ? *text++ : '\0';
    char *colon = strchr(text, ':');
    vp_reader r = *text == '/' ? *whole : *part;
    member m = {
        .r = &r, .tower = tower, .key = *text == '/' ? text + 1 : text, .argument = colon ? colon + 1 : ""};
    m.own.text = vp_str_from("");
    if (colon) *colon = '\0';
    if (!descend_to_last(&r, &m.key)) return true;
    m.value = vp_member(r.config, m.key);
    bool null = json_is_null(json_object_get(r.config, m.key));
    m.classed = !m.value &&
                (null ? vp_class_default_of_null(r.model_type, m.key, &m.own)
                      : vp_class_default_find(r.model_type, m.key, &m.own)) &&
                m.own.kind != VP_CLASS_NULL;
    *found = defaults ? m.classed : m.value != NULL;
    if (!*found) return true;
    switch (mark) {
    case '?':
        return read_switch(&m, out);
    case '#':
        return read_length(&m, out);
    case '=':
        return read_text(&m, out);
    case '*':
        return read_scaled(&m, out);
    case '%':
        return read_inverse(&m, out);
    case '<':
    case '>':
        *out = m.value ? layers_up_to(m.value, size_named(tower, "depth")) : layers_from_class(&m.own, tower);
        if (mark == '>' && !is_negative(&m)) ++*out;
        return true;
    case '+':
        return read_item(&m, 1, out);
    default:
        return read_item(&m, 0, out);
    }
}

/** The members of a size, by "|": the first that stands in the file, else the first that a class knows. */
static bool read_members(const vp_reader *part, const vp_reader *whole, const vp_tower *tower,
                         const char *keys, bool *found, uint64_t *out)
{
    *found = false;
    for (int defaults = 0; defaults < 2 && !*found; defaults++) {
        for (const char *key = keys; *key && !*found;) {
            char one[VP_MAX_KEY * 2];
            size_t length = strcspn(key, "|");
            if (length >= sizeof one) return false;
            memcpy(one, key, length);
            one[length] = '\0';
            key += length + (key[length] == '|');
            if (!read_one(part, whole, tower, one, defaults > 0, found, out)) return false;
        }
    }
    return true;
}

static bool read_sizes(const vp_reader *part, const vp_reader *whole, vp_tower *tower)
{
    uint32_t at = 0;
    for (size_t i = 0; i < vp_tower_size_count(); i++) {
        const vp_tower_size *size = vp_tower_size_at(i);
        bool found = false;
        uint64_t value = 0;
        if (size->tower != tower->kind) continue;
        if (!read_members(part, whole, tower, size->keys, &found, &value)) return false;
        if (!found && !size->fallback)
            return vp_reader_fail(part, VLLMPLAN_E_MISSING, size->keys, "is missing");
        if (!found && !vp_tower_formula(size->fallback, tower, whole->structure->hidden, &value))
            return vp_reader_fail(part, VLLMPLAN_E_RANGE, size->keys,
                                  "cannot be computed from the other sizes");
        tower->sizes[at++] = value;
    }
    return true;
}

/** Whether config.json speaks of an encoder that no tower of the row stands for. */
static bool is_unaccounted(const vp_reader *whole, bool audio)
{
    const char *key = audio ? "audio_config" : "vision_config";
    const json_t *outer = whole->root, *inner = json_object_get(outer, "thinker_config");
    const vp_structure *s = whole->structure;
    if (!json_is_object(json_object_get(outer, key)) && !json_is_object(json_object_get(inner, key)))
        return false;
    for (uint32_t i = 0; i < s->tower_count; i++)
        if (!vp_tower_row_of(s->towers[i].kind)->aside && vp_tower_row_of(s->towers[i].kind)->audio == audio)
            return false;
    return true;
}

bool vp_config_towers(vp_reader *r, const vp_architecture *row, bool *known)
{
    bool alternatives = false, taken = false;
    vp_reader whole = *r;
    whole.config = r->root;
    whole.model_type = vp_member_text(r->root, "model_type");
    for (uint32_t i = 0; i < VP_MAX_TOWERS && row->towers[i] != VP_TOWER_NONE; i++) {
        const vp_tower_row *tower = vp_tower_row_of(row->towers[i]);
        vp_structure *s = r->structure;
        vp_reader part;
        bool wanted = true;
        if (!open_tower(&whole, tower->scopes, &part)) continue;
        if (tower->when && !vp_read_rule(&part, tower->when, &wanted)) return false;
        alternatives = alternatives || tower->when;
        taken = taken || (tower->when && wanted);
        if (!wanted) continue;
        s->towers[s->tower_count].kind = row->towers[i];
        if (!read_sizes(&part, &whole, &s->towers[s->tower_count])) return false;
        s->tower_count++;
    }
    *known = (taken || !alternatives) && r->structure->tower_count > 0 && !is_unaccounted(&whole, false) &&
             !is_unaccounted(&whole, true);
    if (!row->text) *known = true; /* a class of its own looks for its encoders, and does without */
    return true;
}
