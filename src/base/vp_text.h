/* SPDX-License-Identifier: Apache-2.0 */
/* Text: views with a length, a bounded writer, an arena. Nothing here depends on the locale. */
#ifndef VP_BASE_VP_TEXT_H
#define VP_BASE_VP_TEXT_H

#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#if defined(__GNUC__)
#define VP_PRINTF(format_at, first) __attribute__((format(printf, format_at, first)))
#else
#define VP_PRINTF(format_at, first)
#endif

/** Borrowed text with a length; need not end with NUL. */
typedef struct vp_str {
    const char *at;
    size_t length;
} vp_str;

vp_str vp_str_from(const char *text);
bool vp_str_equal(vp_str a, const char *b);
bool vp_str_starts(vp_str a, const char *prefix);
/** ASCII case and the characters space, '-', '_' and '.' are ignored: "RTX 3090" = "rtx_3090". */
bool vp_name_equal(vp_str a, vp_str b);
/** Decimal digits only, no sign; false when empty, other characters or above UINT64_MAX. */
bool vp_str_to_u64(vp_str text, uint64_t *out);
bool vp_utf8_valid(vp_str text);

/** The distance between two names as a reader sees it (edits, case ignored); for "did you mean". */
size_t vp_name_distance(vp_str a, vp_str b);

/** The nearest name seen so far. Offer every known name, then read `name` (NULL: none is near). */
typedef struct vp_nearest {
    vp_str wanted;
    const char *name;
    size_t distance;
} vp_nearest;

void vp_nearest_start(vp_nearest *nearest, vp_str wanted);
void vp_nearest_offer(vp_nearest *nearest, const char *name);

/** A bounded writer. Writing past the end only counts, so a first pass with no room measures. */
typedef struct vp_writer {
    char *at;
    size_t room;   /* bytes at `at`, the final NUL included; 0 measures */
    size_t length; /* what was written or would have been */
} vp_writer;

void vp_writer_start(vp_writer *w, char *at, size_t room);
void vp_put_char(vp_writer *w, char c);
void vp_put(vp_writer *w, const char *text);
void vp_put_str(vp_writer *w, vp_str text);
void vp_put_u64(vp_writer *w, uint64_t value);
/** Bytes as GiB with two decimals, rounded to nearest: "27.51". */
void vp_put_gib(vp_writer *w, uint64_t bytes);
/** value / 10^decimals with all its decimals: (2131, 2) is "21.31". */
void vp_put_fixed(vp_writer *w, uint64_t value, unsigned decimals);
/** A subset of printf that the compiler still checks: %s %.*s %c %d %u %zu %llu %% . */
void vp_put_format(vp_writer *w, const char *format, ...) VP_PRINTF(2, 3);
void vp_put_format_v(vp_writer *w, const char *format, va_list list) VP_PRINTF(2, 0);
bool vp_writer_cut(const vp_writer *w);

/** "27.51" in the caller's buffer, for use as an argument of the formats above. */
typedef struct vp_gib {
    char text[24];
} vp_gib;
const char *vp_gib_text(vp_gib *buffer, uint64_t bytes);

/** Memory handed in by the caller; freed as a whole by whoever owns it. */
typedef struct vp_arena {
    char *at;
    size_t size, used;
    bool exhausted; /* some request found no room: the result is incomplete and must be refused */
} vp_arena;

void vp_arena_start(vp_arena *arena, void *at, size_t size);
/** Zeroed memory aligned for any type, or NULL. */
void *vp_arena_take(vp_arena *arena, size_t bytes);
/** NUL-terminated copies and formatted text; "" (never NULL) when there is no room. */
const char *vp_arena_copy(vp_arena *arena, vp_str text);
const char *vp_arena_format(vp_arena *arena, const char *format, ...) VP_PRINTF(2, 3);
const char *vp_arena_format_v(vp_arena *arena, const char *format, va_list list) VP_PRINTF(2, 0);

#endif
