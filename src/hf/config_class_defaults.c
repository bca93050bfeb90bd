/* SPDX-License-Identifier: Apache-2.0 */
#include "hf/config_class_defaults.h"

#include <stddef.h>
#include <string.h>

enum {
#define KEY(name) KEY_##name,
#define KEY_PATH(id, path) KEY_##id,
#include "hf/config_class_defaults.def"
#undef KEY_PATH
#undef KEY
    KEYS,
    OF_NULL = 0x8000, /* set in the key of a row that tells what null becomes */
};

static const char *const key_names[KEYS] = {
#define KEY(name) #name,
#define KEY_PATH(id, path) path,
#include "hf/config_class_defaults.def"
#undef KEY_PATH
#undef KEY
};

enum {
#define VALUE(id, kind, ...) VALUE_##id,
#include "hf/config_class_defaults.def"
#undef VALUE
    VALUES,
};

static const struct value {
    union {
        int64_t integer;
        double number;
        const char *text;
    };
    uint8_t kind;
} values[VALUES] = {
#define VALUE(id, kind, ...) {{__VA_ARGS__}, VP_CLASS_##kind},
#include "hf/config_class_defaults.def"
#undef VALUE
};

typedef struct row {
    uint16_t key, value;
} row;

_Static_assert(KEYS < OF_NULL && VALUES <= UINT16_MAX, "a row has 16 bits for each");

#define A(key, value) {KEY_##key, VALUE_##value},
#define N(key, value) {KEY_##key | OF_NULL, VALUE_##value},
#define CLASS(id, model_type, ...) static const row rows_##id[] = {__VA_ARGS__};
#include "hf/config_class_defaults.def"
#undef CLASS
#undef N
#undef A

static const struct config_class {
    const char *model_type;
    const row *rows;
    size_t count;
} classes[] = {
#define CLASS(id, model_type, ...) {model_type, rows_##id, sizeof rows_##id / sizeof rows_##id[0]},
#include "hf/config_class_defaults.def"
#undef CLASS
};

static const struct alias {
    const char *model_type, *name;
    uint16_t key;
} aliases[] = {
#define ALIAS(model_type, name, key) {model_type, name, KEY_##key},
#include "hf/config_class_defaults.def"
#undef ALIAS
};

static const struct {
    const char *architecture, *model_type;
} architectures[] = {
#define ARCHITECTURE(name, model_type) {name, model_type},
#include "hf/config_class_defaults.def"
#undef ARCHITECTURE
};

enum {
    CLASSES = sizeof classes / sizeof classes[0],
    ALIASES = sizeof aliases / sizeof aliases[0],
    ARCHITECTURES = sizeof architectures / sizeof architectures[0],
};

/** Negative, 0 or positive, as strcmp(); the tables are in this order. */
static int compare(vp_str a, const char *b)
{
    size_t length = strlen(b);
    int order = memcmp(a.at, b, a.length < length ? a.length : length);
    return order != 0 ? order : (a.length > length) - (a.length < length);
}

static const struct config_class *class_of(vp_str model_type)
{
    size_t low = 0, high = CLASSES;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        int order = compare(model_type, classes[middle].model_type);
        if (order == 0) return &classes[middle];
        if (order < 0)
            high = middle;
        else
            low = middle + 1;
    }
    return NULL;
}

/** The number of a key; KEYS when the table does not have it. */
static size_t key_of(const char *name)
{
    size_t low = 0, high = KEYS;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        int order = strcmp(name, key_names[middle]);
        if (order == 0) return middle;
        if (order < 0)
            high = middle;
        else
            low = middle + 1;
    }
    return KEYS;
}

/** The first alias of a class; ALIASES when it has none. */
static size_t first_alias(vp_str model_type)
{
    size_t low = 0, high = ALIASES;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (compare(model_type, aliases[middle].model_type) <= 0)
            high = middle;
        else
            low = middle + 1;
    }
    return low;
}

const char *vp_class_default_alias(vp_str model_type, const char *name)
{
    for (size_t i = first_alias(model_type); i < ALIASES && vp_str_equal(model_type, aliases[i].model_type);
         i++)
        if (strcmp(aliases[i].name, name) == 0) return key_names[aliases[i].key];
    return NULL;
}

