/* SPDX-License-Identifier: Apache-2.0 */
/* Which files make a model, and bounded reads of them. The only room besides probe that knows an
 * operating system. */
#ifndef VP_CHECKPOINT_CHECKPOINT_H
#define VP_CHECKPOINT_CHECKPOINT_H

#include "core/facts.h"

/** Reads a model directory, or a single .safetensors file beside its config.json: config, index,
 *  tensor headers. Never a whole shard, no mmap. `path` is UTF-8; `pointer` is where the request
 *  named it ("/model/path") and starts the error's path. What people really pass gets its own message:
 *  a LoRA adapter, the parent of checkpoint-N folders, a git-lfs pointer, a missing or half-downloaded
 *  shard, a GGUF file, an empty directory. */
bool vp_checkpoint_read(const char *path, const char *pointer, vp_facts *facts, vp_error *error);

/** Where the local hub cache keeps ORG/NAME at a revision ("main" when NULL): writes the snapshot
 *  directory. cache is the hub folder (".../hub"). VLLMPLAN_E_NOT_FOUND when it is not there. */
bool vp_checkpoint_find_hub(const char *cache, const char *id, const char *revision, char *out, size_t room,
                            const char *pointer, vp_error *error);

#endif
