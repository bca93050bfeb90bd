/* SPDX-License-Identifier: Apache-2.0 */
/* Groups of state-space and linear-attention layers (vllm/model_executor/layers/mamba/). */
#include "core/groups.h"

#include "base/vp_int.h"

/** qwen_gdn_linear_attn.py: q, k, v and the gate z in one projection; b and a in another; a depthwise
 *  convolution over q, k and v. */
static void add_gdn(vp_inventory *out, const vp_structure *s, const vp_mixer *m)
{
    vp_part keys = vp_units(m->k_heads, m->k_head_dim), values = vp_units(m->heads, m->head_dim);
    vp_group *group = vp_group_add(out, VP_MODULE_STATE_IN, &m->layers, s->hidden, keys);
    vp_group_add_part(group, keys);
    vp_group_add_part(group, values);
    vp_group_add_part(group, values);
    group = vp_group_add(out, VP_MODULE_STATE_BA, &m->layers, s->hidden, vp_units(m->heads, 1));
    vp_group_add_part(group, vp_units(m->heads, 1));
    group = vp_group_add(out, VP_MODULE_STATE_CONV, &m->layers, m->conv_kernel, keys);
    vp_group_add_part(group, keys);
    vp_group_add_part(group, values);
    vp_group_add(out, VP_MODULE_STATE_DT_BIAS, &m->layers, 0, vp_units(m->heads, 1));
    vp_group_add(out, VP_MODULE_STATE_A, &m->layers, 0, vp_units(m->heads, 1))->dtype = VP_DTYPE_FLOAT32;
    vp_group_add(out, VP_MODULE_STATE_NORM, &m->layers, 0, vp_copied(m->head_dim));
    group = vp_group_add(out, VP_MODULE_STATE_OUT, &m->layers, vp_mul(m->heads, m->head_dim),
                         vp_copied(s->hidden));
    group->in_divided = true;
}

void vp_groups_state(vp_inventory *out, const vp_structure *s, const vp_mixer *m)
{
    if (m->kind == VP_MIXER_GDN) add_gdn(out, s, m);
}
