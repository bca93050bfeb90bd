/* SPDX-License-Identifier: Apache-2.0 */
#include "launch/values.h"

#include <string.h>

enum { DEEPEST = 64 };

static bool is_digit(char c) { return c >= '0' && c <= '9'; }

static size_t digits(vp_str text, size_t at)
{
    size_t end = at;
    while (end < text.length && is_digit(text.at[end])) end++;
    return end - at;
}

bool vp_text_is_int(vp_str text)
{
    size_t sign = vp_str_starts(text, "-") ? 1 : 0;
    size_t n = digits(text, sign);
    return n > 0 && sign + n == text.length;
}

/** Length of the number at `at`; 0 when there is none. */
static size_t number(vp_str text, size_t at)
{
    size_t start = at;
    if (at < text.length && text.at[at] == '-') at++;
    size_t whole = digits(text, at), decimals = 0;
    at += whole;
    if (at < text.length && text.at[at] == '.') {
        decimals = digits(text, at + 1);
        at += 1 + decimals;
    }
    if (whole + decimals == 0) return 0;
    if (at < text.length && (text.at[at] == 'e' || text.at[at] == 'E')) {
        at++;
        if (at < text.length && (text.at[at] == '-' || text.at[at] == '+')) at++;
        size_t exponent = digits(text, at);
        if (exponent == 0) return 0;
        at += exponent;
    }
    return at - start;
}

bool vp_text_is_float(vp_str text) { return text.length > 0 && number(text, 0) == text.length; }

static void skip_space(vp_str text, size_t *at)
{
    while (*at < text.length && memchr(" \t\r\n", text.at[*at], 4)) (*at)++;
}

static bool skip_string(vp_str text, size_t *at)
{
    if (*at >= text.length || text.at[*at] != '"') return false;
    for (size_t i = *at + 1; i < text.length; i++) {
        if ((unsigned char)text.at[i] < 0x20) return false;
        if (text.at[i] == '\\') {
            if (++i >= text.length || !memchr("\"\\/bfnrtu", text.at[i], 9)) return false;
        } else if (text.at[i] == '"') {
            *at = i + 1;
            return true;
        }
    }
    return false;
}

static bool skip_value(vp_str text, size_t *at, unsigned depth);

/** Members of a list or an object, from behind the opening bracket to behind the closing one. */
static bool skip_members(vp_str text, size_t *at, char close, unsigned depth)
{
    skip_space(text, at);
    if (*at < text.length && text.at[*at] == close) {
        (*at)++;
        return true;
    }
    for (;;) {
        skip_space(text, at);
        if (close == '}') {
            if (!skip_string(text, at)) return false;
            skip_space(text, at);
            if (*at >= text.length || text.at[(*at)++] != ':') return false;
        }
        if (!skip_value(text, at, depth)) return false;
        skip_space(text, at);
        if (*at >= text.length) return false;
        char c = text.at[(*at)++];
        if (c == close) return true;
        if (c != ',') return false;
    }
}

static bool skip_value(vp_str text, size_t *at, unsigned depth)
{
    static const char *const words[] = {"true", "false", "null"};
    skip_space(text, at);
    vp_str rest = {text.at + *at, text.length - *at};
    if (rest.length == 0 || depth == 0) return false;
    if (rest.at[0] == '"') return skip_string(text, at);
    if (rest.at[0] == '{' || rest.at[0] == '[') {
        (*at)++;
        return skip_members(text, at, rest.at[0] == '{' ? '}' : ']', depth - 1);
    }
    for (size_t i = 0; i < 3; i++)
        if (vp_str_starts(rest, words[i])) {
            *at += strlen(words[i]);
            return true;
        }
    size_t n = number(text, *at);
    *at += n;
    return n > 0;
}

bool vp_text_is_json(vp_str text)
{
    size_t at = 0;
    if (!skip_value(text, &at, DEEPEST)) return false;
    skip_space(text, &at);
    return at == text.length;
}

