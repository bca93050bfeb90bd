/* SPDX-License-Identifier: Apache-2.0 */
/* vLLM releases: rows of releases.def, and the rules that changed between them. */
#ifndef VP_DATA_RELEASES_H
#define VP_DATA_RELEASES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/vp_error.h"
#include "base/vp_release.h"

typedef struct vp_release_row {
    const char *key;      /* "0.33.0" */
    const char *uploaded; /* "2026-11-20" */
    uint16_t utilization_default_permille;
    bool module_entrypoint;            /* python -m vllm.entrypoints.openai.api_server exists */
    bool model_option_with_serve;      /* vllm serve takes --model */
    bool model_positional_with_module; /* the module takes and uses a positional model */
    bool kv_cache_memory_bytes;        /* has --kv-cache-memory-bytes */
    bool max_model_len_auto;           /* --max-model-len auto */
    bool graphs_deducted;              /* CUDA graph memory is estimated and subtracted by default */
} vp_release_row;

size_t vp_release_count(void);
const vp_release_row *vp_release_at(size_t index); /* oldest first */
size_t vp_release_index(const vp_release_row *row);
/** The parsed number of a row. */
vp_release vp_release_of(const vp_release_row *row);

/** The row for a release as a user writes it: the row itself, or the nearest lower one (*exact is
 *  then false and a note is due). NULL with an error when it is no release number
 *  (VLLMPLAN_E_UNKNOWN_NAME, the nearest known one named) or older than the oldest row. */
const vp_release_row *vp_release_find(vp_str text, bool *exact, const char *path, vp_error *error);
const vp_release_row *vp_release_newest(void);

#endif
