/* SPDX-License-Identifier: Apache-2.0 */
/* libvllmplan: will this model start in vLLM on this card, and with which arguments?
 *
 * Include this header only. Rules that hold everywhere:
 *   - Argument order: the object, inputs (a pointer, then its length), outputs, then the error.
 *   - A call that can fail returns int32_t: VLLMPLAN_OK or a negative VLLMPLAN_E_*. "Does not fit"
 *     is an answer in the plan, with VLLMPLAN_OK.
 *   - Outputs are untouched on failure; the *_json calls are the exception (json.h).
 *   - Words for memory: borrowed (valid until the named object is freed), owned (release it with the
 *     named function), copied (the library keeps its own).
 *   - Text is UTF-8. Sizes are bytes, lengths tokens, ratios permille, unless a name says otherwise.
 *   - No global state and nothing ambient: any function from any thread, also after fork().
 */
#ifndef VLLMPLAN_VLLMPLAN_H
#define VLLMPLAN_VLLMPLAN_H

#include <vllmplan/export.h>
#include <vllmplan/json.h>
#include <vllmplan/plan.h>
#include <vllmplan/request.h>
#include <vllmplan/status.h>
#include <vllmplan/version.h>

#endif
