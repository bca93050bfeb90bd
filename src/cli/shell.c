/* SPDX-License-Identifier: Apache-2.0 */
#include "shell.h"

#include <string.h>

static bool is_plain(const char *word, bool first)
{
    /* a shell gives these no meaning anywhere in a word; zsh does to '=' at its start */
    static const char plain[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789@%+:,./_-=";
    if (word[0] == '\0' || word[0] == '=' || (first && strchr(word, '='))) return false;
    return word[strspn(word, plain)] == '\0';
}

void shell_quote(cli_text *t, const char *word, bool first)
{
    if (is_plain(word, first)) {
        text_put(t, word);
        return;
    }
    text_put_char(t, '\'');
    for (; *word; word++) {
        if (*word == '\'')
            text_put(t, "'\\''");
        else
            text_put_char(t, *word);
    }
    text_put_char(t, '\'');
}

void shell_line(cli_text *t, const json_t *argv)
{
    size_t i;
    json_t *item;
    json_array_foreach(argv, i, item)
    {
        if (i > 0) text_put_char(t, ' ');
        shell_quote(t, json_string_value(item), i == 0);
    }
}
