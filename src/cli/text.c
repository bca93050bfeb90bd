/* SPDX-License-Identifier: Apache-2.0 */
#include "text.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const uint64_t gib = (uint64_t)1 << 30;

void text_free(cli_text *t)
{
    free(t->at);
    *t = (cli_text){0};
}

/** Room for n more bytes and the NUL. */
static bool reserve(cli_text *t, size_t n)
{
    if (t->failed) return false;
    if (n < t->room - t->length) return true;
    size_t room = t->room ? t->room : 256;
    while (room - t->length <= n) {
        if (room > SIZE_MAX / 2) {
            t->failed = true;
            return false;
        }
        room *= 2;
    }
    char *at = realloc(t->at, room);
    if (!at) {
        t->failed = true;
        return false;
    }
    t->at = at;
    t->room = room;
    return true;
}

void text_put_bytes(cli_text *t, const char *s, size_t n)
{
    if (!reserve(t, n)) return;
    memcpy(t->at + t->length, s, n);
    t->length += n;
    t->at[t->length] = '\0';
}

void text_put(cli_text *t, const char *s) { text_put_bytes(t, s, strlen(s)); }

void text_put_char(cli_text *t, char c) { text_put_bytes(t, &c, 1); }

void text_trim(cli_text *t)
{
    while (t->length > 0 && t->at[t->length - 1] == ' ') t->at[--t->length] = '\0';
}

void text_put_times(cli_text *t, const char *s, size_t times)
{
    while (times-- > 0) text_put(t, s);
}

void text_format(cli_text *t, const char *format, ...)
{
    va_list list, again;
    va_start(list, format);
    va_copy(again, list);
    int n = vsnprintf(NULL, 0, format, list);
    va_end(list);
    if (n >= 0 && reserve(t, (size_t)n)) {
        vsnprintf(t->at + t->length, t->room - t->length, format, again);
        t->length += (size_t)n;
    }
    va_end(again);
}

/** Bytes of a control character at s: C0 and DEL are one, C1 (U+0080 to U+009F) two; 0 = none. */
static size_t control_at(const char *s)
{
    unsigned char c = (unsigned char)s[0];
    if (c == 0) return 0;
    if (c < 0x20 || c == 0x7f) return 1;
    unsigned char next = (unsigned char)s[1];
    return c == 0xc2 && next >= 0x80 && next <= 0x9f ? 2 : 0;
}

void text_put_plain(cli_text *t, const char *s)
{
    while (*s) {
        size_t control = control_at(s);
        if (control > 0)
            text_put_char(t, '?');
        else
            text_put_char(t, *s);
        s += control > 0 ? control : 1;
    }
}

bool text_has_control(const char *s)
{
    for (; *s; s++)
        if (control_at(s) > 0) return true;
    return false;
}

void text_put_gib(cli_text *t, uint64_t bytes)
{
    uint64_t rest = bytes % gib;
    uint64_t hundredths = bytes / gib * 100 + (rest * 100 + gib / 2) / gib;
    text_format(t, "%llu.%02u", (unsigned long long)(hundredths / 100), (unsigned)(hundredths % 100));
}

void text_put_count(cli_text *t, uint64_t count)
{
    char digits[24];
    int n = snprintf(digits, sizeof digits, "%llu", (unsigned long long)count);
    for (int i = 0; i < n; i++) {
        if (i > 0 && (n - i) % 3 == 0) text_put_char(t, ',');
        text_put_char(t, digits[i]);
    }
}

static bool is_blank(char c) { return c == ' ' || c == '\n' || c == '\t'; }

void text_put_wrapped(cli_text *t, const char *s, size_t column, size_t indent, size_t width)
{
    bool fresh = true; /* nothing on this line yet */
    for (;;) {
        while (is_blank(*s)) s++;
        if (!*s) break;
        cli_text word = {0};
        while (*s && !is_blank(*s)) text_put_char(&word, *s++);
        size_t columns = text_columns(text_get(&word));
        if (!fresh && column + 1 + columns > width) {
            text_put_char(t, '\n');
            text_put_times(t, " ", indent);
            column = indent;
            fresh = true;
        }
        if (!fresh) text_put_char(t, ' ');
        column += columns + (fresh ? 0 : 1);
        fresh = false;
        text_put_plain(t, text_get(&word));
        t->failed |= word.failed;
        text_free(&word);
    }
    text_put_char(t, '\n');
}

const char *text_get(const cli_text *t) { return t->at ? t->at : ""; }

size_t text_columns(const char *s)
{
    size_t n = 0;
    for (; *s; s++)
        if (((unsigned char)*s & 0xc0) != 0x80) n++; /* a continuation byte adds no column */
    return n;
}

bool text_to_u64(const char *s, uint64_t *out)
{
    const uint64_t most = ((uint64_t)1 << 53) - 1;
    uint64_t value = 0;
    if (!*s) return false;
    for (; *s; s++) {
        if (*s < '0' || *s > '9') return false;
        value = value * 10 + (uint64_t)(*s - '0');
        if (value > most) return false;
    }
    *out = value;
    return true;
}

size_t text_distance(const char *a, const char *b)
{
    enum { most = 64 };
    size_t n = strlen(a), m = strlen(b);
    if (n > most) n = most;
    if (m > most) m = most;
    size_t row[most + 1];
    for (size_t j = 0; j <= m; j++) row[j] = j;
    for (size_t i = 1; i <= n; i++) {
        size_t diagonal = row[0];
        row[0] = i;
        for (size_t j = 1; j <= m; j++) {
            size_t best = diagonal + (a[i - 1] == b[j - 1] ? 0 : 1);
            if (row[j] + 1 < best) best = row[j] + 1;
            if (row[j - 1] + 1 < best) best = row[j - 1] + 1;
            diagonal = row[j];
            row[j] = best;
        }
    }
    return row[m];
}
