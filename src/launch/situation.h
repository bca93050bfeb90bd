/* SPDX-License-Identifier: Apache-2.0 */
/* A command with what is known about its model and cards, as the numbers and texts that rules ask for. */
#ifndef VP_LAUNCH_SITUATION_H
#define VP_LAUNCH_SITUATION_H

#include "launch/command_line.h"
#include "launch/parse_args.h"

typedef enum vp_operand {
    VP_OF_CONSTANT, /* not one of the table: the number stands in the rule */
#define OPERAND(id, name) VP_OF_##id,
#include "launch/operands.def"
#undef OPERAND
    VP_OF_COUNT
} vp_operand;

typedef struct vp_situation {
    const vp_parse *parse;
    const vp_command_line *line;
    bool known[VP_OF_COUNT];
    uint64_t value[VP_OF_COUNT];
    const char *stored;     /* quant_method of the checkpoint; "" = none; NULL = not known */
    const char *dtype;      /* that the model will run in; NULL = not known */
    const char *model_type; /* of config.json, or NULL */
    bool bnb_plugin;        /* the plugin that brings bitsandbytes back is declared */
} vp_situation;

/** Takes over what the command says. */
void vp_situation_start(vp_situation *s, const vp_parse *parse, const vp_command_line *line);
void vp_situation_set(vp_situation *s, vp_operand operand, uint64_t value);
/** Computes what follows from the rest. Call it when the model and the cards have been set. */
void vp_situation_finish(vp_situation *s);
/** "heads" */
const char *vp_operand_name(vp_operand operand);

#endif
