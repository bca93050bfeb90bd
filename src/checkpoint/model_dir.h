/* SPDX-License-Identifier: Apache-2.0 */
/* A model directory while it is read: shared by the files of this room. */
#ifndef VP_CHECKPOINT_MODEL_DIR_H
#define VP_CHECKPOINT_MODEL_DIR_H

#include "checkpoint/files.h"
#include "core/facts.h"
#include "hf/hf.h"
#include "hf/index.h"
#include "hf/show.h"

/** All tensor headers of a model together. */
#define VP_MAX_ALL_HEADER_BYTES ((uint64_t)1 << 30)

typedef struct vp_model_dir {
    vp_dir dir;
    vp_shown shown;      /* the path, fit for messages */
    const char *only;    /* the one shard to read; NULL: those of the directory */
    const char *pointer; /* where the request named it */
    vp_facts *facts;
    vp_error *error;
} vp_model_dir;

/** Fails with the file's name and the result's reason. Always false. */
bool vp_model_dir_fail(const vp_model_dir *m, const char *name, vp_file_result result);

bool vp_ends_with(const char *name, const char *ending);
/** How many names end so; *first is the first of them. */
size_t vp_model_dir_count(const vp_model_dir *m, const char *ending, const char **first);

/** Fails with what this directory is instead of a model. Always false. */
bool vp_model_dir_explain(const vp_model_dir *m);
/** Fails because the directory holds an adapter. Always false. */
bool vp_model_dir_explain_adapter(const vp_model_dir *m);

/** The weights, whatever they are: facts->inventory from headers, or from the config with a finding. */
bool vp_model_dir_read_weights(const vp_model_dir *m);
/** The headers of the shards: facts->inventory, shards, header_bytes. index may be NULL. */
bool vp_model_dir_read_shards(const vp_model_dir *m, const char *const *names, size_t count,
                              vp_hf_index *index);

#endif
