/* SPDX-License-Identifier: Apache-2.0 */
/* The law: what one rank measures while it is profiled with max_num_batched_tokens tokens of max_num_seqs
 * requests (v1/worker/gpu_model_runner.py:profile_run, gpu_worker.py:
 * determine_available_memory). Its figures are rows of data/runtime.def. */
#include "core/runtime.h"

#include "base/vp_int.h"
#include "data/runtime.h"

enum {
    MULTIPROCESSORS_ASSUMED = 132, /* of an H100, most of the cards that the law was read on */
    COARSE_FROM = 256,             /* config/vllm.py:_set_cudagraph_sizes */
};

static const double GIB = 1073741824.0;

static uint64_t to_bytes(double bytes)
{
    if (!(bytes > 0)) return 0;
    return bytes < 9.0e18 ? (uint64_t)(bytes + 0.5) : UINT64_MAX;
}

static double larger(double a, double b) { return a > b ? a : b; }

/** The sizes of a case as doubles, in the letters of the formulas. */
typedef struct sizes {
    vp_runner runner;
    double tokens, seqs, hidden, share; /* share: the MLP's width on one rank */
    double qkv;                         /* width of q, k and v on one rank */
    double vocab, element, tp;
    double kept_experts, kept_items; /* bytes held from the first phase to the last */
    const vp_encoder_row *encoder;   /* NULL: none is profiled */
    double item_tokens;              /* of all items of the profile */
    bool split, staged, last_stage;
} sizes;

/** Tokens of the items that the profile holds: whole items, of at least a batch together. */
static void read_items(const vp_runtime_case *c, sizes *s)
{
    if (!c->has_encoders) return;
    const vp_encoder_row *row = vp_encoder_find(c->towers);
    uint64_t budget = vp_max(c->max_num_batched_tokens, row->item);
    if (row->item > 0) budget = budget / row->item * row->item;
    if (s->runner == VP_RUNNER_V0) {
        /* the old engine makes as many dummy requests as images fit (inputs/registry.py) */
        uint64_t most = row->item > 0 ? vp_max(1, c->max_num_batched_tokens / row->item) : c->max_num_seqs;
        s->seqs = (double)vp_min(c->max_num_seqs, most);
        return;
    }
    s->encoder = row;
    s->item_tokens = (double)budget;
    s->kept_items = s->item_tokens * s->element * (s->hidden + row->pixels);
}

/** The experts' workspace and the indexer's, which lie in one buffer. */
static void read_workspace(const vp_runtime_case *c, sizes *s)
{
    const vp_experts_row *row = vp_experts_find(c->release);
    const vp_indexer_row *indexer = vp_indexer_find(c->release);
    if (c->experts_per_token > 0 && row->kept && s->runner != VP_RUNNER_V0 && !c->experts_unstaged) {
        double width = (double)c->expert_intermediate / (c->expert_parallel ? 1.0 : s->tp);
        double seen = (double)(c->expert_hidden ? c->expert_hidden : c->hidden);
        double up = larger((c->experts_gated ? 2 : 1) * width, seen);
        double second = c->experts_marlin ? width : larger(width, seen);
        s->kept_experts = s->element * s->tokens * (double)c->experts_per_token * (up + second);
    }
    if (!indexer || s->runner == VP_RUNNER_V0) return;
    double lengths = c->sparse_attention ? indexer->sparse : c->compressed ? indexer->compressed : 0;
    s->kept_experts = larger(s->kept_experts, indexer->token_bytes * lengths * (double)c->max_model_len);
}

static sizes sizes_of(const vp_runtime_case *c, vp_runner runner)
{
    double tp = c->tp > 1 ? (double)c->tp : 1.0;
    sizes s = {
        .runner = runner,
        .tokens = (double)c->max_num_batched_tokens,
        .seqs = (double)c->max_num_seqs,
        .hidden = (double)c->hidden,
        .share = (double)c->intermediate / tp,
        .qkv = ((double)c->heads + 2.0 * (double)c->kv_heads) * (double)c->head_dim / tp,
        .vocab = (double)c->vocab,
        .element = (double)c->activation_bytes,
        .tp = tp,
        .split = c->tp > 1,
        .staged = c->pp > 1,
        .last_stage = c->pp <= 1 || c->pp_rank + 1 == c->pp,
    };
    read_items(c, &s);
    read_workspace(c, &s);
    return s;
}

/** Experts that are worked through in chunks, before their workspace was shared. */
static double passing_experts(const vp_runtime_case *c, const sizes *s)
{
    const vp_experts_row *row = vp_experts_find(c->release);
    if (c->experts_per_token == 0 || (row->kept && s->runner != VP_RUNNER_V0)) return 0;
    double width = (double)c->expert_intermediate / (c->expert_parallel ? 1.0 : s->tp);
    double rows = row->chunk > 0 && (double)row->chunk < s->tokens ? (double)row->chunk : s->tokens;
    return s->element * (rows * (double)c->experts_per_token * (larger(2 * width, s->hidden) + width) +
                         s->tokens * s->hidden);
}

