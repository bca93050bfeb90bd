/* SPDX-License-Identifier: Apache-2.0 */
#include <stdlib.h>
#include <string.h>

#include "api/api.h"
#include "base/vp_int.h"

int32_t vllmplan_request_new(vllmplan_request **out)
{
    if (!out) return VLLMPLAN_E_MISUSE;
    vllmplan_request *request = calloc(1, sizeof *request);
    vp_json_seed();
    json_t *root = json_object();
    if (!request || !root) {
        json_decref(root);
        free(request);
        return VLLMPLAN_E_NO_MEMORY;
    }
    request->tag = VP_TAG_REQUEST;
    request->root = root;
    *out = request;
    return VLLMPLAN_OK;
}

void vllmplan_request_free(vllmplan_request *request)
{
    if (!request || request->tag != VP_TAG_REQUEST) return;
    request->tag = 0;
    json_decref(request->root);
    free(request);
}

const char *vp_pointer_next(const char *pointer, char *name, size_t room)
{
    size_t length = 0;
    if (*pointer++ != '/') return NULL;
    for (; *pointer && *pointer != '/'; pointer++) {
        if (length + 1 == room) return NULL;
        name[length] = *pointer;
        if (*pointer == '~') {
            pointer++;
            if (*pointer != '0' && *pointer != '1') return NULL;
            name[length] = *pointer == '0' ? '~' : '/';
        }
        length++;
    }
    name[length] = '\0';
    return pointer;
}

/** The index that a segment means in a list: "-" is the next element. */
static bool index_of(const json_t *list, const char *name, size_t *out)
{
    uint64_t index;
    if (strcmp(name, "-") == 0) {
        *out = json_array_size(list);
        return true;
    }
    if (!vp_str_to_u64(vp_str_from(name), &index) || index > json_array_size(list)) return false;
    *out = (size_t)index;
    return true;
}

/** Puts a value in the place of `name`; takes the value over, whatever happens. */
static bool put_at(json_t *parent, const char *name, json_t *value)
{
    size_t index;
    if (json_is_object(parent)) return json_object_set_new(parent, name, value) == 0;
    if (!json_is_array(parent) || !index_of(parent, name, &index)) {
        json_decref(value);
        return false;
    }
    return index < json_array_size(parent) ? json_array_set_new(parent, index, value) == 0
                                           : json_array_append_new(parent, value) == 0;
}

static json_t *child(const json_t *parent, const char *name)
{
    size_t index;
    if (json_is_object(parent)) return json_object_get(parent, name);
    return json_is_array(parent) && index_of(parent, name, &index) ? json_array_get(parent, index) : NULL;
}

/** A missing container is a list when the next segment is the first index of one, else an object. */
static json_t *make_child(json_t *parent, const char *name, const char *rest)
{
    char next[256];
    const char *end = vp_pointer_next(rest, next, sizeof next);
    bool list = end && (strcmp(next, "-") == 0 || strcmp(next, "0") == 0);
    json_t *made = list ? json_array() : json_object();
    if (!made) return NULL;
    return put_at(parent, name, made) ? made : NULL;
}

/** Walks to the parent of the last segment, and puts the value there. Takes the value over. */
static bool put_below(json_t *root, const char *pointer, json_t *value)
{
    char name[256];
    json_t *at = root;
    const char *rest = pointer;
    for (uint32_t depth = 0; depth < VP_MAX_REQUEST_DEPTH; depth++) {
        rest = vp_pointer_next(rest, name, sizeof name);
        if (!rest || !vp_utf8_valid(vp_str_from(name))) break;
        if (!*rest) return put_at(at, name, value);
        json_t *below = child(at, name);
        at = below ? below : make_child(at, name, rest);
        if (!json_is_object(at) && !json_is_array(at)) break;
    }
    json_decref(value);
    return false;
}

/** Sets a value that was made for it. NULL: there was no memory, unless the error says otherwise. */
static int32_t set(vllmplan_request *request, const char *pointer, json_t *value, vp_error *problem,
                   vllmplan_error *error)
{
    if (!value) {
        vp_fail(problem, VLLMPLAN_E_NO_MEMORY, "", "no memory");
    } else if (*pointer == '\0') {
        if (json_is_object(value)) {
            json_decref(request->root);
            request->root = value;
            return VLLMPLAN_OK;
        }
        json_decref(value);
        vp_fail(problem, VLLMPLAN_E_MISUSE, "", "a request as a whole is an object");
    } else if (put_below(request->root, pointer, value)) {
        return VLLMPLAN_OK;
    } else {
        vp_fail(problem, VLLMPLAN_E_MISUSE, pointer, "this pointer cannot be followed");
    }
    return vp_error_give(problem, error);
}

/** The arguments that all setters have. A failure is written to the caller's error. */
static int32_t check(const vllmplan_request *request, const char *pointer, bool value_given,
                     vp_error *problem, vllmplan_error *error)
{
    vp_error_start(problem);
    if (!vp_error_usable(error)) return VLLMPLAN_E_ABI;
    if (request && request->tag == VP_TAG_REQUEST && pointer && value_given) return VLLMPLAN_OK;
    vp_fail(problem, VLLMPLAN_E_MISUSE, "", "the handle is no request, or an argument is NULL");
    return vp_error_give(problem, error);
}

int32_t vllmplan_request_set_u64(vllmplan_request *request, const char *pointer, uint64_t value,
                                 vllmplan_error *error)
{
    vp_error problem;
    int32_t status = check(request, pointer, true, &problem, error);
    if (status != VLLMPLAN_OK) return status;
    if (value > VP_MAX_FIGURE) {
        vp_fail(&problem, VLLMPLAN_E_RANGE, pointer, "numbers are at most 2^53-1");
        return vp_error_give(&problem, error);
    }
    return set(request, pointer, json_integer((json_int_t)value), &problem, error);
}

int32_t vllmplan_request_set_text(vllmplan_request *request, const char *pointer, const char *text,
                                  vllmplan_error *error)
{
    vp_error problem;
    int32_t status = check(request, pointer, text != NULL, &problem, error);
    if (status != VLLMPLAN_OK) return status;
    if (!vp_utf8_valid(vp_str_from(text))) {
        vp_fail(&problem, VLLMPLAN_E_SYNTAX, pointer, "the text is not UTF-8");
        return vp_error_give(&problem, error);
    }
    return set(request, pointer, json_string(text), &problem, error);
}

int32_t vllmplan_request_set_json(vllmplan_request *request, const char *pointer, const char *json,
                                  size_t length, vllmplan_error *error)
{
    vp_error problem;
    int32_t status = check(request, pointer, json != NULL, &problem, error);
    if (status != VLLMPLAN_OK) return status;
    json_t *value = vp_json_parse(json, length, &problem);
    return set(request, pointer, value, &problem, error);
}
