/* SPDX-License-Identifier: Apache-2.0 */
/* What a tensor's name says: which vLLM module it belongs to, which part of it, in which layer, and
 * whether it is the weight, the bias or a helper of a quantization method. */
#ifndef VP_CORE_TENSOR_NAMES_H
#define VP_CORE_TENSOR_NAMES_H

#include <stdbool.h>
#include <stdint.h>

#include "base/vp_text.h"
#include "data/architectures.h"
#include "data/modules.h"

/** The part number of a tensor that holds all parts of a fused module: Qwen-1's c_attn. */
#define VP_PART_WHOLE UINT32_MAX
/** Of one that holds all parts but the first: TeleChat's key_value. */
#define VP_PART_REST (UINT32_MAX - 1)

typedef enum vp_suffix {
#define SUFFIX(key, ending, kind) VP_SUFFIX_##key,
#include "data/tensor_suffixes.def"
#undef SUFFIX
    VP_SUFFIX_COUNT,
    VP_SUFFIX_UNKNOWN = VP_SUFFIX_COUNT
} vp_suffix;

/** A parameter that has no ending of its own: "layers.0.mixer.A_log". */
#define VP_SUFFIX_BARE VP_SUFFIX_UNKNOWN

typedef enum vp_suffix_kind {
    VP_SUFFIX_KIND_WEIGHT, /* the matrix or vector */
    VP_SUFFIX_KIND_PACKED, /* the matrix, always packed */
    VP_SUFFIX_KIND_BIAS,
    VP_SUFFIX_KIND_HELPER,
    VP_SUFFIX_KIND_NONE
} vp_suffix_kind;

typedef struct vp_tensor_name {
    vp_suffix suffix; /* known for every architecture */
    vp_suffix_kind kind;
    const vp_module *module; /* NULL: no module of this spelling takes it */
    uint32_t part;           /* VP_PART_WHOLE: all of them; VP_PART_REST: all but the first */
    bool in_layer, is_expert;
    uint64_t layer, expert;
    size_t next_row; /* where vp_tensor_name_next() goes on; rows of the base count on from the last */
} vp_tensor_name;

/** Reads a name such as "model.layers.3.self_attn.q_proj.weight". Leading "model." and
 *  "transformer." are taken off, so that wrapped and bare names read alike. */
vp_tensor_name vp_tensor_name_read(vp_spelling spelling, vp_str name);
/** Goes on to the next module that takes tensors of this name (models differ in which of them they have);
 *  false when there is none. */
bool vp_tensor_name_next(vp_spelling spelling, vp_str name, vp_tensor_name *read);

/** Walks the paths that name a module in the files: "layers.#.mlp.up_proj". Start with *at = 0; false at the
 *  end. */
bool vp_tensor_path_next(vp_spelling spelling, vp_module_key module, size_t *at, const char **path,
                         uint32_t *part);
/** The name behind "model.", "language_model." and the like, as often as they stand there. */
vp_str vp_tensor_without_wrappers(vp_str name);
/** What a known ending says, and its length with the dot. */
vp_suffix_kind vp_tensor_suffix_kind(vp_suffix suffix);
size_t vp_tensor_suffix_length(vp_suffix suffix);

/** The suffix alone: for an architecture without a row, whose modules are not known. */
vp_suffix vp_tensor_suffix(vp_str name);

/** The name that a file would use for a part: "transformer.h.3.mlp.w2.weight". For messages. */
void vp_tensor_name_write(vp_writer *w, vp_spelling spelling, vp_module_key module, uint32_t part,
                          uint64_t layer, vp_suffix suffix);

#endif