bool vp_text_is_counts(vp_str text)
{
    if (!vp_text_is_json(text) || text.length < 3 || text.at[0] != '{') return false;
    for (size_t i = 0; i < text.length; i++) {
        char c = text.at[i];
        bool letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_';
        if (!letter && !is_digit(c) && !memchr("{}\":,", c, 5)) return false;
        if (c == ':' && i + 1 < text.length && !is_digit(text.at[i + 1])) return false;
    }
    return true;
}

bool vp_list_next(vp_str *list, vp_str *item)
{
    size_t at = 1; /* behind '[' or ',' */
    if (list->length < 2) return false;
    skip_space(*list, &at);
    size_t start = at;
    if (!skip_value(*list, &at, DEEPEST)) return false;
    *item = (vp_str){list->at + start, at - start};
    skip_space(*list, &at);
    *list = (vp_str){list->at + at, list->length - at};
    return true;
}

static bool hex4(vp_str text, size_t at, uint32_t *out)
{
    *out = 0;
    if (at + 4 > text.length) return false;
    for (size_t i = at; i < at + 4; i++) {
        char c = text.at[i];
        uint32_t digit = is_digit(c)            ? (uint32_t)(c - '0')
                         : c >= 'a' && c <= 'f' ? (uint32_t)(c - 'a' + 10)
                         : c >= 'A' && c <= 'F' ? (uint32_t)(c - 'A' + 10)
                                                : 16;
        if (digit == 16) return false;
        *out = *out * 16 + digit;
    }
    return true;
}

static void put_utf8(vp_writer *w, uint32_t code)
{
    if (code < 0x80) {
        vp_put_char(w, (char)code);
        return;
    }
    if (code < 0x800) {
        vp_put_char(w, (char)(0xC0 | code >> 6));
    } else if (code < 0x10000) {
        vp_put_char(w, (char)(0xE0 | code >> 12));
        vp_put_char(w, (char)(0x80 | (code >> 6 & 0x3F)));
    } else {
        vp_put_char(w, (char)(0xF0 | code >> 18));
        vp_put_char(w, (char)(0x80 | (code >> 12 & 0x3F)));
        vp_put_char(w, (char)(0x80 | (code >> 6 & 0x3F)));
    }
    vp_put_char(w, (char)(0x80 | (code & 0x3F)));
}

/** Writes what \uXXXX at `at` (behind the 'u') stands for, and moves behind it. */
static bool put_unicode(vp_writer *w, vp_str text, size_t *at)
{
    uint32_t code, low;
    if (!hex4(text, *at, &code) || code == 0) return false;
    *at += 4;
    if (code >= 0xDC00 && code <= 0xDFFF) return false;
    if (code >= 0xD800 && code <= 0xDBFF) {
        vp_str rest = {text.at + *at, text.length - *at};
        if (!vp_str_starts(rest, "\\u") || !hex4(text, *at + 2, &low)) return false;
        if (low < 0xDC00 || low > 0xDFFF) return false;
        code = 0x10000 + ((code - 0xD800) << 10) + (low - 0xDC00);
        *at += 6;
    }
    put_utf8(w, code);
    return true;
}

static bool put_string(vp_writer *w, vp_str text)
{
    static const char names[] = "\"\\/bfnrt", meant[] = "\"\\/\b\f\n\r\t";
    for (size_t i = 0; i < text.length;) {
        char c = text.at[i++];
        if (c != '\\') {
            vp_put_char(w, c);
            continue;
        }
        if (i >= text.length) return false;
        c = text.at[i++];
        const char *name = memchr(names, c, sizeof names - 1);
        if (name)
            vp_put_char(w, meant[name - names]);
        else if (c != 'u' || !put_unicode(w, text, &i))
            return false;
    }
    return true;
}

const char *vp_json_argument(vp_str json, vp_arena *arena)
{
    if (json.length == 0 || memchr("tfn", json.at[0], 3)) return NULL;
    bool string = json.at[0] == '"';
    if (string) json = (vp_str){json.at + 1, json.length - 2};
    char *text = vp_arena_take(arena, json.length + 1); /* an escape is never shorter than what it means */
    if (!text) return NULL;
    vp_writer w;
    vp_writer_start(&w, text, json.length + 1);
    if (!string)
        vp_put_str(&w, json);
    else if (!put_string(&w, json))
        return NULL;
    return text;
}

