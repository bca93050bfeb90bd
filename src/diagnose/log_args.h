/* SPDX-License-Identifier: Apache-2.0 */
/* Settings as a log shows them: a dict, a Namespace, or the engine's config as Python prints them. */
#ifndef VP_DIAGNOSE_LOG_ARGS_H
#define VP_DIAGNOSE_LOG_ARGS_H

#include "core/request.h"

/** One name and its value, as printed. `quoted`: the value was a text, now without its quotes. */
typedef struct vp_log_arg {
    vp_str name, value;
    bool quoted;
} vp_log_arg;

/** Takes the next pair of "name=value, ..." or "'name': value, ..."; false at the closing bracket or the
 *  end. */
bool vp_log_next_arg(vp_str *text, vp_log_arg *arg);

/** Puts what memory depends on into `settings`. replace: the user's own arguments, which override what a
 *  config line said. *model: where a model is named. Texts go into the arena. */
void vp_log_take_args(vp_str text, bool replace, vp_arena *arena, vp_settings *settings, const char **model);

#endif
