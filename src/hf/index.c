/* SPDX-License-Identifier: Apache-2.0 */
#include "hf/index.h"

#include <stdlib.h>
#include <string.h>

#include <jansson.h>

#include "hf/python_json.h"
#include "hf/show.h"

struct vp_hf_index {
    json_t *root, *map;  /* tensor name -> shard name, or true once it was seen */
    const char **shards; /* borrowed from `names` */
    uint32_t count;
    json_t *names; /* shard name -> null, in the order of the index */
    char file[96];
};

static bool plain_name(const json_t *value)
{
    static const char ending[] = ".safetensors";
    size_t n = json_string_length(value), m = sizeof ending - 1;
    const char *name = json_string_value(value);
    if (!name || n <= m || n > 255 || name[0] == '.' || strlen(name) != n) return false;
    return !strpbrk(name, "/\\:") && memcmp(name + n - m, ending, m) == 0;
}

static int by_name(const void *a, const void *b)
{
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

static bool collect_shards(vp_hf_index *index, vp_error *error)
{
    const char *tensor;
    json_t *shard;
    vp_shown shown;
    json_object_foreach(index->map, tensor, shard)
    {
        if (!plain_name(shard))
            return vp_fail(error, VLLMPLAN_E_CHECKPOINT, "",
                           "%s: the shard of \"%s\" is not the plain name of a .safetensors file",
                           index->file, vp_show(&shown, vp_str_from(tensor)));
        if (json_object_set_new(index->names, json_string_value(shard), json_null()) != 0)
            return vp_fail(error, VLLMPLAN_E_NO_MEMORY, "", "no memory");
    }
    if (json_object_size(index->names) > VP_MAX_SHARDS)
        return vp_fail(error, VLLMPLAN_E_LIMIT, "", "%s names more than %d shards", index->file,
                       (int)VP_MAX_SHARDS);
    index->shards = calloc(json_object_size(index->names) + 1, sizeof *index->shards);
    if (!index->shards) return vp_fail(error, VLLMPLAN_E_NO_MEMORY, "", "no memory");
    json_object_foreach(index->names, tensor, shard) index->shards[index->count++] = tensor;
    if (index->count > 1) qsort(index->shards, index->count, sizeof *index->shards, by_name);
    return true;
}

static bool read_index(vp_hf_index *index, vp_str text, vp_error *error)
{
    json_error_t e;
    vp_shown shown;
    if (text.length > VP_MAX_INDEX_BYTES)
        return vp_fail(error, VLLMPLAN_E_LIMIT, "", "%s has %zu bytes; at most %llu are read", index->file,
                       text.length, (unsigned long long)VP_MAX_INDEX_BYTES);
    index->root = json_loadb(text.at, text.length, 0, &e);
    if (!index->root)
        return vp_fail(error, VLLMPLAN_E_CHECKPOINT, "", "%s is not JSON: line %d, column %d: %s",
                       index->file, e.line, e.column, vp_show(&shown, vp_str_from(e.text)));
    index->map = json_object_get(index->root, "weight_map");
    if (!json_is_object(index->map) || json_object_size(index->map) == 0)
        return vp_fail(error, VLLMPLAN_E_CHECKPOINT, "", "%s has no weight_map, or an empty one",
                       index->file);
    index->names = json_object();
    if (!index->names) return vp_fail(error, VLLMPLAN_E_NO_MEMORY, "", "no memory");
    return collect_shards(index, error);
}

vp_hf_index *vp_hf_index_new(vp_str text, const char *file, vp_error *error)
{
    vp_hf_index *index = calloc(1, sizeof *index);
    vp_writer w;
    if (!index) {
        vp_fail(error, VLLMPLAN_E_NO_MEMORY, "", "no memory");
        return NULL;
    }
    vp_writer_start(&w, index->file, sizeof index->file);
    vp_put(&w, file);
    if (read_index(index, text, error)) return index;
    vp_hf_index_free(index);
    return NULL;
}

void vp_hf_index_free(vp_hf_index *index)
{
    if (!index) return;
    json_decref(index->root);
    json_decref(index->names);
    free(index->shards);
    free(index);
}

uint32_t vp_hf_index_shards(const vp_hf_index *index) { return index->count; }

const char *vp_hf_index_shard(const vp_hf_index *index, uint32_t i) { return index->shards[i]; }

void vp_hf_index_saw(vp_hf_index *index, vp_str tensor)
{
    if (!json_object_getn(index->map, tensor.at, tensor.length)) return;
    /* replacing a value of a member that exists needs no memory */
    json_object_setn_new_nocheck(index->map, tensor.at, tensor.length, json_true());
}

bool vp_hf_index_complete(const vp_hf_index *index, vp_error *error)
{
    const char *tensor;
    json_t *value;
    vp_shown name, shard;
    json_object_foreach(index->map, tensor, value)
    {
        if (!json_is_string(value)) continue;
        return vp_fail(error, VLLMPLAN_E_CHECKPOINT, "",
                       "%s promises tensor \"%s\" in %s, but it is not there", index->file,
                       vp_show(&name, vp_str_from(tensor)),
                       vp_show(&shard, vp_str_from(json_string_value(value))));
    }
    return true;
}

void vp_hf_adapter_base(vp_str text, char *out, size_t room)
{
    vp_error ignored;
    vp_shown shown;
    vp_writer w;
    vp_error_start(&ignored);
    json_t *config = vp_python_json(text, "adapter_config.json", NULL, &ignored);
    vp_writer_start(&w, out, room);
    vp_put(&w, vp_show(&shown, vp_member_text(config, "base_model_name_or_path")));
    json_decref(config);
}
