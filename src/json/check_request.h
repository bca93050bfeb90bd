/* SPDX-License-Identifier: Apache-2.0 */
/* Requests and answers of check. */
#ifndef VP_JSON_CHECK_REQUEST_H
#define VP_JSON_CHECK_REQUEST_H

#include "launch/check.h"
#include "json/json.h"

/** Reads a request: the command's words and what is said about model, cards, engine and host. A request
 *  without a model has source->path, id, config and facts NULL; one without cards has no devices. */
bool vp_json_check(json_t *root, vp_check *check, vp_request *request, vp_model_source *source,
                   vp_error *error);
/** Takes what rules ask for from config.json's tree; `config` may be NULL. Texts are borrowed. */
void vp_json_situation(const json_t *config, const json_t *quantization, vp_situation *s);

/** {"engine","findings","settings","argv","plan"}; plan may be NULL. */
bool vp_json_put_check(vp_writer *w, const vp_check *check, const vp_plan *plan, const vp_start *start,
                       vp_error *error);

#endif
