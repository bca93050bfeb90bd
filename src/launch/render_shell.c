/* SPDX-License-Identifier: Apache-2.0 */
/* Scripts: POSIX shells, fish, PowerShell, batch files of cmd.exe. */
#include "launch/quote.h"
#include "launch/render.h"

enum { LONGEST_CMD = 8191 }; /* characters of a line that cmd.exe reads */

/** How a shell says a thing; each writes at most one line's part. */
typedef struct dialect {
    const char *comment;   /* begins a comment's line */
    const char *head;      /* stands once, before all */
    const char *next_line; /* ends a line that goes on */
    const char *call;      /* stands before the program */
    void (*word)(vp_writer *w, const char *word, bool program);
    void (*variable)(vp_writer *w, const vp_variable_row *row);
} dialect;

static void posix_variable(vp_writer *w, const vp_variable_row *row)
{
    vp_put_format(w, "%s=", row->name);
    if (row->value)
        vp_quote_posix(w, row->value, false);
    else
        vp_put_format(w, "\"${%s:?}\"", row->name);
    vp_put_char(w, ' ');
}

static void fish_word(vp_writer *w, const char *word, bool program)
{
    (void)program;
    vp_quote_fish(w, word);
}

/** fish 3.1 and newer. A variable that is not set ends what follows `and`. */
static void fish_variable(vp_writer *w, const vp_variable_row *row)
{
    if (!row->value) {
        vp_put_format(w, "test -n \"$%s\"; and %s=\"$%s\" ", row->name, row->name, row->name);
        return;
    }
    vp_put_format(w, "%s=", row->name);
    vp_quote_fish(w, row->value);
    vp_put_char(w, ' ');
}

static void powershell_word(vp_writer *w, const char *word, bool program)
{
    (void)program;
    vp_quote_powershell(w, word);
}

static void powershell_variable(vp_writer *w, const vp_variable_row *row)
{
    if (!row->value) {
        vp_put_format(w, "if (-not $env:%s) { throw '%s is not set' }\n", row->name, row->name);
        return;
    }
    vp_put_format(w, "$env:%s = ", row->name);
    vp_quote_powershell(w, row->value);
    vp_put_char(w, '\n');
}

static void cmd_word(vp_writer *w, const char *word, bool program)
{
    (void)program;
    vp_quote_cmd(w, word);
}

static void cmd_variable(vp_writer *w, const vp_variable_row *row)
{
    if (!row->value) {
        vp_put_format(w, "if not defined %s (echo %s is not set 1>&2& exit /b 1)\n", row->name, row->name);
        return;
    }
    vp_put_format(w, "set %s=", row->name);
    vp_quote_cmd_value(w, row->value);
    vp_put_char(w, '\n');
}

static const dialect dialects[] = {
    [VP_FORMAT_SHELL] = {"# ", "", " \\\n    ", "", vp_quote_posix, posix_variable},
    [VP_FORMAT_FISH] = {"# ", "", " \\\n    ", "", fish_word, fish_variable},
    [VP_FORMAT_POWERSHELL] = {"# ",
                              "$PSNativeCommandArgumentPassing = 'Standard' # PowerShell 7.3 or newer\n",
                              " `\n    ", "& ", powershell_word, powershell_variable},
    [VP_FORMAT_CMD] = {"rem ", "@echo off\nchcp 65001 >nul\nsetlocal DisableDelayedExpansion\n", " ", "",
                       cmd_word, cmd_variable},
};

/** The server's variables; Ray's own programs take none of them but the cards. */
static void put_variables(vp_renderer *r, const dialect *d, vp_launch_role role)
{
    const vp_env *env = r->from->env;
    for (int secrets = 1; secrets >= 0; secrets--) /* fish asks for the secrets first */
        for (uint32_t i = 0; i < env->count; i++) {
            const vp_variable_row *row = &env->items[i];
            bool server = role == VP_RUNS_SERVE || role == VP_RUNS_HEADLESS;
            if ((row->value == NULL) == (secrets == 1) && (server || row->value)) d->variable(r->w, row);
        }
}

static bool check_cmd(vp_renderer *r, const vp_argv *argv)
{
    const vp_env *env = r->from->env;
    bool refused = false;
    for (uint32_t i = 0; i < argv->count; i++) refused = refused || vp_cmd_refuses(argv->items[i]);
    for (uint32_t i = 0; i < env->count; i++)
        refused = refused || (env->items[i].value && vp_cmd_refuses(env->items[i].value));
    return !refused ||
           vp_fail(r->error, VLLMPLAN_E_RANGE, "/deploy/format",
                   "cmd.exe has no way to say a newline or another control character in an argument");
}

static bool put_command(vp_renderer *r, const dialect *d, const vp_launch *launch)
{
    bool cmd = r->from->deploy->format == VP_FORMAT_CMD;
    if (cmd && !check_cmd(r, &launch->argv)) return false;
    put_variables(r, d, launch->role);
    size_t start = r->w->length;
    vp_put(r->w, d->call);
    for (uint32_t i = 0; i < launch->argv.count; i++) {
        const char *word = launch->argv.items[i];
        if (i > 0) vp_put(r->w, vp_word_is_option(word) ? d->next_line : " ");
        d->word(r->w, word, i == 0);
    }
    vp_put_char(r->w, '\n');
    return !cmd || r->w->length - start <= LONGEST_CMD ||
           vp_fail(r->error, VLLMPLAN_E_LIMIT, "/deploy/format",
                   "cmd.exe reads lines of at most %d characters", LONGEST_CMD);
}

bool vp_render_shell(vp_renderer *r)
{
    const dialect *d = &dialects[r->from->deploy->format];
    const vp_launches *all = r->from->launches;
    vp_put(r->w, d->head);
    for (int before = 1; before >= 0; before--) /* a Ray cluster has to be there before the server */
        for (uint32_t i = 0; i < all->count; i++) {
            const vp_launch *launch = &all->items[i];
            bool ray = launch->role == VP_RUNS_RAY_HEAD || launch->role == VP_RUNS_RAY_WORKER;
            if (ray != (before == 1)) continue;
            if (all->count > 1)
                vp_put_format(r->w, "%smachine %u: %s%s\n", d->comment, launch->node,
                              vp_launch_role_name(launch->role),
                              ray ? ", which keeps running; start it before the server" : "");
            if (!put_command(r, d, launch)) return false;
        }
    return true;
}