const char *vp_json_pairs(vp_str json, vp_arena *arena)
{
    char *text = vp_arena_take(arena, json.length + 1);
    if (!text) return NULL;
    vp_writer w;
    vp_writer_start(&w, text, json.length + 1);
    for (size_t i = 0; i < json.length; i++)
        if (!memchr("{}\"", json.at[i], 3)) vp_put_char(&w, json.at[i] == ':' ? '=' : json.at[i]);
    return text;
}

const vp_range *vp_range_of(const char *setting)
{
    static const vp_range rows[] = {
#define RANGE(setting, low, high) {setting, low, high},
#include "launch/ranges.def"
#undef RANGE
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
        if (strcmp(rows[i].setting, setting) == 0) return &rows[i];
    return NULL;
}

void vp_put_json_string(vp_writer *w, vp_str text)
{
    static const char digits[] = "0123456789abcdef";
    vp_put_char(w, '"');
    for (size_t i = 0; i < text.length; i++) {
        unsigned char c = (unsigned char)text.at[i];
        if (c == '"' || c == '\\') vp_put_char(w, '\\');
        if (c >= 0x20) {
            vp_put_char(w, (char)c);
            continue;
        }
        vp_put(w, "\\u00");
        vp_put_char(w, digits[c >> 4]);
        vp_put_char(w, digits[c & 15]);
    }
    vp_put_char(w, '"');
}

/** The digits without blanks around them, a plus, and underscores between digits. */
static const char *plain_number(vp_str text, vp_arena *arena)
{
    while (text.length > 0 && memchr(" \t\r\n", text.at[0], 4)) text = (vp_str){text.at + 1, text.length - 1};
    while (text.length > 0 && memchr(" \t\r\n", text.at[text.length - 1], 4)) text.length--;
    if (vp_str_starts(text, "+") && text.length > 1 && text.at[1] != '-')
        text = (vp_str){text.at + 1, text.length - 1};
    char *out = vp_arena_take(arena, text.length + 1);
    if (!out) return NULL;
    size_t used = 0;
    for (size_t i = 0; i < text.length; i++) {
        bool between = text.at[i] == '_' && i > 0 && i + 1 < text.length && is_digit(text.at[i - 1]) &&
                       is_digit(text.at[i + 1]);
        if (!between) out[used++] = text.at[i];
    }
    return out;
}

const char *vp_python_int(vp_str text, vp_arena *arena)
{
    const char *plain = plain_number(text, arena);
    return plain && vp_text_is_int(vp_str_from(plain)) ? plain : NULL;
}

const char *vp_python_float(vp_str text, vp_arena *arena)
{
    const char *plain = plain_number(text, arena);
    return plain && vp_text_is_float(vp_str_from(plain)) ? plain : NULL;
}

bool vp_member_next(vp_str *object, vp_str *name, vp_str *value)
{
    size_t at = 1; /* behind '{' or ',' */
    if (object->length < 2) return false;
    skip_space(*object, &at);
    size_t start = at + 1;
    if (!skip_string(*object, &at)) return false;
    *name = (vp_str){object->at + start, at - start - 1};
    skip_space(*object, &at);
    if (at >= object->length || object->at[at++] != ':') return false;
    skip_space(*object, &at);
    start = at;
    if (!skip_value(*object, &at, DEEPEST)) return false;
    *value = (vp_str){object->at + start, at - start};
    skip_space(*object, &at);
    *object = (vp_str){object->at + at, object->length - at};
    return true;
}

vp_str vp_json_member(vp_str object, const char *name)
{
    vp_str key, value, found = {NULL, 0};
    size_t at = 0;
    skip_space(object, &at);
    object = (vp_str){object.at + at, object.length - at};
    if (!vp_str_starts(object, "{")) return found;
    while (vp_member_next(&object, &key, &value))
        if (vp_str_equal(key, name)) found = value; /* the last one counts, as in Python */
    return found;
}
