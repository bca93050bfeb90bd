/* SPDX-License-Identifier: Apache-2.0 */
#include "launch/options.h"

#include <string.h>

#include "launch/values.h"

static void offer(vp_option *out, vp_str name, const char *spelling, const vp_flag *flag, bool off)
{
    if (!spelling || strncmp(spelling, name.at, name.length) != 0) return;
    if (out->candidates < 4) out->examples[out->candidates] = spelling;
    if (out->candidates++ > 0) return;
    out->flag = flag;
    out->off = off;
    out->spelling = vp_str_from(spelling);
}

/** "--no-x" for "--x", where that is not the spelling that is shown. It is compared piece by piece: the text
 *  itself stands nowhere. */
static void offer_hidden(vp_option *out, vp_str name, const vp_flag *flag)
{
    if (!flag->negative || strchr(flag->negative, '=') || strncmp(flag->negative, "--no-", 5) == 0) return;
    if (name.length <= 5 || !vp_str_starts(name, "--no-")) return;
    if (strncmp(flag->option + 2, name.at + 5, name.length - 5) != 0) return;
    if (out->candidates < 4) out->examples[out->candidates] = flag->option;
    if (out->candidates++ > 0) return;
    out->flag = flag;
    out->off = true;
    out->spelling = vp_str_from(flag->negative);
}

bool vp_option_find(vp_str name, const vp_release_row *release, bool abbreviations, vp_option *out)
{
    memset(out, 0, sizeof *out);
    out->flag = vp_flag_find_option(name, release, &out->off);
    if (out->flag) return true;
    if (!abbreviations || name.length < 3 || !vp_str_starts(name, "--")) return false;
    static const vp_flag help = {.setting = "help", .option = "--help", .value = VP_FLAG_NONE};
    offer(out, name, help.option, &help, false);
    for (size_t i = 0; i < vp_flag_count(); i++) {
        const vp_flag *flag = vp_flag_at(i);
        if (!vp_flag_in(flag, release)) continue;
        offer(out, name, flag->option, flag, false);
        if (flag->negative && !strchr(flag->negative, '=')) offer(out, name, flag->negative, flag, true);
        offer_hidden(out, name, flag);
        size_t position = 0;
        for (const char *s; (s = vp_flag_next_spelling(vp_str_from(flag->setting), release, &position));)
            offer(out, name, s, flag, false);
    }
    return out->candidates == 1;
}

bool vp_option_like(const char *word, const vp_release_row *release)
{
    vp_str text = vp_str_from(word);
    vp_option option;
    if (word[0] != '-' || word[1] == '\0') return false;
    if (vp_text_is_float(text) && !strchr(word, 'e') && !strchr(word, 'E')) return false;
    if (!strchr(word, ' ')) return true;
    text.length = strcspn(word, "=");
    for (size_t i = 0; i < text.length; i++)
        if (text.at[i] == ' ') return false; /* no option's name has one */
    return vp_option_find(text, release, true, &option) || option.candidates > 1;
}
