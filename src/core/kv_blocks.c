/* SPDX-License-Identifier: Apache-2.0 */
/* Tokens of a block: the engine's size, the sizes of caches with one of their own, and how states and
 * attention come to pages of one size (platforms/interface.py:update_block_size_for_backend). */
#include "core/kv_spec.h"

#include <stddef.h>

#include "base/vp_int.h"
#include "data/kv_blocks.h"
#include "data/release_rules.h"

static uint64_t gcd(uint64_t a, uint64_t b)
{
    while (b != 0) {
        uint64_t rest = a % b;
        a = b;
        b = rest;
    }
    return a;
}

static uint64_t lcm(uint64_t a, uint64_t b) { return vp_mul(a / gcd(a, b), b); }

static bool is_latent(vp_attention_kind kind)
{
    return kind == VP_ATTENTION_LATENT || kind == VP_ATTENTION_LATENT_SLIDING;
}

/** What vLLM calls the model's head size: the largest of any layer. */
static uint64_t model_head_size(const vp_attention_list *list)
{
    uint64_t size = 0;
    for (uint32_t i = 0; i < list->count; i++)
        if (!list->entries[i].draft) size = vp_max(size, list->entries[i].head_size);
    return size;
}

static vp_block_sizes sizes_of(const vp_kv_case *c, const vp_attention *a)
{
    static const vp_block_reader readers[VP_READERS] = {
        [VP_READER_USUAL] = VP_BLOCK_USUAL,           [VP_READER_MM_PREFIX] = VP_BLOCK_MM_PREFIX,
        [VP_READER_SPARSE] = VP_BLOCK_SPARSE,         [VP_READER_INDEX] = VP_BLOCK_INDEX,
        [VP_READER_COMPRESSED] = VP_BLOCK_COMPRESSED, [VP_READER_WINDOW] = VP_BLOCK_WINDOW,
        [VP_READER_COMPRESSOR] = VP_BLOCK_COMPRESSOR, [VP_READER_BLOCK_SPARSE] = VP_BLOCK_BLOCK_SPARSE,
    };
    if (a->kernel_block > 0) return (vp_block_sizes){(uint32_t)a->kernel_block, 0};
    const vp_kv_dtype *dtype = vp_kv_effective_dtype(c);
    vp_block_reader reader = readers[a->reader];
    vp_block_kv kv = dtype->packing == VP_KV_TURBO  ? VP_BLOCK_TURBO
                     : vp_kv_dtype_quantized(dtype) ? VP_BLOCK_QUANTIZED
                                                    : VP_BLOCK_WHOLE;
    if (reader == VP_BLOCK_USUAL && is_latent(a->kind)) reader = VP_BLOCK_LATENT;
    return vp_block_sizes_find(reader, c->release, c->capability, kv, model_head_size(c->attention));
}

static uint64_t smallest(vp_block_sizes sizes)
{
    uint64_t exact = sizes.exact & (0 - sizes.exact); /* the lowest bit */
    if (sizes.multiple == 0) return exact;
    return exact == 0 ? sizes.multiple : vp_min(exact, sizes.multiple);
}

/** A block may be several kernel blocks (v1/attention/backend.py:supports_block_size). */
static bool takes(vp_block_sizes sizes, uint64_t block_size)
{
    uint64_t exact = sizes.exact & (0 - sizes.exact);
    return (sizes.multiple != 0 && block_size % sizes.multiple == 0) ||
           (exact != 0 && block_size % exact == 0);
}

/** The default if every backend takes it, else the smallest that all take: blocks are whole kernel blocks of
 *  each, and the smallest ones of a backend divide its others (_preferred_block_size_for_backends, before it
 *  get_preferred_block_size of the first layer's backend). */
static uint64_t preferred_block(const vp_kv_case *c, const vp_kv_specs *specs)
{
    bool all = true, first_decides = !vp_rule_value(VP_RULE_ALL_BACKENDS_DECIDE, c->release);
    uint64_t common = 1;
    for (uint32_t i = 0; i < specs->count; i++) {
        const vp_attention *a = specs->specs[i].from;
        /* DeepSeek-V4's window is read by a backend that asks for the compressed cache's 256 */
        if (a->kind == VP_ATTENTION_STATE || (first_decides && a->reader == VP_READER_WINDOW)) continue;
        vp_block_sizes sizes = sizes_of(c, a);
        all = all && takes(sizes, VP_KV_DEFAULT_BLOCK);
        common = lcm(common, smallest(sizes));
        if (first_decides && common > 1) break;
    }
    return all ? VP_KV_DEFAULT_BLOCK : common;
}

