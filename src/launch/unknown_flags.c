/* SPDX-License-Identifier: Apache-2.0 */
/* A name that the release does not have: gone, to come, misspelt, another server's, or nothing known. */
#include <string.h>

#include "launch/parse_args.h"

static const struct {
    const char *option, *setting;
} foreign[] = {
#define FOREIGN(option, setting) {option, setting},
#include "launch/foreign_flags.def"
#undef FOREIGN
};

/** The nearest releases that have the option: the last before, the first after. */
typedef struct neighbours {
    const vp_release_row *before, *after;
    const vp_flag *flag; /* in one of them */
} neighbours;

static neighbours find_neighbours(const vp_parse *p, vp_str name)
{
    neighbours n = {NULL, NULL, NULL};
    size_t now = vp_release_index(p->release);
    bool off;
    for (size_t i = now; i-- > 0 && !n.before;) {
        const vp_flag *flag = vp_flag_find_option(name, vp_release_at(i), &off);
        if (flag) n = (neighbours){vp_release_at(i), NULL, flag};
    }
    for (size_t i = now + 1; i < vp_release_count() && !n.after; i++) {
        const vp_flag *flag = vp_flag_find_option(name, vp_release_at(i), &off);
        if (!flag) continue;
        n.after = vp_release_at(i);
        if (!n.flag) n.flag = flag;
    }
    return n;
}

bool vp_parse_elsewhere(const vp_parse *p, vp_str name) { return find_neighbours(p, name).flag != NULL; }

static const vp_flag *find_foreign(const vp_parse *p, vp_str name)
{
    for (size_t i = 0; i < sizeof foreign / sizeof foreign[0]; i++)
        if (vp_str_equal(name, foreign[i].option))
            return vp_flag_find(vp_str_from(foreign[i].setting), p->release);
    return NULL;
}

static void remark_absent(const vp_parse *p, const vp_item *item, vp_str name, const neighbours *n)
{
    const char *instead = vp_flag_successor(vp_str_from(n->flag->setting));
    const vp_flag *successor = instead ? vp_flag_find(vp_str_from(instead), p->release) : NULL;
    vp_remark *remark;
    if (n->before)
        remark = vp_remark_put(p->remarks, item->index,
                               successor ? VP_REMARK_renamed_flag : VP_REMARK_removed_flag,
                               "vLLM %s has no %.*s any more: it was last in %s", p->release->key,
                               vp_shown_length(name), name.at, n->before->key);
    else
        remark = vp_remark_put(p->remarks, item->index, VP_REMARK_later_flag,
                               "vLLM %s has no %.*s yet: it is first in %s", p->release->key,
                               vp_shown_length(name), name.at, n->after->key);
    if (successor)
        vp_remark_fix(p->remarks, remark, "leave it out; %s took its place", successor->option);
    else if (n->before)
        vp_remark_fix(p->remarks, remark, "leave it out");
    else
        vp_remark_fix(p->remarks, remark, "leave it out, or run vLLM %s or newer", n->after->key);
}

/** Puts the right name in the place of the wrong one, when its values go with it. */
static void mend_name(const vp_parse *p, const vp_item *item, vp_str name, uint32_t items, const char *option,
                      const vp_flag *flag)
{
    bool attached = item->text[name.length] == '=';
    bool takes_value = flag->value != VP_FLAG_NONE;
    if (item->from_file) return;
    if (takes_value != (attached || items > 1)) {
        if (takes_value || attached) {
            vp_parse_drop(p, item, items);
            return;
        }
        vp_parse_drop(p, item + 1, items - 1);
    } else if (takes_value && items > 2 && !flag->list) {
        vp_parse_drop(p, item + 2, items - 2);
    }
    vp_mend_replace(p->mend, item->index,
                    vp_arena_format(p->arena, "%s%s", option, item->text + name.length));
}

/** Offers every spelling of the release. */
static const char *nearest_option(const vp_parse *p, vp_str name, const vp_flag **flag, bool *off)
{
    vp_nearest nearest;
    vp_nearest_start(&nearest, name);
    for (size_t i = 0; i < vp_flag_count(); i++) {
        const vp_flag *row = vp_flag_at(i);
        if (!vp_flag_in(row, p->release)) continue;
        vp_nearest_offer(&nearest, row->option);
        if (row->negative && !strchr(row->negative, '=')) vp_nearest_offer(&nearest, row->negative);
    }
    if (!nearest.name) return NULL;
    *flag = vp_flag_find_option(vp_str_from(nearest.name), p->release, off);
    return *flag ? nearest.name : NULL;
}

void vp_parse_unknown(vp_parse *p, const vp_item *item, vp_str name, uint32_t items)
{
    const vp_flag *flag = NULL;
    bool off;
    neighbours n = find_neighbours(p, name);
    if (n.flag) {
        remark_absent(p, item, name, &n);
        vp_parse_drop(p, item, items);
        return;
    }
    const vp_flag *other = find_foreign(p, name);
    bool path = memchr(name.at, '/', name.length) != NULL; /* "-models/x" is no slip of the hand */
    const char *near = other || path || name.length < 4 ? NULL : nearest_option(p, name, &flag, &off);
    vp_remark *remark =
        vp_remark_put(p->remarks, item->index, near ? VP_REMARK_misspelt_flag : VP_REMARK_unknown_flag,
                      "no release of vLLM has %.*s", vp_shown_length(name), name.at);
    if (near) {
        vp_remark_fix(p->remarks, remark, "write %s", near);
        mend_name(p, item, name, items, near, flag);
        return;
    }
    if (other)
        vp_remark_fix(p->remarks, remark, "that is another server's; vLLM's is %s", other->option);
    else
        vp_remark_fix(p->remarks, remark, "leave it out");
    vp_parse_drop(p, item, items);
}
