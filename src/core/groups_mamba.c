/* SPDX-License-Identifier: Apache-2.0 */
/* Groups of selective state spaces (vllm/model_executor/layers/mamba/mamba_mixer.py, mamba_mixer2.py). */
#include "core/groups.h"

#include "base/vp_int.h"

/** RMSNorms on the time step, B and C: of the checkpoint (Jamba), or ones that vLLM makes (FalconMamba). */
static void add_mamba1_norms(vp_inventory *out, const vp_mixer *m)
{
    const struct {
        vp_module_key key;
        uint64_t size;
    } norms[] = {{VP_MODULE_MAMBA1_DT_NORM, m->dt_rank},
                 {VP_MODULE_MAMBA1_B_NORM, m->state_size},
                 {VP_MODULE_MAMBA1_C_NORM, m->state_size}};
    for (size_t i = 0; m->state_norms && i < sizeof norms / sizeof norms[0]; i++)
        vp_group_add(out, norms[i].key, &m->layers, 0, vp_copied(norms[i].size))->made = m->state_norms_made;
}

/** mamba_mixer.py:MambaMixer. No linear layer of it is given the quantization config. */
static void add_mamba1(vp_inventory *out, const vp_structure *s, const vp_mixer *m)
{
    vp_part inner = vp_divided(m->inner);
    vp_group *group = vp_group_add(out, VP_MODULE_MAMBA1_IN, &m->layers, s->hidden, inner);
    vp_group_add_part(group, inner);
    group->bias = m->qkv_bias;
    vp_group_add(out, VP_MODULE_STATE_CONV, &m->layers, m->conv_kernel, inner)->bias = m->conv_bias;
    group = vp_group_add(out, VP_MODULE_MAMBA1_X, &m->layers, m->inner, vp_copied(m->dt_rank));
    vp_group_add_part(group, vp_copied(m->state_size));
    vp_group_add_part(group, vp_copied(m->state_size));
    group->in_divided = true;
    vp_group_add(out, VP_MODULE_MAMBA1_DT, &m->layers, m->dt_rank, inner)->bias = true;
    vp_group_add(out, VP_MODULE_STATE_A, &m->layers, m->state_size, inner)->dtype = VP_DTYPE_FLOAT32;
    vp_group_add(out, VP_MODULE_STATE_D, &m->layers, 0, inner);
    add_mamba1_norms(out, m);
    group = vp_group_add(out, VP_MODULE_MAMBA1_OUT, &m->layers, m->inner, vp_copied(s->hidden));
    group->in_divided = true;
    group->bias = m->o_bias;
}

/** The outputs of in_proj: gate, x, B, C, time step. Groups of B and C that the ranks do not divide stand on
 *  every rank (mamba_mixer2.py:MambaMixer2, where a single group is all that this is allowed for). */
static vp_group *add_mamba2_in(vp_inventory *out, const vp_mixer *m, vp_module_key key, uint64_t in)
{
    vp_part inner = vp_units(m->heads, m->head_dim), groups = vp_at_least_one(m->groups, m->state_size);
    vp_group *group = vp_group_add(out, key, &m->layers, in, inner);
    vp_group_add_part(group, inner);
    vp_group_add_part(group, groups);
    vp_group_add_part(group, groups);
    vp_group_add_part(group, vp_units(m->heads, 1));
    return group;
}

static void add_mamba2(vp_inventory *out, const vp_structure *s, const vp_mixer *m)
{
    vp_part inner = vp_units(m->heads, m->head_dim), groups = vp_at_least_one(m->groups, m->state_size);
    vp_part heads = vp_units(m->heads, 1);
    add_mamba2_in(out, m, VP_MODULE_STATE_IN, s->hidden)->bias = m->qkv_bias;
    vp_group *group = vp_group_add(out, VP_MODULE_STATE_CONV, &m->layers, m->conv_kernel, inner);
    vp_group_add_part(group, groups);
    vp_group_add_part(group, groups);
    group->bias = m->conv_bias;
    vp_group_add(out, VP_MODULE_STATE_A, &m->layers, 0, heads)->dtype = VP_DTYPE_FLOAT32;
    vp_group_add(out, VP_MODULE_STATE_D, &m->layers, 0, heads);
    vp_group_add(out, VP_MODULE_STATE_DT_BIAS, &m->layers, 0, heads);
    if (m->multipliers) add_mamba2_in(out, m, VP_MODULE_STATE_MULTIPLIERS, 0)->made = true;
    if (m->state_norms) vp_group_add(out, VP_MODULE_STATE_NORM, &m->layers, 0, inner);
    group = vp_group_add(out, VP_MODULE_STATE_OUT, &m->layers, vp_mul(m->heads, m->head_dim),
                         vp_copied(s->hidden));
    group->in_divided = true;
    group->bias = m->o_bias;
}

void vp_groups_mamba(vp_inventory *out, const vp_structure *s, const vp_mixer *m)
{
    if (m->kind == VP_MIXER_MAMBA1)
        add_mamba1(out, s, m);
    else
        add_mamba2(out, s, m);
}
