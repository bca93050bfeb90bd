/* SPDX-License-Identifier: Apache-2.0 */
#include "launch/check.h"

#include <string.h>

enum { MOST_FILE_ITEMS = 1024, ROUNDS = 3 };

/** The image's own program (docker/Dockerfile: ENTRYPOINT): the module, and vllm serve from 0.12 on. */
static bool image_runs_module(const vp_release_row *release)
{
    return !vp_release_at_least(vp_release_of(release), VP_RELEASE(0, 12, 0));
}

static void choose_release(vp_check *c)
{
    vp_error error;
    bool exact;
    const vp_release_row *tagged = NULL;
    vp_error_start(&error);
    if (c->line.release) tagged = vp_release_find(vp_str_from(c->line.release), &exact, "", &error);
    if (!c->release_given || !c->release) {
        c->release = tagged ? tagged : vp_release_newest();
    } else if (tagged && tagged != c->release) {
        vp_remark *remark = vp_remark_put(&c->remarks, c->line.image_index, VP_REMARK_image_release,
                                          "the image is vLLM %s, and the command is judged for %s",
                                          tagged->key, c->release->key);
        vp_remark_fix(&c->remarks, remark, "name the release that will run");
    }
}

bool vp_check_find(vp_check *c)
{
    c->remarks.arena = c->unused.arena = c->arena;
    if (!vp_command_find(&c->words, c->arena, &c->line, &c->remarks)) return false;
    choose_release(c);
    if (c->line.entry == VP_ENTRY_MODULE)
        c->module = true;
    else if (c->line.entry == VP_ENTRY_SERVE)
        c->module = false;
    else if (!c->entry_given)
        c->module = image_runs_module(c->release);
    return true;
}

const char *vp_check_file(const vp_check *c)
{
    if (c->line.entry == VP_ENTRY_NONE) return NULL;
    for (uint32_t i = c->line.first; i + 1 < c->line.words.count; i++)
        if (strcmp(c->line.words.at[i].text, "--config") == 0) return c->line.words.at[i + 1].text;
    return NULL;
}

static bool is_yaml(const char *name)
{
    const char *dot = strrchr(name, '.');
    return dot && (strcmp(dot, ".yaml") == 0 || strcmp(dot, ".yml") == 0);
}

/** The items of --config go behind the model, so that the command's own flags win. */
static bool add_file(vp_check *c, const vp_parse *p, vp_item *items, uint32_t *count)
{
    uint32_t at = 0, added;
    while (at + 1 < *count && strcmp(items[at].text, "--config") != 0) at++;
    if (at + 1 >= *count) return true;
    uint32_t index = items[at + 1].index;
    if (!is_yaml(items[at + 1].text)) {
        vp_remark *remark = vp_remark_put(p->remarks, index, VP_REMARK_config_refused,
                                          "vLLM reads --config from files that end in .yaml or .yml only");
        vp_remark_fix(p->remarks, remark, "give it one of these endings");
        return true;
    }
    if (!c->file_text) {
        vp_remark_put(p->remarks, index, VP_REMARK_config_not_read,
                      "this file was not read: what it says was not looked at");
        return true;
    }
    vp_item *more = vp_arena_take(c->arena, MOST_FILE_ITEMS * sizeof *more);
    if (!more || !vp_config_items(c->file_text, index, p, more, MOST_FILE_ITEMS, &added)) return false;
    uint32_t front = !c->module && items[0].text[0] != '-' ? 1 : 0;
    memmove(&items[front + added], &items[front], (*count - front) * sizeof *items);
    if (added > 0) memcpy(&items[front], more, added * sizeof *items);
    *count += added;
    return true;
}

static bool parse_words(vp_check *c, const vp_command_line *line, vp_remarks *remarks, vp_mend *mend,
                        vp_parse *p)
{
    *p = (vp_parse){.release = c->release,
                    .module = c->module,
                    .image = line->entry == VP_ENTRY_IMAGE,
                    .plugin_methods = c->plugin_methods,
                    .arena = c->arena,
                    .remarks = remarks,
                    .mend = mend};
    uint32_t count =
        line->entry == VP_ENTRY_NONE || line->first > line->words.count ? 0 : line->words.count - line->first;
    vp_item *items = vp_arena_take(c->arena, (count + MOST_FILE_ITEMS + 1) * sizeof *items);
    if (!items || !vp_mend_start(mend, &line->given, c->arena)) return false;
    for (uint32_t i = 0; i < count; i++) {
        const vp_word *word = &line->words.at[line->first + i];
        items[i] = (vp_item){word->text, line->first + i, word->expands, false};
    }
    if (count > 0 && !add_file(c, p, items, &count)) return false;
    p->items = items;
    p->item_count = count;
    return line->entry == VP_ENTRY_NONE || vp_parse_args(p);
}

