/* SPDX-License-Identifier: Apache-2.0 */
/* The cards of this machine in the words of requests and answers. */
#ifndef VP_API_MACHINE_H
#define VP_API_MACHINE_H

#include <jansson.h>

#include "core/plan.h"
#include "probe/probe.h"

/** Looks, when the call allows it. `env`: the request's host.env, which counts instead of the process's own
 *  environment; NULL: none given. */
bool vp_machine_look(vp_probe *out, uint32_t allow, const json_t *env, vp_error *error);

/** Answers "gpus": "auto" of a request, which is changed; *probed: it said so. */
bool vp_machine_resolve(json_t *root, uint32_t allow, vp_probe *probe, bool *probed, vp_error *error);

/** Puts what was seen in the place of "gpus": "auto": idle cards first. Fails when there is no CUDA card, and
 *  says what there is. */
bool vp_machine_fill(const vp_probe *probe, json_t *root, vp_error *error);

/** What a user should know about the cards: who holds their memory, what is uncertain. */
void vp_machine_notes(const vp_probe *probe, vp_arena *arena, vp_plan *plan);

/** The answer to {"topic": "machine"}. */
bool vp_machine_write(vp_writer *w, const void *probe, vp_error *error);

#endif
