/* SPDX-License-Identifier: Apache-2.0 */
#include "base/vp_text.h"

#include <string.h>

#include "base/vp_int.h"

vp_str vp_str_from(const char *text)
{
    vp_str s = {text, text ? strlen(text) : 0};
    return s;
}

bool vp_str_equal(vp_str a, const char *b)
{
    size_t n = strlen(b);
    return a.length == n && memcmp(a.at, b, n) == 0;
}

bool vp_str_starts(vp_str a, const char *prefix)
{
    size_t n = strlen(prefix);
    return a.length >= n && memcmp(a.at, prefix, n) == 0;
}

static char lower(char c) { return c >= 'A' && c <= 'Z' ? (char)(c - 'A' + 'a') : c; }

static bool is_separator(char c) { return c == ' ' || c == '-' || c == '_' || c == '.'; }

bool vp_name_equal(vp_str a, vp_str b)
{
    size_t i = 0, j = 0;
    for (;;) {
        while (i < a.length && is_separator(a.at[i])) i++;
        while (j < b.length && is_separator(b.at[j])) j++;
        if (i == a.length || j == b.length) return i == a.length && j == b.length;
        if (lower(a.at[i]) != lower(b.at[j])) return false;
        i++;
        j++;
    }
}

bool vp_str_to_u64(vp_str text, uint64_t *out)
{
    uint64_t value = 0;
    if (text.length == 0) return false;
    for (size_t i = 0; i < text.length; i++) {
        char c = text.at[i];
        if (c < '0' || c > '9') return false;
        uint64_t digit = (uint64_t)(c - '0');
        if (value > (UINT64_MAX - digit) / 10) return false;
        value = value * 10 + digit;
    }
    *out = value;
    return true;
}

/** The length of the UTF-8 sequence at the start of s, or 0 when it is not one. */
static size_t utf8_sequence(const unsigned char *s, size_t n)
{
    if (s[0] < 0x80) return 1;
    size_t want = s[0] >= 0xF0 ? 4 : s[0] >= 0xE0 ? 3 : 2;
    if (s[0] < 0xC2 || s[0] > 0xF4 || n < want) return 0;
    for (size_t i = 1; i < want; i++)
        if ((s[i] & 0xC0) != 0x80) return 0;
    if (s[0] == 0xE0 && s[1] < 0xA0) return 0; /* overlong */
    if (s[0] == 0xED && s[1] > 0x9F) return 0; /* surrogates */
    if (s[0] == 0xF0 && s[1] < 0x90) return 0; /* overlong */
    if (s[0] == 0xF4 && s[1] > 0x8F) return 0; /* above U+10FFFF */
    return want;
}

bool vp_utf8_valid(vp_str text)
{
    const unsigned char *s = (const unsigned char *)text.at;
    for (size_t i = 0; i < text.length;) {
        size_t n = utf8_sequence(s + i, text.length - i);
        if (n == 0) return false;
        i += n;
    }
    return true;
}

enum { NAME_MAX_LENGTH = 64 };

size_t vp_name_distance(vp_str a, vp_str b)
{
    size_t row[NAME_MAX_LENGTH + 1];
    if (a.length > NAME_MAX_LENGTH || b.length > NAME_MAX_LENGTH) return SIZE_MAX;
    for (size_t j = 0; j <= b.length; j++) row[j] = j;
    for (size_t i = 1; i <= a.length; i++) {
        size_t diagonal = row[0];
        row[0] = i;
        for (size_t j = 1; j <= b.length; j++) {
            size_t above = row[j];
            size_t change = diagonal + (lower(a.at[i - 1]) != lower(b.at[j - 1]));
            size_t insert = row[j - 1] + 1, remove = above + 1;
            size_t best = change < insert ? change : insert;
            row[j] = best < remove ? best : remove;
            diagonal = above;
        }
    }
    return row[b.length];
}

void vp_nearest_start(vp_nearest *nearest, vp_str wanted)
{
    nearest->wanted = wanted;
    nearest->name = NULL;
    /* a suggestion that shares less than about two thirds of the letters confuses more than it helps */
    nearest->distance = wanted.length / 3 + 2;
}

void vp_nearest_offer(vp_nearest *nearest, const char *name)
{
    vp_str known = vp_str_from(name);
    size_t distance = vp_name_equal(nearest->wanted, known) ? 0 : vp_name_distance(nearest->wanted, known);
    if (distance < nearest->distance) {
        nearest->distance = distance;
        nearest->name = name;
    }
}

void vp_writer_start(vp_writer *w, char *at, size_t room)
{
    w->at = at;
    w->room = room;
    w->length = 0;
    if (room > 0) at[0] = '\0';
}

bool vp_writer_cut(const vp_writer *w) { return w->length >= w->room; }

void vp_put_str(vp_writer *w, vp_str text)
{
    if (w->length + 1 < w->room) {
        size_t free = w->room - 1 - w->length;
        size_t n = text.length < free ? text.length : free;
        if (n > 0) memcpy(w->at + w->length, text.at, n);
        w->at[w->length + n] = '\0';
    }
    w->length += text.length;
}

