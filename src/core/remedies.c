/* SPDX-License-Identifier: Apache-2.0 */
/* Remedies: the few distinct single changes, and the best pair, that make the asked request start. */
#include <string.h>

#include "base/vp_int.h"
#include "core/plan.h"

/** Evaluates the asked settings with the changes that `plan->scratch.settings` already holds. */
static bool try_settings(vp_plan *plan, vp_arena *arena, bool *works, vp_error *error)
{
    if (!vp_evaluate(plan->request, &plan->scratch.settings, arena, &plan->scratch.evaluation, error))
        return false;
    *works = vp_search_works(plan->request, &plan->scratch.evaluation);
    return true;
}

static vp_remedy *add(vp_plan *plan, vp_verdict verdict, const char *cost, const char *text)
{
    if (plan->remedy_count == VP_MAX_REMEDIES) return NULL;
    vp_remedy *remedy = &plan->remedies[plan->remedy_count++];
    memset(remedy, 0, sizeof *remedy);
    remedy->verdict = verdict;
    remedy->cost = cost;
    remedy->text = text;
    return remedy;
}

/** Notes one setting of the scratch candidate as part of a remedy. */
static void change(vp_plan *plan, vp_remedy *remedy, const char *name)
{
    const vp_setting *setting = vp_settings_find(&plan->scratch.settings, name);
    if (remedy && setting && remedy->change_count < VP_MAX_CHANGES)
        remedy->changes[remedy->change_count++] = *setting;
}

static void start(vp_plan *plan) { plan->scratch.settings = plan->asked.settings; }

static uint64_t weights_of(const vp_evaluation *e)
{
    return e->rank_count > 0 ? e->ranks[e->tightest].weights.bytes : 0;
}

static const char *weights_cost(vp_plan *plan, vp_arena *arena, vp_loss loss)
{
    vp_gib before, after;
    return vp_arena_format(arena, "linear layers in %s bits: %s GiB of weights instead of %s",
                           loss == VP_LOSS_FOUR_BIT ? "4" : "8",
                           vp_gib_text(&after, weights_of(&plan->scratch.evaluation)),
                           vp_gib_text(&before, weights_of(&plan->asked.evaluation)));
}

/** A load-time method alone, or together with the highest utilization. */
static bool try_methods(vp_plan *plan, vp_arena *arena, bool with_utilization, vp_error *error)
{
    vp_release release = vp_release_of(plan->request->engine.release);
    vp_loss found_loss = VP_LOSS_NONE;
    for (size_t i = 0; i < vp_method_count(); i++) {
        const vp_method *method = vp_method_at(i);
        bool usable = method->kind == VP_METHOD_LOAD_TIME || method->kind == VP_METHOD_PLUGIN;
        if (!usable || method->packing == VP_PACKING_NOTHING || method->loss == found_loss ||
            !vp_method_in(method, release))
            continue;
        bool works;
        start(plan);
        vp_search_put_method(plan->request, &plan->scratch.settings, method->key);
        if (with_utilization)
            vp_search_put_utilization(&plan->scratch.settings, arena,
                                      vp_search_highest_utilization(&plan->asked.evaluation));
        if (!try_settings(plan, arena, &works, error)) return false;
        if (!works || !plan->scratch.evaluation.method.starts) continue;
        found_loss = method->loss; /* one a class of loss is enough */
        vp_remedy *remedy =
            add(plan, plan->scratch.evaluation.verdict, weights_cost(plan, arena, method->loss),
                vp_arena_format(arena, "quantize while loading with %s: %s", method->key, method->text));
        change(plan, remedy, "quantization");
        change(plan, remedy, "load_format");
        if (with_utilization) change(plan, remedy, "gpu_memory_utilization");
    }
    return true;
}

static bool try_length(vp_plan *plan, vp_arena *arena, vp_error *error)
{
    const vp_evaluation *asked = &plan->asked.evaluation;
    uint64_t block = vp_max(1, asked->args.block_size), longest = asked->pool_low.longest_len / block * block;
    bool works;
    if (longest == 0 || longest >= asked->args.max_model_len) return true;
    start(plan);
    vp_search_put_number(&plan->scratch.settings, arena, "max_model_len", longest);
    if (!try_settings(plan, arena, &works, error)) return false;
    if (!works) return true;
    vp_remedy *remedy =
        add(plan, plan->scratch.evaluation.verdict,
            vp_arena_format(arena, "requests of at most %llu tokens instead of %llu",
                            (unsigned long long)longest, (unsigned long long)asked->args.max_model_len),
            "shorten the context");
    change(plan, remedy, "max_model_len");
    return true;
}

