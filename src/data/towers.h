/* SPDX-License-Identifier: Apache-2.0 */
/* Encoders for images and sound beside a decoder, and the projectors between them: rows of towers.def. A tower
 * is a list of sizes, which its part of config.json names, and a list of modules, whose shapes are formulas
 * over the sizes. */
#ifndef VP_DATA_TOWERS_H
#define VP_DATA_TOWERS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "data/dtypes.h"
#include "data/modules.h"

enum { VP_MAX_TOWER_SIZES = 32 };

typedef enum vp_tower_kind {
#define TOWER(key, ...) VP_TOWER_##key,
#define SIZE(...)
#define PART(...)
#include "data/towers.def"
#undef PART
#undef SIZE
#undef TOWER
    VP_TOWER_COUNT
} vp_tower_kind;

typedef struct vp_tower_row {
    const char *name;     /* its key: modules of different towers may be called alike */
    const char *scopes;   /* where its config is: "vision_config|vision_tower_config"; "" = the whole file */
    const char *prefixes; /* of its tensors, behind "model." and the like: "visual.|vision_tower." */
    const char *when;     /* rule of data/architectures.h, asked of its config; NULL = always */
    const char *
        data; /* formula: every rank may hold it whole, and does where tp does not divide this; "1" = only when
                       * asked, NULL = never (vision.py:is_vit_use_data_parallel) */
    const char *unpacked; /* a stored method that it is built without, whatever the method's own list says */
    bool audio;
    bool aside;         /* no encoder: what a class keeps besides */
    const char *source; /* file:class of vllm/model_executor/models, 0.33.0 */
} vp_tower_row;

/** A size of a tower. The members are looked for in the tower's config, those with a slash in front in the whole
 *  file; the first that is there counts. Marks: "?a" a switch, 0 or 1; "#a" how many items the list has; "=a:text"
 *  1 when the member is that text; "<a" the number of layers up to the one that the member names, where -1 is the
 *  last of `depth` and 1 the first; ">a" the same where 0 is the first; "*a:b" the size b times a number;
 *  "%a" one divided by a number; "+a" the second of a list. Without members the fallback is the size. */
typedef struct vp_tower_size {
    vp_tower_kind tower;
    const char *name, *keys;
    const char *fallback; /* formula over the sizes above; NULL = the member has to be there */
} vp_tower_size;

/** How tensor parallelism splits a module. */
typedef enum vp_tower_split {
    VP_TOWER_WHOLE,   /* not at all */
    VP_TOWER_COLUMNS, /* its outputs, in units that stay together */
    VP_TOWER_ROWS,    /* its inputs */
    VP_TOWER_GROUPED, /* as columns; all parts but the first at least one unit each (KV heads) */
    VP_TOWER_VOCAB,   /* rows padded to 64, then divided */
} vp_tower_split;

/** One module of a tower, or one for each layer. Formulas: sums, products, whole quotients, remainders,
 *  parentheses, "<" and "=" (0 or 1) over the tower's sizes, numbers, and `decoder`, the decoder's hidden size. */
typedef struct vp_tower_part {
    vp_tower_kind tower;
    vp_module module; /* its name is the path behind the prefix, # for the layer */
    const char
        *files; /* other paths in checkpoints, by spaces; {a,b} spells the parts; NULL = the name alone */
    const char *layers, *first; /* how many layers, from which on; NULL = it stands once, from 0 */
    const char *in;             /* inputs; NULL = a vector */
    const char *out;            /* outputs; "a|b" for several parts */
    const char *unit;           /* outputs that stay together: the size of a head; NULL = 1 */
    const char *data;           /* as of the tower, where this module goes its own way; NULL = as the tower */
    const char *bias, *when;    /* formulas, not 0 = there is one; NULL = no bias, always there */
    vp_tower_split split;
    vp_dtype dtype;     /* VP_DTYPE_NONE: the model's */
    uint32_t bias_made; /* parts (bits) whose bias no file has */
    bool per_token;     /* a row for each token of a step (max_num_batched_tokens) */
    bool buffer;        /* registered as such: also on ranks that do not load the tower */
    bool made;          /* vLLM makes it for itself: no file has it */
    bool bare;          /* the path is the whole name of a parameter, without ".weight" */
} vp_tower_part;

const vp_tower_row *vp_tower_row_of(vp_tower_kind kind);
size_t vp_tower_size_count(void);
const vp_tower_size *vp_tower_size_at(size_t index);
size_t vp_tower_part_count(void);
const vp_tower_part *vp_tower_part_at(size_t index);
/** The row that a tower's module belongs to; NULL for a decoder's. */
const vp_tower_part *vp_tower_part_of(const vp_module *module);
/** The module of that name of the tower of that name; NULL when there is none. */
const vp_module *vp_tower_module_find(vp_str tower, vp_str name);

#endif
