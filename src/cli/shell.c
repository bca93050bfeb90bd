/* SPDX-License-Identifier: Apache-2.0 */
#include "shell.h"

#include <string.h>

#include "settings.h"

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

/** Variables before the command. A secret is taken from the shell that runs it, which stops with a
 *  message when it is not set there. */
static void put_environment(cli_text *t, const json_t *env)
{
    const char *name;
    json_t *value;
    json_object_foreach((json_t *)env, name, value)
    {
        const char *secret = json_string_value(json_object_get(value, "secret"));
        text_format(t, "%s=", name);
        if (secret)
            text_format(t, "\"${%s:?}\"", secret);
        else if (json_is_string(value))
            shell_quote(t, json_string_value(value), false);
        text_put_char(t, ' ');
    }
}

void shell_command(cli_text *t, const json_t *launch, size_t indent)
{
    const json_t *argv = json_object_get(launch, "argv");
    text_put_times(t, " ", indent);
    put_environment(t, json_object_get(launch, "env"));
    size_t i;
    json_t *item;
    json_array_foreach(argv, i, item)
    {
        const char *word = json_string_value(item);
        if (i > 0 && looks_like_option(word)) {
            text_put(t, " \\\n");
            text_put_times(t, " ", indent + 4);
        } else if (i > 0) {
            text_put_char(t, ' ');
        }
        shell_quote(t, word, i == 0);
    }
    text_put_char(t, '\n');
}

void shell_script(cli_text *t, const json_t *plan, size_t indent)
{
    const json_t *launches = json_object_get(plan, "launch");
    size_t i;
    json_t *launch;
    json_array_foreach(launches, i, launch)
    {
        if (json_array_size(launches) > 1) {
            const char *role = json_string_value(json_object_get(launch, "role"));
            text_put_times(t, " ", indent);
            text_format(t, "# node %lld: %s\n",
                        (long long)json_integer_value(json_object_get(launch, "node")), role ? role : "");
        }
        shell_command(t, launch, indent);
    }
}

bool shell_hides_something(const json_t *plan)
{
    size_t i, j;
    const char *name;
    json_t *launch, *item;
    json_array_foreach(json_object_get(plan, "launch"), i, launch)
    {
        json_array_foreach(json_object_get(launch, "argv"), j,
                           item) if (text_has_control(json_string_value(item))) return true;
        json_object_foreach(json_object_get(launch, "env"), name,
                            item) if (json_is_string(item) &&
                                      text_has_control(json_string_value(item))) return true;
    }
    return false;
}
