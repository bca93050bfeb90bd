/* SPDX-License-Identifier: Apache-2.0 */
/* A request that is built member by member, addressed by the JSON pointers of the contract. */
#ifndef VLLMPLAN_REQUEST_H
#define VLLMPLAN_REQUEST_H

#include <stddef.h>
#include <stdint.h>

#include <vllmplan/export.h>
#include <vllmplan/status.h>

#ifdef __cplusplus
extern "C" {
#endif

typedef struct vllmplan_request vllmplan_request;

/** Makes an empty request. *out is owned: release it with vllmplan_request_free(). Untouched on
 *  failure (VLLMPLAN_E_NO_MEMORY, VLLMPLAN_E_MISUSE). Since 0.1. */
VLLMPLAN_API VLLMPLAN_MUST_CHECK int32_t vllmplan_request_new(vllmplan_request **out);

/** Releases a request. NULL is allowed. Plans made from it stay valid. Since 0.1. */
VLLMPLAN_API void vllmplan_request_free(vllmplan_request *request);

/* The setters copy their values. A pointer is RFC 6901 text such as "/gpus/0/name"; missing objects
 * and the next element of a list are made on the way ("-" is the next element too). Setting a member
 * again replaces it. Names and ranges are checked when the plan is made, so that the order of calls
 * does not matter. They fail with VLLMPLAN_E_MISUSE for a pointer that cannot be followed,
 * VLLMPLAN_E_SYNTAX for text that is not UTF-8 or not JSON, VLLMPLAN_E_RANGE above 2^53-1. */

/** Sets a number: bytes, tokens, counts. Since 0.1. */
VLLMPLAN_API VLLMPLAN_MUST_CHECK int32_t vllmplan_request_set_u64(vllmplan_request *request,
                                                                  const char *pointer, uint64_t value,
                                                                  vllmplan_error *error);

/** Sets text: names, paths. UTF-8, NUL-terminated. Since 0.1. */
VLLMPLAN_API VLLMPLAN_MUST_CHECK int32_t vllmplan_request_set_text(vllmplan_request *request,
                                                                   const char *pointer, const char *text,
                                                                   vllmplan_error *error);

/** Sets any JSON value; pointer "" replaces the whole request. Since 0.1. */
VLLMPLAN_API VLLMPLAN_MUST_CHECK int32_t vllmplan_request_set_json(vllmplan_request *request,
                                                                   const char *pointer, const char *json,
                                                                   size_t length, vllmplan_error *error);

#ifdef __cplusplus
}
#endif

#endif
