/* SPDX-License-Identifier: Apache-2.0 */
/* A shell string to words (POSIX.1-2017, Shell Command Language, 2.2 Quoting and 2.3 Token Recognition). */
#include <string.h>

#include "launch/words.h"

typedef struct splitter {
    vp_str text;
    size_t at;
    vp_arena *arena;
    vp_words *out;
    vp_remarks *remarks;
    char *room; /* where the words are written: never longer than the text and a NUL for each */
    size_t used, start;
    bool in_word, expands, quoted, full;
} splitter;

static bool is_blank(char c) { return c == ' ' || c == '\t' || c == '\r'; }

static char peek(const splitter *s, size_t ahead)
{
    return s->at + ahead < s->text.length ? s->text.at[s->at + ahead] : '\0';
}

static void put(splitter *s, char c)
{
    s->in_word = true;
    s->room[s->used++] = c;
}

static void end_word(splitter *s)
{
    if (!s->in_word) return;
    s->room[s->used++] = '\0';
    if (s->out->count == VP_MAX_WORDS)
        s->full = true;
    else
        s->out->at[s->out->count++] = (vp_word){s->room + s->start, s->expands};
    s->start = s->used;
    s->in_word = s->expands = s->quoted = false;
}

/** The word is dropped: the number of a redirection, or its target. */
static void drop_word(splitter *s)
{
    s->used = s->start;
    s->in_word = s->expands = s->quoted = false;
}

static bool is_name(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' || (c >= '0' && c <= '9');
}

/** `...` and $(...) as one piece, blanks included; of anything else the one character. */
static void put_substitution(splitter *s)
{
    bool back = peek(s, 0) == '`';
    if (!back && peek(s, 1) != '(') {
        put(s, s->text.at[s->at++]);
        return;
    }
    size_t depth = 0, start = s->at;
    for (size_t i = start; i < s->text.length; i++) {
        char c = s->text.at[i];
        bool end = back ? c == '`' && i > start : c == ')' && --depth == 0;
        if (!back && c == '(') depth++;
        if (!end) continue;
        while (s->at <= i) put(s, s->text.at[s->at++]);
        return;
    }
    put(s, s->text.at[s->at++]); /* never closed: the rest is words as it stands */
}

/** '$' or '`' where a shell would expand it: told once a word, and kept as it stands. */
static void expansion(splitter *s)
{
    char next = peek(s, 1);
    bool real = peek(s, 0) == '`' || next == '{' || next == '(' || is_name(next) || memchr("@*#?$!", next, 6);
    if (real && !s->expands) {
        vp_str rest = {s->text.at + s->at, s->text.length - s->at};
        size_t length = 1;
        while (length < rest.length && (is_name(rest.at[length]) || memchr("{(:-)}", rest.at[length], 6)))
            length++;
        rest.length = length;
        vp_remark *remark = vp_remark_put(
            s->remarks, s->out->count, VP_REMARK_expansion,
            "a shell would put something in the place of %.*s; what that is cannot be known here",
            vp_shown_length(rest), rest.at);
        vp_remark_fix(s->remarks, remark, "write the value itself");
        s->expands = true;
    }
    put_substitution(s);
}

static void single_quotes(splitter *s, size_t opened)
{
    s->in_word = s->quoted = true;
    for (s->at++; s->at < s->text.length; s->at++) {
        if (s->text.at[s->at] == '\'') {
            s->at++;
            return;
        }
        put(s, s->text.at[s->at]);
    }
    vp_remark_put(s->remarks, s->out->count, VP_REMARK_quote_open, "the ' at byte %zu is never closed",
                  opened);
}

static void double_quotes(splitter *s, size_t opened)
{
    s->in_word = s->quoted = true;
    s->at++;
    while (s->at < s->text.length) {
        char c = s->text.at[s->at], next = peek(s, 1);
        if (c == '"') {
            s->at++;
            return;
        }
        if (c == '\\' && next == '\n') {
            s->at += 2;
        } else if (c == '\\' && next != '\0' && memchr("$`\"\\", next, 4)) {
            put(s, next);
            s->at += 2;
        } else if (c == '$' || c == '`') {
            expansion(s);
        } else {
            put(s, c);
            s->at++;
        }
    }
    vp_remark_put(s->remarks, s->out->count, VP_REMARK_quote_open, "the \" at byte %zu is never closed",
                  opened);
}

static void backslash(splitter *s)
{
    char next = peek(s, 1);
    s->at += 2;
    if (next == '\r' && s->at < s->text.length && s->text.at[s->at] == '\n')
        s->at++; /* a continued line of a file from Windows */
    else if (next != '\n' && next != '\0')
        put(s, next);
}

