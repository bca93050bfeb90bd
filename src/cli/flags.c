/* SPDX-License-Identifier: Apache-2.0 */
/* vLLM's own flags in one release, as its parser spells them (vllm/utils/argparse_utils.py:
 * FlexibleArgumentParser, in older releases vllm/utils/__init__.py): underscores for dashes,
 * --flag=value, dotted JSON members (--hf-overrides.a.b 1), -O3 for -O 3. Abbreviations are not taken:
 * they change meaning from release to release. */
#include "flags.h"

#include <string.h>

#include "cli.h"

void flags_free(cli_flags *known)
{
    json_decref(known->answer);
    *known = (cli_flags){0};
}

bool flags_load(cli_flags *known, vllmplan_error *error)
{
    if (known->rows) return true;
    json_t *request = json_pack("{s:s, s:s*}", "topic", "flags", "release", known->release);
    char *answer = library_run(vllmplan_describe_json, request, NULL, error);
    json_decref(request);
    if (!answer) {
        /* the user gave the release as a part of the request for a plan */
        if (strcmp(error->path, "/release") == 0) strcpy(error->path, "/engine/release");
        return false;
    }
    known->answer = json_loads(answer, 0, NULL);
    vllmplan_free(answer);
    known->rows = json_object_get(known->answer, "flags");
    if (json_is_array(known->rows)) return true;
    return cli_fail(error, VLLMPLAN_E_INTERNAL, "", "the library did not list the flags of vLLM");
}

static bool same_text(const json_t *value, const char *name)
{
    const char *s = json_string_value(value);
    return s && strcmp(s, name) == 0;
}

static bool in_list(const json_t *list, const char *name)
{
    size_t i;
    json_t *item;
    json_array_foreach(list, i, item) if (same_text(item, name)) return true;
    return false;
}

/** A switch that can be switched off takes "--no-" before its name too, whatever spelling is listed. */
static bool switches_off(const json_t *row, const char *name)
{
    const char *option = json_string_value(json_object_get(row, "option"));
    const char *negative = json_string_value(json_object_get(row, "negative"));
    if (!option || !negative || strchr(negative, '=')) return false;
    if (strcmp(name, negative) == 0) return true;
    return strncmp(name, "--no-", 5) == 0 && strcmp(name + 5, option + 2) == 0;
}

/** The row that has this spelling. *off is set when the spelling switches off. */
static const json_t *flag_find(const cli_flags *known, const char *name, bool *off)
{
    size_t i;
    json_t *row;
    json_array_foreach(known->rows, i, row)
    {
        *off = switches_off(row, name);
        if (*off || same_text(json_object_get(row, "option"), name)) return row;
        if (in_list(json_object_get(row, "short"), name)) return row;
    }
    *off = false;
    return NULL;
}

static void offer(const char *wanted, const char *candidate, const char **nearest, size_t *distance)
{
    if (!candidate) return;
    size_t d = text_distance(wanted, candidate);
    if (d < *distance) {
        *distance = d;
        *nearest = candidate;
    }
}

/** The library knows when a flag went and what took its place: it is asked about a setting of that name,
 *  with the smallest request there is. False when it has nothing to say about it. */
static bool library_refuses(const cli_flags *known, const char *name, vllmplan_error *error)
{
    cli_text setting = {0}, path = {0};
    for (name += strspn(name, "-"); *name; name++) text_put_char(&setting, *name == '-' ? '_' : *name);
    text_format(&path, "/settings/%s", text_get(&setting));
    json_t *request =
        json_pack("{s:{s:{}}, s:{s:i}, s:{s:s*}, s:{s:b}}", "model", "config", "gpus", "total_bytes", 1 << 30,
                  "engine", "release", known->release, "settings", text_get(&setting), 1);
    vllmplan_error theirs = VLLMPLAN_ERROR_INIT;
    char *answer = request ? library_run(vllmplan_plan_json, request, NULL, &theirs) : NULL;
    bool about_it = theirs.code == VLLMPLAN_E_UNKNOWN_NAME && strcmp(theirs.path, text_get(&path)) == 0;
    if (about_it) *error = theirs;
    vllmplan_free(answer);
    json_decref(request);
    text_free(&setting);
    text_free(&path);
    return about_it;
}

