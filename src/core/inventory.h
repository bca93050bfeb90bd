/* SPDX-License-Identifier: Apache-2.0 */
/* The inventory: every parameter of a model, as groups of equal modules. It is the same list whether
 * it comes from tensor headers or from config.json; all sums over weights start here. */
#ifndef VP_CORE_INVENTORY_H
#define VP_CORE_INVENTORY_H

#include <stdbool.h>
#include <stdint.h>

#include "base/vp_error.h"
#include "core/model.h"
#include "core/structure.h"
#include "data/modules.h"

enum {
    VP_MAX_GROUPS = 256,
    VP_MAX_PARTS = 8,
};

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
    VP_PLACE_EVERY, /* on every rank: its layers are those of a tower */
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
    vp_part parts[VP_MAX_PARTS];
    uint32_t part_count;
    uint64_t copies; /* experts: that many matrices, divided over ranks with expert parallelism; else 1 */
    bool bias;       /* each part has a bias of its `out` elements; whole where the inputs are divided */
    bool alias;      /* shares the memory of embed_tokens: the head of a tied model */
    vp_dtype dtype;  /* VP_DTYPE_NONE: the model's */
    vp_place place;
    uint32_t scheme;  /* 1 + index of stored.schemes; 0 = not stored packed */
    vp_layers layers; /* empty for what stands outside of layers */
    vp_evidence evidence;
} vp_group;

typedef struct vp_inventory {
    vp_group groups[VP_MAX_GROUPS];
    uint32_t count;
    bool full;                 /* a group found no room: nothing may rest on the list */
    bool from_headers;         /* shapes were read from tensor headers, else derived from the config */
    uint64_t checkpoint_bytes; /* tensor bytes in the files that vLLM opens, or derived */
    bool checkpoint_bytes_known;
    uint64_t bytes_by_role[VP_ROLE_COUNT]; /* the same, by role */
    uint64_t other_tensors;                /* tensors in the files that no module takes (vLLM skips them) */
} vp_inventory;

const char *vp_shard_name(vp_shard shard);
const char *vp_place_name(vp_place place);

/** Sum of the outputs of all parts. */
uint64_t vp_group_out(const vp_group *group);
/** Elements of the matrix or vector of one module, without its bias; all experts together. */
uint64_t vp_group_elements(const vp_group *group);
/** How many modules the group stands for: its layers, or one. */
uint64_t vp_group_instances(const vp_group *group);
/** Logical parameters of the whole model; a tied head counts once. */
uint64_t vp_inventory_parameters(const vp_inventory *inventory);

/** Fills the inventory from the structure alone; checkpoint bytes are what files of the model's dtype
 *  would hold when nothing is quantized (checkpoint_bytes_known stays false). Fails with
 *  VLLMPLAN_E_UNSUPPORTED when the architecture has no row, VLLMPLAN_E_LIMIT for more groups than fit. */
bool vp_inventory_from_structure(const vp_model *model, const vp_structure *structure, vp_inventory *out,
                                 vp_error *error);

#endif
