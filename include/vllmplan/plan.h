/* SPDX-License-Identifier: Apache-2.0 */
/* A plan: an immutable answer, read by the JSON pointers of the contract. */
#ifndef VLLMPLAN_PLAN_H
#define VLLMPLAN_PLAN_H

#include <stddef.h>
#include <stdint.h>

#include <vllmplan/export.h>
#include <vllmplan/request.h>
#include <vllmplan/status.h>

#ifdef __cplusplus
extern "C" {
#endif

typedef struct vllmplan_plan vllmplan_plan;

/** Makes a plan. allow: VLLMPLAN_ALLOW_* bits of json.h. *out is owned: release it with
 *  vllmplan_plan_free(); untouched on failure. The request is only read and may be used again.
 *  Since 0.1. */
VLLMPLAN_API VLLMPLAN_MUST_CHECK int32_t vllmplan_plan_new(const vllmplan_request *request, uint32_t allow,
                                                           vllmplan_plan **out, vllmplan_error *error);

/** Releases a plan and everything borrowed from it. NULL is allowed. Since 0.1. */
VLLMPLAN_API void vllmplan_plan_free(vllmplan_plan *plan);

/* Getters. pointer: such as "/memory/ranks/0/weights_bytes". Many threads may read one plan at a
 * time. They fail with VLLMPLAN_E_NO_SUCH_FIGURE for a pointer that leads nowhere or to null, and
 * VLLMPLAN_E_TYPE for a value of another kind; the output is then untouched. */

/** A whole number that is not negative, in the unit its name says. Since 0.1. */
VLLMPLAN_API VLLMPLAN_MUST_CHECK int32_t vllmplan_plan_get_u64(const vllmplan_plan *plan, const char *pointer,
                                                               uint64_t *out);

/** A text: borrowed, NUL-terminated, valid until the plan is freed. Since 0.1. */
VLLMPLAN_API VLLMPLAN_MUST_CHECK int32_t vllmplan_plan_get_text(const vllmplan_plan *plan,
                                                                const char *pointer, const char **out);

/** The number of elements of a list, or of members of an object. Since 0.1. */
VLLMPLAN_API VLLMPLAN_MUST_CHECK int32_t vllmplan_plan_count(const vllmplan_plan *plan, const char *pointer,
                                                             size_t *out);

/** The arguments for the first node, program first, as for execvp(): borrowed, NULL-terminated,
 *  valid until the plan is freed. count may be NULL. NULL when plan is NULL or the plan has no
 *  arguments. Since 0.1. */
VLLMPLAN_API const char *const *vllmplan_plan_argv(const vllmplan_plan *plan, size_t *count);

/** The plan as JSON text: the same bytes as vllmplan_plan_json() gives. *out is owned: release it
 *  with vllmplan_free(). Since 0.1. */
VLLMPLAN_API VLLMPLAN_MUST_CHECK int32_t vllmplan_plan_to_json(const vllmplan_plan *plan, char **out,
                                                               size_t *out_length);

#ifdef __cplusplus
}
#endif

#endif
