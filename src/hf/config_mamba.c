/* SPDX-License-Identifier: Apache-2.0 */
/* Sizes of Mamba layers, in the words of each class that has them. */
#include "hf/config_state.h"

#include "base/vp_int.h"
#include "hf/python_json.h"

#define STATE_SIZE "ssm_state_size|mamba_d_state|state_size"
#define CONV_KERNEL "conv_kernel|mamba_d_conv"
#define CONV_BIAS "use_conv_bias|mamba_conv_bias"
#define EXPAND "mamba_expand|expand"
#define HEADS "mamba_num_heads|mamba_n_heads|n_mamba_heads|num_heads"
#define HEAD_DIM "mamba_head_dim|mamba_d_head|mamba_headdim"
#define GROUPS "n_groups|mamba_n_groups|mamba_ngroups"

/** A number that may be "auto". */
static bool read_or_auto(vp_reader *r, const char *keys, uint64_t automatic, uint64_t *out)
{
    char key[VP_MAX_KEY];
    const json_t *value = vp_read_member(r, keys, key);
    if (json_is_integer(value)) return vp_read_count(r, keys, automatic, out);
    *out = automatic;
    return !value || json_is_string(value) || vp_reader_fail(r, VLLMPLAN_E_TYPE, key, "is no whole number");
}

/** What both kinds share. The biases of the projections go by one member. */
static bool read_common(vp_reader *r, vp_mixer *m)
{
    if (!vp_read_count(r, STATE_SIZE, 0, &m->state_size) ||
        !vp_read_count(r, CONV_KERNEL, 4, &m->conv_kernel) ||
        !vp_read_switch(r, CONV_BIAS, true, &m->conv_bias) ||
        !vp_read_rule(r, r->row->state.norms, &m->state_norms) ||
        !vp_read_switch(r, "use_bias|mamba_proj_bias|add_bias_linear", false, &m->qkv_bias))
        return false;
    m->o_bias = m->qkv_bias;
    m->state_norms_made = r->row->state.norms_made;
    return true;
}

/** models/mamba.py, jamba.py: the inner size is told, or a multiple of the hidden size. */
bool vp_config_mamba1(vp_reader *r, vp_mixer *m)
{
    uint64_t expand, hidden = r->model->hidden;
    m->kind = VP_MIXER_MAMBA1;
    if (!read_common(r, m) || !vp_read_count(r, EXPAND, 2, &expand)) return false;
    m->inner = vp_mul(expand, hidden);
    if (r->row->state.hybrid == VP_HYBRID_NONE && !vp_read_count(r, "intermediate_size", m->inner, &m->inner))
        return false;
    return read_or_auto(r, "time_step_rank|mamba_dt_rank", vp_ceil_div(hidden, 16), &m->dt_rank);
}

/** The size of a head where the config does not name it: the inner size, told or a multiple of the hidden size,
 *  over the heads. */
static bool read_head_dim(vp_reader *r, vp_mixer *m)
{
    uint64_t expand, inner;
    bool alone = r->row->state.hybrid == VP_HYBRID_NONE; /* else head_dim is that of attention */
    if (!vp_read_count(r, EXPAND, 2, &expand) || !vp_read_optional(r, "mamba_d_ssm", &inner)) return false;
    if (inner == 0) inner = vp_mul(expand, r->model->hidden);
    return read_or_auto(r, alone ? "head_dim" : HEAD_DIM, inner / m->heads, &m->head_dim) &&
           (m->head_dim > 0 ||
            vp_reader_fail(r, VLLMPLAN_E_RANGE, "mamba_d_head", "leaves heads of no size"));
}

/** models/mamba2.py, nemotron_h.py, falcon_h1.py, granitemoehybrid.py, zamba2.py */
bool vp_config_mamba2(vp_reader *r, vp_mixer *m)
{
    m->kind = VP_MIXER_MAMBA2;
    if (!read_common(r, m) || !vp_read_count(r, HEADS, 0, &m->heads) ||
        !vp_read_count(r, GROUPS, 1, &m->groups) || !read_head_dim(r, m))
        return false;
    m->inner = vp_mul(m->heads, m->head_dim);
    m->multipliers = r->row->state.multipliers;
    return true;
}
