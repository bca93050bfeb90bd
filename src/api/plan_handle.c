/* SPDX-License-Identifier: Apache-2.0 */
#include <stdlib.h>
#include <string.h>

#include "api/api.h"

static bool is_plan(const vllmplan_plan *plan) { return plan && plan->tag == VP_TAG_PLAN; }

static bool borrow_argv(vllmplan_plan *plan)
{
    const json_t *list = json_object_get(plan->root, "argv");
    plan->argv_count = json_array_size(list);
    plan->argv = calloc(plan->argv_count + 1, sizeof *plan->argv);
    if (!plan->argv) return false;
    for (size_t i = 0; i < plan->argv_count; i++) plan->argv[i] = json_string_value(json_array_get(list, i));
    return true;
}

static bool fill(const vllmplan_request *request, uint32_t allow, vllmplan_plan *plan, vp_error *error)
{
    /* through the text, so that a handle gives what vllmplan_plan_json() gives, limits included */
    char *text = json_dumps(request->root, JSON_COMPACT);
    if (!text) return vp_fail(error, VLLMPLAN_E_NO_MEMORY, "", "no memory");
    json_t *root = vp_json_parse(text, strlen(text), error);
    free(text);
    if (!root) return false;
    bool ok = vp_plan_work(root, allow, &plan->text, &plan->length, error);
    json_decref(root);
    if (!ok) return false;
    plan->root = json_loadb(plan->text, plan->length, 0, NULL);
    return (plan->root && borrow_argv(plan)) || vp_fail(error, VLLMPLAN_E_NO_MEMORY, "", "no memory");
}

static bool make(const vllmplan_request *request, uint32_t allow, vllmplan_plan **out, vp_error *error)
{
    const uint32_t known = VLLMPLAN_ALLOW_FILES | VLLMPLAN_ALLOW_PROBE | VLLMPLAN_ALLOW_ENV;
    if (!out || !request || request->tag != VP_TAG_REQUEST || (allow & ~known))
        return vp_fail(error, VLLMPLAN_E_MISUSE, "",
                       "the request is no request, out is NULL, or allow has an unknown bit");
    vllmplan_plan *plan = calloc(1, sizeof *plan);
    if (!plan) return vp_fail(error, VLLMPLAN_E_NO_MEMORY, "", "no memory");
    plan->tag = VP_TAG_PLAN;
    if (!fill(request, allow, plan, error)) {
        vllmplan_plan_free(plan);
        return false;
    }
    *out = plan;
    return true;
}

int32_t vllmplan_plan_new(const vllmplan_request *request, uint32_t allow, vllmplan_plan **out,
                          vllmplan_error *error)
{
    vp_error problem;
    vp_error_start(&problem);
    if (!vp_error_usable(error)) return VLLMPLAN_E_ABI;
    return make(request, allow, out, &problem) ? VLLMPLAN_OK : vp_error_give(&problem, error);
}

void vllmplan_plan_free(vllmplan_plan *plan)
{
    if (!is_plan(plan)) return;
    plan->tag = 0;
    json_decref(plan->root);
    free(plan->argv);
    free(plan->text);
    free(plan);
}

/** One step down: `name` is a segment of a pointer, unescaped. */
static const json_t *step(const json_t *value, const char *name)
{
    uint64_t index;
    if (json_is_object(value)) return json_object_get(value, name);
    if (!json_is_array(value) || !vp_str_to_u64(vp_str_from(name), &index)) return NULL;
    return index < json_array_size(value) ? json_array_get(value, (size_t)index) : NULL;
}

static const json_t *find(const vllmplan_plan *plan, const char *pointer)
{
    const json_t *value = plan->root;
    char name[256];
    while (value && *pointer) {
        pointer = vp_pointer_next(pointer, name, sizeof name);
        if (!pointer) return NULL;
        value = step(value, name);
    }
    return json_is_null(value) ? NULL : value;
}

int32_t vllmplan_plan_get_u64(const vllmplan_plan *plan, const char *pointer, uint64_t *out)
{
    if (!is_plan(plan) || !pointer || !out) return VLLMPLAN_E_MISUSE;
    const json_t *value = find(plan, pointer);
    if (!value) return VLLMPLAN_E_NO_SUCH_FIGURE;
    if (!json_is_integer(value) || json_integer_value(value) < 0) return VLLMPLAN_E_TYPE;
    *out = (uint64_t)json_integer_value(value);
    return VLLMPLAN_OK;
}

int32_t vllmplan_plan_get_text(const vllmplan_plan *plan, const char *pointer, const char **out)
{
    if (!is_plan(plan) || !pointer || !out) return VLLMPLAN_E_MISUSE;
    const json_t *value = find(plan, pointer);
    if (!value) return VLLMPLAN_E_NO_SUCH_FIGURE;
    if (!json_is_string(value)) return VLLMPLAN_E_TYPE;
    *out = json_string_value(value);
    return VLLMPLAN_OK;
}

int32_t vllmplan_plan_count(const vllmplan_plan *plan, const char *pointer, size_t *out)
{
    if (!is_plan(plan) || !pointer || !out) return VLLMPLAN_E_MISUSE;
    const json_t *value = find(plan, pointer);
    if (!value) return VLLMPLAN_E_NO_SUCH_FIGURE;
    if (!json_is_array(value) && !json_is_object(value)) return VLLMPLAN_E_TYPE;
    *out = json_is_array(value) ? json_array_size(value) : json_object_size(value);
    return VLLMPLAN_OK;
}

const char *const *vllmplan_plan_argv(const vllmplan_plan *plan, size_t *count)
{
    bool any = is_plan(plan) && plan->argv_count > 0;
    if (count) *count = any ? plan->argv_count : 0;
    return any ? plan->argv : NULL;
}

int32_t vllmplan_plan_to_json(const vllmplan_plan *plan, char **out, size_t *out_length)
{
    if (!is_plan(plan) || !out) return VLLMPLAN_E_MISUSE;
    char *text = malloc(plan->length + 1);
    if (!text) return VLLMPLAN_E_NO_MEMORY;
    memcpy(text, plan->text, plan->length + 1);
    *out = text;
    if (out_length) *out_length = plan->length;
    return VLLMPLAN_OK;
}