/** The attention layer by which vLLM measures a hybrid model: head size and heads of the model's config. */
static const vp_attention *measure_of(const vp_kv_specs *specs)
{
    for (uint32_t i = 0; i < specs->count; i++) {
        const vp_attention *a = specs->specs[i].from;
        if (a->kind != VP_ATTENTION_STATE && a->reader != VP_READER_INDEX && !a->draft) return a;
    }
    return NULL;
}

/** Offsets of states that a layer can put down in the middle of a prompt, in tokens; 0: it cannot
 *  (get_prefill_checkpoint_alignment). Gated delta nets can where FlashInfer reads the prompt, on Hopper and
 *  Blackwell (mamba/gdn/qwen_gdn_linear_attn.py:_resolve_gdn_prefill_backend). */
static uint64_t checkpoint_alignment(const vp_kv_case *c, const vp_attention *a)
{
    uint16_t major = c->capability / 10;
    if (a->recurrence != VP_RECURRENCE_GATED_DELTA || !vp_rule_value(VP_RULE_GDN_CHECKPOINTS, c->release))
        return 0;
    return major == 9 || ((major == 10 || major == 12) && a->head_size == 128) ? 64 : 0;
}

/** Blocks for such states. Beside those nets, Mamba 2 has them anywhere, and KDA where FlashKDA serves it
 *  (models/kimi_k3/nvidia/kda.py:is_flashkda_supported). */
static uint32_t checkpoint_blocks(const vp_kv_case *c, const vp_attention *a, bool all_align)
{
    uint16_t major = c->capability / 10;
    switch (a->recurrence) {
    case VP_RECURRENCE_MAMBA2:
        return vp_rule_value(VP_RULE_MAMBA2_CHECKPOINTS, c->release) != 0;
    case VP_RECURRENCE_GATED_DELTA:
        return all_align && checkpoint_alignment(c, a) > 0;
    case VP_RECURRENCE_KDA:
        return vp_rule_value(VP_RULE_KDA_CHECKPOINTS, c->release) != 0 && a->head_size == 128 &&
               (major == 9 || major == 10 || major == 12) && c->model_dtype == VP_DTYPE_BFLOAT16;
    case VP_RECURRENCE_MAMBA1:
    case VP_RECURRENCE_SHORT_CONV:
    case VP_RECURRENCE_LIGHTNING:
    case VP_RECURRENCES:
        break;
    }
    return 0;
}

/** The least common alignment of all recurrent layers; 0 unless every one has one. */
static uint64_t common_alignment(const vp_kv_case *c, const vp_kv_specs *specs)
{
    uint64_t common = 1;
    for (uint32_t i = 0; i < specs->count; i++) {
        const vp_attention *a = specs->specs[i].from;
        if (a->kind != VP_ATTENTION_STATE) continue;
        uint64_t own = checkpoint_alignment(c, a);
        if (own == 0) return 0;
        common = lcm(common, own);
    }
    return common;
}

/** Tokens that a kernel works through at once, which blocks with states of their own end on; vLLM's default
 *  when the config does not say (config/model.py:get_mamba_chunk_size). */
static uint64_t state_chunk(const vp_kv_specs *specs)
{
    for (uint32_t i = 0; i < specs->count; i++)
        if (specs->specs[i].kind == VP_ATTENTION_STATE && specs->specs[i].from->window > 0)
            return specs->specs[i].from->window;
    return 2048;
}

/** Blocks become long enough that a page of attention holds the states, and the states' pages are padded to
 *  it (_align_hybrid_block_size). Returns the padded page; 0: it is not padded. */
static uint64_t align_hybrid(const vp_kv_case *c, vp_kv_specs *specs)
{
    const vp_attention *measure = measure_of(specs);
    uint64_t states = 0, backends = 1;
    for (uint32_t i = 0; i < specs->count; i++) {
        const vp_attention *a = specs->specs[i].from;
        if (a->kind == VP_ATTENTION_STATE)
            states = vp_max(states, vp_kv_state_page(c, a));
        else
            backends = lcm(backends, smallest(sizes_of(c, a)));
    }
    if (!measure || states == 0) return 0;
    vp_attention usual = *measure; /* one token of a layer, as the model's config describes it */
    if (!is_latent(usual.kind)) usual.head_size_v = usual.head_size;
    uint64_t token = vp_max(1, vp_kv_token_page(c, &usual, 1));
    uint64_t unit = vp_max(smallest(sizes_of(c, measure)), specs->block_size);
    if (is_latent(measure->kind)) unit = vp_max(unit, vp_rule_value(VP_RULE_LATENT_HYBRID_BLOCK, c->release));
    if (specs->mode == VP_STATES_ALL) unit = lcm(unit, state_chunk(specs));
    if (specs->mode == VP_STATES_ALIGN) unit = lcm(unit, vp_max(1, common_alignment(c, specs)));
    uint64_t block = vp_mul(unit, vp_ceil_div(states, vp_mul(unit, token)));
    block = vp_round_up(block, backends);
    specs->block_size = vp_max(specs->block_size, block);
    return vp_mul(specs->block_size, token);
}

