/* SPDX-License-Identifier: Apache-2.0 */
#include "launch/quote.h"

#include <string.h>

#define ALPHANUMERIC "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"

static bool is_made_of(const char *word, const char *characters)
{
    return word[0] != '\0' && word[strspn(word, characters)] == '\0';
}

static bool is_control(char c) { return (unsigned char)c < 0x20 || c == 0x7f; }

bool vp_text_has_control(const char *text)
{
    for (; *text; text++)
        if (is_control(*text)) return true;
    return false;
}

bool vp_word_is_option(const char *word)
{
    return word[0] == '-' && (word[1] == '-' || (word[1] != '\0' && strchr(ALPHANUMERIC, word[1]) != NULL &&
                                                 (word[1] < '0' || word[1] > '9')));
}

/** Two hexadecimal digits. */
static void put_hex(vp_writer *w, unsigned value)
{
    static const char digits[] = "0123456789abcdef";
    vp_put_char(w, digits[value >> 4 & 15]);
    vp_put_char(w, digits[value & 15]);
}

/** Puts text, with `before` in front of every character that is in `special`. */
static void put_escaped(vp_writer *w, const char *text, const char *special, char before)
{
    for (; *text; text++) {
        if (strchr(special, *text)) vp_put_char(w, before);
        vp_put_char(w, *text);
    }
}

void vp_quote_posix(vp_writer *w, const char *word, bool program)
{
    /* a shell gives these no meaning anywhere in a word; zsh does to '=' at its start */
    if (is_made_of(word, ALPHANUMERIC "@%+:,./_-=") && word[0] != '=' && !(program && strchr(word, '='))) {
        vp_put(w, word);
        return;
    }
    vp_put_char(w, '\'');
    for (; *word; word++) {
        if (*word == '\'')
            vp_put(w, "'\\''");
        else
            vp_put_char(w, *word);
    }
    vp_put_char(w, '\'');
}

/* fishshell.com/docs/current/language.html, Quotes: between single quotes only \' and \\ mean something */
void vp_quote_fish(vp_writer *w, const char *word)
{
    if (is_made_of(word, ALPHANUMERIC "@+:,./_-")) {
        vp_put(w, word);
        return;
    }
    vp_put_char(w, '\'');
    put_escaped(w, word, "'\\", '\\');
    vp_put_char(w, '\'');
}

/* about_Quoting_Rules: between single quotes nothing is expanded and a quote is doubled. PowerShell takes the
 * typographic quotes U+2018 to U+201B for the same character. */
void vp_quote_powershell(vp_writer *w, const char *word)
{
    vp_put_char(w, '\'');
    for (const char *at = word; *at; at++) {
        bool curly = (unsigned char)at[0] == 0xe2 && (unsigned char)at[1] == 0x80 &&
                     (unsigned char)at[2] >= 0x98 && (unsigned char)at[2] <= 0x9b;
        if (*at == '\'') vp_put_char(w, '\'');
        if (curly) vp_put_str(w, (vp_str){at, 3});
        vp_put_char(w, *at);
    }
    vp_put_char(w, '\'');
}

bool vp_cmd_refuses(const char *text)
{
    for (; *text; text++)
        if (is_control(*text) && *text != '\t') return true;
    return false;
}

/** One character past cmd's own reading: '%' is doubled in a batch file, the others lose their meaning by '^'. A
 *  '"' has one too, so that cmd never is inside of quotes, where '^' would be a character like any other. */
static void put_cmd(vp_writer *w, char c)
{
    if (c == '%') vp_put_char(w, '%');
    if (strchr("()^!\"<>&|", c)) vp_put_char(w, '^');
    vp_put_char(w, c);
}

void vp_quote_cmd_value(vp_writer *w, const char *text)
{
    for (; *text; text++) put_cmd(w, *text);
}

/* CommandLineToArgvW: backslashes count only before a quote, where each of them is doubled. */
void vp_quote_cmd(vp_writer *w, const char *word)
{
    if (is_made_of(word, ALPHANUMERIC "+:./_-")) {
        vp_put(w, word);
        return;
    }
    put_cmd(w, '"');
    while (*word) {
        size_t slashes = strspn(word, "\\");
        word += slashes;
        bool doubled = *word == '"' || *word == '\0';
        for (size_t i = 0; i < (doubled ? 2 * slashes : slashes); i++) vp_put_char(w, '\\');
        if (*word == '"') vp_put_char(w, '\\');
        if (*word) put_cmd(w, *word++);
    }
    put_cmd(w, '"');
}

/** The bytes of a character that YAML 1.1 or 1.2 takes for a line break or for not printable: U+0080 to U+009F,
 *  U+2028, U+2029, U+FEFF, U+FFFE, U+FFFF. 0: it is an ordinary one. */
static unsigned odd_character(const unsigned char *at, size_t *length)
{
    if (at[0] == 0xc2 && at[1] >= 0x80 && at[1] <= 0x9f) {
        *length = 2;
        return at[1];
    }
    if (at[0] < 0xe0 || at[0] > 0xef || at[1] == 0 || at[2] == 0) return 0;
    unsigned code = (at[0] & 15u) << 12 | (at[1] & 63u) << 6 | (at[2] & 63u);
    *length = 3;
    return code == 0x2028 || code == 0x2029 || code == 0xfeff || code >= 0xfffe ? code : 0;
}

static void put_yaml(vp_writer *w, const char *text, bool dollar)
{
    vp_put_char(w, '"');
    for (size_t length = 1; *text; text += length) {
        unsigned code = odd_character((const unsigned char *)text, &length);
        bool braces = text[0] == '{' && text[1] == '{'; /* a template's, where the file becomes one */
        if (code == 0) length = 1;
        if (code == 0 && (is_control(*text) || braces)) code = (unsigned char)*text;
        if (code > 0) {
            vp_put(w, "\\u");
            put_hex(w, code >> 8);
            put_hex(w, code);
            continue;
        }
        if (*text == '"' || *text == '\\') vp_put_char(w, '\\');
        if (*text == '$' && dollar) vp_put_char(w, '$');
        vp_put_char(w, *text);
    }
    vp_put_char(w, '"');
}

void vp_quote_yaml(vp_writer *w, const char *text) { put_yaml(w, text, false); }
void vp_quote_yaml_dollar(vp_writer *w, const char *text) { put_yaml(w, text, true); }

/* systemd.syntax, systemd.service (Command lines), systemd.unit (Specifiers) */
void vp_quote_systemd(vp_writer *w, const char *text, bool dollar)
{
    vp_put_char(w, '"');
    for (; *text; text++) {
        if (is_control(*text)) {
            vp_put(w, "\\x");
            put_hex(w, (unsigned char)*text);
            continue;
        }
        if (*text == '"' || *text == '\\') vp_put_char(w, '\\');
        if (*text == '%' || (*text == '$' && dollar)) vp_put_char(w, *text);
        vp_put_char(w, *text);
    }
    vp_put_char(w, '"');
}

void vp_quote_csv(vp_writer *w, const char *text)
{
    if (text[strcspn(text, ",\"\r\n")] == '\0') {
        vp_put(w, text);
        return;
    }
    vp_put_char(w, '"');
    put_escaped(w, text, "\"", '"');
    vp_put_char(w, '"');
}
