/* SPDX-License-Identifier: Apache-2.0 */
/* The law: what one rank of a dense text decoder measures while it is profiled with max_num_batched_tokens
 * tokens of max_num_seqs requests (v1/worker/gpu_model_runner.py:profile_run, gpu_worker.py:
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
    double tokens, seqs, hidden, share; /* share: the MLP's width on one rank */
    double qkv;                         /* width of q, k and v on one rank */
    double vocab, element;
    bool split, staged, last_stage;
} sizes;

static sizes sizes_of(const vp_runtime_case *c)
{
    double tp = c->tp > 1 ? (double)c->tp : 1.0;
    sizes s = {
        .tokens = (double)c->max_num_batched_tokens,
        .seqs = (double)c->max_num_seqs,
        .hidden = (double)c->hidden,
        .share = (double)c->intermediate / tp,
        .qkv = ((double)c->heads + 2.0 * (double)c->kv_heads) * (double)c->head_dim / tp,
        .vocab = (double)c->vocab,
        .element = (double)c->activation_bytes,
        .split = c->tp > 1,
        .staged = c->pp > 1,
        .last_stage = c->pp <= 1 || c->pp_rank + 1 == c->pp,
    };
    return s;
}

/** The forward pass: the wider of MLP and attention, with every token of the batch in flight. */
static double forward_bytes(const vp_runtime_case *c, const sizes *s, bool eager)
{
    const vp_card_row *card = vp_card_find(c->capability);
    const vp_forward_row *row = vp_forward_find(eager);
    double rows = s->element * s->tokens;
    double mlp = rows * ((c->gated ? row->gated : row->plain) * s->share +
                         (s->split ? row->hidden_split : row->hidden) * s->hidden);
    double attention = rows * (row->attention_qkv * s->qkv + row->attention_hidden * s->hidden);
    if (c->quantized_activations) mlp += s->tokens * s->share;
    if (!eager) mlp += card->forward_bytes;
    double stage = s->staged ? row->stage_hidden * rows * s->hidden : 0;
    return card->workspace_bytes + larger(mlp, attention) + stage;
}

/** The sampler's warm-up with max_num_seqs requests: only the last stage has logits, for the whole
 *  vocabulary on every rank of it. */
static double sampler_bytes(const vp_runtime_case *c, const sizes *s, const vp_sampler_row *row)
{
    double processors = c->multiprocessors ? (double)c->multiprocessors : (double)MULTIPROCESSORS_ASSUMED;
    double scratch_rows = s->seqs < processors ? s->seqs : processors;
    double scratch = c->max_num_seqs >= row->scratch_from ? row->scratch * s->vocab * scratch_rows : 0;
    return vp_card_find(c->capability)->workspace_bytes + (row->per_logit + s->element) * s->seqs * s->vocab +
           scratch + s->element * (s->tokens * s->hidden + row->hidden * s->seqs * s->hidden);
}

/** The larger phase, the buffers that the runner keeps, and what an empty compile cache adds. */
static vp_interval activation(const vp_runtime_case *c, vp_runner runner)
{
    sizes s = sizes_of(c);
    const vp_sampler_row *sampler = vp_sampler_find(runner, c->release);
    const vp_spread_row *spread = vp_spread_find(runner, !c->batch_settings_known);
    double forward = forward_bytes(c, &s, c->enforce_eager || runner == VP_RUNNER_V0);
    double peak = s.last_stage ? larger(forward, sampler_bytes(c, &s, sampler)) : forward;
    double kept = s.last_stage ? sampler->kept * s.seqs * s.vocab : 0;
    double low = larger(0, peak * spread->low_factor + spread->low_add * GIB);
    double high = peak * spread->high_factor + spread->high_add * GIB;
    double high_kept = kept;
    /* V0 with several ranks: some hosts print the rank that has no logits */
    if (runner == VP_RUNNER_V0 && s.split && forward < low) low = forward;
    const vp_cold_compile_row *cold = vp_cold_compile_find(c->release);
    if (cold && runner != VP_RUNNER_V0 && !c->enforce_eager && c->compile_cache != VP_CACHE_WARM) {
        high = larger(high, cold->peak_high * GIB);
        high_kept += cold->kept_high * GIB;
        if (c->compile_cache == VP_CACHE_COLD) peak = larger(peak, cold->peak_likely * GIB);
    }
    vp_interval out = {to_bytes(low + kept - spread->run * GIB), to_bytes(peak + kept),
                       to_bytes(high + high_kept + spread->run * GIB)};
    return out;
}

static vp_interval non_torch(const vp_runtime_case *c, vp_runner runner)
{
    uint32_t tp = c->tp > 1 ? c->tp : 1;
    const vp_non_torch_row *row =
        vp_non_torch_find(runner, c->release, tp, c->pp > 1, c->nvlink, c->capability);
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
    uint64_t largest = row->per_seq * vp_min(c->max_num_seqs, most);
    largest = vp_min(vp_min(vp_max(largest, row->at_least), most), c->max_num_batched_tokens);
    uint64_t piecewise = capture_sizes(largest, row->coarse);
    return row->full ? piecewise + capture_sizes(vp_min(largest, c->max_num_seqs), row->coarse) : piecewise;
}

static double graph_bytes(const vp_runtime_case *c, const vp_graphs_row *row, uint64_t count)
{
    double layers = (double)c->layers / (c->pp > 1 ? (double)c->pp : 1.0);
    return GIB * (row->base + (double)count * (row->per_graph + row->per_graph_layer * layers));
}

static void graphs(const vp_runtime_case *c, vp_runner runner, vp_runtime *out)
{
    if (c->enforce_eager) return;
    uint64_t count = graph_count(c, runner);
    const vp_graphs_row *row = vp_graphs_reserved_find(runner, c->release);
    if (!row) {
        out->graphs_late = to_bytes(graph_bytes(c, vp_graphs_real_find(runner), count));
        return;
    }
    double likely = graph_bytes(c, row, count);
    out->graphs.low = to_bytes(likely * row->low_factor);
    out->graphs.likely = to_bytes(likely);
    out->graphs.high = to_bytes(likely * row->high_factor + row->high_add * GIB);
}

static vp_runner runner_of(const vp_runtime_case *c)
{
    if (vp_runner_is_v0(c->release, c->capability)) return VP_RUNNER_V0;
    if (c->runner_v1) return VP_RUNNER_V1;
    if (c->runner_v2) return VP_RUNNER_V2;
    return vp_runner_is_v2(c->release, c->architecture, c->quantized) ? VP_RUNNER_V2 : VP_RUNNER_V1;
}

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
