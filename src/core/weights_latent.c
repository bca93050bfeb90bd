/* SPDX-License-Identifier: Apache-2.0 */
#include "core/weights_latent.h"

#include "base/vp_int.h"
#include "core/layout.h"
#include "data/release_rules.h"

/** Decoding multiplies by both halves of kv_b_proj, in 16 bit (layers/attention/mla_attention.py:
 *  MLAAttention.process_weights_after_loading, split_kv_b_proj): views of a plain weight, new tensors beside
 *  a packed one. */
void vp_latent_add_copies(const vp_packed *kv_b, vp_allocations *out)
{
    const vp_group *group = kv_b->group;
    if (group->module->key != VP_MODULE_KV_B_PROJ || kv_b->packing == VP_PACKING_NOTHING) return;
    vp_allocations_add(out, vp_mul(vp_mul(kv_b->out, kv_b->in), kv_b->element));
}

/** Layers whose attention reads chosen tokens, as one group; false when there are none. */
static bool find_readers(const vp_inventory *inventory, vp_group *out)
{
    out->module = NULL;
    for (uint32_t i = 0; i < inventory->count; i++) {
        const vp_group *group = &inventory->groups[i];
        if (group->module->key != VP_MODULE_SPARSE_TOKENS) continue;
        if (!out->module) *out = *group;
        for (uint64_t layer = 0; layer < VP_MAX_LAYERS; layer++)
            if (vp_layers_has(&group->layers, layer)) vp_layers_add(&out->layers, layer);
    }
    return out->module != NULL;
}

/** Layers that share a choice of tokens: one set for each indexer of the stage, and one for layers before the
 *  first (v1/attention/backends/mla/index_group.py:SparseMLAIndexGroupBuilder). */
static uint64_t index_groups(const vp_weights_case *c, const vp_group *readers, const vp_stage *stage)
{
    uint64_t sets = 0;
    bool open = false;
    for (uint64_t layer = stage->first; layer < stage->end; layer++) {
        bool produces = false;
        for (uint32_t i = 0; i < c->inventory->count; i++)
            produces = produces || (c->inventory->groups[i].module->key == VP_MODULE_INDEXER_Q &&
                                    vp_layers_has(&c->inventory->groups[i].layers, layer));
        if (produces || (!open && vp_layers_has(&readers->layers, layer))) {
            sets++;
            open = true;
        }
    }
    return sets;
}

/** FLASH_ATTN_MLA_SPARSE, of Hopper with a 16-bit cache, keeps the numbers of all tokens in each layer;
 *  FLASHMLA_SPARSE, of Blackwell, one buffer for queries, whose heads are rounded up to 64
 *  (backends/mla/flashattn_mla_sparse.py, flashmla_sparse.py: constructors). */
static void count_backend(const vp_weights_case *c, const vp_group *readers, uint64_t layers, vp_weights *out)
{
    if (c->quantized_cache) return;
    if (c->capability / 10 == 9)
        vp_weights_count(out, VP_ROLE_OTHER, vp_mul(4, vp_add(c->batched_tokens, 1)), layers);
    if (c->capability / 10 == 10 && c->model->heads / c->tp > 16) {
        uint64_t heads = vp_round_up(c->model->heads / c->tp, 64);
        uint64_t row = vp_mul(heads, vp_mul(2, readers->in));
        vp_weights_count(out, VP_ROLE_OTHER, vp_mul(c->batched_tokens, row), 1);
    }
}

/** FLASHINFER_MLA, the first choice on Blackwell where a head has 64, 128 or 192 elements without positions
 *  and 64 with them, has a workspace (backends/mla/flashinfer_mla.py:FLASHINFER_MLA_WORKSPACE_BUFFER_SIZE). */
static void count_workspace(const vp_weights_case *c, const vp_stage *stage, vp_weights *out)
{
    enum { WORKSPACE = 128 * 1024 * 1024 };
    if (c->capability / 10 != 10 || !vp_rule_value(VP_RULE_FLASHINFER_MLA, c->release)) return;
    bool fits = false;
    for (uint32_t i = 0; i < c->inventory->count; i++) {
        const vp_group *group = &c->inventory->groups[i];
        bool queries = group->module->key == VP_MODULE_Q_B_PROJ || group->module->key == VP_MODULE_Q_PROJ;
        uint64_t size = group->parts[0].unit;
        fits = fits || (queries && (size == 128 || size == 192 || size == 256) &&
                        vp_layers_count_in(&group->layers, stage->first, stage->end) > 0);
    }
    if (fits) vp_weights_count(out, VP_ROLE_OTHER, WORKSPACE, 1);
}

void vp_latent_count_buffers(const vp_weights_case *c, const vp_stage *stage, vp_weights *out)
{
    vp_group readers;
    if (!find_readers(c->inventory, &readers)) {
        count_workspace(c, stage, out);
        return;
    }
    if (c->batched_tokens == 0) return;
    uint64_t chosen = readers.parts[0].out;
    uint64_t layers = vp_layers_count_in(&readers.layers, stage->first, stage->end);
    vp_weights_count(out, VP_ROLE_OTHER, vp_mul(4, vp_mul(c->batched_tokens, chosen)), 1);
    if (!vp_rule_value(VP_RULE_SPARSE_INDEX_GROUPS, c->release)) return;
    uint64_t rows = vp_add(vp_min(c->batched_tokens, c->max_seqs), 1);
    uint64_t sets = index_groups(c, &readers, stage);
    vp_weights_count(out, VP_ROLE_OTHER, vp_mul(4, vp_mul(rows, chosen)), sets);
    vp_weights_count(out, VP_ROLE_OTHER, vp_mul(4, rows), sets);
    count_backend(c, &readers, layers, out);
}
