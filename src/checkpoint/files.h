/* SPDX-License-Identifier: Apache-2.0 */
/* Directories and files, read only. All calls of the operating system stand in files.c. */
#ifndef VP_CHECKPOINT_FILES_H
#define VP_CHECKPOINT_FILES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef enum vp_file_result {
    VP_FILE_OK,
    VP_FILE_ABSENT,
    VP_FILE_DENIED,
    VP_FILE_WRONG_KIND, /* a file was wanted and this is a directory, a pipe, a device; or the reverse */
    VP_FILE_TOO_LARGE,
    VP_FILE_SHORT, /* it ended before the wanted bytes */
    VP_FILE_FAILED,
    VP_FILE_NO_MEMORY,
} vp_file_result;

/** The result as the end of a sentence: "does not exist". */
const char *vp_file_result_text(vp_file_result result);

/** An open directory. Files are opened relative to it, so that nothing can be swapped under us. */
typedef struct vp_dir {
    int handle;
    char **names; /* sorted by bytes; without "." and ".." */
    size_t count;
} vp_dir;

enum { VP_MAX_DIRECTORY_NAMES = 1000000 };

/** Opens a directory and lists it. On failure there is nothing to close. */
vp_file_result vp_dir_open(const char *path, vp_dir *out);
void vp_dir_close(vp_dir *dir);
bool vp_dir_has(const vp_dir *dir, const char *name);
/** True when the name is a directory, or a link to one. */
bool vp_dir_has_directory(const vp_dir *dir, const char *name);

/** True when the path is a directory, or a link to one. */
bool vp_path_is_directory(const char *path);

/** A regular file that is open for reading. */
typedef struct vp_file {
    int handle;
    uint64_t size;
} vp_file;

vp_file_result vp_file_open(const vp_dir *dir, const char *name, vp_file *out);
/** Exactly `length` bytes from `offset`, or VP_FILE_SHORT. */
vp_file_result vp_file_read(const vp_file *file, uint64_t offset, void *at, size_t length);
void vp_file_close(vp_file *file);

/** The whole of a file of at most `limit` bytes: NUL-terminated, owned, release it with free(). */
vp_file_result vp_file_load(const vp_dir *dir, const char *name, uint64_t limit, char **text, size_t *length);

#endif
