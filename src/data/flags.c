/* SPDX-License-Identifier: Apache-2.0 */
#include "data/flags.h"

#include <string.h>

/* release indexes by name: VP_R_0_33_0 */
enum {
#define RELEASE(id, ...) VP_R_##id,
#include "data/releases.def"
#undef RELEASE
};

typedef enum many { MANY_ONE, MANY_LIST, MANY_REPEAT } many;

static const vp_flag rows[] = {
#define FLAG(setting, option, negative, value, many, since, until, choices, fallback)                        \
    {setting,                                                                                                \
     option,                                                                                                 \
     negative,                                                                                               \
     VP_FLAG_##value,                                                                                        \
     MANY_##many != MANY_ONE,                                                                                \
     MANY_##many == MANY_REPEAT,                                                                             \
     VP_R_##since,                                                                                           \
     VP_R_##until,                                                                                           \
     choices,                                                                                                \
     fallback},
#include "data/flags.def"
#undef FLAG
};

static const struct {
    const char *option, *setting;
    uint8_t since, until;
} spellings[] = {
#define SPELLING(option, setting, since, until) {option, setting, VP_R_##since, VP_R_##until},
#include "data/flags.def"
#undef SPELLING
};

static const struct {
    const char *gone, *successor;
} successors[] = {
#define SUCCESSOR(gone, successor) {gone, successor},
#include "data/flag_successors.def"
#undef SUCCESSOR
};

enum {
    ROWS = sizeof rows / sizeof rows[0],
    SPELLINGS = sizeof spellings / sizeof spellings[0],
    SUCCESSORS = sizeof successors / sizeof successors[0],
};

size_t vp_flag_count(void) { return ROWS; }
const vp_flag *vp_flag_at(size_t index) { return index < ROWS ? &rows[index] : NULL; }

/** How `name` compares with `wanted`, given that their first *same bytes agree; counts on in *same. */
static int compare(const char *name, vp_str wanted, size_t *same)
{
    while (*same < wanted.length && name[*same] != '\0' && name[*same] == wanted.at[*same]) (*same)++;
    if (*same == wanted.length) return name[*same] != '\0';
    return (unsigned char)name[*same] < (unsigned char)wanted.at[*same] ? -1 : 1;
}

/** What the names at both ends of the range share with the wanted one, all between them share too: no byte is
 *  looked at twice. */
const vp_flag *vp_flag_rows(vp_str setting, size_t *count)
{
    size_t low = 0, high = ROWS, same_low = 0, same_high = 0, same = 0;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        same = same_low < same_high ? same_low : same_high;
        if (compare(rows[middle].setting, setting, &same) < 0) {
            low = middle + 1;
            same_low = same;
        } else {
            high = middle;
            same_high = same;
        }
    }
    size_t end = low;
    while (end < ROWS && vp_str_equal(setting, rows[end].setting)) end++;
    *count = end - low;
    return end > low ? &rows[low] : NULL;
}

static bool within(size_t since, size_t until, const vp_release_row *release)
{
    size_t index = vp_release_index(release);
    return since <= index && index <= until;
}

bool vp_flag_in(const vp_flag *flag, const vp_release_row *release)
{
    return within(flag->since, flag->until, release);
}

const vp_flag *vp_flag_find(vp_str setting, const vp_release_row *release)
{
    size_t count;
    const vp_flag *flags = vp_flag_rows(setting, &count);
    for (size_t i = 0; i < count; i++)
        if (vp_flag_in(&flags[i], release)) return &flags[i];
    return NULL;
}

const vp_flag *vp_flag_find_any(vp_str setting)
{
    size_t count;
    const vp_flag *flags = vp_flag_rows(setting, &count);
    return flags ? &flags[count - 1] : NULL;
}

bool vp_flag_takes(const vp_flag *flag, vp_str text)
{
    const char *at = flag->choices;
    if (!at) return true;
    for (;;) {
        size_t length = strcspn(at, "|");
        if (length == text.length && memcmp(at, text.at, length) == 0) return true;
        if (at[length] == '\0') return false;
        at += length + 1;
    }
}

const char *vp_flag_successor(vp_str setting)
{
    for (size_t i = 0; i < SUCCESSORS; i++)
        if (vp_str_equal(setting, successors[i].gone)) return successors[i].successor;
    return NULL;
}

/** Long options may be typed with '_' in place of '-' (vllm/utils: FlexibleArgumentParser.parse_args,
 *  all releases). */
static bool is_option(vp_str typed, const char *option)
{
    size_t length = strlen(option);
    if (typed.length != length) return false;
    for (size_t i = 0; i < length; i++) {
        bool same = typed.at[i] == option[i] || (i >= 2 && typed.at[i] == '_' && option[i] == '-');
        if (!same) return false;
    }
    return true;
}

/** A switch can also be switched off by "--no-" before its name, whatever `negative` shows: 0.33.0 shows
 *  "--disable-x" for "--enable-x" and still takes "--no-enable-x". */
static bool is_off(vp_str typed, const vp_flag *flag)
{
    if (!flag->negative || strchr(flag->negative, '=')) return false;
    if (is_option(typed, flag->negative)) return true;
    if (!vp_str_starts(typed, "--no")) return false;
    if (typed.length < 5 || (typed.at[4] != '-' && typed.at[4] != '_')) return false;
    vp_str rest = {typed.at + 5, typed.length - 5};
    return is_option(rest, flag->option + 2);
}

const vp_flag *vp_flag_find_option(vp_str option, const vp_release_row *release, bool *off)
{
    *off = false;
    for (size_t i = 0; i < SPELLINGS; i++)
        if (is_option(option, spellings[i].option) && within(spellings[i].since, spellings[i].until, release))
            return vp_flag_find(vp_str_from(spellings[i].setting), release);
    for (size_t i = 0; i < ROWS; i++) {
        if (!vp_flag_in(&rows[i], release)) continue;
        if (is_option(option, rows[i].option)) return &rows[i];
        if (is_off(option, &rows[i])) {
            *off = true;
            return &rows[i];
        }
    }
    return NULL;
}

const char *vp_flag_next_spelling(vp_str setting, const vp_release_row *release, size_t *position)
{
    size_t index = vp_release_index(release);
    while (*position < SPELLINGS) {
        size_t i = (*position)++;
        if (spellings[i].since <= index && index <= spellings[i].until &&
            vp_str_equal(setting, spellings[i].setting))
            return spellings[i].option;
    }
    return NULL;
}
