/* SPDX-License-Identifier: Apache-2.0 */
#include "diagnose/log_lines.h"

#include <string.h>

enum { MOST_PREFIXES = 8 }; /* compose, a timestamp, a process, vLLM's own header */

void vp_log_open(vp_log_reader *reader, vp_str log)
{
    reader->rest = log;
    reader->number = 0;
}

static void drop(vp_str *text, size_t count)
{
    text->at += count;
    text->length -= count;
}

static bool is_digit(char c) { return c >= '0' && c <= '9'; }

static bool is_word(char c)
{
    return is_digit(c) || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' || c == '-' ||
           c == '.';
}

/** Whether the text starts as the form says: 9 a digit, a a letter, anything else itself. */
static bool has_form(vp_str text, const char *form)
{
    size_t i = 0;
    for (; form[i]; i++) {
        if (i >= text.length) return false;
        char c = text.at[i];
        bool letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
        if (form[i] == '9' ? !is_digit(c) : form[i] == 'a' ? !letter : c != form[i]) return false;
    }
    return true;
}

/** The bytes up to and including the first blank and those that follow it; 0 when there is none. */
static size_t word_length(vp_str text)
{
    const char *blank = text.length > 0 ? memchr(text.at, ' ', text.length) : NULL;
    size_t n = blank ? (size_t)(blank - text.at) : 0;
    if (!blank) return 0;
    while (n < text.length && text.at[n] == ' ') n++;
    return n;
}

/* --- what is put around the lines of a process, each with what it is from --- */

/** docker compose: "vllm-1  | ". */
static size_t compose_prefix(vp_str text)
{
    size_t n = 0;
    while (n < text.length && n < 64 && is_word(text.at[n])) n++;
    if (n == 0) return 0;
    while (n < text.length && text.at[n] == ' ') n++;
    return n + 1 < text.length && text.at[n] == '|' && text.at[n + 1] == ' ' ? n + 2 : 0;
}

/** kubectl logs --prefix: "[pod/name/container] "; torch: "[rank0]: ". */
static size_t bracket_prefix(vp_str text, vp_log_origin *origin)
{
    if (!vp_str_starts(text, "[pod/") && !has_form(text, "[rank9")) return 0;
    const char *end = memchr(text.at, ']', text.length);
    if (!end) return 0;
    size_t n = (size_t)(end - text.at) + 1;
    if (text.at[1] == 'r' && end - text.at == 6) origin->rank = text.at[5] - '0';
    if (n < text.length && text.at[n] == ':') n++;
    while (n < text.length && text.at[n] == ' ') n++;
    return n;
}

/** "2026-09-30T12:00:01.48Z " of docker logs -t, and what the container runtime interface adds to it. */
static size_t time_prefix(vp_str text)
{
    if (!has_form(text, "9999-99-99T99:99:99")) return 0;
    size_t n = word_length(text);
    vp_str rest = {text.at + n, text.length - n};
    static const char *const streams[] = {"stdout F ", "stderr F ", "stdout P ", "stderr P "};
    for (size_t i = 0; n > 0 && i < sizeof streams / sizeof streams[0]; i++)
        if (vp_str_starts(rest, streams[i])) return n + strlen(streams[i]);
    return n;
}

/** journalctl: "Sep 14 08:01:12 host unit[4242]: ". */
static size_t journal_prefix(vp_str text)
{
    if (!has_form(text, "aaa 99 99:99:99 ") && !has_form(text, "aaa  9 99:99:99 ")) return 0;
    vp_str rest = {text.at + 16, text.length - 16};
    size_t host = word_length(rest);
    drop(&rest, host);
    size_t unit = word_length(rest);
    return host > 0 && unit > 1 && memchr(rest.at, ':', unit) ? 16 + host + unit : 0;
}

/** vLLM's own header: "INFO 11-25 07:41:02 [gpu_worker.py:298] ", before 0.7 without the bracket. */
static size_t vllm_header(vp_str text)
{
    size_t level = word_length(text);
    vp_str rest = {text.at + level, text.length - level};
    if (level == 0 || !has_form(text, "aaa") || !has_form(rest, "99-99 99:99:99 ")) return 0;
    drop(&rest, 15);
    const char *end = memchr(rest.at, ']', rest.length < 96 ? rest.length : 96);
    if (!end) return 0;
    size_t n = level + 15 + (size_t)(end - rest.at) + 1;
    while (n < text.length && text.at[n] == ' ') n++;
    return n;
}

