/* SPDX-License-Identifier: Apache-2.0 */
/* The first bytes of every shard. */
#include <stdlib.h>
#include <string.h>

#include "base/vp_int.h"
#include "checkpoint/model_dir.h"

typedef struct shard {
    const vp_model_dir *m;
    const char *name; /* fit for messages */
    vp_file file;
    uint64_t header;
} shard;

/** Both takers of a tensor: the index ticks it off, the collector sums it up. */
typedef struct takers {
    vp_hf_collector *collector;
    vp_hf_index *index;
} takers;

static bool take(void *context, const vp_tensor *tensor, vp_error *error)
{
    takers *t = context;
    if (t->index) vp_hf_index_saw(t->index, tensor->name);
    return vp_hf_take_tensor(t->collector, tensor, error);
}

/** A pointer file begins "version https://git-lfs..."; it stands where the shard should be. */
static bool is_lfs_pointer(const shard *s)
{
    char text[64] = {0};
    if (s->file.size < sizeof text || s->file.size >= 1024) return false;
    if (vp_file_read(&s->file, 0, text, sizeof text - 1) != VP_FILE_OK) return false;
    return strncmp(text, "version ", 8) == 0 && strstr(text, "git-lfs") != NULL;
}

/** Reads and checks the length of the header: eight bytes, the lowest first. */
static bool read_length(shard *s)
{
    unsigned char bytes[8];
    vp_error *error = s->m->error;
    unsigned long long size = s->file.size;
    if (is_lfs_pointer(s))
        return vp_fail(error, VLLMPLAN_E_CHECKPOINT, "",
                       "%s is a git-lfs pointer, not the weights: run `git lfs pull` in %s", s->name,
                       s->m->shown.text);
    if (size < sizeof bytes + 2)
        return vp_fail(error, VLLMPLAN_E_CHECKPOINT, "", "%s has %llu bytes, too few for a safetensors file",
                       s->name, size);
    vp_file_result result = vp_file_read(&s->file, 0, bytes, sizeof bytes);
    if (result != VP_FILE_OK) return vp_model_dir_fail(s->m, s->name, result);
    s->header = 0;
    for (int i = 7; i >= 0; i--) s->header = s->header << 8 | bytes[i];
    if (s->header > VP_MAX_HEADER_BYTES)
        return vp_fail(
            error, VLLMPLAN_E_CHECKPOINT, "",
            "%s is not a safetensors file: its first eight bytes announce a header of %llu bytes; at "
            "most %llu are allowed",
            s->name, (unsigned long long)s->header, (unsigned long long)VP_MAX_HEADER_BYTES);
    if (s->header > s->file.size - sizeof bytes)
        return vp_fail(error, VLLMPLAN_E_CHECKPOINT, "",
                       "%s has %llu bytes, but its tensor header alone needs %llu; was the download cut off?",
                       s->name, size, (unsigned long long)s->header + 8);
    return true;
}

static bool read_header(shard *s, takers *t)
{
    if (!read_length(s)) return false;
    vp_facts *facts = s->m->facts;
    facts->header_bytes += 8 + s->header;
    if (facts->header_bytes > VP_MAX_ALL_HEADER_BYTES)
        return vp_fail(s->m->error, VLLMPLAN_E_LIMIT, "",
                       "the tensor headers together have more than %llu bytes",
                       (unsigned long long)VP_MAX_ALL_HEADER_BYTES);
    char *text = malloc((size_t)s->header + 1);
    if (!text) return vp_fail(s->m->error, VLLMPLAN_E_NO_MEMORY, "", "no memory");
    vp_file_result result = vp_file_read(&s->file, 8, text, (size_t)s->header);
    vp_str header = {text, (size_t)s->header};
    bool ok = result == VP_FILE_OK
                  ? vp_tensors_scan(header, s->file.size - 8 - s->header, s->name, take, t, s->m->error)
                  : vp_model_dir_fail(s->m, s->name, result);
    free(text);
    return ok;
}

static bool read_shard(const vp_model_dir *m, const char *name, takers *t)
{
    vp_shown shown;
    shard s = {m, vp_show(&shown, vp_str_from(name)), {-1, 0}, 0};
    vp_file_result result = vp_file_open(&m->dir, name, &s.file);
    if (result != VP_FILE_OK) return vp_model_dir_fail(m, name, result);
    bool ok = read_header(&s, t);
    vp_file_close(&s.file);
    m->facts->shards++;
    return ok;
}

bool vp_model_dir_read_shards(const vp_model_dir *m, const char *const *names, size_t count,
                              vp_hf_index *index)
{
    takers t = {vp_hf_collector_new(m->facts), index};
    if (!t.collector) return vp_fail(m->error, VLLMPLAN_E_NO_MEMORY, "", "no memory");
    bool ok = true;
    for (size_t i = 0; ok && i < count; i++) ok = read_shard(m, names[i], &t);
    if (ok && index) ok = vp_hf_index_complete(index, m->error);
    ok = ok && vp_hf_collector_finish(t.collector, m->facts, m->error);
    vp_hf_collector_free(t.collector);
    return ok;
}
