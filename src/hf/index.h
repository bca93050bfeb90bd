/* SPDX-License-Identifier: Apache-2.0 */
/* model.safetensors.index.json: which shard holds which tensor. And adapter_config.json, of which one
 * member is wanted. */
#ifndef VP_HF_INDEX_H
#define VP_HF_INDEX_H

#include "base/vp_error.h"

#define VP_MAX_INDEX_BYTES ((uint64_t)256 << 20)
enum { VP_MAX_SHARDS = 100000 };

typedef struct vp_hf_index vp_hf_index;

/** Reads the index; NULL with the error set. Every shard is a plain name of a .safetensors file: no
 *  path out of the directory is followed. `file` names the index in messages. */
vp_hf_index *vp_hf_index_new(vp_str text, const char *file, vp_error *error);
void vp_hf_index_free(vp_hf_index *index);
/** The shards that are named, sorted, each once. */
uint32_t vp_hf_index_shards(const vp_hf_index *index);
const char *vp_hf_index_shard(const vp_hf_index *index, uint32_t i);
/** A shard holds this tensor. */
void vp_hf_index_saw(vp_hf_index *index, vp_str tensor);
/** Every tensor of the index was seen; else the error names the first that was not. */
bool vp_hf_index_complete(const vp_hf_index *index, vp_error *error);

/** base_model_name_or_path of an adapter_config.json, fit for a message; "" when it cannot be read. */
void vp_hf_adapter_base(vp_str text, char *out, size_t room);

#endif