static double mlp_bytes(const vp_runtime_case *c, const sizes *s, bool eager)
{
    const vp_forward_row *row = vp_forward_find(eager);
    const vp_compressed_row *compressed = vp_compressed_find();
    if (c->compressed) return s->tokens * (compressed->token_bytes + compressed->split_bytes / s->tp);
    double mlp = s->element * s->tokens *
                 ((c->gated ? row->gated : row->plain) * s->share +
                  (s->split ? row->hidden_split : row->hidden) * s->hidden);
    if (c->quantized_activations) mlp += s->tokens * s->share;
    return eager ? mlp : mlp + vp_card_find(c->capability)->forward_bytes;
}

static double attention_bytes(const vp_runtime_case *c, const sizes *s, bool eager)
{
    const vp_forward_row *row = vp_forward_find(eager);
    const vp_indexer_row *indexer = vp_indexer_find(c->release);
    double rows = s->element * s->tokens;
    if (indexer && (c->sparse_attention || c->compressed))
        return indexer->logits_bytes + rows * row->latent_hidden * s->hidden;
    if (c->latent_head == 0) return rows * (row->attention_qkv * s->qkv + row->attention_hidden * s->hidden);
    const vp_latent_row *latent = vp_latent_find(c->release);
    uint64_t context = vp_min(vp_mul(latent->lengths, c->max_model_len), latent->tokens);
    return s->element * (double)context * (double)c->heads / s->tp * (double)c->latent_head +
           rows * row->latent_hidden * s->hidden;
}

/** The encoder's own forward, with the patches of all items at once: two buffers of its MLP, five of its
 *  hidden width, and what ranks do not share. */
static double encoder_bytes(const vp_runtime_case *c, const sizes *s)
{
    if (!s->encoder) return 0;
    double hidden = (double)c->tower_hidden;
    double patch = (2 * (double)c->tower_intermediate + 5 * hidden) / s->tp + 2.5 * hidden;
    return s->item_tokens * s->encoder->patches * s->element * patch;
}

/** The forward pass: the wider of MLP and attention, with every token of the batch in flight. */
static double forward_bytes(const vp_runtime_case *c, const sizes *s, bool eager)
{
    const vp_forward_row *row = vp_forward_find(eager);
    double mlp = mlp_bytes(c, s, eager) + passing_experts(c, s);
    double decoder = larger(mlp, attention_bytes(c, s, eager)) + s->kept_experts;
    double stage = s->staged ? row->stage_hidden * s->element * s->tokens * s->hidden : 0;
    return vp_card_find(c->capability)->workspace_bytes + s->kept_items +
           larger(decoder, encoder_bytes(c, s)) + stage;
}

/** The sampler's warm-up with max_num_seqs requests: only the last stage has logits, for the whole
 *  vocabulary on every rank of it. */
static double sampler_bytes(const vp_runtime_case *c, const sizes *s, const vp_sampler_row *row)
{
    double processors = c->multiprocessors ? (double)c->multiprocessors : (double)MULTIPROCESSORS_ASSUMED;
    double scratch_rows = s->seqs < processors ? s->seqs : processors;
    double scratch = c->max_num_seqs >= row->scratch_from ? row->scratch * s->vocab * scratch_rows : 0;
    return vp_card_find(c->capability)->workspace_bytes + s->kept_items + s->kept_experts +
           (row->per_logit + s->element) * s->seqs * s->vocab + scratch +
           s->element * (s->tokens * s->hidden + row->hidden * s->seqs * s->hidden);
}

static vp_spread_class class_of(const vp_runtime_case *c)
{
    if (c->compressed) return VP_SPREAD_COMPRESSED;
    if (c->states) return VP_SPREAD_STATES;
    if (c->has_encoders) return VP_SPREAD_ENCODERS;
    if (c->speculative_tokens > 0) return VP_SPREAD_DRAFTED;
    return c->experts_per_token > 0 ? VP_SPREAD_EXPERTS : VP_SPREAD_ANY;
}

/** The larger phase, the buffers that the runner keeps, and what an empty compile cache adds. */
static vp_interval activation(const vp_runtime_case *c, vp_runner runner)
{
    sizes s = sizes_of(c, runner);
    const vp_sampler_row *sampler = vp_sampler_find(runner, c->release);
    const vp_spread_row *spread = vp_spread_find(runner, c->release, class_of(c));
    double forward = forward_bytes(c, &s, c->enforce_eager || runner == VP_RUNNER_V0);
    double peak = s.last_stage ? larger(forward, sampler_bytes(c, &s, sampler)) : forward;
    double kept = s.last_stage ? sampler->kept * s.seqs * s.vocab : 0;
    double low = larger(0, peak * spread->low_factor + spread->low_add * GIB);
    double high = peak * spread->high_factor + spread->high_add * GIB;
    double high_kept = kept, run = vp_runtime_run() * GIB;
    /* V0 with several ranks: some hosts print the rank that has no logits */
    if (runner == VP_RUNNER_V0 && s.split && forward < low) low = forward;
    const vp_cold_compile_row *cold = vp_cold_compile_find(c->release);
    if (cold && runner != VP_RUNNER_V0 && !c->enforce_eager && c->compile_cache != VP_CACHE_WARM) {
        high = larger(high, cold->peak_high * GIB);
        high_kept += cold->kept_high * GIB;
        if (c->compile_cache == VP_CACHE_COLD) peak = larger(peak, cold->peak_likely * GIB);
    }
    const vp_adapters_row *adapters = vp_adapters_find();
    kept += adapters->likely * (double)c->adapter_bytes;
    high_kept += adapters->high * (double)c->adapter_bytes;
    low -= adapters->likely * (double)c->adapter_bytes;
    vp_interval out = {to_bytes(low + kept - run), to_bytes(peak + kept), to_bytes(high + high_kept + run)};
    return out;
}

