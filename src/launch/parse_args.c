/* SPDX-License-Identifier: Apache-2.0 */
/* Items to options and their values: what FlexibleArgumentParser rewrites, then argparse's own walk. */
#include "launch/parse_args.h"

#include <string.h>

#include "launch/options.h"
#include "launch/values.h"

typedef struct walk {
    vp_parse *p;
    uint32_t at;
    uint32_t members;     /* dotted options so far */
    bool only_positional; /* behind "--" */
} walk;

enum { MOST_MEMBERS = 512 }; /* each is compared with each */

bool vp_parse_since(const vp_parse *p, uint32_t minor, uint32_t patch)
{
    return vp_release_at_least(vp_release_of(p->release), VP_RELEASE(0, minor, patch));
}

static bool takes_members(const vp_parse *p) { return vp_parse_since(p, 9, 0); }
static bool takes_lists_of_members(const vp_parse *p) { return vp_parse_since(p, 9, 2); }

/** Dashes for underscores, up to the first '.', and no value: "--hf_overrides.a_b=1" is "--hf-overrides". */
static vp_str option_name(const vp_parse *p, const char *text)
{
    size_t length = strcspn(text, "=");
    vp_str name = {text, length};
    if (strncmp(text, "--", 2) != 0) return name;
    const char *dot = memchr(text, '.', length);
    if (dot && takes_members(p)) name.length = (size_t)(dot - text);
    if (!memchr(text, '_', name.length)) return name;
    char *copy = vp_arena_take(p->arena, name.length + 1);
    if (!copy) return name;
    for (size_t i = 0; i < name.length; i++) copy[i] = text[i] == '_' ? '-' : text[i];
    return (vp_str){copy, name.length};
}

static bool is_option(const vp_parse *p, const vp_item *item)
{
    return vp_option_like(item->text, p->release);
}

/** The items that follow and are no options: at most `most`. */
static uint32_t count_values(const walk *w, uint32_t from, uint32_t most)
{
    uint32_t count = 0;
    while (count < most && from + count < w->p->item_count) {
        const vp_item *item = &w->p->items[from + count];
        if (strcmp(item->text, "--") == 0 || is_option(w->p, item)) break;
        count++;
    }
    return count;
}

void vp_parse_drop(const vp_parse *p, const vp_item *item, uint32_t items)
{
    for (uint32_t i = 0; i < items; i++)
        if (!item[i].from_file) vp_mend_drop(p->mend, item[i].index, 1);
}

static vp_given *add_given(walk *w, const vp_flag *flag, const vp_item *item)
{
    vp_given *given = &w->p->given[w->p->given_count++];
    *given = (vp_given){.flag = flag, .option = item, .items = 1};
    return given;
}

static bool take_values(walk *w, vp_given *given, const char *attached)
{
    const vp_parse *p = w->p;
    const vp_item *item = given->option;
    bool optional = strcmp(given->flag->setting, "hf_token") == 0; /* nargs="?" */
    uint32_t most = given->flag->list && !given->flag->repeat ? p->item_count : 1;
    uint32_t count = attached ? 0 : count_values(w, w->at, most);
    given->attached = attached != NULL;
    given->values = vp_arena_take(p->arena, (count + 1) * sizeof *given->values);
    if (!given->values) return false;
    if (attached) given->values[given->value_count++] = attached;
    given->expands = item->expands;
    for (uint32_t i = 0; i < count; i++, w->at++) {
        given->values[given->value_count++] = p->items[w->at].text;
        given->expands = given->expands || p->items[w->at].expands;
    }
    given->items += count;
    if (given->value_count > 0 || optional) return true;
    given->faulty = true;
    vp_parse_drop(p, item, 1);
    const char *next = w->at < p->item_count ? p->items[w->at].text : NULL;
    vp_remark *remark = vp_remark_put(p->remarks, item->index, VP_REMARK_missing_value, "%s needs a value",
                                      given->flag->option);
    if (next && next[0] == '-' && strcmp(next, "--") != 0)
        vp_remark_fix(p->remarks, remark, "give it one; a value that begins with '-' is written as %s=VALUE",
                      given->flag->option);
    else
        vp_remark_fix(p->remarks, remark, "give it one, or leave it out");
    return true;
}

