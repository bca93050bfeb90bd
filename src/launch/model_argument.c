/* SPDX-License-Identifier: Apache-2.0 */
/* Which model the arguments name, and whether the entry point takes it there. */
#include <string.h>

#include "launch/parse_args.h"

/** The last --model that is there, and whether it was the word by itself. */
static const vp_given *find_model_option(const vp_parse *p)
{
    for (uint32_t i = p->given_count; i-- > 0;)
        if (strcmp(p->given[i].flag->setting, "model") == 0 && !p->given[i].faulty) return &p->given[i];
    return NULL;
}

static void move_model(const vp_parse *p, const vp_given *option, vp_remark *remark)
{
    vp_remark_fix(p->remarks, remark, "put the model first: vllm serve MODEL ...");
    if (option->option->from_file) return;
    vp_parse_drop(p, option->option, option->items);
    p->mend->front = option->values[0];
    p->mend->front_at = p->item_count > 0 ? p->items[0].index : 0;
}

/** vllm serve: the model is its first word. Rows model_option_with_serve and the two of the same file:
 *  FlexibleArgumentParser.parse_args. */
static void judge_serve(vp_parse *p, const vp_given *option)
{
    const vp_item *first = p->positional_count > 0 ? p->positional[0] : NULL;
    bool both = first && option && !option->option->from_file;
    if (both) {
        vp_remark *remark =
            vp_remark_put(p->remarks, option->option->index,
                          vp_parse_since(p, 8, 5) ? VP_REMARK_two_models : VP_REMARK_model_option,
                          "the model is given twice: as \"%.*s\" and with --model",
                          vp_shown_length(vp_str_from(first->text)), first->text);
        vp_remark_fix(p->remarks, remark, "leave --model out");
        vp_parse_drop(p, option->option, option->items);
    } else if (option && !option->option->from_file) {
        bool taken = p->release->model_option_with_serve || (option->attached && vp_parse_since(p, 8, 5));
        vp_remark *remark =
            taken && p->image
                ? NULL
                : vp_remark_put(
                      p->remarks, option->option->index,
                      taken ? VP_REMARK_model_option : VP_REMARK_model_option_refused,
                      taken ? "vllm serve of %s still takes --model and says that it will not for long"
                            : "vllm serve of %s refuses --model",
                      p->release->key);
        if (remark) move_model(p, option, remark);
    }
    p->model = first ? first : option ? option->option : NULL;
    p->model_text = first ? first->text : option ? option->values[0] : NULL;
}

static bool has_setting(const vp_parse *p, const char *setting)
{
    for (uint32_t i = 0; i < p->given_count; i++)
        if (strcmp(p->given[i].flag->setting, setting) == 0) return true;
    return false;
}

/** A model that stands behind --served-model-name is taken for one more name. */
static const vp_item *swallowed_model(const vp_parse *p)
{
    for (uint32_t i = 0; i < p->given_count; i++) {
        const vp_given *given = &p->given[i];
        if (strcmp(given->flag->setting, "served_model_name") == 0 && given->value_count > 1)
            return given->option + given->items - 1;
    }
    return NULL;
}

/** Since 0.17.1 --served-model-name wants the model before all options. True when it was refused. */
static bool judge_order(const vp_parse *p, const vp_given *option)
{
    if (!vp_parse_since(p, 17, 0) || p->item_count == 0 || p->items[0].text[0] != '-' || option) return false;
    if (!has_setting(p, "served_model_name") || has_setting(p, "config")) return false;
    vp_remark *remark =
        vp_remark_put(p->remarks, p->items[0].index, VP_REMARK_model_not_first,
                      "with --served-model-name vllm serve of %s wants the model first", p->release->key);
    vp_remark_fix(p->remarks, remark, "put the model before the flags");
    const vp_item *model = p->model ? p->model : swallowed_model(p);
    if (!model) return true;
    vp_parse_drop(p, model, 1);
    p->mend->front = model->text;
    p->mend->front_at = p->items[0].index;
    return true;
}

static void judge_module(vp_parse *p, const vp_given *option)
{
    p->model = option ? option->option : NULL;
    p->model_text = option ? option->values[0] : NULL;
    if (p->positional_count == 0) return;
    const vp_item *item = p->positional[0];
    vp_remark *remark;
    if (vp_parse_since(p, 10, 0)) /* parsed and never read: the default model would be served */
        remark =
            vp_remark_put(p->remarks, item->index, VP_REMARK_model_ignored,
                          "this entry point of vLLM %s ignores a model without --model", p->release->key);
    else
        remark = vp_remark_put(p->remarks, item->index, VP_REMARK_extra_word,
                               "this entry point of vLLM %s takes no word without a flag", p->release->key);
    if (option) {
        vp_remark_fix(p->remarks, remark, "leave it out: --model names the model");
        vp_parse_drop(p, item, 1);
        return;
    }
    vp_remark_fix(p->remarks, remark, "write --model before it");
    if (!item->from_file)
        vp_mend_replace(p->mend, item->index, vp_arena_format(p->arena, "--model=%s", item->text));
    p->model = item;
    p->model_text = item->text;
}

void vp_parse_model(vp_parse *p)
{
    const vp_given *option = find_model_option(p);
    if (p->module)
        judge_module(p, option);
    else
        judge_serve(p, option);
    if (!p->module && judge_order(p, option)) return;
    bool named = p->model_text && p->model_text[0] != '\0';
    if (named || has_setting(p, "config")) return;
    bool required = (!p->module && !vp_parse_since(p, 8, 5)) || p->model_text;
    vp_remark *remark = vp_remark_put(p->remarks, p->item_count > 0 ? p->items[0].index : 0,
                                      required ? VP_REMARK_missing_model : VP_REMARK_default_model,
                                      required ? "no model is named"
                                               : "no model is named: vLLM would serve its default model");
    vp_remark_fix(p->remarks, remark, p->module ? "add --model MODEL" : "write the model behind serve");
}
