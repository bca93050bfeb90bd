/* SPDX-License-Identifier: Apache-2.0 */
/* A group: modules of a model that are alike in everything but the layer they stand in. */
#ifndef VP_CORE_GROUP_H
#define VP_CORE_GROUP_H

#include <stdbool.h>
#include <stdint.h>

#include "base/vp_int.h"
#include "core/layers.h"
#include "data/dtypes.h"
#include "data/modules.h"

enum { VP_MAX_PARTS = 8 };

/** What a tensor-parallel rank holds of the outputs of a part. */
typedef enum vp_shard {
    VP_SHARD_COPY,   /* all of them */
    VP_SHARD_DIVIDE, /* its share; whole units must divide */
    VP_SHARD_HEADS,  /* its share of the units, at least one: KV heads, which are copied then */
    VP_SHARD_VOCAB,  /* rows padded to a multiple of 64, then divided */
    VP_SHARD_COUNT
} vp_shard;

/** One matrix or vector inside a fused module: q, k, v of qkv_proj. */
typedef struct vp_part {
    uint64_t out;
    uint64_t unit; /* outputs that stay together: the size of a head; 1 where there is none */
    vp_shard shard;
} vp_part;

/** Where in a pipeline a group stands. */
typedef enum vp_place {
    VP_PLACE_LAYERS, /* in its layers */
    VP_PLACE_FIRST,  /* on the first rank; of a tied model on the last one too */
    VP_PLACE_LAST,
    VP_PLACE_EVERY, /* on every rank */
    VP_PLACE_TOWER, /* in a tower, whose layers its layers are: on every rank, or on the first */
    VP_PLACE_COUNT
} vp_place;

/** What the files hold for a group: beside it, never part of it. Zero when no headers were read. */
typedef struct vp_evidence {
    uint64_t bytes; /* tensor bytes in the files, helpers such as absmax included */
    uint32_t tensors;
    uint32_t packed; /* of these, weights that are stored packed */
    vp_dtype dtype;  /* of the plain weights; VP_DTYPE_NONE when there is none or several */
} vp_evidence;

/** Modules that are alike in everything but the layer they stand in. */
typedef struct vp_group {
    const vp_module *module; /* row of modules.def: vLLM's own (fused) name, role, kind */
    uint64_t in;             /* inputs of a matrix; 0 for a vector (norms) */
    bool in_divided;         /* a rank holds its share of the inputs */
    bool whole_if_backed;    /* not divided in releases that run transformers' own class */
    bool exact;             /* computes in float32, and is kept in it where no kernel does that with 16 bit */
    bool per_token;         /* a row for each token of a step: max_num_batched_tokens */
    bool whole_in_sequence; /* not split where the experts' inputs are split by tokens (shared experts) */
    bool buffer;            /* registered beside parameters: also on ranks that do not load the tower */
    bool made;              /* vLLM makes it itself: in no file, and no parameter of the model */
    uint32_t out_multiple;  /* outputs on a rank are padded to this; 0 = not */
    vp_part parts[VP_MAX_PARTS];
    uint32_t part_count;
    uint64_t copies;    /* experts: that many matrices, divided over ranks with expert parallelism; else 1 */
    uint32_t bias_made; /* parts (bits) whose bias no file has: vLLM fills it with zeros (keys of Whisper) */
    bool bias;          /* each part has a bias of its `out` elements; whole where the inputs are divided */
    uint32_t copied_part; /* 1 + a part that the files need not have: it is loaded from another; 0 = none */
    bool alias;           /* shares the memory of embed_tokens: the head of a tied model */
    vp_dtype dtype;       /* VP_DTYPE_NONE: the model's */
    vp_place place;
    uint64_t
        whole_unless; /* an encoder that every rank may hold whole: it does when asked (mm_encoder_tp_mode), and
                            * where tp does not divide this; 1 = when asked only, 0 = never */
    uint32_t scheme;  /* 1 + index of stored.schemes; 0 = not stored packed */
    vp_layers layers; /* empty for what stands outside of layers */
    vp_evidence evidence;
} vp_group;

/** Begins a group of one matrix (`in` > 0) or vector; more parts and switches are set on it. `layers` NULL:
 *  outside of layers. */
void vp_group_start(vp_group *group, vp_module_key key, const vp_layers *layers, uint64_t in, vp_part part);
void vp_group_add_part(vp_group *group, vp_part part);

static inline vp_part vp_copied(uint64_t out) { return (vp_part){out, 1, VP_SHARD_COPY}; }
static inline vp_part vp_divided(uint64_t out) { return (vp_part){out, 1, VP_SHARD_DIVIDE}; }
/** Rows of a vocabulary, padded and divided. */
static inline vp_part vp_vocabulary(uint64_t rows) { return (vp_part){rows, 1, VP_SHARD_VOCAB}; }
/** `count` units of `unit` outputs, divided; vp_at_least_one(): copied when there are fewer than ranks. */
static inline vp_part vp_units(uint64_t count, uint64_t unit)
{
    return (vp_part){vp_mul(count, unit), unit, VP_SHARD_DIVIDE};
}
static inline vp_part vp_at_least_one(uint64_t count, uint64_t unit)
{
    return (vp_part){vp_mul(count, unit), unit, VP_SHARD_HEADS};
}

#endif
