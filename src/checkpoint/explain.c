/* SPDX-License-Identifier: Apache-2.0 */
/* What people pass in place of a model directory, each with its own message. */
#include <stdlib.h>
#include <string.h>

#include "checkpoint/model_dir.h"

bool vp_ends_with(const char *name, const char *ending)
{
    size_t n = strlen(name), m = strlen(ending);
    return n > m && memcmp(name + n - m, ending, m) == 0;
}

size_t vp_model_dir_count(const vp_model_dir *m, const char *ending, const char **first)
{
    size_t count = 0;
    *first = NULL;
    for (size_t i = 0; i < m->dir.count; i++)
        if (vp_ends_with(m->dir.names[i], ending) && count++ == 0) *first = m->dir.names[i];
    return count;
}

bool vp_model_dir_fail(const vp_model_dir *m, const char *name, vp_file_result result)
{
    static const int32_t codes[] = {
        [VP_FILE_OK] = VLLMPLAN_E_INTERNAL,      [VP_FILE_ABSENT] = VLLMPLAN_E_NOT_FOUND,
        [VP_FILE_DENIED] = VLLMPLAN_E_NOT_FOUND, [VP_FILE_WRONG_KIND] = VLLMPLAN_E_CHECKPOINT,
        [VP_FILE_TOO_LARGE] = VLLMPLAN_E_LIMIT,  [VP_FILE_SHORT] = VLLMPLAN_E_IO,
        [VP_FILE_FAILED] = VLLMPLAN_E_IO,        [VP_FILE_NO_MEMORY] = VLLMPLAN_E_NO_MEMORY,
    };
    vp_shown shown;
    return vp_fail(m->error, codes[result], m->pointer, "%s in %s %s", vp_show(&shown, vp_str_from(name)),
                   m->shown.text, vp_file_result_text(result));
}

bool vp_model_dir_explain_adapter(const vp_model_dir *m)
{
    char base[160] = "";
    char *text;
    size_t length;
    if (vp_file_load(&m->dir, "adapter_config.json", VP_MAX_CONFIG_BYTES, &text, &length) == VP_FILE_OK) {
        vp_hf_adapter_base((vp_str){text, length}, base, sizeof base);
        free(text);
    }
    return vp_fail(
        m->error, VLLMPLAN_E_CHECKPOINT, m->pointer,
        "%s is a LoRA adapter, not a model; plan for its base model%s%s and serve the adapter with "
        "--enable-lora, or merge the two",
        m->shown.text, base[0] ? " " : "", base);
}

/** The directory checkpoint-N with the highest N, or NULL. */
static const char *newest_checkpoint(const vp_model_dir *m)
{
    static const char prefix[] = "checkpoint-";
    const char *best = NULL;
    uint64_t best_step = 0, step;
    for (size_t i = 0; i < m->dir.count; i++) {
        const char *name = m->dir.names[i];
        if (strncmp(name, prefix, sizeof prefix - 1) != 0) continue;
        if (!vp_str_to_u64(vp_str_from(name + sizeof prefix - 1), &step)) continue;
        if ((best && step <= best_step) || !vp_dir_has_directory(&m->dir, name)) continue;
        best = name;
        best_step = step;
    }
    return best;
}

bool vp_model_dir_explain(const vp_model_dir *m)
{
    const char *where = m->shown.text, *newest, *file;
    vp_shown shown;
    if (m->dir.count == 0)
        return vp_fail(m->error, VLLMPLAN_E_CHECKPOINT, m->pointer, "%s is an empty directory", where);
    if (vp_dir_has(&m->dir, "adapter_config.json")) return vp_model_dir_explain_adapter(m);
    newest = newest_checkpoint(m);
    if (newest)
        return vp_fail(m->error, VLLMPLAN_E_CHECKPOINT, m->pointer,
                       "%s holds the checkpoints of a training run, not a model; the newest is %s/%s", where,
                       where, vp_show(&shown, vp_str_from(newest)));
    if (vp_dir_has(&m->dir, "refs") && vp_dir_has_directory(&m->dir, "snapshots"))
        return vp_fail(
            m->error, VLLMPLAN_E_CHECKPOINT, m->pointer,
            "%s is a folder of the hub cache: give the model's id, or one of its snapshots/ directories",
            where);
    if (vp_model_dir_count(m, ".gguf", &file) > 0)
        return vp_fail(m->error, VLLMPLAN_E_CHECKPOINT, m->pointer,
                       "%s holds GGUF files (%s); only safetensors models with a config.json can be planned",
                       where, vp_show(&shown, vp_str_from(file)));
    return vp_fail(m->error, VLLMPLAN_E_CHECKPOINT, m->pointer,
                   "%s has no config.json: not a model directory", where);
}