/** In any case of letters, as StoreBoolean reads it. */
static bool is_truth(const char *text, const char *word)
{
    size_t i = 0;
    for (; text[i] && word[i]; i++)
        if (text[i] != word[i] && text[i] != word[i] - 'a' + 'A') return false;
    return text[i] == word[i];
}

/** A switch, alone or, in releases where its row says so, with =true or =false (StoreBoolean). */
static void take_switch(walk *w, vp_given *given, const char *attached)
{
    const vp_flag *flag = given->flag;
    bool by_value = flag->negative && strchr(flag->negative, '=');
    if (by_value && !attached && w->at < w->p->item_count) {
        const char *next = w->p->items[w->at].text;
        if (is_truth(next, "true") || is_truth(next, "false")) {
            attached = next;
            w->at++;
            given->items++;
        }
    }
    if (!attached) return;
    if (by_value && is_truth(attached, "false")) {
        given->off = true;
    } else if (!by_value || !is_truth(attached, "true")) {
        vp_remark *remark = vp_remark_put(w->p->remarks, given->option->index, VP_REMARK_unexpected_value,
                                          "%s is a switch and takes no value", flag->option);
        bool off = is_truth(attached, "false");
        const char *instead = !off ? flag->option : flag->negative && !by_value ? flag->negative : NULL;
        if (instead) {
            vp_remark_fix(w->p->remarks, remark, "write %s", instead);
            if (!given->option->from_file) vp_mend_replace(w->p->mend, given->option->index, instead);
            given->off = off != given->off;
        } else {
            vp_remark_fix(w->p->remarks, remark, "leave it out: it is off by itself");
            vp_parse_drop(w->p, given->option, 1);
            given->faulty = true;
        }
    }
}

static bool finish_option(walk *w, vp_given *given, const char *attached)
{
    if (given->flag->value == VP_FLAG_NONE) {
        take_switch(w, given, attached);
        return true;
    }
    return take_values(w, given, attached);
}

static void note_abbreviation(const walk *w, const vp_item *item, const vp_option *option, vp_str name)
{
    const vp_parse *p = w->p;
    vp_remark *remark = vp_remark_put(
        p->remarks, item->index, VP_REMARK_abbreviated_flag,
        "%.*s is taken for %s in vLLM %s; another release may have a second flag that begins so",
        vp_shown_length(name), name.at, option->spelling.at, p->release->key);
    vp_remark_fix(p->remarks, remark, "write %s", option->spelling.at);
    const char *rest = item->text + strcspn(item->text, "=");
    const char *dot = strchr(item->text, '.');
    if (dot && dot < rest) rest = dot;
    if (!item->from_file)
        vp_mend_replace(p->mend, item->index, vp_arena_format(p->arena, "%s%s", option->spelling.at, rest));
}

static void refuse_ambiguous(const walk *w, const vp_item *item, const vp_option *option, vp_str name,
                             uint32_t items)
{
    const vp_parse *p = w->p;
    vp_remark *remark =
        vp_remark_put(p->remarks, item->index, VP_REMARK_ambiguous_flag,
                      "%.*s is the beginning of %u flags of vLLM %s: %s, %s%s", vp_shown_length(name),
                      name.at, option->candidates, p->release->key, option->examples[0], option->examples[1],
                      option->candidates > 2 ? ", ..." : "");
    vp_remark_fix(p->remarks, remark, "write the whole name");
    vp_parse_drop(p, item, items);
}

/** Steps over the values of an option that is not understood: argparse would take them for words of their
 *  own, and complain of them too. */
