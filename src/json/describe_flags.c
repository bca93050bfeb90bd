/* SPDX-License-Identifier: Apache-2.0 */
#include "data/flags.h"
#include "json/describe.h"

static void put_spellings(vp_out *out, const char *setting, const vp_release_row *release)
{
    const char *option;
    size_t position = 0;
    vp_out_list(out, "short");
    while ((option = vp_flag_next_spelling(vp_str_from(setting), release, &position)) != NULL)
        vp_out_text(out, NULL, option);
    vp_out_end(out);
}

void vp_describe_flags(vp_out *out, const vp_release_row *release)
{
    static const char *const values[] = {[VP_FLAG_NONE] = "none",
                                         [VP_FLAG_TEXT] = "text",
                                         [VP_FLAG_INT] = "int",
                                         [VP_FLAG_FLOAT] = "float",
                                         [VP_FLAG_CHOICE] = "choice",
                                         [VP_FLAG_HUMAN_INT] = "human_int",
                                         [VP_FLAG_HUMAN_AUTO] = "human_auto",
                                         [VP_FLAG_JSON] = "json",
                                         [VP_FLAG_TEXT_JSON] = "text_json",
                                         [VP_FLAG_OBJECT] = "object",
                                         [VP_FLAG_PAIRS] = "pairs"};
    vp_out_text(out, "release", release->key);
    vp_out_list(out, "flags");
    for (size_t i = 0; i < vp_flag_count(); i++) {
        const vp_flag *flag = vp_flag_at(i);
        if (!vp_flag_in(flag, release)) continue;
        vp_out_object(out, NULL);
        vp_out_text(out, "setting", flag->setting);
        vp_out_text(out, "option", flag->option);
        vp_out_text(out, "negative", flag->negative);
        vp_out_text(out, "value", values[flag->value]);
        vp_out_bool(out, "list", flag->list);
        vp_out_bool(out, "repeat", flag->repeat);
        put_spellings(out, flag->setting, release);
        vp_out_text(out, "default", flag->fallback);
        vp_describe_words(out, "choices", flag->choices);
        vp_out_end(out);
    }
    vp_out_end(out);
}
