/* SPDX-License-Identifier: Apache-2.0 */
/* The request that the options make, in the form of the contract. */
#define _XOPEN_SOURCE 700
#include "request.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cli.h"

json_t *request_part(json_t *request, const char *name)
{
    if (!*name) return request;
    json_t *object = json_object_get(request, name);
    if (!object) {
        object = json_object();
        json_object_set_new(request, name, object);
    }
    return object;
}

/** The set of GPUs that was named last; a nameless one when none was. */
static json_t *last_gpu(json_t *request)
{
    json_t *list = json_object_get(request, "gpus");
    if (!list) {
        list = json_array();
        json_object_set_new(request, "gpus", list);
    }
    if (json_array_size(list) == 0) json_array_append_new(list, json_object());
    return json_array_get(list, json_array_size(list) - 1);
}

/** NAME or NAME:COUNT. A name may hold ':' itself, so only digits after the last one are a count. */
static bool add_gpu(json_t *request, const char *value, vllmplan_error *error)
{
    const char *colon = strrchr(value, ':');
    uint64_t count = 0;
    bool counted = colon && text_to_u64(colon + 1, &count);
    json_t *name = json_stringn(value, counted ? (size_t)(colon - value) : strlen(value));
    if (!name) return cli_fail(error, VLLMPLAN_E_SYNTAX, "/gpus", "the name of the GPU is not UTF-8");
    json_t *gpu = json_pack("{s:o}", "name", name);
    if (counted) json_object_set_new(gpu, "count", json_integer((json_int_t)count));
    json_t *list = json_object_get(request, "gpus");
    if (!list) {
        list = json_array();
        json_object_set_new(request, "gpus", list);
    }
    return json_array_append_new(list, gpu) == 0;
}

/** Bytes from "25769803776", "24GiB", "23.68GiB", "24564MiB", "24GB". */
static bool parse_size(const char *value, uint64_t *out)
{
    static const struct {
        const char *name;
        uint64_t bytes;
    } units[] = {{"", 1},
                 {"B", 1},
                 {"KiB", 1ull << 10},
                 {"MiB", 1ull << 20},
                 {"GiB", 1ull << 30},
                 {"TiB", 1ull << 40},
                 {"KB", 1000},
                 {"MB", 1000000},
                 {"GB", 1000000000},
                 {"TB", 1000000000000}};
    const uint64_t most = ((uint64_t)1 << 53) - 1;
    uint64_t whole = 0, fraction = 0, scale = 1;
    const char *s = value;
    if (*s < '0' || *s > '9') return false;
    for (; *s >= '0' && *s <= '9'; s++) {
        whole = whole * 10 + (uint64_t)(*s - '0');
        if (whole > most) return false;
    }
    if (*s == '.')
        for (s++; *s >= '0' && *s <= '9'; s++) {
            if (scale == 1000000) return false; /* more digits than a byte count needs */
            fraction = fraction * 10 + (uint64_t)(*s - '0');
            scale *= 10;
        }
    while (*s == ' ') s++;
    for (size_t i = 0; i < sizeof units / sizeof units[0]; i++) {
        if (strcmp(s, units[i].name) != 0) continue;
        if (whole > most / units[i].bytes) return false;
        *out = whole * units[i].bytes + fraction * units[i].bytes / scale;
        return *out <= most;
    }
    return false;
}

bool request_is_word(const char *words, const char *value)
{
    size_t n = strlen(value);
    for (const char *s = words; s; s = strchr(s, '|') ? strchr(s, '|') + 1 : NULL)
        if (n > 0 && strncmp(s, value, n) == 0 && (s[n] == '|' || s[n] == '\0')) return true;
    return false;
}

static json_t *names(const option_row *row, const char *value)
{
    if (row->words && request_is_word(row->words, value)) return json_string(value);
    json_t *list = json_array();
    if (strcmp(value, "none") == 0 || !*value) return list;
    for (;;) {
        size_t n = strcspn(value, ",");
        if (json_array_append_new(list, json_stringn(value, n)) != 0) {
            json_decref(list);
            return NULL;
        }
        if (value[n] == '\0') return list;
        value += n + 1;
    }
}

/** A value of the request. Wrong numbers go on as text, for the library to say what it wants. */
static json_t *value_of(const option_row *row, const char *value)
{
    uint64_t number;
    switch (row->kind) {
    case OPTION_INTEGER:
        return text_to_u64(value, &number) ? json_integer((json_int_t)number) : json_string(value);
    case OPTION_NAMES:
        return names(row, value);
    default:
        return json_string(value);
    }
}

