/* SPDX-License-Identifier: Apache-2.0 */
#include "data/flags.h"
#include "json/describe.h"

#include <string.h>

/* release indexes by name: VP_R_0_33_0 */
enum {
#define RELEASE(id, ...) VP_R_##id,
#include "data/releases.def"
#undef RELEASE
};

/* other spellings of an option, "-tp" */
static const struct {
    const char *option, *setting;
    uint8_t since, until;
} spellings[] = {
#define SPELLING(option, setting, since, until) {option, setting, VP_R_##since, VP_R_##until},
#include "data/flags.def"
#undef SPELLING
};

static void put_spellings(vp_out *out, const char *setting, const vp_release_row *release)
{
    size_t index = vp_release_index(release);
    vp_out_list(out, "short");
    for (size_t i = 0; i < sizeof spellings / sizeof spellings[0]; i++)
        if (spellings[i].since <= index && index <= spellings[i].until &&
            strcmp(spellings[i].setting, setting) == 0)
            vp_out_text(out, NULL, spellings[i].option);
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