static vp_interval non_torch(const vp_runtime_case *c, vp_runner runner)
{
    uint32_t tp = c->tp > 1 ? c->tp : 1;
    const vp_non_torch_row *row =
        vp_non_torch_find(runner, c->release, tp, c->pp > 1, c->nvlink, c->capability, c->enforce_eager);
    vp_interval out = {0, 0, 0};
    if (!row) return out;
    out.low = to_bytes(row->low * GIB);
    out.likely = to_bytes(row->likely * GIB);
    out.high = to_bytes(row->high * GIB);
    return out;
}

/** How many of the sizes 1, 2, 4, 8, 16, 24 ... are at most `largest`; coarse: every 16 above 256. */
static uint64_t capture_sizes(uint64_t largest, bool coarse)
{
    uint64_t count = largest >= 4 ? 3 : vp_min(largest, 2);
    if (!coarse || largest < COARSE_FROM) return count + largest / 8;
    return count + COARSE_FROM / 8 + (largest - COARSE_FROM) / 16;
}

static uint64_t graph_count(const vp_runtime_case *c, vp_runner runner)
{
    const vp_capture_row *row = vp_capture_find(runner, c->release);
    if (!row) return 0;
    uint64_t most = c->capability / 10 == 10 ? row->at_most_cc10 : row->at_most;
    uint64_t decoded = vp_mul(vp_min(c->max_num_seqs, most), 1 + (uint64_t)c->speculative_tokens);
    uint64_t largest = row->per_seq * decoded;
    largest = vp_min(vp_min(vp_max(largest, row->at_least), most), c->max_num_batched_tokens);
    uint64_t piecewise = capture_sizes(largest, row->coarse);
    if (c->capture_count > 0) piecewise = c->capture_count;
    uint64_t full = row->full ? capture_sizes(vp_min(largest, decoded), row->coarse) : 0;
    full = vp_min(full, piecewise);
    /* config/compilation.py: cudagraph_specialize_lora */
    return (piecewise + full) * (c->adapter_bytes > 0 ? 2 : 1);
}

static double graph_bytes(const vp_runtime_case *c, const vp_graphs_row *row, uint64_t count)
{
    double layers = (double)c->layers / (c->pp > 1 ? (double)c->pp : 1.0);
    double experts = c->experts_per_token > 0 ? row->per_graph_experts : 0;
    return GIB * (row->base + (double)count * (row->per_graph + row->per_graph_layer * layers + experts));
}

static void graphs(const vp_runtime_case *c, vp_runner runner, vp_runtime *out)
{
    if (c->enforce_eager || c->no_graphs) return;
    uint64_t count = graph_count(c, runner);
    const vp_graphs_row *row = vp_graphs_reserved_find(runner, c->release);
    if (!row) {
        const vp_graphs_row *real = vp_graphs_real_find(runner);
        double late = graph_bytes(c, real, count);
        out->graphs_late = (vp_interval){to_bytes(late * real->low_factor), to_bytes(late),
                                         to_bytes(late * real->high_factor)};
        return;
    }
    double likely = graph_bytes(c, row, count);
    out->graphs.low = to_bytes(likely * row->low_factor);
    out->graphs.likely = to_bytes(likely);
    out->graphs.high = to_bytes(likely * row->high_factor + row->high_add * GIB);
}

static vp_runner runner_of(const vp_runtime_case *c)
{
    vp_runner_model model = {c->architecture, c->quantized, c->experts_per_token > 0, c->states};
    if (vp_runner_is_v0(c->release, c->capability)) return VP_RUNNER_V0;
    if (c->runner_v1) return VP_RUNNER_V1;
    if (c->runner_v2) return VP_RUNNER_V2;
    return vp_runner_is_v2(c->release, &model) ? VP_RUNNER_V2 : VP_RUNNER_V1;
}

bool vp_runtime_runs_v2(const vp_runtime_case *c) { return runner_of(c) == VP_RUNNER_V2; }

void vp_runtime_estimate(const vp_runtime_case *c, vp_runtime *out)
{
    static const vp_runtime nothing;
    vp_runner runner = runner_of(c);
    *out = nothing;
    out->runner = runner == VP_RUNNER_V0 ? "v0" : runner == VP_RUNNER_V1 ? "v1" : "v2";
    out->validated = vp_runtime_provisional(runner, c->release);
    out->activation = activation(c, runner);
    out->non_torch = non_torch(c, runner);
    graphs(c, runner, out);
}
