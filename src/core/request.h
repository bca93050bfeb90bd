/* SPDX-License-Identifier: Apache-2.0 */
/* A request after it was read: every member checked for type and range, names looked up, nothing
 * defaulted yet except where the comment says so. Texts are borrowed from the request's arena. */
#ifndef VP_CORE_REQUEST_H
#define VP_CORE_REQUEST_H

#include "base/vp_error.h"
#include "core/facts.h"
#include "core/runtime.h"
#include "data/gpus.h"
#include "data/releases.h"

enum {
    VP_MAX_SETTINGS = 160,
    VP_MAX_DEVICES = 16,
    VP_MAX_EXTRA_ARGS = 10000,
    VP_MAX_NAMES = 32,
};

typedef enum vp_value_kind {
    VP_VALUE_NULL, /* "none": the setting is left to vLLM */
    VP_VALUE_BOOL,
    VP_VALUE_INT,     /* a whole number, may be negative */
    VP_VALUE_DECIMAL, /* the user's digits are kept in `text` */
    VP_VALUE_TEXT,
    VP_VALUE_JSON, /* an object or list, as compact JSON */
} vp_value_kind;

/** One vLLM server argument by its snake_case name. */
typedef struct vp_setting {
    const char *name;
    vp_value_kind kind;
    const char *text; /* what goes into argv: "true" and "false" for switches */
} vp_setting;

typedef struct vp_settings {
    vp_setting items[VP_MAX_SETTINGS];
    uint32_t count;
} vp_settings;

const vp_setting *vp_settings_find(const vp_settings *settings, const char *name);
/** Adds or replaces; false when there is no room. */
bool vp_settings_put(vp_settings *settings, const char *name, vp_value_kind kind, const char *text);
bool vp_settings_remove(vp_settings *settings, const char *name);
/** The text of a setting that is present and not null, else NULL. */
const char *vp_settings_text(const vp_settings *settings, const char *name);
/** A whole number that is present; `fallback` when it is absent or null. Read only after the request
 *  was checked: a text that is no number counts as absent. */
uint64_t vp_settings_u64(const vp_settings *settings, const char *name, uint64_t fallback);
bool vp_settings_bool(const vp_settings *settings, const char *name, bool fallback);

/** One kind of card in the machine. */
typedef struct vp_device {
    const vp_gpu *gpu; /* NULL when the request gives only numbers */
    const char *name;  /* as the request says it, or NULL */
    const char *uuid;  /* or NULL */
    uint32_t index;    /* the driver's own number, as nvidia-smi shows it; only with index_given */
    bool index_given;
    uint32_t count;
    uint64_t total_bytes; /* what CUDA reports; filled from the row when the request has no number */
    uint64_t free_bytes;  /* free at start; filled by an estimate when the request has none */
    bool free_given;
    bool free_after_context; /* free_bytes already lacks vLLM's own CUDA context */
    uint16_t capability;     /* 86; 0 = not known */
} vp_device;

typedef enum vp_objective {
    VP_OBJECTIVE_QUALITY,
    VP_OBJECTIVE_CONTEXT,
    VP_OBJECTIVE_CONCURRENCY
} vp_objective;
typedef enum vp_quantization_policy {
    VP_QUANTIZATION_AUTO,
    VP_QUANTIZATION_NEVER,
    VP_QUANTIZATION_LIST
} vp_quantization_policy;

typedef struct vp_policy {
    vp_quantization_policy quantization;
    const char *methods[VP_MAX_NAMES]; /* for VP_QUANTIZATION_LIST */
    uint32_t method_count;
    vp_objective objective;
    bool risk_likely; /* "likely": the search may rely on the likely figures */
    bool may_change_given;
    const char *may_change[VP_MAX_NAMES];
    uint32_t may_change_count;
    uint64_t reserve_bytes;
} vp_policy;

typedef struct vp_engine {
    const vp_release_row *release; /* the row whose rules are used */
    const char *release_text;      /* as the user wrote it; the newest row's key when not given */
    bool release_given, release_exact;
    bool module_entrypoint; /* "module": python -m vllm.entrypoints.openai.api_server */
    const char *python;     /* for the module entry point; "python3" when not given */
    const char *plugins[VP_MAX_NAMES];
    uint32_t plugin_count;
    const char *runner;            /* "v1", "v2" or NULL */
    const char *const *extra_args; /* borrowed; extra_arg_count of them */
    uint32_t extra_arg_count;
} vp_engine;

typedef struct vp_request {
    vp_facts *facts;      /* the model */
    const char *serve_as; /* what stands in argv for the model */
    vp_device devices[VP_MAX_DEVICES];
    uint32_t device_count;
    uint32_t nodes; /* 1 when not given */
    vp_engine engine;
    vp_settings settings;
    uint64_t wish_context, wish_concurrency; /* 0 = not given */
    vp_policy policy;
    vp_compile_cache compile_cache;
    const char *platform;          /* "linux", "wsl2", "windows" or NULL */
    uint64_t ram_bytes, shm_bytes; /* of each machine; 0 = not said */
    /* measured terms from a log override the law; 0 = not given */
    uint64_t measured_weights, measured_activation, measured_non_torch, measured_graphs;
    bool measured_given[4]; /* in the order above */
} vp_request;

#endif
