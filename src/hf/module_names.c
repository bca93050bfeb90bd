/* SPDX-License-Identifier: Apache-2.0 */
#include "hf/module_names.h"

#include <string.h>

#include "core/tensor_names.h"
#include "core/towers.h"

static void add(vp_module_names *out, uint32_t part, vp_str name)
{
    if (out->count == VP_MAX_MODULE_NAMES || name.length >= VP_MAX_MODULE_NAME) return;
    for (uint32_t i = 0; i < out->count; i++)
        if (out->part[i] == part && vp_str_equal(name, out->text[i])) return;
    memcpy(out->text[out->count], name.at, name.length);
    out->text[out->count][name.length] = '\0';
    out->part[out->count++] = part;
}

/** The path with its numbers: the layer, then expert 0, who stands for all of them. */
static vp_str write_path(const char *path, uint64_t layer, char *buffer, size_t size)
{
    vp_writer w;
    bool in_layer = false;
    vp_writer_start(&w, buffer, size);
    for (; *path; path++) {
        if (*path == '#') {
            vp_put_u64(&w, in_layer ? 0 : layer);
            in_layer = true;
        } else {
            vp_put_char(&w, *path);
        }
    }
    return vp_str_from(buffer);
}

/** vLLM's name for the whole: its own last word in place of the part's; of experts the module that holds
 *  them. */
static void add_whole(vp_module_names *out, const vp_group *group, vp_str path)
{
    char buffer[VP_MAX_MODULE_NAME];
    vp_writer w;
    size_t end = path.length;
    const char *experts = out->experts ? strstr(path.at, ".experts") : NULL;
    if (experts) {
        add(out, VP_PART_WHOLE, (vp_str){path.at, (size_t)(experts - path.at) + strlen(".experts")});
        return;
    }
    if (group->part_count < 2 || strchr(group->module->name, '.')) return;
    while (end > 0 && path.at[end - 1] != '.') end--;
    vp_writer_start(&w, buffer, sizeof buffer);
    for (size_t i = 0; i < end; i++) vp_put_char(&w, path.at[i]);
    vp_put(&w, group->module->name);
    add(out, VP_PART_WHOLE, vp_str_from(buffer));
}

/** A tower's rows are its own: the names that a file would use of the parts, less ".weight", and vLLM's of
 *  the whole behind each prefix of the tower. */
static void add_tower_names(vp_module_names *out, const vp_group *group, uint64_t layer)
{
    char buffer[VP_MAX_MODULE_NAME];
    vp_writer w;
    for (uint32_t part = 0; part < group->part_count; part++) {
        vp_writer_start(&w, buffer, sizeof buffer);
        vp_tower_name_write(&w, group->module, part, layer, VP_SUFFIX_WEIGHT);
        vp_str name = vp_tensor_without_wrappers(vp_str_from(buffer));
        size_t ending = vp_tensor_suffix_length(VP_SUFFIX_WEIGHT);
        if (name.length <= ending) continue;
        name.length -= ending;
        add(out, part, name);
    }
    const vp_tower_part *row = vp_tower_part_of(group->module);
    const char *prefix = row ? vp_tower_row_of(row->tower)->prefixes : NULL;
    while (prefix) {
        size_t length = strcspn(prefix, "|");
        char path[VP_MAX_MODULE_NAME];
        vp_writer_start(&w, path, sizeof path);
        for (size_t i = 0; i < length; i++) vp_put_char(&w, prefix[i]);
        vp_put(&w, group->module->name);
        add(out, VP_PART_WHOLE, vp_tensor_without_wrappers(write_path(path, layer, buffer, sizeof buffer)));
        prefix = prefix[length] == '|' ? prefix + length + 1 : NULL;
    }
}

void vp_module_names_of(vp_spelling spelling, const vp_group *group, uint64_t layer, vp_module_names *out)
{
    char buffer[VP_MAX_MODULE_NAME];
    const char *path;
    uint32_t part;
    size_t row = 0;
    memset(out, 0, sizeof *out);
    out->experts = group->module->kind == VP_KIND_EXPERTS;
    out->head = group->module->kind == VP_KIND_HEAD;
    if (group->module->key == VP_MODULE_TOWER) add_tower_names(out, group, layer);
    while (vp_tensor_path_next(spelling, group->module->key, &row, &path, &part)) {
        if (part == VP_PART_REST) part = 1;
        if (part != VP_PART_WHOLE && part >= group->part_count) continue;
        vp_str name = write_path(path, layer, buffer, sizeof buffer);
        add(out, part, name);
        add_whole(out, group, name);
    }
}
