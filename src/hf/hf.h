/* SPDX-License-Identifier: Apache-2.0 */
/* Text of config.json and tensor headers -> facts. The only reader of their members, whether the text
 * came from a file or stood in a request. */
#ifndef VP_HF_HF_H
#define VP_HF_HF_H

#include "core/facts.h"
#include "hf/tensors.h"

/** Limits of what is read; documented in docs/limits.md. */
#define VP_MAX_CONFIG_BYTES ((uint64_t)16 << 20)
#define VP_MAX_HEADER_BYTES ((uint64_t)100 << 20) /* the safetensors library's own limit: 100 MB */

/** config.json as Python's json module reads it: bare NaN and Infinity are taken, the last of two
 *  equal keys wins; each with a finding. Fills facts->model. `path` is the JSON pointer or file name
 *  that messages start from. The text needs not end with NUL. */
bool vp_hf_config(vp_str text, const char *path, vp_facts *facts, vp_error *error);

/** The content of hf_quant_config.json or quantize_config.json, or a request's quantization_config:
 *  replaces what config.json said about quantization (facts->model.stored). */
bool vp_hf_quantization(vp_str text, const char *path, vp_facts *facts, vp_error *error);

/** Collects tensors of all shards; hand it as context of vp_tensors_scan() with vp_hf_take_tensor. */
typedef struct vp_hf_collector vp_hf_collector;
vp_hf_collector *vp_hf_collector_new(const vp_facts *facts); /* its model and structure; NULL: no memory */
void vp_hf_collector_free(vp_hf_collector *collector);
bool vp_hf_take_tensor(void *collector, const vp_tensor *tensor, vp_error *error);
/** All tensors were taken: fills facts->inventory (from_headers) and adds findings where files and
 *  config disagree. */
bool vp_hf_collector_finish(vp_hf_collector *collector, vp_facts *facts, vp_error *error);

#endif
