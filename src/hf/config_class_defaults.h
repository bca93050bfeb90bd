/* SPDX-License-Identifier: Apache-2.0 */
/* What the config class of a model says about a member that config.json does not have. */
#ifndef VP_CONFIG_CLASS_DEFAULTS_H
#define VP_CONFIG_CLASS_DEFAULTS_H

#include <stdbool.h>
#include <stdint.h>

#include "base/vp_text.h"

typedef enum vp_class_kind {
    VP_CLASS_NULL,     /* the class has the member, and it is null */
    VP_CLASS_SWITCH,   /* on */
    VP_CLASS_INTEGER,  /* integer */
    VP_CLASS_NUMBER,   /* number */
    VP_CLASS_TEXT,     /* text */
    VP_CLASS_INTEGERS, /* text: a list, for vp_class_list_next() */
    VP_CLASS_TEXTS,    /* text: a list, for vp_class_list_next() */
    VP_CLASS_MEMBER,   /* equal to the member `text`, or that divided by the member `other`, rounded down */
    VP_CLASS_EVERY,    /* one text a layer: the first (on) or last of each `integer` layers is `text`, the
                        * rest `other`; the member `by`, when config.json has it, replaces `integer` */
    VP_CLASS_HEAD,     /* one text a layer: the first `integer` are `text`, the rest `other`; `by` as above */
    VP_CLASS_PART,     /* an object with a class of its own, that of model_type `text`. on: the object's own
                        * model_type chooses the class, `text` only where it has none. flat: without the
                        * object its members may stand in the outer one */
    VP_CLASS_COMPUTED, /* a rule without a row fills it in; text: the members it looks at, may be empty */
} vp_class_kind;

typedef struct vp_class_default {
    vp_class_kind kind;
    bool on, flat;
    int64_t integer;
    double number;
    vp_str text, other, by; /* empty where the kind does not name them */
} vp_class_default;

/** The default of an absent member; false when the class does not know the member (then vLLM's own
 *  getattr() default holds) or the class is not in the table. The key may be an alias, and a path
 *  ("vision_config.hidden_size") names a member of an object that is absent or null as a whole. */
bool vp_class_default_find(vp_str model_type, const char *key, vp_class_default *out);
/** What the class makes of a member that is there and null; false when it stays null. */
bool vp_class_default_of_null(vp_str model_type, const char *key, vp_class_default *out);
bool vp_class_default_has_class(vp_str model_type);
/** The class's own name of a member that config.json or vLLM calls otherwise ("hidden_size" of gpt2 is
 *  "n_embd"); NULL when the name is no alias. */
const char *vp_class_default_alias(vp_str model_type, const char *name);
/** The other way: the alias after `last` (NULL: the first) of the class's member; NULL when there is none. */
const char *vp_class_default_alias_of(vp_str model_type, const char *member, const char *last);
/** The model_type of an architecture whose config.json may lack it; NULL when it has to be there. */
const char *vp_class_default_model_type(vp_str architecture);
/** Takes the next item off a list; false at its end. */
bool vp_class_list_next(vp_str *list, vp_str *item);

#endif