static void strip(vp_str *text, vp_log_origin *origin)
{
    for (int i = 0; i < MOST_PREFIXES; i++) {
        if (vp_log_take_origin(text, origin)) continue;
        size_t n = vllm_header(*text);
        if (n == 0) n = time_prefix(*text);
        if (n == 0) n = journal_prefix(*text);
        if (n == 0) n = bracket_prefix(*text, origin);
        if (n == 0) n = compose_prefix(*text);
        if (n == 0) return;
        drop(text, n);
    }
}

/* --- the bytes of a line --- */

/** Bytes of the terminal sequence at the front: ESC [ ... letter; 0: none. */
static size_t escape_length(vp_str text)
{
    if (text.length < 2 || text.at[0] != '\033') return 0;
    if (text.at[1] != '[') return 2;
    size_t n = 2;
    while (n < text.length && n < 32 && (is_digit(text.at[n]) || text.at[n] == ';' || text.at[n] == '?')) n++;
    return n < text.length ? n + 1 : n;
}

/** Copies without colours and control characters. */
static vp_str plain(vp_str raw, char *room)
{
    size_t length = 0;
    while (raw.length > 0 && length < VP_LOG_LINE_ROOM - 1) {
        size_t skipped = escape_length(raw);
        if (skipped > 0) {
            drop(&raw, skipped);
            continue;
        }
        if (raw.at[0] == '\t' || (unsigned char)raw.at[0] >= ' ') room[length++] = raw.at[0];
        drop(&raw, 1);
    }
    room[length] = '\0';
    return (vp_str){room, length};
}

static unsigned hex_digit(char c)
{
    return is_digit(c) ? (unsigned)(c - '0') : c >= 'a' && c <= 'f' ? (unsigned)(c - 'a') + 10 : 16;
}

/** One character of a JSON string into *to; returns what was read, 0 at the closing quote. */
static size_t unescape(vp_str text, char *to)
{
    *to = text.at[0];
    if (text.at[0] == '"' || text.length < 2) return 0;
    if (text.at[0] != '\\') return 1;
    *to = text.at[1] == 'n' ? '\n' : text.at[1] == 't' ? '\t' : text.at[1] == 'r' ? '\r' : text.at[1];
    if (text.at[1] != 'u' || text.length < 6) return 2;
    unsigned code = 0;
    for (size_t i = 2; i < 6; i++) code = code * 16 + (hex_digit(text.at[i]) & 15);
    *to = code < 0x80 ? (char)code : '?';
    return 6;
}

/** docker's json-file, journalctl -o json and vLLM's JSON formatter hold the line in a member. In place:
 *  what is unescaped is never longer. */
static vp_str json_member(vp_str line, char *room)
{
    static const char *const members[] = {"{\"log\":", "\"message\":", "\"MESSAGE\":", "\"msg\":"};
    if (line.length == 0 || line.at[0] != '{') return line;
    for (size_t i = 0; i < sizeof members / sizeof members[0]; i++) {
        const char *at = strstr(room, members[i]);
        if (!at) continue;
        at += strlen(members[i]);
        while (*at == ' ') at++;
        if (*at++ != '"') continue;
        vp_str rest = {at, line.length - (size_t)(at - room)};
        size_t length = 0, read;
        char c;
        while (rest.length > 0 && (read = unescape(rest, &c)) > 0) {
            room[length++] = c;
            drop(&rest, read);
        }
        room[length] = '\0';
        vp_str inner = {room, length};
        return plain(inner, room);
    }
    return line;
}

static bool take_raw(vp_log_reader *reader, vp_str *raw)
{
    if (reader->rest.length == 0) return false;
    size_t n = 0;
    /* a progress bar goes back with '\r' instead of ending its line */
    while (n < reader->rest.length && reader->rest.at[n] != '\n' && reader->rest.at[n] != '\r') n++;
    *raw = (vp_str){reader->rest.at, n};
    bool ended = n < reader->rest.length && reader->rest.at[n] == '\n';
    drop(&reader->rest, n < reader->rest.length ? n + 1 : n);
    reader->number += ended || reader->rest.length == 0 ? 1 : 0;
    return true;
}

bool vp_log_next(vp_log_reader *reader, vp_log_line *line)
{
    vp_str raw;
    while (true) {
        uint32_t number = reader->number + 1;
        if (!take_raw(reader, &raw)) return false;
        line->number = number;
        line->origin = (vp_log_origin){.process = VP_PROCESS_MAIN,
                                       .dp = VP_LOG_UNKNOWN,
                                       .pp = VP_LOG_UNKNOWN,
                                       .tp = VP_LOG_UNKNOWN,
                                       .rank = VP_LOG_UNKNOWN};
        line->text = json_member(plain(raw, reader->room), reader->room);
        strip(&line->text, &line->origin);
        while (line->text.length > 0 && line->text.at[line->text.length - 1] == ' ') line->text.length--;
        if (line->text.length > 0) return true;
    }
}