const char *vp_class_default_alias_of(vp_str model_type, const char *member, const char *last)
{
    bool after = !last;
    for (size_t i = first_alias(model_type); i < ALIASES && vp_str_equal(model_type, aliases[i].model_type);
         i++) {
        if (after && strcmp(key_names[aliases[i].key], member) == 0) return aliases[i].name;
        if (last && strcmp(aliases[i].name, last) == 0) after = true;
    }
    return NULL;
}

const char *vp_class_default_model_type(vp_str architecture)
{
    for (size_t i = 0; i < ARCHITECTURES; i++)
        if (vp_str_equal(architecture, architectures[i].architecture)) return architectures[i].model_type;
    return NULL;
}

bool vp_class_default_has_class(vp_str model_type) { return class_of(model_type) != NULL; }

bool vp_class_list_next(vp_str *list, vp_str *item)
{
    if (list->length == 0) return false;
    const char *comma = memchr(list->at, ',', list->length);
    item->at = list->at;
    item->length = comma ? (size_t)(comma - list->at) : list->length;
    size_t taken = item->length + (comma != NULL);
    list->at += taken;
    list->length -= taken;
    return true;
}

/** The next field of a rule; "" when it is empty or the last is taken. */
static vp_str field(vp_str *rest)
{
    vp_str item = {"", 0};
    vp_class_list_next(rest, &item);
    return item;
}

static int64_t count_field(vp_str *rest)
{
    uint64_t number = 0;
    vp_str_to_u64(field(rest), &number);
    return (int64_t)number;
}

static void take(const struct value *from, vp_class_default *out)
{
    memset(out, 0, sizeof *out);
    out->kind = (vp_class_kind)from->kind;
    out->text = out->other = out->by = vp_str_from("");
    switch (out->kind) {
    case VP_CLASS_NULL:
        return;
    case VP_CLASS_SWITCH:
        out->on = from->integer != 0;
        return;
    case VP_CLASS_INTEGER:
        out->integer = from->integer;
        return;
    case VP_CLASS_NUMBER:
        out->number = from->number;
        return;
    default:
        break;
    }
    vp_str rest = vp_str_from(from->text);
    switch (out->kind) {
    case VP_CLASS_MEMBER:
        out->text = field(&rest);
        out->other = field(&rest);
        return;
    case VP_CLASS_EVERY:
        out->integer = count_field(&rest);
        out->on = vp_str_equal(field(&rest), "first");
        break;
    case VP_CLASS_HEAD:
        out->integer = count_field(&rest);
        break;
    case VP_CLASS_PART:
        out->text = field(&rest);
        out->on = vp_str_equal(field(&rest), "1");
        out->flat = vp_str_equal(field(&rest), "1");
        return;
    default:
        out->text = rest;
        return;
    }
    out->text = field(&rest);
    out->other = field(&rest);
    out->by = field(&rest);
}

static bool find(vp_str model_type, const char *key, unsigned of_null, vp_class_default *out)
{
    const struct config_class *found = class_of(model_type);
    if (!found) return false;
    const char *own = vp_class_default_alias(model_type, key);
    size_t wanted = key_of(own ? own : key);
    size_t low = 0, high = found->count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        /* an absent member's row comes before that of null: order by key, then by the mark */
        size_t at = (size_t)(found->rows[middle].key & ~(unsigned)OF_NULL) * 2 +
                    ((found->rows[middle].key & OF_NULL) != 0);
        size_t target = wanted * 2 + of_null;
        if (at == target) {
            take(&values[found->rows[middle].value], out);
            return true;
        }
        if (target < at)
            high = middle;
        else
            low = middle + 1;
    }
    return false;
}

bool vp_class_default_find(vp_str model_type, const char *key, vp_class_default *out)
{
    return find(model_type, key, 0, out);
}

bool vp_class_default_of_null(vp_str model_type, const char *key, vp_class_default *out)
{
    return find(model_type, key, 1, out);
}
