/* SPDX-License-Identifier: Apache-2.0 */
/* Which specs are alike, and how unlike ones are made alike (v1/core/kv_cache_planning.py, before 0.33
 * v1/core/kv_cache_utils.py). */
#include "core/kv_spec.h"

#include <stddef.h>

#include "base/vp_int.h"
#include "data/release_rules.h"

static bool same_states(const vp_attention *a, const vp_attention *b)
{
    if (a->state_count != b->state_count || a->recurrence != b->recurrence) return false;
    for (uint32_t i = 0; i < a->state_count; i++) {
        const vp_state_tensor *x = &a->states[i], *y = &b->states[i];
        if (x->whole != y->whole || x->split != y->split || x->groups != y->groups ||
            x->group_width != y->group_width || x->lengthens != y->lengthens ||
            x->recurrent != y->recurrent || x->dtype != y->dtype)
            return false;
    }
    return true;
}

/** Equal in everything but a window that full attention remembers. */
static bool same_but_window(const vp_kv_spec *a, const vp_kv_spec *b)
{
    const vp_attention *x = a->from, *y = b->from;
    return a->kind == b->kind && a->block_size == b->block_size && a->page == b->page &&
           a->bare_page == b->bare_page && x->kv_heads == y->kv_heads && x->head_size == y->head_size &&
           x->head_size_v == y->head_size_v && x->copied == y->copied &&
           x->tokens_per_state == y->tokens_per_state && x->states_per_token == y->states_per_token &&
           x->element == y->element && x->cell_bytes == y->cell_bytes && x->alignment == y->alignment &&
           (x->reader == VP_READER_INDEX) == (y->reader == VP_READER_INDEX) && same_states(x, y);
}

bool vp_kv_same_spec(const vp_kv_spec *a, const vp_kv_spec *b)
{
    return same_but_window(a, b) && a->from->window == b->from->window;
}

bool vp_kv_uniform(const vp_kv_spec *first, const vp_kv_spec *other)
{
    if (first->block_size != other->block_size) return false;
    switch (first->kind) {
    case VP_ATTENTION_FULL:
    case VP_ATTENTION_LATENT:
        return other->kind == VP_ATTENTION_FULL || other->kind == VP_ATTENTION_LATENT;
    case VP_ATTENTION_SLIDING: /* the latent kind of window is a kind of window, not the other way round */
        return (other->kind == VP_ATTENTION_SLIDING || other->kind == VP_ATTENTION_LATENT_SLIDING) &&
               first->from->window == other->from->window;
    case VP_ATTENTION_CHUNKED:
    case VP_ATTENTION_LATENT_SLIDING:
        return other->kind == first->kind && first->from->window == other->from->window;
    case VP_ATTENTION_STATE:
        return other->kind == first->kind && first->state_blocks == other->state_blocks &&
               first->page == other->page && first->from->copied == other->from->copied;
    case VP_ATTENTION_CROSS:
    case VP_ATTENTION_RING:
    case VP_ATTENTION_KINDS:
        break;
    }
    return other->kind == first->kind;
}

bool vp_kv_all_uniform(const vp_kv_specs *specs)
{
    for (uint32_t i = 1; i < specs->count; i++)
        if (!vp_kv_uniform(&specs->specs[0], &specs->specs[i])) return false;
    return true;
}

/** The block size of the full layers, when they have one. */
static uint64_t full_block(const vp_kv_specs *specs)
{
    uint64_t size = 0;
    for (uint32_t i = 0; i < specs->count; i++) {
        const vp_kv_spec *spec = &specs->specs[i];
        if (spec->kind != VP_ATTENTION_FULL && spec->kind != VP_ATTENTION_LATENT) continue;
        if (size != 0 && size != spec->block_size) return 0;
        size = spec->block_size;
    }
    return size;
}

static bool has_kind(const vp_kv_specs *specs, vp_attention_kind a, vp_attention_kind b)
{
    for (uint32_t i = 0; i < specs->count; i++)
        if (specs->specs[i].kind == a || specs->specs[i].kind == b) return true;
    return false;
}

const char *vp_kv_promote(const vp_kv_case *c, vp_kv_specs *specs)
{
    if (vp_kv_all_uniform(specs)) return NULL;
    uint64_t block = full_block(specs);
    bool full = has_kind(specs, VP_ATTENTION_FULL, VP_ATTENTION_LATENT);
    for (uint32_t i = 0; full && i < specs->count; i++) {
        vp_kv_spec *spec = &specs->specs[i];
        if (spec->kind == VP_ATTENTION_LATENT_SLIDING)
            spec->kind = VP_ATTENTION_LATENT;
        else if (spec->kind == VP_ATTENTION_SLIDING || spec->kind == VP_ATTENTION_CHUNKED)
            spec->kind = VP_ATTENTION_FULL;
        else
            continue;
        if (block != 0) spec->block_size = block;
        spec->bare_page = vp_kv_token_page(c, spec->from, spec->block_size);
        spec->page = vp_kv_padded_page(c, spec->from, spec->block_size);
    }
    return vp_kv_all_uniform(specs) ? NULL
                                    : "the layers' caches cannot be made one kind, which is needed with the "
                                      "hybrid KV cache manager off";
}

/** Latent attention beside ordinary windows whose pages do not go together: the windows keep every token
 *  (_try_get_full_allocation_fallback_groups). */
static bool promotable(const vp_kv_specs *specs)
{
    return !has_kind(specs, VP_ATTENTION_LATENT_SLIDING, VP_ATTENTION_CHUNKED) &&
           has_kind(specs, VP_ATTENTION_LATENT, VP_ATTENTION_LATENT) &&
           has_kind(specs, VP_ATTENTION_SLIDING, VP_ATTENTION_SLIDING);
}

/** A page that is smaller than the largest can be brought to it in this release. */
static bool can_grow(const vp_kv_case *c, const vp_kv_spec *spec, uint64_t largest)
{
    bool divides = spec->page != 0 && largest % spec->page == 0;
    if (spec->page == largest) return true;
    if (spec->kind == VP_ATTENTION_STATE) return vp_rule_value(VP_RULE_STATE_PAGES_PADDED, c->release) != 0;
    if (divides) return vp_rule_value(VP_RULE_PAGES_LENGTHENED, c->release) != 0;
    /* sparse kernels read latent caches as rows, so their pages are never padded */
    return spec->kind != VP_ATTENTION_LATENT && vp_rule_value(VP_RULE_PAGES_PADDED, c->release) != 0;
}

const char *vp_kv_unify_pages(const vp_kv_case *c, vp_kv_specs *specs)
{
    uint64_t largest = 0;
    for (uint32_t i = 0; i < specs->count; i++) largest = vp_max(largest, specs->specs[i].page);
    for (uint32_t i = 0; i < specs->count; i++)
        if (!can_grow(c, &specs->specs[i], largest))
            return promotable(specs) ? "" : "the layers' pages cannot be brought to one size";
    for (uint32_t i = 0; i < specs->count; i++) {
        vp_kv_spec *spec = &specs->specs[i];
        if (spec->kind != VP_ATTENTION_STATE && spec->page != 0 && largest % spec->page == 0) {
            /* more tokens a block */
            spec->block_size = vp_mul(spec->block_size, largest / spec->page);
            spec->bare_page = vp_mul(spec->bare_page, largest / spec->page);
        }
        spec->page = largest;
    }
    return NULL;
}