bool request_put(json_t *request, const option_row *row, const char *value, vllmplan_error *error)
{
    if (row->kind == OPTION_GPU) return add_gpu(request, value, error);
    bool gpu = strcmp(row->parent, "gpus") == 0;
    json_t *object = gpu ? last_gpu(request) : request_part(request, row->parent);
    json_t *made;
    uint64_t bytes;
    if (row->kind == OPTION_SIZE) {
        if (!parse_size(value, &bytes))
            return cli_fail(error, VLLMPLAN_E_RANGE, "",
                            "%s: \"%s\" is not a size; give bytes, or a unit as in 24GiB or 24564MiB",
                            row->name, value);
        made = json_integer((json_int_t)bytes);
    } else {
        made = value_of(row, value);
    }
    if (!made) return cli_fail(error, VLLMPLAN_E_SYNTAX, "", "%s: the value is not UTF-8", row->name);
    if (row->kind != OPTION_APPEND) return json_object_set_new(object, row->key, made) == 0;
    json_t *list = json_object_get(object, row->key);
    if (!list) {
        list = json_array();
        json_object_set_new(object, row->key, list);
    }
    return json_array_append_new(list, made) == 0;
}

json_t *request_read(const char *path, vllmplan_error *error)
{
    FILE *file = strcmp(path, "-") == 0 ? stdin : fopen(path, "rb");
    if (!file) {
        cli_fail(error, VLLMPLAN_E_NOT_FOUND, "", "the request %s cannot be opened", path);
        return NULL;
    }
    cli_text content = {0};
    char block[4096];
    size_t n;
    while ((n = fread(block, 1, sizeof block, file)) > 0 && content.length <= CLI_REQUEST_LIMIT)
        text_put_bytes(&content, block, n);
    bool broken = ferror(file) != 0;
    if (file != stdin) fclose(file);
    json_t *request = NULL;
    json_error_t problem;
    if (broken)
        cli_fail(error, VLLMPLAN_E_IO, "", "the request %s cannot be read", path);
    else if (content.failed)
        cli_fail(error, VLLMPLAN_E_NO_MEMORY, "", "there is not enough memory");
    else if (content.length > CLI_REQUEST_LIMIT)
        cli_fail(error, VLLMPLAN_E_LIMIT, "", "the request %s is longer than 64 MiB", path);
    else if (!(request = json_loadb(text_get(&content), content.length, JSON_REJECT_DUPLICATES, &problem)))
        cli_fail(error, VLLMPLAN_E_SYNTAX, "", "the request %s is not JSON: %s (line %d, column %d)", path,
                 problem.text, problem.line, problem.column);
    else if (!json_is_object(request)) {
        cli_fail(error, VLLMPLAN_E_TYPE, "", "the request %s is not a JSON object", path);
        json_decref(request);
        request = NULL;
    }
    text_free(&content);
    return request;
}

/** A directory or file, or else a name of the hub. What cannot be a hub's ORG/NAME is a path also when
 *  it does not exist, so that the library can say so. */
static bool is_path(const char *model)
{
    if (strchr("./~", model[0])) return true; /* the empty text too */
    const char *slash = strchr(model, '/');
    if (slash && strchr(slash + 1, '/')) return true;
    return access(model, F_OK) == 0;
}

bool request_put_model(json_t *request, const char *name, vllmplan_error *error)
{
    json_t *model = request_part(request, "model");
    bool path = is_path(name);
    if (json_object_set_new(model, path ? "path" : "id", json_string(name)) != 0)
        return cli_fail(error, VLLMPLAN_E_SYNTAX, "/model", "the model's name is not UTF-8");
    json_t *settings = json_object_get(request, "settings");
    json_t *revision = json_object_get(settings, "revision");
    if (!path && revision) json_object_set(model, "revision", revision);
    return true;
}

void request_whole_path(json_t *request)
{
    json_t *model = json_object_get(request, "model");
    const char *path = json_string_value(json_object_get(model, "path"));
    char *whole = path && path[0] != '/' && !json_object_get(model, "serve_as") ? realpath(path, NULL) : NULL;
    json_t *text = whole ? json_string(whole) : NULL; /* NULL too when its name is not UTF-8 */
    if (text) json_object_set_new(model, "path", text);
    free(whole);
}

void request_merge(json_t *base, const json_t *over, bool new_model)
{
    const char *key;
    json_t *value;
    json_object_foreach((json_t *)over, key, value)
    {
        json_t *below = json_object_get(base, key);
        bool whole = strcmp(key, "model") == 0 && new_model;
        if (json_is_object(below) && json_is_object(value) && !whole)
            json_object_update(below, value);
        else
            json_object_set(base, key, value);
    }
}