static bool refuse(walk *w, const vp_item *item, const vp_option *option, vp_str name)
{
    uint32_t values = item->text[name.length] == '=' ? 0 : count_values(w, w->at, UINT32_MAX);
    if (values > 0 && w->p->positional_count == 0 && !w->p->module && w->at + values == w->p->item_count)
        values--; /* the model may stand last */
    w->at += values;
    if (option->candidates > 1 && !vp_parse_elsewhere(w->p, name))
        refuse_ambiguous(w, item, option, name, 1 + values);
    else
        vp_parse_unknown(w->p, item, name, 1 + values);
    return true;
}

static bool has_members(const vp_flag *flag)
{
    return flag->value == VP_FLAG_JSON || flag->value == VP_FLAG_OBJECT || flag->value == VP_FLAG_TEXT_JSON;
}

/** --option.member value, --option.list+ a,b */
static bool take_member(walk *w, const vp_item *item, const vp_flag *flag, const char *member)
{
    vp_given *given = add_given(w, flag, item);
    const char *equals = strchr(member, '=');
    size_t length = equals ? (size_t)(equals - member) : strlen(member);
    given->member = vp_arena_copy(w->p->arena, (vp_str){member, length});
    bool list = length > 0 && member[length - 1] == '+';
    bool none = !has_members(flag) || !takes_members(w->p) || (list && !takes_lists_of_members(w->p));
    if (none || ++w->members > MOST_MEMBERS) {
        given->faulty = true;
        w->at += equals ? 0 : count_values(w, w->at, 1);
        if (none)
            vp_remark_put(w->p->remarks, item->index, VP_REMARK_no_members, "%s of vLLM %s has no members%s",
                          flag->option, w->p->release->key, list ? " that end with '+'" : "");
        else
            vp_remark_put(w->p->remarks, item->index, VP_REMARK_too_many_words,
                          "more than %d members are not looked at", MOST_MEMBERS);
        vp_parse_drop(w->p, item, (uint32_t)(&w->p->items[w->at] - item));
        return true;
    }
    /* what follows is the value, whatever it looks like */
    const char *value = equals ? equals + 1 : w->at < w->p->item_count ? w->p->items[w->at].text : NULL;
    if (!equals && value) {
        given->expands = w->p->items[w->at].expands;
        w->at++;
        given->items++;
    }
    given->attached = equals != NULL;
    if (!value) return take_values(w, given, NULL);
    given->values = vp_arena_take(w->p->arena, sizeof *given->values);
    if (!given->values) return false;
    given->values[given->value_count++] = value;
    return true;
}

static bool take_long(walk *w, const vp_item *item)
{
    vp_str name = option_name(w->p, item->text), head = name;
    vp_option option;
    const char *dot = memchr(name.at, '.', name.length);
    if (dot) head.length = (size_t)(dot - name.at);
    if (dot && vp_option_find(head, w->p->release, false, &option)) /* before there were members */
        return take_member(w, item, option.flag, item->text + head.length + 1);
    if (!vp_option_find(name, w->p->release, true, &option)) return refuse(w, item, &option, name);
    if (strcmp(option.flag->setting, "help") == 0 || vp_str_equal(name, "--help")) {
        vp_remark_put(w->p->remarks, item->index, VP_REMARK_help, "--help prints the flags and stops");
        vp_parse_drop(w->p, item, 1);
        return true;
    }
    if (option.candidates > 0) note_abbreviation(w, item, &option, name);
    char next = item->text[name.length];
    if (next == '.') return take_member(w, item, option.flag, item->text + name.length + 1);
    vp_given *given = add_given(w, option.flag, item);
    given->off = option.off;
    return finish_option(w, given, next == '=' ? item->text + name.length + 1 : NULL);
}

static bool is_level(const char *text) { return text[0] >= '0' && text[0] <= '9' && text[1] == '\0'; }

/** -O, which the parser rewrites: -O3 is --optimization-level 3 where there is such a flag, and before that
 *  the member "level" of --compilation-config. */
