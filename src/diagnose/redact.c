/* SPDX-License-Identifier: Apache-2.0 */
#include "diagnose/redact.h"

#include <string.h>

static const char *const names[] = {
#define SECRET_NAME(name) name,
#define SECRET_START(text, least)
#include "diagnose/secrets.def"
#undef SECRET_NAME
#undef SECRET_START
};

static const struct {
    const char *text;
    size_t least;
} starts[] = {
#define SECRET_NAME(name)
#define SECRET_START(text, least) {text, least},
#include "diagnose/secrets.def"
#undef SECRET_NAME
#undef SECRET_START
};

static bool is_word(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' || c == '-';
}

static char folded(char c) { return c == '-' ? '_' : c >= 'A' && c <= 'Z' ? (char)(c - 'A' + 'a') : c; }

/** Whether the word ends with the name, at a boundary between its parts. */
static bool ends_with(vp_str word, const char *name)
{
    size_t n = strlen(name);
    if (word.length < n) return false;
    size_t before = word.length - n;
    if (before > 0 && word.at[before - 1] != '_' && word.at[before - 1] != '-') return false;
    for (size_t i = 0; i < n; i++)
        if (folded(word.at[before + i]) != name[i]) return false;
    return true;
}

static bool is_secret_name(vp_str word)
{
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
        if (ends_with(word, names[i])) return true;
    return false;
}

/** A digit or a capital: names of settings such as hf_hub_download_timeout have neither. */
static bool looks_random(vp_str text)
{
    for (size_t i = 0; i < text.length; i++)
        if ((text.at[i] >= '0' && text.at[i] <= '9') || (text.at[i] >= 'A' && text.at[i] <= 'Z')) return true;
    return false;
}

static bool is_secret_word(vp_str word)
{
    for (size_t i = 0; i < sizeof starts / sizeof starts[0]; i++) {
        size_t n = strlen(starts[i].text);
        if (vp_str_starts(word, starts[i].text) && word.length >= n + starts[i].least &&
            looks_random((vp_str){word.at + n, word.length - n}))
            return true;
    }
    return false;
}

/** Bytes between a name and its value: quotes, blanks, '=' or ':', an opening bracket. 0: no value follows. A
 *  blank alone is enough after an option and after "Bearer". */
static size_t gap(vp_str rest, bool blank_is_enough)
{
    size_t n = 0;
    bool marked = blank_is_enough;
    while (n < rest.length && n < 12 && strchr(" \t'\"=:[(", rest.at[n]) && rest.at[n]) {
        marked = marked || rest.at[n] == '=' || rest.at[n] == ':';
        n++;
    }
    return marked ? n : 0;
}

/** Bytes of a value: a list, and what stands in quotes, to the end, so that no rest of it shows. */
static size_t value_length(vp_str rest, vp_str between)
{
    char before = between.at[between.length - 1];
    char closing = memchr(between.at, '[', between.length) ? ']'
                   : before == '\'' || before == '"'       ? before
                                                           : '\0';
    size_t n = 0;
    while (n < rest.length && (closing ? rest.at[n] != closing : !strchr(" \t,'\")]}&;", rest.at[n]))) n++;
    return n;
}

/** What Python prints for a secret that is not there, and what was masked by others. */
static bool is_nothing(vp_str value)
{
    static const char *const nothing[] = {"", "None", "null", "True", "False", "true", "false"};
    for (size_t i = 0; i < sizeof nothing / sizeof nothing[0]; i++)
        if (vp_str_equal(value, nothing[i])) return true;
    return value.at[0] == '*' || value.at[0] == '<' || value.at[0] == '$';
}

/** "://user:password@": bytes of what stands between the slashes and the '@'; 0 when there is no password. */
static size_t credentials_length(vp_str rest)
{
    bool colon = false;
    for (size_t n = 0; n < rest.length && n < 256; n++) {
        char c = rest.at[n];
        if (c == '@') return colon ? n : 0;
        if (c == ':') colon = true;
        if (strchr(" /'\"?#,", c)) return 0;
    }
    return 0;
}

static vp_str after(vp_str text, size_t count) { return (vp_str){text.at + count, text.length - count}; }

/** Writes a word with what belongs to it; returns the bytes read. */
static size_t put_word(vp_str text, size_t length, vp_writer *out, uint32_t *count)
{
    vp_str word = {text.at, length};
    if (is_secret_word(word)) {
        vp_put(out, "***");
        ++*count;
        return length;
    }
    vp_put_str(out, word);
    if (!is_secret_name(word)) return length;
    bool enough = length > 2 && ((word.at[0] == '-' && word.at[1] == '-') || ends_with(word, "bearer"));
    size_t between = gap(after(text, length), enough);
    if (between == 0) return length;
    vp_str rest = after(text, length + between);
    size_t value = value_length(rest, (vp_str){text.at + length, between});
    if (is_nothing((vp_str){rest.at, value})) return length;
    vp_str bearer = {rest.at, value};
    if (vp_name_equal(bearer, vp_str_from("bearer"))) return length; /* the secret is the next word */
    vp_put_str(out, (vp_str){text.at + length, between});
    vp_put(out, "***");
    ++*count;
    return length + between + value;
}

uint32_t vp_redact(vp_str text, vp_writer *out)
{
    uint32_t count = 0;
    size_t at = 0;
    while (at < text.length) {
        vp_str here = after(text, at);
        size_t length = 0;
        while (length < here.length && is_word(here.at[length])) length++;
        if (length > 0) {
            at += put_word(here, length, out, &count);
            continue;
        }
        size_t hidden = vp_str_starts(here, "://") ? credentials_length(after(here, 3)) : 0;
        if (hidden > 0) {
            vp_put(out, "://***");
            ++count;
            at += 3 + hidden;
            continue;
        }
        vp_put_char(out, here.at[0]);
        at++;
    }
    return count;
}

const char *vp_redact_copy(vp_str text, vp_arena *arena)
{
    vp_writer w;
    vp_writer_start(&w, NULL, 0);
    vp_redact(text, &w);
    size_t room = w.length + 1;
    char *copy = vp_arena_take(arena, room);
    if (!copy) return "";
    vp_writer_start(&w, copy, room);
    vp_redact(text, &w);
    return copy;
}
