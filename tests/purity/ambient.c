/* SPDX-License-Identifier: Apache-2.0 */
/* Stands before the C library (LD_PRELOAD) and ends the program when a file, a directory, the clock or the
 * environment is touched while the program says that nothing may be. */
#define _GNU_SOURCE
#undef _FILE_OFFSET_BITS /* both names of a call are defined here: open and open64 */
#include <dirent.h>
#include <dlfcn.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

/** Found by the test program with dlsym(): not 0 while nothing ambient may be touched. */
extern int ambient_forbidden;
int ambient_forbidden;

static void say(const char *text)
{
    if (write(STDERR_FILENO, text, strlen(text)) < 0) _exit(2);
}

static void touched(const char *call, const char *what)
{
    if (!ambient_forbidden) return;
    ambient_forbidden = 0;
    say("touched: ");
    say(call);
    say(" ");
    say(what ? what : "");
    say("\n");
    abort();
}

/** The definition that this one hides. ISO C has no cast from an object pointer to a function pointer. */
static void find_next(void *function, size_t size, const char *name)
{
    void *found = dlsym(RTLD_NEXT, name);
    if (!found) abort();
    memcpy(function, &found, size);
}

#define FORWARD(result, name, parameters, arguments, what)                                                   \
    result name parameters;                                                                                  \
    result name parameters                                                                                   \
    {                                                                                                        \
        result(*next) parameters;                                                                            \
        touched(#name, what);                                                                                \
        find_next(&next, sizeof next, #name);                                                                \
        return next arguments;                                                                               \
    }

/* The mode is there only when the call may create. */
#define OPEN(name, parameters, ...)                                                                          \
    int name parameters;                                                                                     \
    int name parameters                                                                                      \
    {                                                                                                        \
        int(*next) parameters;                                                                               \
        va_list list;                                                                                        \
        touched(#name, path);                                                                                \
        va_start(list, flags);                                                                               \
        mode_t mode = (flags & O_CREAT) ? va_arg(list, mode_t) : 0;                                          \
        va_end(list);                                                                                        \
        find_next(&next, sizeof next, #name);                                                                \
        return next(__VA_ARGS__, mode);                                                                      \
    }

#define STAT(name, buffer)                                                                                   \
    FORWARD(int, name, (const char *restrict path, struct buffer *restrict out), (path, out), path)

OPEN(open, (const char *path, int flags, ...), path, flags)
OPEN(openat, (int at, const char *path, int flags, ...), at, path, flags)
STAT(stat, stat)
STAT(lstat, stat)
FORWARD(FILE *, fopen, (const char *restrict path, const char *restrict mode), (path, mode), path)
FORWARD(int, access, (const char *path, int mode), (path, mode), path)
FORWARD(DIR *, opendir, (const char *path), (path), path)
FORWARD(ssize_t, readlink, (const char *restrict path, char *restrict out, size_t size), (path, out, size),
        path)
FORWARD(char *, realpath, (const char *restrict path, char *restrict out), (path, out), path)
FORWARD(char *, getcwd, (char *out, size_t size), (out, size), NULL)
FORWARD(void *, dlopen, (const char *path, int flags), (path, flags), path)
FORWARD(char *, getenv, (const char *name), (name), name)
FORWARD(char *, secure_getenv, (const char *name), (name), name)
FORWARD(time_t, time, (time_t * out), (out), NULL)
FORWARD(int, clock_gettime, (clockid_t clock, struct timespec *out), (clock, out), NULL)
#ifdef __GLIBC__
OPEN(open64, (const char *path, int flags, ...), path, flags)
OPEN(openat64, (int at, const char *path, int flags, ...), at, path, flags)
STAT(stat64, stat64)
STAT(lstat64, stat64)
FORWARD(FILE *, fopen64, (const char *restrict path, const char *restrict mode), (path, mode), path)
#endif