bool vp_check_parse(vp_check *c)
{
    if (!parse_words(c, &c->line, &c->remarks, &c->mend, &c->parse)) return false;
    vp_situation_start(&c->situation, &c->parse, &c->line);
    c->situation.bnb_plugin = c->bnb_plugin;
    return true;
}

/** Secrets are named, and never shown. */
static void hide_secrets(vp_check *c)
{
    const vp_parse *p = &c->mended;
    for (uint32_t i = 0; i < p->given_count; i++) {
        if (!vp_launch_is_secret(p->given[i].flag->setting)) continue;
        for (uint32_t n = 0; n < p->given[i].items; n++)
            if (!p->given[i].option[n].from_file) vp_mend_drop(&c->kept, p->given[i].option[n].index, 1);
    }
    for (uint32_t i = 0; i < c->parse.given_count; i++) {
        const vp_given *given = &c->parse.given[i];
        if (!vp_launch_is_secret(given->flag->setting) || given->option->from_file) continue;
        vp_remark *remark = vp_remark_put(&c->remarks, given->option->index, VP_REMARK_secret,
                                          "%s can be read by everybody who may list the machine's processes",
                                          given->flag->option);
        vp_remark_fix(&c->remarks, remark, "put it into the environment; the mended command goes without it");
    }
}

static void hide_variables(vp_check *c, const vp_command_line *line)
{
    for (uint32_t i = 0; i < line->variable_count; i++) {
        const char *text = line->variables[i].text;
        if (!vp_variable_is_secret(text)) continue;
        const char *word = line->given.at[line->variables[i].index].text;
        size_t name = strcspn(text, "=");
        if (word[0] == '-') /* -eNAME=VALUE, --env=NAME=VALUE: the name alone passes the caller's on */
            name += (size_t)(strstr(word, text) - word);
        bool container = line->image != NULL && line->variables[i].index < line->image_index;
        if (container)
            vp_mend_replace(&c->kept, line->variables[i].index,
                            vp_arena_copy(c->arena, (vp_str){word, name}));
        else
            vp_mend_drop(&c->kept, line->variables[i].index, 1);
    }
}

/** The words that a mended command has; what expands still does. */
static bool mended_words(const vp_check *c, const vp_mend *mend, const vp_words *given, vp_words *out)
{
    vp_argv argv;
    if (!vp_mend_argv(mend, c->arena, &argv)) return false;
    out->count = argv.count;
    out->at = vp_arena_take(c->arena, (argv.count + 1) * sizeof *out->at);
    if (!out->at) return false;
    for (uint32_t i = 0; i < argv.count; i++) out->at[i].text = argv.items[i];
    for (uint32_t i = 0, n = 0; i < given->count && n < argv.count; i++) {
        if (!mend->text[i]) continue;
        while (n < argv.count && argv.items[n] != mend->text[i]) n++;
        if (n < argv.count) out->at[n++].expands = given->at[i].expands;
    }
    return true;
}

/** Reads the mended command, as often as reading it mends something more. */
static bool settle(vp_check *c, vp_command_line *line)
{
    const vp_words *given = &c->line.given;
    const vp_mend *mend = &c->mend;
    vp_words words[ROUNDS];
    for (int round = 0; round < ROUNDS; round++) {
        if (!mended_words(c, mend, given, &words[round])) return false;
        if (!vp_command_find(&words[round], c->arena, line, &c->unused)) return false;
        if (!parse_words(c, line, &c->unused, &c->kept, &c->mended)) return false;
        vp_situation again = c->situation;
        again.parse = &c->mended;
        again.line = line;
        if (line->entry != VP_ENTRY_NONE) vp_conflicts_check(&again, &c->unused, &c->kept);
        given = &line->given;
        mend = &c->kept;
    }
    return true;
}

bool vp_check_finish(vp_check *c)
{
    vp_command_line line;
    vp_situation_finish(&c->situation);
    if (c->line.entry != VP_ENTRY_NONE) vp_conflicts_check(&c->situation, &c->remarks, &c->mend);
    if (!settle(c, &line)) return false;
    hide_secrets(c);
    hide_variables(c, &line);
    vp_remarks_sort(&c->remarks);
    return vp_mend_argv(&c->kept, c->arena, &c->argv) && !c->arena->exhausted;
}
