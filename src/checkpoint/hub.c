/* SPDX-License-Identifier: Apache-2.0 */
/* The local hub cache: models--ORG--NAME/refs/REVISION holds a commit, snapshots/COMMIT the files. */
#include <stdlib.h>
#include <string.h>

#include "checkpoint/checkpoint.h"
#include "checkpoint/files.h"
#include "hf/show.h"

enum { MAX_ID = 96 };

static bool id_character(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' ||
           c == '_' || c == '.';
}

/** "ORG/NAME" or "NAME", as huggingface_hub's validate_repo_id takes it: so it cannot lead elsewhere. */
static bool valid_id(const char *id)
{
    size_t length = strlen(id), slashes = 0;
    if (length == 0 || length > MAX_ID || strstr(id, "--") || strstr(id, "..")) return false;
    for (size_t i = 0; i < length; i++) {
        bool edge = i == 0 || i + 1 == length || id[i - 1] == '/' || id[i + 1] == '/';
        if (id[i] == '/')
            slashes++;
        else if (!id_character(id[i]))
            return false;
        if (edge && (id[i] == '-' || id[i] == '.' || id[i] == '/')) return false;
    }
    return slashes <= 1;
}

/** A branch, a tag, a commit or "refs/pr/1": parts of a path that only lead down. */
static bool valid_revision(const char *revision)
{
    size_t length = strlen(revision);
    if (length == 0 || length > 128 || strstr(revision, "..") || strstr(revision, "//")) return false;
    if (revision[0] == '/' || revision[0] == '.' || revision[length - 1] == '/') return false;
    for (size_t i = 0; i < length; i++)
        if (!id_character(revision[i]) && revision[i] != '/') return false;
    return true;
}

/** Appends "/models--ORG--NAME". */
static void put_repository(vp_writer *w, const char *cache, const char *id)
{
    vp_put_format(w, "%s/models--", cache);
    for (; *id; id++) {
        if (*id == '/')
            vp_put(w, "--");
        else
            vp_put_char(w, *id);
    }
}

/** The commit that a branch or tag stands for: the content of its file below refs/. */
static bool read_commit(const char *repository, const char *revision, char *out, size_t room)
{
    char relative[160];
    char *text;
    size_t length;
    vp_dir dir;
    vp_writer w;
    vp_writer_start(&w, relative, sizeof relative);
    vp_put_format(&w, "refs/%s", revision);
    if (vp_dir_open(repository, &dir) != VP_FILE_OK) return false;
    bool ok = vp_file_load(&dir, relative, 256, &text, &length) == VP_FILE_OK;
    vp_dir_close(&dir);
    if (!ok) return false;
    while (length > 0 && (unsigned char)text[length - 1] <= ' ') length--;
    for (size_t i = 0; i < length; i++) ok = ok && id_character(text[i]) && text[i] != '.';
    ok = ok && length > 0 && length < room;
    if (ok) {
        memcpy(out, text, length);
        out[length] = '\0';
    }
    free(text);
    return ok;
}

bool vp_checkpoint_find_hub(const char *cache, const char *id, const char *revision, char *out, size_t room,
                            const char *pointer, vp_error *error)
{
    vp_shown shown;
    vp_writer w;
    char commit[130];
    if (!valid_id(id))
        return vp_fail(error, VLLMPLAN_E_RANGE, pointer, "\"%s\" is not a model id such as ORG/NAME",
                       vp_show(&shown, vp_str_from(id)));
    if (!revision) revision = "main";
    if (!valid_revision(revision))
        return vp_fail(error, VLLMPLAN_E_RANGE, pointer, "\"%s\" is not a revision",
                       vp_show(&shown, vp_str_from(revision)));
    vp_writer_start(&w, out, room);
    put_repository(&w, cache, id);
    if (vp_writer_cut(&w))
        return vp_fail(error, VLLMPLAN_E_LIMIT, pointer, "the path of the hub cache is too long");
    if (!vp_path_is_directory(out))
        return vp_fail(error, VLLMPLAN_E_NOT_FOUND, pointer,
                       "%s is not in the hub cache %s; download it first", id,
                       vp_show(&shown, vp_str_from(cache)));
    if (!read_commit(out, revision, commit, sizeof commit)) {
        vp_writer as_is;
        vp_writer_start(&as_is, commit, sizeof commit);
        vp_put(&as_is, revision);
    }
    vp_put_format(&w, "/snapshots/%s", commit);
    if (vp_writer_cut(&w))
        return vp_fail(error, VLLMPLAN_E_LIMIT, pointer, "the path of the hub cache is too long");
    if (vp_path_is_directory(out)) return true;
    return vp_fail(error, VLLMPLAN_E_NOT_FOUND, pointer, "%s is in the hub cache, but not at revision %s", id,
                   revision);
}