void vp_put_char(vp_writer *w, char c)
{
    vp_str s = {&c, 1};
    vp_put_str(w, s);
}

void vp_put(vp_writer *w, const char *text) { vp_put_str(w, vp_str_from(text)); }

void vp_put_u64(vp_writer *w, uint64_t value)
{
    char digits[20];
    size_t n = sizeof digits;
    do {
        digits[--n] = (char)('0' + value % 10);
        value /= 10;
    } while (value > 0);
    vp_str s = {digits + n, sizeof digits - n};
    vp_put_str(w, s);
}

void vp_put_fixed(vp_writer *w, uint64_t value, unsigned decimals)
{
    uint64_t unit = 1;
    for (unsigned i = 0; i < decimals; i++) unit *= 10;
    vp_put_u64(w, value / unit);
    if (decimals > 0) vp_put_char(w, '.');
    for (uint64_t rest = value % unit; unit > 1; rest %= unit) {
        unit /= 10;
        vp_put_char(w, (char)('0' + rest / unit));
    }
}

void vp_put_gib(vp_writer *w, uint64_t bytes)
{
    const uint64_t gib = (uint64_t)1 << 30;
    uint64_t whole = bytes / gib, hundredths = (bytes % gib * 100 + gib / 2) / gib;
    vp_put_fixed(w, vp_add(vp_mul(whole, 100), hundredths), 2);
}

static void put_signed(vp_writer *w, int value)
{
    if (value < 0) vp_put_char(w, '-');
    vp_put_u64(w, value < 0 ? (uint64_t) - (int64_t)value : (uint64_t)value);
}

void vp_put_format_v(vp_writer *w, const char *format, va_list list)
{
    for (const char *f = format; *f; f++) {
        if (*f != '%') {
            vp_put_char(w, *f);
            continue;
        }
        f++;
        if (*f == 's') {
            const char *text = va_arg(list, const char *);
            vp_put(w, text ? text : "(none)");
        } else if (*f == 'c') {
            vp_put_char(w, (char)va_arg(list, int));
        } else if (*f == 'd') {
            put_signed(w, va_arg(list, int));
        } else if (*f == 'u') {
            vp_put_u64(w, va_arg(list, unsigned));
        } else if (strncmp(f, "zu", 2) == 0) {
            vp_put_u64(w, va_arg(list, size_t));
            f += 1;
        } else if (strncmp(f, "llu", 3) == 0) {
            vp_put_u64(w, va_arg(list, unsigned long long));
            f += 2;
        } else if (strncmp(f, ".*s", 3) == 0) {
            int n = va_arg(list, int);
            vp_str s = {va_arg(list, const char *), n > 0 ? (size_t)n : 0};
            vp_put_str(w, s);
            f += 2;
        } else {
            vp_put_char(w, *f);
            if (*f == '\0') return;
        }
    }
}

void vp_put_format(vp_writer *w, const char *format, ...)
{
    va_list list;
    va_start(list, format);
    vp_put_format_v(w, format, list);
    va_end(list);
}

const char *vp_gib_text(vp_gib *buffer, uint64_t bytes)
{
    vp_writer w;
    vp_writer_start(&w, buffer->text, sizeof buffer->text);
    vp_put_gib(&w, bytes);
    return buffer->text;
}

void vp_arena_start(vp_arena *arena, void *at, size_t size)
{
    arena->at = at;
    arena->size = size;
    arena->used = 0;
    arena->exhausted = false;
}

void *vp_arena_take(vp_arena *arena, size_t bytes)
{
    size_t align = sizeof(uint64_t) > sizeof(void *) ? sizeof(uint64_t) : sizeof(void *);
    size_t start = (arena->used + align - 1) / align * align;
    if (start > arena->size || bytes > arena->size - start) {
        arena->exhausted = true;
        return NULL;
    }
    arena->used = start + bytes;
    return memset(arena->at + start, 0, bytes);
}

const char *vp_arena_copy(vp_arena *arena, vp_str text)
{
    char *copy = vp_arena_take(arena, text.length + 1);
    if (!copy) return "";
    if (text.length > 0) memcpy(copy, text.at, text.length);
    return copy;
}

const char *vp_arena_format_v(vp_arena *arena, const char *format, va_list list)
{
    vp_writer w;
    va_list again;
    va_copy(again, list);
    vp_writer_start(&w, NULL, 0);
    vp_put_format_v(&w, format, list);
    size_t room = w.length + 1;
    char *text = vp_arena_take(arena, room);
    if (text) {
        vp_writer_start(&w, text, room);
        vp_put_format_v(&w, format, again);
    }
    va_end(again);
    return text ? text : "";
}

const char *vp_arena_format(vp_arena *arena, const char *format, ...)
{
    va_list list;
    va_start(list, format);
    const char *text = vp_arena_format_v(arena, format, list);
    va_end(list);
    return text;
}