static bool try_utilization(vp_plan *plan, vp_arena *arena, vp_error *error)
{
    const vp_evaluation *asked = &plan->asked.evaluation;
    unsigned highest = vp_search_highest_utilization(asked);
    bool works;
    start(plan);
    vp_search_put_utilization(&plan->scratch.settings, arena, highest);
    if (!try_settings(plan, arena, &works, error)) return false;
    if (!works) return true;
    vp_remedy *remedy =
        add(plan, plan->scratch.evaluation.verdict,
            vp_arena_format(arena, "%u %% of the card instead of %s", highest, asked->args.utilization_text),
            "give vLLM a larger share of the card");
    change(plan, remedy, "gpu_memory_utilization");
    return true;
}

static bool try_cards(vp_plan *plan, vp_arena *arena, vp_error *error)
{
    uint64_t cards = vp_search_cards(plan->request);
    for (uint64_t tp = plan->asked.evaluation.args.tp * (uint64_t)2; tp <= cards; tp *= 2) {
        bool works;
        start(plan);
        vp_search_put_number(&plan->scratch.settings, arena, "tensor_parallel_size", tp);
        if (!try_settings(plan, arena, &works, error)) return false;
        if (!works) continue;
        vp_remedy *remedy = add(plan, plan->scratch.evaluation.verdict,
                                vp_arena_format(arena, "%llu cards instead of %u", (unsigned long long)tp,
                                                plan->asked.evaluation.args.tp),
                                "spread the model over more cards");
        change(plan, remedy, "tensor_parallel_size");
        return true;
    }
    return true;
}

/** The fix that the reader of the files derived: the block for config.json. */
static const char *lost_block(const vp_facts *facts)
{
    for (uint32_t i = 0; i < facts->finding_count; i++)
        if (strcmp(facts->findings[i].code, "packed_without_quantization_config") == 0)
            return facts->findings[i].fix;
    return NULL;
}

/** The JSON object inside a fix text: from its first brace to its last. */
static const char *object_in(vp_arena *arena, const char *text)
{
    const char *begin = text ? strchr(text, '{') : NULL;
    const char *end = text ? strrchr(text, '}') : NULL;
    if (!begin || !end || end < begin) return NULL;
    vp_str object = {begin, (size_t)(end - begin) + 1};
    return vp_arena_copy(arena, object);
}

/** Packed files whose config lost its quantization_config: put it back, or bring it along. */
static bool mend_lost_config(vp_plan *plan, vp_arena *arena, vp_error *error)
{
    const char *block = object_in(arena, lost_block(plan->request->facts));
    if (!block) return true;
    const char *member = strstr(block, "\"quantization_config\"")
                             ? block
                             : vp_arena_format(arena, "{\"quantization_config\": %s}", block);
    bool works;
    start(plan);
    vp_settings_remove(&plan->scratch.settings, "quantization");
    vp_settings_remove(&plan->scratch.settings, "load_format");
    vp_settings_put(&plan->scratch.settings, "hf_overrides", VP_VALUE_JSON, member);
    if (!try_settings(plan, arena, &works, error)) return false;
    vp_verdict verdict = plan->scratch.evaluation.verdict;
    const char *besides = plan->scratch.evaluation.method.reason == VP_REASON_PLUGIN_MISSING
                              ? "; this release needs " VP_BNB_PLUGIN " besides"
                              : "";
    add(plan, verdict, "a change to the checkpoint's config.json",
        vp_arena_format(arena, "put the missing block back into config.json: %s%s", member, besides));
    if (plan->scratch.evaluation.method.starts) {
        /* read in the source, step by step, of 0.11.2: ModelConfig._apply_dict_overrides sets the block
         * before _verify_quantization looks for it; not tried on a card */
        vp_remedy *remedy = add(plan, verdict, "none on the files; the argument must stay with every start",
                                "bring the missing block along with --hf-overrides");
        change(plan, remedy, "hf_overrides");
    }
    return true;
}

static void name_plugin(vp_plan *plan)
{
    if (plan->asked.evaluation.method.reason != VP_REASON_PLUGIN_MISSING) return;
    add(plan, VP_VERDICT_UNKNOWN, "one more package beside vLLM",
        "install " VP_BNB_PLUGIN
        " and declare it in engine.plugins, or use vLLM 0.27.1 or older, or a checkpoint of another kind");
}

bool vp_plan_remedies(vp_plan *plan, vp_arena *arena, vp_error *error)
{
    const vp_evaluation *asked = &plan->asked.evaluation;
    if (plan->asked.works || asked->verdict == VP_VERDICT_UNKNOWN) return true;
    name_plugin(plan);
    if (!mend_lost_config(plan, arena, error)) return false;
    if (asked->verdict == VP_VERDICT_REFUSED) return true;
    if (!try_length(plan, arena, error) || !try_utilization(plan, arena, error) ||
        !try_cards(plan, arena, error))
        return false;
    if (plan->request->facts->model.stored.method[0] ||
        vp_settings_text(&plan->asked.settings, "quantization"))
        return true;
    if (!try_methods(plan, arena, false, error)) return false;
    return plan->remedy_count > 0 || try_methods(plan, arena, true, error);
}
