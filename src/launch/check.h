/* SPDX-License-Identifier: Apache-2.0 */
/* A command, judged: where vLLM is in it, its settings, what is wrong, and the command mended. */
#ifndef VP_LAUNCH_CHECK_H
#define VP_LAUNCH_CHECK_H

#include "launch/conflicts.h"

typedef struct vp_check {
    /* in */
    vp_words words;
    vp_arena *arena;
    const vp_release_row *release; /* NULL until vp_check_find(): then the image's, or the newest */
    bool release_given;            /* by the request: the image's tag then only has to agree */
    bool entry_given, module;      /* how an image starts; otherwise as its release did */
    bool plugin_methods, bnb_plugin;
    const char *file_text; /* of --config, as read; NULL: it was not */
    const char *file_name;
    /* out */
    vp_command_line line;
    vp_parse parse;  /* of the command as it was given */
    vp_parse mended; /* of the command as it was mended: what its settings are taken from */
    vp_remarks remarks;
    vp_remarks unused; /* of the second parse */
    vp_mend mend, kept;
    vp_situation situation;
    vp_argv argv; /* mended, without secrets */
} vp_check;

/** Splits nothing: `words` are set. Finds vLLM and the release. False only without room, as all below. */
bool vp_check_find(vp_check *check);
/** The name of the file behind --config; NULL when there is none. */
const char *vp_check_file(const vp_check *check);
/** Reads the arguments; the situation is ready for facts about the model and the cards. */
bool vp_check_parse(vp_check *check);
/** Judges conflicts with what is known by now, mends, and reads the mended command. */
bool vp_check_finish(vp_check *check);

/** A configuration file (YAML, as vLLM reads it) as arguments; remarks at `index` for what is not understood.
 *  vllm/utils/argparse_utils.py:load_config_file. */
bool vp_config_items(const char *text, uint32_t index, const vp_parse *p, vp_item *out, uint32_t room,
                     uint32_t *count);

#endif
