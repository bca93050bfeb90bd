/* SPDX-License-Identifier: Apache-2.0 */
#include "data/architectures.h"

#include <string.h>

static const vp_architecture rows[] = {
#define ARCHITECTURE(class_name, ...) {.name = class_name, __VA_ARGS__},
#include "data/architectures.def"
#undef ARCHITECTURE
};

bool vp_architecture_backed(const vp_architecture *row, vp_release release)
{
    if (!row) return false;
    return (row->backed.minor > 0 && vp_release_compare(release, row->backed) >= 0) ||
           vp_release_compare(release, row->since) < 0;
}

size_t vp_architecture_count(void) { return sizeof rows / sizeof rows[0]; }

const vp_architecture *vp_architecture_at(size_t index)
{
    return index < vp_architecture_count() ? &rows[index] : NULL;
}

const vp_architecture *vp_architecture_find(vp_str name)
{
    for (size_t i = 0; i < vp_architecture_count(); i++)
        if (vp_str_equal(name, rows[i].name)) return &rows[i];
    return NULL;
}

/** Endings of names, in vLLM's order (config/model.py:_SUFFIX_TO_DEFAULTS), and the head that a class of that
 *  ending has when it is made of one of another ending. */
static const struct ending {
    const char *text;
    vp_head_rule head;
} endings[] = {
    {"ForCausalLM", VP_HEAD_WORDS},
    {"ForConditionalGeneration", VP_HEAD_WORDS},
    {"ChatModel", VP_HEAD_WORDS},
    {"LMHeadModel", VP_HEAD_WORDS},
    {"ForTextEncoding", VP_HEAD_NONE},
    {"EmbeddingModel", VP_HEAD_NONE},
    {"ForSequenceClassification", VP_HEAD_SCORE},
    {"ForTokenClassification", VP_HEAD_SCORE},
    {"ForAudioClassification", VP_HEAD_SCORE},
    {"ForImageClassification", VP_HEAD_SCORE},
    {"ForVideoClassification", VP_HEAD_SCORE},
    {"ClassificationModel", VP_HEAD_SCORE},
    {"ForRewardModeling", VP_HEAD_NONE},
    {"RewardModel", VP_HEAD_NONE},
    {"Model", VP_HEAD_NONE},
};

enum { ENDINGS = sizeof endings / sizeof endings[0], MAX_CLASS_NAME = 128 };

const vp_architecture *vp_architecture_convert(vp_str name, vp_head_rule *head)
{
    for (size_t i = 0; i < ENDINGS; i++) {
        size_t length = strlen(endings[i].text);
        if (name.length < length || memcmp(name.at + name.length - length, endings[i].text, length) != 0)
            continue;
        *head = endings[i].head;
        if (*head == VP_HEAD_WORDS) return NULL; /* the class is the vLLM release's own, or none */
        for (size_t j = 0; j < ENDINGS; j++) {
            char other[MAX_CLASS_NAME];
            size_t stem = name.length - length, ending = strlen(endings[j].text);
            if (stem + ending > sizeof other) continue;
            memcpy(other, name.at, stem);
            memcpy(other + stem, endings[j].text, ending);
            const vp_architecture *row = vp_architecture_find((vp_str){other, stem + ending});
            if (row) return row;
        }
        return NULL; /* the first ending decides */
    }
    return NULL;
}
