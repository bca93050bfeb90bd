/* SPDX-License-Identifier: Apache-2.0 */
/* The parts of reading config.json, each in its own file. */
#ifndef VP_HF_CONFIG_H
#define VP_HF_CONFIG_H

#include <jansson.h>

#include "core/facts.h"

/** rope_scaling or rope_parameters: kind, factor, original length, rotated part of a head. */
bool vp_config_rope(const json_t *config, const char *path, vp_model *model, vp_error *error);
/** model->context, the longest context that vLLM derives; after vp_config_rope(). */
bool vp_config_context(const json_t *config, const char *path, vp_model *model, vp_error *error);
/** quantization_config, or what older tools wrote in its place. */
bool vp_config_quantization(const json_t *config, const char *path, vp_model *model, vp_error *error);

#endif
