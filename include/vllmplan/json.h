/* SPDX-License-Identifier: Apache-2.0 */
/* JSON in, JSON out: the whole library for callers through FFI. */
#ifndef VLLMPLAN_JSON_H
#define VLLMPLAN_JSON_H

#include <stddef.h>
#include <stdint.h>

#include <vllmplan/export.h>
#include <vllmplan/status.h>

#ifdef __cplusplus
extern "C" {
#endif

/* What a call may touch besides its request. 0 is a pure function of the request: no file, no
 * device, no environment variable, no clock. */
#define VLLMPLAN_ALLOW_FILES 1u /**< read model directories and the local hub cache */
#define VLLMPLAN_ALLOW_PROBE 2u /**< ask the drivers of this machine for its GPUs */
#define VLLMPLAN_ALLOW_ENV 4u   /**< read environment variables, such as HF_HOME */

/* All calls below share one form.
 *   request, length   JSON text, UTF-8, length in bytes; need not end with NUL. Used only during
 *                     the call.
 *   allow             VLLMPLAN_ALLOW_* bits.
 *   *out              owned text, NUL-terminated; release it with vllmplan_free(). On failure it is
 *                     {"error":{"code","name","path","message"}}, so that one read serves both
 *                     cases; NULL when there was no memory, or when out itself is NULL.
 *   *out_length       bytes of *out without the NUL; out_length may be NULL.
 * They return VLLMPLAN_OK, or one of VLLMPLAN_E_*. Any thread may call them at any time. */

/** A plan: verdict, memory, decision table and arguments for one request. With "deploy": {"format"} in the request
 *  "rendered" holds the same as a script or file, {"format", "text", "commands", "placeholders": [{"word", "path",
 *  "text"}]}; without it, null. Since 0.1. */
VLLMPLAN_API VLLMPLAN_MUST_CHECK int32_t vllmplan_plan_json(const char *request, size_t length,
                                                            uint32_t allow, char **out, size_t *out_length);

/** What a checkpoint is: {"model": ...} in, {"facts","findings"} out. "facts" may stand in a plan's
 *  request in place of the files, and the plan is then the same, byte for byte. Since 0.1. */
VLLMPLAN_API VLLMPLAN_MUST_CHECK int32_t vllmplan_inspect_json(const char *request, size_t length,
                                                               uint32_t allow, char **out,
                                                               size_t *out_length);

/** A command, judged: {"command": [...] or text, "model"?, "gpus"?, "engine"?, "host"?} in, {"findings":
 *  [{"index","code","severity","text","fix"}], "settings", "argv" (mended), "plan"} out. The plan is null
 *  when model or cards are not known. A text is split as a shell splits it; nothing is run. Since 0.1. */
VLLMPLAN_API VLLMPLAN_MUST_CHECK int32_t vllmplan_check_json(const char *request, size_t length,
                                                             uint32_t allow, char **out, size_t *out_length);

/** Rows of the library's own tables: {"topic": "gpus" | "methods" | "releases" | "flags" |
 *  "architectures" | "codes" | "schema", "release"?}. Since 0.1. */
VLLMPLAN_API VLLMPLAN_MUST_CHECK int32_t vllmplan_describe_json(const char *request, size_t length,
                                                                uint32_t allow, char **out,
                                                                size_t *out_length);

/** What a start log of vLLM says: {"log": text, "model"?, "gpus"?, "engine"?} in, the figures of each rank, what
 *  failed and how much was missing, and remedies out. Secrets of the log are never in the answer. Since 0.1. */
VLLMPLAN_API VLLMPLAN_MUST_CHECK int32_t vllmplan_explain_json(const char *request, size_t length,
                                                               uint32_t allow, char **out,
                                                               size_t *out_length);

/** Releases text that the library returned. NULL is allowed. Never use free() for it. Since 0.1. */
VLLMPLAN_API void vllmplan_free(void *text);

#ifdef __cplusplus
}
#endif

#endif
