/* SPDX-License-Identifier: Apache-2.0 */
/* Which files hold the weights: vllm/model_executor/model_loader/default_loader.py:_prepare_weights and
 * weight_utils.py:filter_duplicate_safetensors_files, 0.11.2 and 0.33.0. */
#include <stdlib.h>
#include <string.h>

#include "base/vp_int.h"
#include "checkpoint/model_dir.h"

#define INDEX_NAME "model.safetensors.index.json"

/** Every shard that the index names must be there. */
static bool check_shards(const vp_model_dir *m, const vp_hf_index *index)
{
    uint32_t missing = 0, count = vp_hf_index_shards(index);
    const char *first = NULL;
    for (uint32_t i = 0; i < count; i++) {
        const char *name = vp_hf_index_shard(index, i);
        if (!vp_dir_has(&m->dir, name) && missing++ == 0) first = name;
    }
    if (missing == 0) return true;
    vp_shown shown;
    return vp_fail(m->error, VLLMPLAN_E_CHECKPOINT, m->pointer,
                   "%u of the %u shards in %s are missing; the first is %s", missing, count, m->shown.text,
                   vp_show(&shown, vp_str_from(first)));
}

static bool read_indexed(const vp_model_dir *m)
{
    char *text;
    size_t length;
    vp_file_result result = vp_file_load(&m->dir, INDEX_NAME, VP_MAX_INDEX_BYTES, &text, &length);
    if (result != VP_FILE_OK) return vp_model_dir_fail(m, INDEX_NAME, result);
    vp_hf_index *index = vp_hf_index_new((vp_str){text, length}, INDEX_NAME, m->error);
    free(text);
    if (!index) return false;
    const char **names = calloc(vp_hf_index_shards(index), sizeof *names);
    bool ok = names ? check_shards(m, index) : vp_fail(m->error, VLLMPLAN_E_NO_MEMORY, "", "no memory");
    for (uint32_t i = 0; ok && i < vp_hf_index_shards(index); i++) names[i] = vp_hf_index_shard(index, i);
    ok = ok && vp_model_dir_read_shards(m, names, vp_hf_index_shards(index), index);
    free(names);
    vp_hf_index_free(index);
    return ok;
}

static bool is_shard(const char *name)
{
    return vp_ends_with(name, ".safetensors") && strcmp(name, "adapter_model.safetensors") != 0;
}

/** Mistral publishes all weights once more in its own form, as consolidated*.safetensors. */
static bool is_consolidated(const char *name) { return strncmp(name, "consolidated", 12) == 0; }

static bool read_unindexed(const vp_model_dir *m)
{
    const char **names = calloc(m->dir.count + 1, sizeof *names);
    size_t count = 0, consolidated = 0;
    if (!names) return vp_fail(m->error, VLLMPLAN_E_NO_MEMORY, "", "no memory");
    for (size_t i = 0; i < m->dir.count; i++) {
        if (!is_shard(m->dir.names[i])) continue;
        names[count++] = m->dir.names[i];
        consolidated += is_consolidated(m->dir.names[i]);
    }
    if (consolidated < count) {
        size_t kept = 0;
        for (size_t i = 0; i < count; i++)
            if (!is_consolidated(names[i])) names[kept++] = names[i];
        count = kept;
    }
    bool ok = count <= VP_MAX_SHARDS
                  ? vp_model_dir_read_shards(m, names, count, NULL)
                  : vp_fail(m->error, VLLMPLAN_E_LIMIT, m->pointer,
                            "%s holds more than %d .safetensors files", m->shown.text, (int)VP_MAX_SHARDS);
    free(names);
    return ok;
}

/** No headers: the inventory follows from the config, where that is possible. */
static bool derive(const vp_model_dir *m)
{
    if (m->facts->model.architecture)
        return vp_inventory_from_structure(&m->facts->model, &m->facts->structure, &m->facts->inventory,
                                           m->error);
    memset(&m->facts->inventory, 0, sizeof m->facts->inventory);
    return true;
}

/** What a trainer leaves beside the weights: weight_utils.py:filter_files_not_needed_for_inference. */
static bool is_pickle(const char *name, const char *ending)
{
    static const char *const others[] = {"training_args.bin", "optimizer.bin", "optimizer.pt",
                                         "scheduler.pt",      "scaler.pt",     "adapter_model.bin"};
    for (size_t i = 0; i < sizeof others / sizeof others[0]; i++)
        if (strcmp(name, others[i]) == 0 || vp_ends_with(name, others[i])) return false;
    return vp_ends_with(name, ending);
}

static bool sum_pickles(const vp_model_dir *m, const char *ending, uint64_t *count, uint64_t *bytes)
{
    *count = *bytes = 0;
    for (size_t i = 0; i < m->dir.count; i++) {
        vp_file file;
        if (!is_pickle(m->dir.names[i], ending)) continue;
        vp_file_result result = vp_file_open(&m->dir, m->dir.names[i], &file);
        if (result != VP_FILE_OK) return vp_model_dir_fail(m, m->dir.names[i], result);
        *bytes = vp_add(*bytes, file.size);
        ++*count;
        vp_file_close(&file);
    }
    return true;
}

static bool read_pickles(const vp_model_dir *m, uint64_t count, uint64_t bytes)
{
    if (!derive(m)) return false;
    m->facts->inventory.checkpoint_bytes = bytes;
    m->facts->inventory.checkpoint_bytes_known = true;
    vp_facts_find(
        m->facts, "tensor_headers_unreadable", VP_WARNING, "Convert the weights to safetensors.",
        "The weights are %llu pickle files (.bin, .pt), whose tensors cannot be read without running "
        "them; shapes are derived from config.json, sizes are those of the files.",
        (unsigned long long)count);
    return true;
}

static bool read_without_shards(const vp_model_dir *m)
{
    static const char *const endings[] = {".bin", ".pt"};
    const char *first;
    vp_shown shown;
    for (size_t i = 0; i < sizeof endings / sizeof endings[0]; i++) {
        uint64_t count, bytes;
        if (!sum_pickles(m, endings[i], &count, &bytes)) return false;
        if (count > 0) return read_pickles(m, count, bytes);
    }
    if (vp_dir_has(&m->dir, "adapter_config.json")) return vp_model_dir_explain_adapter(m);
    if (vp_model_dir_count(m, ".gguf", &first) > 0)
        return vp_fail(m->error, VLLMPLAN_E_CHECKPOINT, m->pointer,
                       "%s holds its weights as GGUF only (%s); give the directory of the safetensors model",
                       m->shown.text, vp_show(&shown, vp_str_from(first)));
    vp_facts_find(m->facts, "no_weight_files", VP_WARNING, "",
                  "%s holds a config.json and no weights; everything is derived from the config.",
                  m->shown.text);
    return derive(m);
}

bool vp_model_dir_read_weights(const vp_model_dir *m)
{
    const char *first;
    bool shards = false;
    if (m->only) return vp_model_dir_read_shards(m, &m->only, 1, NULL);
    for (size_t i = 0; i < m->dir.count; i++) shards = shards || is_shard(m->dir.names[i]);
    /* an index alone is that of shards which are still to come, unless pickles stand in for them */
    if (vp_dir_has(&m->dir, INDEX_NAME) && (shards || vp_model_dir_count(m, ".bin", &first) == 0))
        return read_indexed(m);
    return shards ? read_unindexed(m) : read_without_shards(m);
}
