/* SPDX-License-Identifier: Apache-2.0 */
/* Gemma 3n: several streams through the layers (AltUp), a low-rank way beside attention (LAuReL), and an input of
 * its own for every layer (vllm/model_executor/models/gemma3n.py). */
#include <string.h>

#include "base/vp_int.h"
#include "hf/config_kinds.h"
#include "hf/python_json.h"

/** The streams: matrices between them outside of the layers and in each. */
static bool add_streams(vp_reader *r, const vp_layers *all)
{
    uint64_t hidden = r->structure->hidden, n;
    if (!vp_read_count(r, "altup_num_inputs", 4, &n)) return false;
    for (uint64_t i = 1; i < n && n <= 16; i++) {
        vp_config_add_extra(r, VP_MODULE_ALTUP_IN, NULL, hidden, vp_divided(hidden));
        vp_config_add_extra(r, VP_MODULE_ALTUP_OUT, NULL, hidden, vp_divided(hidden));
    }
    vp_config_add_extra(r, VP_MODULE_ALTUP_CORRECTION, all, n, vp_copied(n));
    vp_config_add_extra(r, VP_MODULE_ALTUP_PREDICTION, all, n, vp_copied(vp_mul(n, n)));
    vp_config_add_extra(r, VP_MODULE_ALTUP_ROUTER, all, hidden, vp_copied(n));
    vp_config_add_extra(r, VP_MODULE_ALTUP_NORM, all, 0, vp_copied(hidden));
    vp_config_add_extra(r, VP_MODULE_ALTUP_SCALE, all, 0, vp_copied(hidden))->dtype = VP_DTYPE_FLOAT32;
    vp_config_add_extra(r, VP_MODULE_ROUTER_ROOT, all, 0, vp_copied(1))->made = true;
    return n <= 16 || vp_reader_fail(r, VLLMPLAN_E_RANGE, "altup_num_inputs", "is out of range");
}

static bool add_laurel(vp_reader *r, const vp_layers *all)
{
    uint64_t hidden = r->structure->hidden, rank;
    if (!vp_read_count(r, "laurel_rank", 64, &rank)) return false;
    vp_config_add_extra(r, VP_MODULE_LAUREL_LEFT, all, hidden, vp_divided(rank));
    vp_config_add_extra(r, VP_MODULE_LAUREL_RIGHT, all, rank, vp_copied(hidden))->in_divided = true;
    vp_config_add_extra(r, VP_MODULE_LAUREL_NORM, all, 0, vp_copied(hidden));
    return true;
}

/** intermediate_size is a list, or one size for all layers. */
static bool add_dense(vp_reader *r)
{
    const json_t *sizes = vp_member(r->config, "intermediate_size");
    vp_structure *s = r->structure;
    for (uint64_t i = 0; i < r->model->layers; i++) {
        const json_t *own = json_is_array(sizes) ? json_array_get(sizes, (size_t)i) : NULL;
        vp_ffn ffn;
        uint32_t at = 0;
        memset(&ffn, 0, sizeof ffn);
        ffn.gated = true;
        ffn.intermediate = json_is_integer(own) && json_integer_value(own) > 0
                               ? vp_min((uint64_t)json_integer_value(own), VP_MAX_MEMBER)
                               : r->model->intermediate;
        if (ffn.intermediate == 0 || (json_is_array(sizes) && !json_is_integer(own)))
            return vp_reader_fail(r, VLLMPLAN_E_RANGE, "intermediate_size", "has no size for each layer");
        while (at < s->ffn_count && s->ffns[at].intermediate != ffn.intermediate) at++;
        if (at == s->ffn_count) {
            vp_layers_add(&ffn.layers, i);
            if (!vp_config_add_ffn(r, &ffn)) return false;
        }
        vp_layers_add(&s->ffns[at].layers, i);
        r->model->intermediate = vp_max(r->model->intermediate, ffn.intermediate);
    }
    return true;
}

bool vp_config_altup(vp_reader *r)
{
    vp_kinds k;
    vp_layers all = {{0}};
    vp_layers_add_range(&all, 0, r->model->layers);
    return vp_kinds_read(r, 5, &k) && vp_kinds_attention(r, &k, false) && add_streams(r, &all) &&
           add_laurel(r, &all) && add_dense(r) && vp_kinds_inputs(r, &all);
}
