/* SPDX-License-Identifier: Apache-2.0 */
/* Facts: everything that is known about a checkpoint, and what was found odd about it. `inspect`
 * prints them, and a plan made from that print equals one made from the files. */
#ifndef VP_CORE_FACTS_H
#define VP_CORE_FACTS_H

#include "core/attention.h"
#include "core/inventory.h"
#include "core/model.h"

enum { VP_MAX_FINDINGS = 24 };

typedef enum vp_severity { VP_INFO, VP_WARNING, VP_SEVERE } vp_severity;

/** Something odd about the files: a closed code, a sentence and, where there is one, what to do. */
typedef struct vp_finding {
    char code[48];
    vp_severity severity;
    char text[480];
    char fix[480]; /* "" when there is nothing to do */
} vp_finding;

typedef struct vp_facts {
    vp_model model;
    vp_structure structure; /* read from a config; empty when the facts were printed before */
    vp_inventory inventory;
    vp_attention_list attention;
    vp_finding findings[VP_MAX_FINDINGS];
    uint32_t finding_count;
    uint32_t shards;       /* files that were read; 0 when there was only a config */
    uint64_t header_bytes; /* what was read of them */
} vp_facts;

void vp_facts_find(vp_facts *facts, const char *code, vp_severity severity, const char *fix,
                   const char *format, ...) VP_PRINTF(5, 6);

#endif