static bool take_optimization(walk *w, const vp_item *item)
{
    const vp_parse *p = w->p;
    const vp_flag *level = vp_flag_find(vp_str_from("optimization_level"), p->release);
    const vp_flag *config = vp_flag_find(vp_str_from("compilation_config"), p->release);
    const char *rest = item->text + 2;
    if (*rest == '=') rest++;
    if (*rest == '.' && config) return take_member(w, item, config, rest + 1);
    const char *next = w->at < p->item_count ? p->items[w->at].text : "";
    if (level) {
        vp_given *given = add_given(w, level, item);
        return take_values(w, given, *rest ? rest : NULL);
    }
    vp_given *given = add_given(w, config, item);
    bool digit = is_level(*rest ? rest : next);
    if (digit && takes_members(p)) given->member = "level";
    return take_values(w, given, *rest ? rest : NULL);
}

static bool take_short(walk *w, const vp_item *item)
{
    vp_option option;
    vp_str name = {item->text, strcspn(item->text, "=")};
    if (strncmp(item->text, "-O", 2) == 0 && vp_flag_find(vp_str_from("compilation_config"), w->p->release))
        return take_optimization(w, item);
    const char *dot = memchr(name.at, '.', name.length);
    if (dot && takes_members(w->p)) name.length = (size_t)(dot - name.at);
    if (strcmp(item->text, "-h") == 0) {
        vp_remark_put(w->p->remarks, item->index, VP_REMARK_help, "-h prints the flags and stops");
        vp_parse_drop(w->p, item, 1);
        return true;
    }
    if (vp_option_find(name, w->p->release, false, &option)) {
        char next = item->text[name.length];
        if (next == '.') return take_member(w, item, option.flag, item->text + name.length + 1);
        vp_given *given = add_given(w, option.flag, item);
        return finish_option(w, given, next == '=' ? item->text + name.length + 1 : NULL);
    }
    vp_str letter = {item->text, 2};
    bool attached =
        vp_option_find(letter, w->p->release, false, &option) && option.flag->value != VP_FLAG_NONE;
    bool number = attached && option.flag->value == VP_FLAG_INT;
    if (attached && (!number || vp_python_int(vp_str_from(item->text + 2), w->p->arena)))
        return take_values(w, add_given(w, option.flag, item), item->text + 2);
    return refuse(w, item, &option, name);
}

static void take_positional(walk *w, const vp_item *item)
{
    if (!w->p->extra && w->p->positional_count < 2) {
        w->p->positional[w->p->positional_count++] = item;
        if (w->p->positional_count == 1) return;
    }
    vp_remark *remark = vp_remark_put(w->p->remarks, item->index, VP_REMARK_extra_word,
                                      "\"%.*s\" belongs to no flag, and there is a model already",
                                      vp_shown_length(vp_str_from(item->text)), item->text);
    vp_remark_fix(w->p->remarks, remark, "leave it out, or put its flag before it");
    vp_parse_drop(w->p, item, 1);
}

static bool take_item(walk *w)
{
    const vp_item *item = &w->p->items[w->at++];
    if (!vp_utf8_valid(vp_str_from(item->text))) {
        vp_remark_put(w->p->remarks, item->index, VP_REMARK_not_utf8, "this word is not UTF-8");
        vp_parse_drop(w->p, item, 1);
    } else if (strcmp(item->text, "--") == 0 && !w->only_positional) {
        w->only_positional = true;
    } else if (w->only_positional || !is_option(w->p, item)) {
        take_positional(w, item);
    } else {
        return item->text[1] == '-' ? take_long(w, item) : take_short(w, item);
    }
    return true;
}

bool vp_parse_items(vp_parse *p)
{
    walk w = {.p = p};
    p->given = vp_arena_take(p->arena, (p->item_count + 1) * sizeof *p->given);
    if (!p->given) return false;
    while (w.at < p->item_count)
        if (!take_item(&w)) return false;
    if (!p->extra) vp_parse_model(p);
    return !p->arena->exhausted;
}

bool vp_parse_args(vp_parse *p) { return vp_parse_items(p) && vp_parse_settings(p); }