/** A window's own block size: the largest kernel block that is no longer than the engine's
 *  (layers/attention/attention.py:_largest_kernel_block_within). */
static uint64_t window_block(const vp_kv_case *c, const vp_attention *a, uint64_t block_size)
{
    vp_block_sizes sizes = sizes_of(c, a);
    uint64_t best = 0, multiple = sizes.multiple;
    if (!vp_rule_value(VP_RULE_WINDOW_BLOCKS, c->release)) return block_size;
    if (multiple != 0) best = block_size / multiple * multiple;
    for (uint64_t exact = 1; exact <= block_size && exact <= sizes.exact; exact *= 2)
        if (sizes.exact & exact) best = vp_max(best, exact);
    return best != 0 ? best : smallest(sizes);
}

/** Tokens of a block of one cache: its own size, or one that follows from the engine's. A ring holds whole
 *  groups, with room for the speculative tokens (CircularBufferSpec). */
static uint64_t own_block(const vp_kv_case *c, const vp_attention *a, uint64_t block_size)
{
    if (a->block_size > 0) return a->block_size;
    if (a->kind == VP_ATTENTION_SLIDING) return window_block(c, a, block_size);
    if (a->kind == VP_ATTENTION_RING && a->window > 0)
        return vp_round_up(a->window + c->asked.speculative_tokens, a->window);
    return block_size;
}

static void settle_states(const vp_kv_case *c, const vp_kv_specs *specs, uint64_t padded, bool all_align,
                          vp_kv_spec *spec)
{
    uint32_t speculative = vp_rule_value(VP_RULE_STATE_MODES, c->release) ? c->asked.speculative_tokens : 0;
    spec->block_size = specs->mode == VP_STATES_NONE ? c->max_model_len : specs->block_size;
    spec->bare_page = vp_kv_state_page(c, spec->from);
    spec->page = padded > 0 ? padded : spec->bare_page;
    spec->state_blocks = 1 + speculative;
    if (specs->mode == VP_STATES_ALIGN) spec->state_blocks += 1 + checkpoint_blocks(c, spec->from, all_align);
    if (specs->mode == VP_STATES_ALL)
        spec->state_blocks = vp_rule_value(VP_RULE_STATES_ALL_SPECULATE, c->release) ? speculative : 0;
}

void vp_kv_settle_blocks(const vp_kv_case *c, vp_kv_specs *specs)
{
    uint64_t padded = 0;
    bool states = false;
    for (uint32_t i = 0; i < specs->count; i++) states = states || specs->specs[i].kind == VP_ATTENTION_STATE;
    specs->block_size = c->block_size > 0 ? c->block_size : preferred_block(c, specs);
    if (states) padded = align_hybrid(c, specs);
    bool all_align = states && common_alignment(c, specs) > 0;
    for (uint32_t i = 0; i < specs->count; i++) {
        vp_kv_spec *spec = &specs->specs[i];
        const vp_attention *a = spec->from;
        if (spec->kind == VP_ATTENTION_STATE) {
            settle_states(c, specs, padded, all_align, spec);
            continue;
        }
        spec->block_size = own_block(c, a, specs->block_size);
        spec->bare_page = vp_kv_token_page(c, a, spec->block_size);
        spec->page = vp_kv_padded_page(c, a, spec->block_size);
    }
}

bool vp_kv_block_outermost(const vp_kv_case *c)
{
    /* DeepseekV4IndexerBackend.supported_kv_cache_layouts and those of its kin */
    for (uint32_t i = 0; i < c->attention->count; i++)
        if (c->attention->entries[i].packed || c->attention->entries[i].reader == VP_READER_COMPRESSED)
            return true;
    return false;
}

uint64_t vp_kv_stride_alignment(const vp_kv_case *c)
{
    uint64_t common = 1;
    for (uint32_t i = 0; i < c->attention->count; i++)
        common = lcm(common, vp_max(1, c->attention->entries[i].stride_alignment));
    return common;
}
