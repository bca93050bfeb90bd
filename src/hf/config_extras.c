/* SPDX-License-Identifier: Apache-2.0 */
/* Small tensors that a class keeps besides. */
#include "base/vp_int.h"
#include "hf/config.h"

/** layers/activation.py:XIELU: alpha_p and alpha_n are learned, beta and eps are not. */
static void add_xielu(vp_reader *r, const vp_layers *all)
{
    vp_group *learned = vp_config_add_extra(r, VP_MODULE_ACTIVATION, all, 0, vp_copied(1));
    vp_group_add_part(learned, vp_copied(1));
    vp_config_add_extra(r, VP_MODULE_ACTIVATION_FIXED, all, 0, vp_copied(2))->made = true;
}

/** iquest_loopcoder.py:LoopGateProjection: a gate for each head over the head's own elements. */
static void add_loop_gates(vp_reader *r, const vp_layers *all)
{
    vp_config_add_extra(r, VP_MODULE_LOOP_GATE, all, r->model->head_dim, vp_divided(r->model->heads))->bias =
        true;
}

bool vp_config_extras(vp_reader *r)
{
    vp_layers all = {{0}};
    vp_group *mask;
    uint64_t positions = r->model->max_position;
    vp_layers_add_range(&all, 0, r->model->layers);
    switch (r->row->extra) {
    case VP_EXTRA_NONE:
        break;
    case VP_EXTRA_EMBED_SCALE:
        vp_config_add_extra(r, VP_MODULE_EMBED_SCALE, NULL, 0, vp_copied(1))->made = true;
        break;
    case VP_EXTRA_XIELU:
        add_xielu(r, &all);
        break;
    case VP_EXTRA_CAUSAL_MASK: /* modeling_gpt_bigcode.py:GPTBigCodeModel */
        mask = vp_config_add_extra(r, VP_MODULE_CAUSAL_MASK, NULL, positions, vp_copied(positions));
        mask->dtype = VP_DTYPE_UINT8;
        mask->made = true;
        break;
    case VP_EXTRA_EXIT_GATE: { /* ouro.py:OuroModel, its inputs divided */
        vp_group *gate =
            vp_config_add_extra(r, VP_MODULE_EXIT_GATE, NULL, r->structure->hidden, vp_copied(1));
        gate->in_divided = gate->bias = true;
        break;
    }
    case VP_EXTRA_LOOP_GATES:
        add_loop_gates(r, &all);
        break;
    }
    return true;
}