static void skip_blanks(splitter *s)
{
    while (s->at < s->text.length && is_blank(s->text.at[s->at])) s->at++;
}

/** < > >> 2>&1 and their like. The file is left out, as the shell leaves it out. */
static void redirection(splitter *s)
{
    bool number = s->in_word && !s->quoted;
    for (size_t i = s->start; number && i < s->used; i++) number = s->room[i] >= '0' && s->room[i] <= '9';
    if (number)
        drop_word(s);
    else
        end_word(s);
    vp_remark_put(s->remarks, s->out->count, VP_REMARK_shell_operator,
                  "%c is the shell's: it and its file are no arguments of vLLM", s->text.at[s->at]);
    while (s->at < s->text.length && memchr("<>&|", s->text.at[s->at], 4)) s->at++;
    skip_blanks(s);
    while (s->at < s->text.length && !memchr(" \t\r\n;|&<>()", s->text.at[s->at], 11)) s->at++;
}

static bool speaks_of_vllm(const vp_words *words)
{
    for (uint32_t i = 0; i < words->count; i++)
        if (vp_word_is_vllm(words->at[i].text)) return true;
    return false;
}

static bool only_blank(const splitter *s)
{
    for (size_t i = s->at; i < s->text.length; i++)
        if (!is_blank(s->text.at[i]) && s->text.at[i] != '\n') return false;
    return true;
}

/** ; & | && || and the end of a line. False: the command that is wanted has ended. */
static bool separator(splitter *s)
{
    char c = s->text.at[s->at];
    end_word(s);
    while (s->at < s->text.length && memchr(";&|\n()", s->text.at[s->at], 6)) s->at++;
    bool rest = !only_blank(s);
    if (s->out->count == 0) return rest;
    bool wanted = speaks_of_vllm(s->out) || !rest;
    if (c != '\n' || rest)
        vp_remark_put(s->remarks, wanted ? s->out->count - 1 : 0, VP_REMARK_shell_operator,
                      wanted ? "the command ends at %s; what follows was not looked at"
                             : "what stands before %s is a command of its own and was not looked at",
                      c == '\n'  ? "the end of its line"
                      : c == '&' ? "'&'"
                      : c == '|' ? "'|'"
                                 : "';'");
    if (!wanted) s->out->count = 0;
    return rest && !wanted;
}

static bool step(splitter *s)
{
    char c = s->text.at[s->at];
    if (is_blank(c)) {
        end_word(s);
        s->at++;
    } else if (c == '\'') {
        single_quotes(s, s->at);
    } else if (c == '"') {
        double_quotes(s, s->at);
    } else if (c == '\\') {
        backslash(s);
    } else if (c == '$' || c == '`') {
        expansion(s);
    } else if (c == '#' && !s->in_word) {
        while (s->at < s->text.length && s->text.at[s->at] != '\n') s->at++;
    } else if (c == '<' || c == '>') {
        redirection(s);
    } else if (memchr(";&|\n()", c, 6)) {
        return separator(s);
    } else {
        put(s, c);
        s->at++;
    }
    return true;
}

bool vp_shell_words(vp_str text, vp_arena *arena, vp_words *out, vp_remarks *remarks)
{
    splitter s = {.text = text, .arena = arena, .out = out, .remarks = remarks};
    uint32_t most = text.length / 2 + 1 < VP_MAX_WORDS ? (uint32_t)(text.length / 2 + 1) : VP_MAX_WORDS;
    out->count = 0;
    out->at = vp_arena_take(arena, most * sizeof *out->at);
    s.room = vp_arena_take(arena, text.length + most + 2);
    if (!out->at || !s.room) return false;
    while (s.at < text.length && step(&s)) {
    }
    end_word(&s);
    if (s.full)
        vp_remark_put(remarks, VP_MAX_WORDS, VP_REMARK_too_many_words,
                      "there are more than %d words; the rest was not looked at", VP_MAX_WORDS);
    return true;
}

bool vp_word_expands(const char *text)
{
    for (const char *at = text; (at = strstr(at, "$(")) != NULL; at += 2) {
        const char *end = at + 2;
        while (is_name(*end)) end++;
        if (end > at + 2 && *end == ')' && (at == text || at[-1] != '$')) return true; /* $$( is $( */
    }
    return false;
}

const char *vp_word_base(const char *text)
{
    const char *slash = strrchr(text, '/');
    return slash ? slash + 1 : text;
}

bool vp_word_is_vllm(const char *text)
{
    const char *base = vp_word_base(text);
    return strcmp(base, "vllm") == 0 || strncmp(base, "vllm-openai", 11) == 0 ||
           strncmp(text, "vllm.entrypoints", 16) == 0 || strstr(base, "vllm serve ") != NULL;
}
