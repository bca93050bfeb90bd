/* SPDX-License-Identifier: Apache-2.0 */
/* Which modules a quantization config means: lists of names to leave alone, groups with targets, tables of
 * layers. One evaluation for all methods; how entries are compared is the method's. */
#ifndef VP_HF_QUANT_RULES_H
#define VP_HF_QUANT_RULES_H

#include <jansson.h>

#include "core/facts.h"
#include "hf/module_names.h"
#include "hf/pattern.h"

/** How an entry of a list is compared with a module's name. */
typedef enum vp_entry_rule {
    VP_ENTRY_EXACT,     /* utils/quant_utils.py:is_layer_skipped */
    VP_ENTRY_CONTAINED, /* the same with match_mode "substring" */
    VP_ENTRY_WORD,      /* one of the name's words, or a front of it: bitsandbytes.py:is_layer_skipped_bnb */
    VP_ENTRY_WILDCARD,  /* modelopt.py:is_layer_excluded: contained, or a shell wildcard */
    VP_ENTRY_PATTERN, /* exact or "re:": compressed_tensors/utils.py:should_ignore_layer; Quark: wildcards */
    VP_ENTRY_REGEX, /* a bare expression, matched from the front: utils/gptq_utils.py:get_dynamic_override */
} vp_entry_rule;

typedef struct vp_entry {
    vp_str text, bare; /* as written; without the names of wrappers in front */
    vp_pattern *pattern;
} vp_entry;

/** A list of entries, compiled once. */
typedef struct vp_entries {
    vp_entry_rule rule;
    vp_entry *list;
    size_t count, room;
    bool odd; /* an entry could not be understood: what it means is not known */
} vp_entries;

/** Takes a JSON list of text, and of lists; what is neither is skipped. False: no memory. */
bool vp_entries_read(vp_entries *out, vp_entry_rule rule, const json_t *list);
/** Appends one; the text has to outlive the list. False: no memory. */
bool vp_entries_add(vp_entries *entries, vp_str text);
void vp_entries_free(vp_entries *entries);

/** Whether the list takes a module: as a whole, or all of its parts. `some` is set when it takes some parts
 *  only. */
bool vp_entries_take(const vp_entries *entries, const vp_module_names *names, bool *some);
/** The same for one name. */
bool vp_entries_take_name(const vp_entries *entries, const char *name);

/** Modules that are stored in one way. */
typedef struct vp_quant_group {
    vp_scheme scheme;
    vp_entries targets; /* by name */
    bool linear;        /* every linear layer that nothing else takes, experts too */
} vp_quant_group;

/** What a quantization config says, whatever its method. */
typedef struct vp_quant_rules {
    vp_entries skip, only; /* only: when there are any, nothing else is packed */
    vp_quant_group groups[VP_MAX_SCHEMES];
    uint32_t group_count;
    const json_t *layers; /* ModelOpt: a table of layers by name; `algos` says which group each entry means */
    bool head;            /* the output head is a linear layer like the others */
    bool experts_only;    /* linear layers stay as they are */
    bool by_files;        /* without a list of modules, the files tell */
    bool unknown;         /* something is stored in a way that is not computed */
} vp_quant_rules;

/** Appends a way of storing; NULL when there are too many. */
vp_quant_group *vp_quant_add_group(vp_quant_rules *rules, const vp_scheme *scheme);

/* The methods that need more than a scheme and a list (config_compressed.c, config_modelopt.c). */
bool vp_quant_compressed(const json_t *block, vp_stored *stored, vp_quant_rules *rules);
bool vp_quant_modelopt(const json_t *block, vp_stored *stored, vp_quant_rules *rules);
/** The group of an entry of ModelOpt's table of layers, or -1. */
int vp_quant_modelopt_layer(const vp_quant_rules *rules, const vp_module_names *names, bool *some);

/** Names that a config may use for a bare path. */
enum { VP_FRONT_COUNT = 5 };
const char *vp_front_at(int index);

#endif
