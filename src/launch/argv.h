/* SPDX-License-Identifier: Apache-2.0 */
/* Settings to the argument list of one vLLM release. Never a shell: a list of texts. */
#ifndef VP_LAUNCH_ARGV_H
#define VP_LAUNCH_ARGV_H

#include "base/vp_error.h"
#include "core/request.h"

enum { VP_MAX_ARGV = 10512 };

typedef struct vp_argv {
    const char **items; /* NULL-terminated, in the arena */
    uint32_t count;
} vp_argv;

/** Checks that every setting exists in the engine's release and has a value that it takes. The
 *  error's path is /settings/NAME; the message names the release that has it, what replaced it, the
 *  allowed choices, or the nearest name. VLLMPLAN_E_UNKNOWN_NAME for the name of a setting,
 *  VLLMPLAN_E_TYPE for a value of another kind, VLLMPLAN_E_RANGE for one that is not allowed.
 *  plugin_methods: the caller's vLLM has plugins, which may bring quantization methods, load formats
 *  and parsers of their own; then only what vLLM's own argument parser refuses is refused. */
bool vp_launch_check(const vp_settings *settings, const vp_release_row *release, bool plugin_methods,
                     vp_error *error);

/** The same for one setting; `settings` are those beside it, which some values depend on. */
bool vp_launch_check_one(const vp_settings *settings, const vp_setting *setting,
                         const vp_release_row *release, bool plugin_methods, vp_error *error);

/** Whether a setting's value must not be shown: it never enters argv, but the environment. */
bool vp_launch_is_secret(const char *setting);

/** Builds the arguments: program, model, settings (those that people look for first, then by name),
 *  then the engine's extra_args. Secrets are left out. Settings must have passed vp_launch_check().
 *  False when the arena is too small (VLLMPLAN_E_LIMIT) or a text cannot be an argument
 *  (VLLMPLAN_E_RANGE: it holds NUL or is not UTF-8). */
bool vp_launch_argv(const vp_engine *engine, const char *serve_as, const vp_settings *settings,
                    vp_arena *arena, vp_argv *out, vp_error *error);

#endif
