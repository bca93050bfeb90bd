/* SPDX-License-Identifier: Apache-2.0 */
/* The POSIX side. Another system needs a file like this one and nothing else. */
#define _POSIX_C_SOURCE 200809L
#define _DARWIN_C_SOURCE /* O_DIRECTORY and O_CLOEXEC on macOS */
#include "checkpoint/files.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

const char *vp_file_result_text(vp_file_result result)
{
    switch (result) {
    case VP_FILE_OK:
        return "is there";
    case VP_FILE_ABSENT:
        return "does not exist";
    case VP_FILE_DENIED:
        return "may not be read";
    case VP_FILE_WRONG_KIND:
        return "is not a regular file";
    case VP_FILE_TOO_LARGE:
        return "is larger than what is read";
    case VP_FILE_SHORT:
        return "ended too early; does somebody write to it?";
    case VP_FILE_NO_MEMORY:
        return "needs more memory than there is";
    case VP_FILE_FAILED:
        break;
    }
    return "could not be read";
}

static vp_file_result from_errno(void)
{
    switch (errno) {
    case ENOENT:
        return VP_FILE_ABSENT;
    case EACCES:
    case EPERM:
        return VP_FILE_DENIED;
    case ENOTDIR:
    case EISDIR:
    case ENXIO:
        return VP_FILE_WRONG_KIND;
    case ENOMEM:
        return VP_FILE_NO_MEMORY;
    default:
        return VP_FILE_FAILED;
    }
}

static int open_at(int dir, const char *name, int flags)
{
    int handle;
    do handle = openat(dir, name, flags | O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    while (handle < 0 && errno == EINTR);
    return handle;
}

static int by_name(const void *a, const void *b)
{
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

static vp_file_result add_name(vp_dir *dir, const char *name, size_t *room)
{
    if (strcmp(name, ".") == 0 || strcmp(name, "..") == 0) return VP_FILE_OK;
    if (dir->count == VP_MAX_DIRECTORY_NAMES) return VP_FILE_TOO_LARGE;
    if (dir->count == *room) {
        size_t more = *room == 0 ? 32 : *room * 2;
        char **grown = realloc(dir->names, more * sizeof *grown);
        if (!grown) return VP_FILE_NO_MEMORY;
        dir->names = grown;
        *room = more;
    }
    size_t size = strlen(name) + 1;
    char *copy = malloc(size);
    if (!copy) return VP_FILE_NO_MEMORY;
    dir->names[dir->count++] = memcpy(copy, name, size);
    return VP_FILE_OK;
}

static vp_file_result list(vp_dir *dir)
{
    vp_file_result result = VP_FILE_OK;
    size_t room = 0;
    int again = open_at(dir->handle, ".", O_DIRECTORY); /* closedir() closes the one that it lists */
    DIR *stream = again < 0 ? NULL : fdopendir(again);
    if (!stream) {
        result = from_errno();
        if (again >= 0) close(again);
        return result;
    }
    while (result == VP_FILE_OK) {
        errno = 0;
        const struct dirent *entry = readdir(stream);
        if (!entry) {
            if (errno != 0) result = from_errno();
            break;
        }
        result = add_name(dir, entry->d_name, &room);
    }
    closedir(stream);
    if (dir->count > 1) qsort(dir->names, dir->count, sizeof *dir->names, by_name);
    return result;
}

vp_file_result vp_dir_open(const char *path, vp_dir *out)
{
    memset(out, 0, sizeof *out);
    out->handle = open_at(AT_FDCWD, path, O_DIRECTORY);
    if (out->handle < 0) return from_errno();
    vp_file_result result = list(out);
    if (result != VP_FILE_OK) vp_dir_close(out);
    return result;
}

void vp_dir_close(vp_dir *dir)
{
    for (size_t i = 0; i < dir->count; i++) free(dir->names[i]);
    free(dir->names);
    close(dir->handle);
    memset(dir, 0, sizeof *dir);
}

bool vp_dir_has(const vp_dir *dir, const char *name)
{
    return dir->count > 0 && bsearch(&name, dir->names, dir->count, sizeof *dir->names, by_name) != NULL;
}

bool vp_dir_has_directory(const vp_dir *dir, const char *name)
{
    struct stat info;
    return fstatat(dir->handle, name, &info, 0) == 0 && S_ISDIR(info.st_mode);
}

bool vp_path_is_directory(const char *path)
{
    struct stat info;
    return stat(path, &info) == 0 && S_ISDIR(info.st_mode);
}

vp_file_result vp_file_open(const vp_dir *dir, const char *name, vp_file *out)
{
    struct stat info;
    /* looked at before it is opened, as opening some devices does something; and again afterwards, as
     * somebody may have put another in its place */
    if (fstatat(dir->handle, name, &info, 0) != 0) return from_errno();
    if (!S_ISREG(info.st_mode)) return VP_FILE_WRONG_KIND;
    out->handle = open_at(dir->handle, name, 0);
    if (out->handle < 0) return from_errno();
    if (fstat(out->handle, &info) == 0 && S_ISREG(info.st_mode) && info.st_size >= 0) {
        out->size = (uint64_t)info.st_size;
        return VP_FILE_OK;
    }
    vp_file_close(out);
    return VP_FILE_WRONG_KIND;
}

vp_file_result vp_file_read(const vp_file *file, uint64_t offset, void *at, size_t length)
{
    char *to = at;
    while (length > 0) {
        ssize_t n = pread(file->handle, to, length, (off_t)offset);
        if (n < 0 && errno == EINTR) continue;
        if (n < 0) return VP_FILE_FAILED;
        if (n == 0) return VP_FILE_SHORT;
        to += n;
        offset += (uint64_t)n;
        length -= (size_t)n;
    }
    return VP_FILE_OK;
}

void vp_file_close(vp_file *file)
{
    close(file->handle);
    file->handle = -1;
}

vp_file_result vp_file_load(const vp_dir *dir, const char *name, uint64_t limit, char **text, size_t *length)
{
    vp_file file;
    vp_file_result result = vp_file_open(dir, name, &file);
    if (result != VP_FILE_OK) return result;
    if (file.size > limit || file.size >= SIZE_MAX) {
        result = VP_FILE_TOO_LARGE;
    } else {
        char *at = malloc((size_t)file.size + 1);
        result = at ? vp_file_read(&file, 0, at, (size_t)file.size) : VP_FILE_NO_MEMORY;
        if (result == VP_FILE_OK) {
            at[file.size] = '\0';
            *text = at;
            *length = (size_t)file.size;
        } else {
            free(at);
        }
    }
    vp_file_close(&file);
    return result;
}
