/* SPDX-License-Identifier: Apache-2.0 */
/* A server's arguments back to settings, by the rules of one release's own parser
 * (vllm/utils/argparse_utils.py:FlexibleArgumentParser, in older releases vllm/utils.py, over argparse). */
#ifndef VP_LAUNCH_PARSE_ARGS_H
#define VP_LAUNCH_PARSE_ARGS_H

#include "core/request.h"
#include "data/flags.h"
#include "launch/mend.h"

/** One argument. Those of a configuration file have the place of its name. */
typedef struct vp_item {
    const char *text;
    uint32_t index; /* of the word of the command */
    bool expands, from_file;
} vp_item;

/** An option that was found, with its values. */
typedef struct vp_given {
    const vp_flag *flag;
    const vp_item *option; /* the item that names it; values may follow it */
    uint32_t items;        /* how many items it takes up */
    const char **values;
    uint32_t value_count;
    const char *member; /* of --hf-overrides.a.b or --x.list+: what follows the first '.', or NULL */
    bool off, expands, faulty;
    bool attached; /* its value stands in the same word, behind '=' or a letter */
} vp_given;

typedef struct vp_parse {
    /* in */
    const vp_release_row *release;
    bool module, plugin_methods;
    bool image; /* the program is an image's own, so --model may be meant for another entry point */
    bool extra; /* arguments that come behind others: the model is named already */
    const vp_item *items;
    uint32_t item_count;
    vp_arena *arena;
    vp_remarks *remarks;
    vp_mend *mend;
    /* out */
    vp_given *given;
    uint32_t given_count;
    const vp_item *positional[2]; /* words without a flag: the first two */
    uint32_t positional_count;
    const vp_item *model; /* NULL: none is named */
    const char *model_text;
    vp_settings settings;
    const vp_given *said[VP_MAX_SETTINGS]; /* what each of `settings` is from; same order */
} vp_parse;

/** Reads the items. What is wrong becomes a remark and is left out of the settings. False only when the
 *  arena is too small. */
bool vp_parse_args(vp_parse *p);

/* Parts, each in a file of its own. */
bool vp_parse_items(vp_parse *p);    /* parse_args.c: items to options and values */
bool vp_parse_settings(vp_parse *p); /* given.c: the last of each, as a setting */
void vp_parse_model(vp_parse *p);    /* model_argument.c */
/** refused_values.c: says why a value is not taken, and leaves it out. */
void vp_parse_refuse(const vp_parse *p, vp_given *given, const vp_error *error);
/** unknown_flags.c: says what a name that the release does not have may be. */
void vp_parse_unknown(vp_parse *p, const vp_item *item, vp_str name, uint32_t items);
/** Whether the release is 0.MINOR.PATCH or newer. */
bool vp_parse_since(const vp_parse *p, uint32_t minor, uint32_t patch);
/** Leaves items out of the mended command. */
void vp_parse_drop(const vp_parse *p, const vp_item *item, uint32_t items);
/** The item of an option's first value; of the option itself when it is attached or there is none. */
const vp_item *vp_given_value(const vp_given *given);
/** Whether another release has the option. */
bool vp_parse_elsewhere(const vp_parse *p, vp_str name);
/** The text of a dotted option's object, from all that were given for `flag`: dotted.c. NULL: no room. */
const char *vp_parse_members(const vp_parse *p, const vp_flag *flag);

#endif