bool flag_unknown(const cli_flags *known, const typed_flag *flag, vllmplan_error *error)
{
    const char *name = text_get(&flag->name);
    const char *nearest = NULL;
    size_t distance = 2 + strlen(name) / 5; /* farther off is a guess, not a help */
    size_t i;
    json_t *row;
    const option_row *ours;
    for (i = 0; (ours = option_at(i)); i++)
        if (ours->commands & COMMAND_REQUEST) offer(name, ours->name, &nearest, &distance);
    bool is_ours = nearest != NULL;
    json_array_foreach(known->rows, i, row)
    {
        const char *option = json_string_value(json_object_get(row, "option"));
        const char *negative = json_string_value(json_object_get(row, "negative"));
        offer(name, option, &nearest, &distance);
        offer(name, negative, &nearest, &distance);
        if (nearest && (nearest == option || nearest == negative)) is_ours = false;
    }
    if (!is_ours && library_refuses(known, name, error)) return false;
    return cli_fail(error, VLLMPLAN_E_UNKNOWN_NAME, "",
                    "%s is neither an option of vllmplan nor a flag of vLLM %s%s%s%s", flag->whole,
                    known->release ? known->release : "(newest known release)",
                    nearest ? "; did you mean " : "", nearest ? nearest : "", nearest ? "?" : "");
}

void flag_take_apart(const char *argument, typed_flag *flag)
{
    flag->whole = argument;
    const char *equals = strchr(argument, '=');
    size_t n = equals ? (size_t)(equals - argument) : strlen(argument);
    if (equals) flag->value = equals + 1;
    const char *dot = memchr(argument, '.', n);
    size_t name = dot ? (size_t)(dot - argument) : n;
    for (size_t i = 0; i < name; i++) {
        bool dash = argument[i] == '_' && strncmp(argument, "--", 2) == 0;
        text_put_char(&flag->name, dash ? '-' : argument[i]);
    }
    if (dot) {
        text_put_bytes(&flag->dotted, dot + 1, n - name - 1);
        flag->members = text_get(&flag->dotted);
    }
}

/** -O3 and -n2: a one-letter flag with its value attached. */
static const json_t *attached_value(const cli_flags *known, typed_flag *flag)
{
    const char *whole = flag->whole;
    if (whole[0] != '-' || whole[1] == '-' || whole[1] == '\0' || whole[2] == '\0') return NULL;
    const char letter[3] = {'-', whole[1], '\0'};
    bool off;
    const json_t *row = flag_find(known, letter, &off);
    if (!row || off || same_text(json_object_get(row, "value"), "none")) return NULL;
    flag->value = whole + 2;
    flag->members = NULL;
    return row;
}

/** -O, where the parser rewrites it before it looks at its flags: -O3 is --optimization-level 3 and
 *  -O.mode is --compilation-config.mode (FlexibleArgumentParser.parse_args, from 0.12 on; before that
 *  -O is a spelling of --compilation-config and found like any other). */
static const json_t *optimization_flag(const cli_flags *known, typed_flag *flag)
{
    bool off;
    if (strncmp(flag->whole, "-O", 2) != 0) return NULL;
    char next = flag->whole[2];
    if (next == '.') return flag_find(known, "--compilation-config", &off);
    if (next != '\0' && next != '=' && (next < '0' || next > '9')) return NULL;
    if (next >= '0' && next <= '9') flag->value = flag->whole + 2;
    return flag_find(known, "--optimization-level", &off);
}

const json_t *flag_row(const cli_flags *known, typed_flag *flag, bool *off)
{
    const json_t *row = flag_find(known, text_get(&flag->name), off);
    if (!row) row = attached_value(known, flag);
    return row ? row : optimization_flag(known, flag);
}

void flag_free(typed_flag *flag)
{
    text_free(&flag->name);
    text_free(&flag->dotted);
}
