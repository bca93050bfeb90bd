/* SPDX-License-Identifier: Apache-2.0 */
#include "hf/lexer.h"

#include <string.h>

static bool at_end(const vp_lexer *lexer) { return lexer->at == lexer->text.length; }

char vp_lexer_peek(vp_lexer *lexer)
{
    for (; !at_end(lexer); lexer->at++) {
        char c = lexer->text.at[lexer->at];
        if (c != ' ' && c != '\n' && c != '\r' && c != '\t') return c;
    }
    return '\0';
}

bool vp_lexer_take(vp_lexer *lexer, char c)
{
    if (vp_lexer_peek(lexer) != c || at_end(lexer)) return false;
    lexer->at++;
    return true;
}

static bool hex4(vp_lexer *lexer, uint32_t *out)
{
    *out = 0;
    for (int i = 0; i < 4; i++) {
        if (at_end(lexer)) return false;
        char c = lexer->text.at[lexer->at++];
        uint32_t digit;
        if (c >= '0' && c <= '9')
            digit = (uint32_t)(c - '0');
        else if ((c | 0x20) >= 'a' && (c | 0x20) <= 'f')
            digit = (uint32_t)((c | 0x20) - 'a') + 10;
        else
            return false;
        *out = *out * 16 + digit;
    }
    return true;
}

/** What stands behind "\u": one character, in one escape or in a surrogate pair. */
static bool code_point(vp_lexer *lexer, uint32_t *out)
{
    uint32_t low;
    if (!hex4(lexer, out)) return false;
    if (*out < 0xD800 || *out > 0xDFFF) return *out != 0;
    vp_str rest = {lexer->text.at + lexer->at, lexer->text.length - lexer->at};
    if (*out > 0xDBFF || !vp_str_starts(rest, "\\u")) return false;
    lexer->at += 2;
    if (!hex4(lexer, &low) || low < 0xDC00 || low > 0xDFFF) return false;
    *out = 0x10000 + ((*out - 0xD800) << 10) + (low - 0xDC00);
    return true;
}

static size_t utf8_encode(uint32_t c, char out[4])
{
    size_t n = c < 0x80 ? 1 : c < 0x800 ? 2 : c < 0x10000 ? 3 : 4;
    static const unsigned char lead[] = {0, 0x00, 0xC0, 0xE0, 0xF0};
    for (size_t i = n; i-- > 1; c >>= 6) out[i] = (char)(0x80 | (c & 0x3F));
    out[0] = (char)(lead[n] | c);
    return n;
}

/** One escape, the backslash is taken: its bytes in out, how many as result; 0 when it is none. */
static size_t unescape(vp_lexer *lexer, char out[4])
{
    static const char from[] = "\"\\/bfnrt", to[] = "\"\\/\b\f\n\r\t";
    if (at_end(lexer)) return 0;
    char c = lexer->text.at[lexer->at++];
    uint32_t point;
    if (c == 'u') return code_point(lexer, &point) ? utf8_encode(point, out) : 0;
    const char *found = memchr(from, c, sizeof from - 1);
    if (!found) return 0;
    out[0] = to[found - from];
    return 1;
}

/** Reads a string and keeps its text when out is not NULL. */
static bool read_string(vp_lexer *lexer, char *out, size_t room, size_t *length)
{
    char bytes[4];
    *length = 0;
    if (!vp_lexer_take(lexer, '"')) return false;
    while (!at_end(lexer)) {
        size_t n = 1;
        bytes[0] = lexer->text.at[lexer->at++];
        if (bytes[0] == '"') return true;
        if ((unsigned char)bytes[0] < 0x20) return false;
        if (bytes[0] == '\\') n = unescape(lexer, bytes);
        if (n == 0) return false;
        if (!out) continue;
        if (n > room - *length) return false;
        memcpy(out + *length, bytes, n);
        *length += n;
    }
    return false;
}

bool vp_lexer_string(vp_lexer *lexer, char *out, size_t room, size_t *length)
{
    return read_string(lexer, out, room, length);
}

bool vp_lexer_skip_string(vp_lexer *lexer)
{
    size_t length;
    return read_string(lexer, NULL, 0, &length);
}

bool vp_lexer_u64(vp_lexer *lexer, uint64_t *out)
{
    vp_lexer_peek(lexer);
    vp_str digits = {lexer->text.at + lexer->at, 0};
    while (!at_end(lexer) && lexer->text.at[lexer->at] >= '0' && lexer->text.at[lexer->at] <= '9') {
        lexer->at++;
        digits.length++;
    }
    if (digits.length > 1 && digits.at[0] == '0') return false;
    return vp_str_to_u64(digits, out);
}
