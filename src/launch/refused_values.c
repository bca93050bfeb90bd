/* SPDX-License-Identifier: Apache-2.0 */
/* A value that the release does not take: why, and what it would take. */
#include <string.h>

#include "data/methods.h"
#include "launch/parse_args.h"
#include "launch/values.h"

const vp_item *vp_given_value(const vp_given *given)
{
    return given->attached || given->items == 1 ? given->option : given->option + 1;
}

static void mend_value(const vp_parse *p, const vp_given *given, const char *value)
{
    if (given->option->from_file) return;
    if (given->items > 1)
        vp_mend_replace(p->mend, given->option[1].index, value);
    else
        vp_mend_replace(p->mend, given->option->index,
                        vp_arena_format(p->arena, "%s=%s", given->flag->option, value));
}

/** The nearest of a flag's choices. */
static const char *nearest_choice(const vp_parse *p, const vp_flag *flag, const char *value)
{
    vp_nearest nearest;
    vp_nearest_start(&nearest, vp_str_from(value));
    for (const char *at = flag->choices; at && *at; at += *at == '|') {
        size_t length = strcspn(at, "|");
        vp_nearest_offer(&nearest, vp_arena_copy(p->arena, (vp_str){at, length}));
        at += length;
    }
    return nearest.name;
}

/** Whether an older or newer release takes the value. */
static vp_remark_code choice_code(const vp_parse *p, const vp_flag *flag, const char *value)
{
    size_t count;
    const vp_flag *rows = vp_flag_rows(vp_str_from(flag->setting), &count);
    vp_remark_code code = VP_REMARK_wrong_choice;
    for (size_t i = 0; i < count; i++) {
        if (!rows[i].choices || !vp_flag_takes(&rows[i], vp_str_from(value))) continue;
        bool older = rows[i].until < vp_release_index(p->release);
        if (older || code == VP_REMARK_wrong_choice)
            code = older ? VP_REMARK_removed_choice : VP_REMARK_later_choice;
    }
    return code;
}

/** The value that the release does not take, where a list has several. */
static const char *wrong_value(const vp_given *given)
{
    for (uint32_t i = 0; given->flag->choices && i < given->value_count; i++)
        if (!vp_flag_takes(given->flag, vp_str_from(given->values[i]))) return given->values[i];
    return given->value_count > 0 ? given->values[0] : "";
}

/** The methods that quantize a 16-bit model while it is loaded, in the order of the table. */
static const char *load_time_methods(const vp_parse *p)
{
    const char *text = NULL;
    vp_release release = vp_release_of(p->release);
    for (size_t i = 0; i < vp_method_count(); i++) {
        const vp_method *method = vp_method_at(i);
        if (method->kind != VP_METHOD_LOAD_TIME || !vp_method_in(method, release)) continue;
        if (method->packing == VP_PACKING_NOTHING || method->packing == VP_PACKING_INT8_CHANNEL)
            continue; /* of experts only */
        text = vp_arena_format(p->arena, "%s%s%s", text ? text : "", text ? ", " : "", method->key);
    }
    return text;
}

/** A value of another release, and which that is. */
static vp_remark *remark_absent_choice(const vp_parse *p, const vp_flag *flag, uint32_t index,
                                       vp_remark_code code, const char *value)
{
    size_t count;
    const vp_flag *rows = vp_flag_rows(vp_str_from(flag->setting), &count);
    const vp_release_row *there = NULL;
    bool removed = code == VP_REMARK_removed_choice;
    for (size_t i = 0; i < count; i++) {
        bool takes = rows[i].choices && vp_flag_takes(&rows[i], vp_str_from(value));
        bool older = rows[i].until < vp_release_index(p->release);
        if (takes && older && removed) there = vp_release_at(rows[i].until);
        if (takes && !older && !removed && !there) there = vp_release_at(rows[i].since);
    }
    return vp_remark_put(p->remarks, index, code, "%s of vLLM %s does not take \"%.*s\"%s: it is %s in %s",
                         flag->option, p->release->key, vp_shown_length(vp_str_from(value)), value,
                         removed ? " any more" : " yet", removed ? "last" : "first", there ? there->key : "");
}

static void refuse_choice(const vp_parse *p, vp_given *given, const vp_error *error)
{
    const char *value = wrong_value(given);
    vp_remark_code code = choice_code(p, given->flag, value);
    const char *near = code == VP_REMARK_wrong_choice ? nearest_choice(p, given->flag, value) : NULL;
    uint32_t index = vp_given_value(given)->index;
    vp_remark *remark = code == VP_REMARK_wrong_choice
                            ? vp_remark_put(p->remarks, index, code, "%s", error->message)
                            : remark_absent_choice(p, given->flag, index, code, value);
    if (near && given->value_count == 1) {
        vp_remark_fix(p->remarks, remark, "write %s", near);
        mend_value(p, given, near);
        return;
    }
    const char *instead = strcmp(given->flag->setting, "quantization") == 0 ? load_time_methods(p) : NULL;
    if (instead)
        vp_remark_fix(p->remarks, remark, "leave it out; what quantizes while loading in this release: %s",
                      instead);
    else
        vp_remark_fix(p->remarks, remark, "leave %s out, or take one of the values that there are",
                      given->flag->option);
    vp_parse_drop(p, given->option, given->items);
}

void vp_parse_refuse(const vp_parse *p, vp_given *given, const vp_error *error)
{
    const vp_flag *flag = given->flag;
    given->faulty = true;
    if (error->code == VLLMPLAN_E_RANGE && flag->choices) {
        refuse_choice(p, given, error);
        return;
    }
    bool json = flag->value == VP_FLAG_JSON || flag->value == VP_FLAG_OBJECT ||
                flag->value == VP_FLAG_TEXT_JSON || flag->value == VP_FLAG_PAIRS;
    uint32_t index = vp_given_value(given)->index;
    const char *value = given->value_count > 0 ? given->values[0] : "";
    bool range =
        flag->value == VP_FLAG_INT && vp_text_is_int(vp_str_from(value)); /* a number, but not this one */
    vp_remark_code code = json ? VP_REMARK_bad_json : range ? VP_REMARK_out_of_range : VP_REMARK_wrong_type;
    vp_remark *remark =
        vp_remark_put(p->remarks, index, code, "%s, and \"%.*s\" is none", error->message,
                      vp_launch_is_secret(flag->setting) ? 0 : vp_shown_length(vp_str_from(value)), value);
    if (json && value[0] == '{' && !strchr(value, '"'))
        vp_remark_fix(p->remarks, remark, "its quotes are gone: write it in single quotes");
    else
        vp_remark_fix(p->remarks, remark, "correct it, or leave %s out", flag->option);
    vp_parse_drop(p, given->option, given->items);
}
