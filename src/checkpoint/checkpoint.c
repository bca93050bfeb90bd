/* SPDX-License-Identifier: Apache-2.0 */
#include "checkpoint/checkpoint.h"

#include <stdlib.h>
#include <string.h>

#include "checkpoint/model_dir.h"

typedef bool (*text_reader)(vp_str text, const char *path, vp_facts *facts, vp_error *error);

/** Loads a small file of the directory and hands it to its reader. */
static bool read_text(const vp_model_dir *m, const char *name, text_reader reader)
{
    char path[sizeof m->error->path];
    vp_writer w;
    char *text;
    size_t length;
    vp_file_result result = vp_file_load(&m->dir, name, VP_MAX_CONFIG_BYTES, &text, &length);
    if (result != VP_FILE_OK) return vp_model_dir_fail(m, name, result);
    vp_writer_start(&w, path, sizeof path);
    vp_put_format(&w, "%s/%s", m->pointer, name);
    bool ok = reader((vp_str){text, length}, path, m->facts, m->error);
    free(text);
    return ok;
}

/** Files beside config.json count only when it says nothing itself. vLLM takes ModelOpt's up
 *  (vllm/transformers_utils/config.py:get_config); AutoGPTQ's and AutoAWQ's only when the method is asked
 *  for (model_loader/weight_utils.py:get_quant_config). */
static bool read_side_files(const vp_model_dir *m)
{
    static const char *const others[] = {"quantize_config.json", "quant_config.json"};
    const vp_stored *stored = &m->facts->model.stored;
    if (stored->method[0] == '\0' && vp_dir_has(&m->dir, "hf_quant_config.json") &&
        !read_text(m, "hf_quant_config.json", vp_hf_quantization))
        return false;
    for (size_t i = 0; i < sizeof others / sizeof others[0]; i++) {
        if (stored->method[0] != '\0' || !vp_dir_has(&m->dir, others[i])) continue;
        if (!read_text(m, others[i], vp_hf_quantization)) return false;
        if (stored->method[0] != '\0')
            vp_facts_find(
                m->facts, "quantization_in_side_file", VP_WARNING,
                "Copy it into config.json as quantization_config, or give --quantization.",
                "%s says that the weights are stored as %s, config.json does not; vLLM looks at that "
                "file only when the method is asked for.",
                others[i], stored->method);
    }
    return true;
}

static bool read_model(const vp_model_dir *m)
{
    if (!vp_dir_has(&m->dir, "config.json")) return vp_model_dir_explain(m);
    if (!read_text(m, "config.json", vp_hf_config) || !read_side_files(m) || !vp_model_dir_read_weights(m))
        return false;
    vp_attention_from_structure(&m->facts->structure, &m->facts->attention);
    return true;
}

/** Splits "a/b.safetensors" into its directory (owned by the caller) and the name. */
static const char *split(const char *path, char **directory)
{
    const char *slash = strrchr(path, '/'), *name = slash ? slash + 1 : path;
    size_t length = slash == path ? 1 : slash ? (size_t)(slash - path) : 0;
    *directory = malloc(length + 2);
    if (!*directory) return NULL;
    memcpy(*directory, path, length);
    strcpy(*directory + length, length == 0 ? "." : "");
    return name;
}

/** A file was named: a shard is read alone, anything else gets a message. */
static bool read_file(vp_model_dir *m, const char *path)
{
    char *directory;
    const char *name = split(path, &directory);
    if (!name) return vp_fail(m->error, VLLMPLAN_E_NO_MEMORY, m->pointer, "no memory");
    vp_file_result result = vp_dir_open(directory, &m->dir);
    free(directory);
    if (result == VP_FILE_ABSENT || (result == VP_FILE_OK && !vp_dir_has(&m->dir, name))) {
        if (result == VP_FILE_OK) vp_dir_close(&m->dir);
        return vp_fail(m->error, VLLMPLAN_E_NOT_FOUND, m->pointer, "there is no directory or file %s",
                       m->shown.text);
    }
    if (result != VP_FILE_OK) return vp_model_dir_fail(m, path, result);
    bool ok;
    m->only = name;
    if (vp_ends_with(name, ".safetensors"))
        ok = read_model(m);
    else
        ok = vp_fail(m->error, VLLMPLAN_E_CHECKPOINT, m->pointer,
                     vp_ends_with(name, ".gguf")
                         ? "%s is a GGUF file; only safetensors models with a config.json can be planned"
                         : "%s is not a model directory, nor a .safetensors file",
                     m->shown.text);
    vp_dir_close(&m->dir);
    return ok;
}

bool vp_checkpoint_read(const char *path, const char *pointer, vp_facts *facts, vp_error *error)
{
    vp_model_dir m = {.pointer = pointer, .facts = facts, .error = error};
    bool ok;
    memset(facts, 0, sizeof *facts);
    vp_show(&m.shown, vp_str_from(path));
    if (vp_path_is_directory(path)) {
        vp_file_result result = vp_dir_open(path, &m.dir);
        if (result != VP_FILE_OK)
            return vp_fail(error, result == VP_FILE_NO_MEMORY ? VLLMPLAN_E_NO_MEMORY : VLLMPLAN_E_NOT_FOUND,
                           pointer, "the directory %s %s", m.shown.text, vp_file_result_text(result));
        ok = read_model(&m);
        vp_dir_close(&m.dir);
    } else {
        ok = read_file(&m, path);
    }
    if (!ok && error->path[0] == '\0') { /* readers of file contents do not know the request */
        vp_writer w;
        vp_writer_start(&w, error->path, sizeof error->path);
        vp_put(&w, pointer);
    }
    return ok;
}
