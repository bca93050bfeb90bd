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

/** Checks that every setting exists in the engine's release and has a value its parser takes. The
 *  error's path is /settings/NAME; the message names the release that has it, what replaced it, the
 *  allowed choices, or the nearest name. */
bool vp_launch_check(const vp_settings *settings, const vp_release_row *release, vp_error *error);

/** Builds the arguments: program, model, settings in the stable order of flags.def, then the
 *  engine's extra_args. Settings must have passed vp_launch_check(). False when the arena is too
 *  small or a text cannot be an argument (VLLMPLAN_E_RANGE: it holds NUL). */
bool vp_launch_argv(const vp_engine *engine, const char *serve_as, const vp_settings *settings,
                    vp_arena *arena, vp_argv *out, vp_error *error);

#endif
