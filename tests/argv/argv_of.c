/* SPDX-License-Identifier: Apache-2.0 */
/* Prints the arguments for settings, one JSON line for each line that it reads:
 *   release US entry point ("serve" or "module") US model { US name US kind US text }
 * US is the ASCII unit separator, and RS stands for a line end inside of a text; a kind is one of b i d t j n (bool, int, decimal, text, JSON, null).
 * Answers {"argv": [...]} or {"refused": "VLLMPLAN_E_...", "path": ..., "message": ...}. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/vp_error.h"
#include "launch/argv.h"

enum { LINE_ROOM = 1 << 16, ARENA_ROOM = 1 << 20 };

static void print_text(const char *text)
{
    putchar('"');
    for (const unsigned char *c = (const unsigned char *)text; *c; c++) {
        if (*c == '"' || *c == '\\')
            printf("\\%c", *c);
        else if (*c < 0x20)
            printf("\\u%04x", (unsigned)*c);
        else
            putchar(*c);
    }
    putchar('"');
}

static char *next_field(char **rest)
{
    char *field = *rest;
    if (!field) return NULL;
    char *end = strchr(field, '\x1f');
    if (end) *end = '\0';
    *rest = end ? end + 1 : NULL;
    for (char *at = field; (at = strchr(at, '\x1e')) != NULL;) *at = '\n';
    return field;
}

static vp_value_kind kind_of(char letter)
{
    static const char letters[] = "nbidtj"; /* the order of vp_value_kind */
    const char *at = strchr(letters, letter);
    return at ? (vp_value_kind)(at - letters) : VP_VALUE_NULL;
}

static int answer(char *line, void *memory, vp_settings *settings)
{
    char *rest = line;
    const char *release = next_field(&rest), *entry = next_field(&rest), *model = next_field(&rest);
    if (!model) return 2;
    vp_error error;
    vp_error_start(&error);
    vp_engine engine = {.python = "python3", .module_entrypoint = strcmp(entry, "module") == 0};
    engine.release = vp_release_find(vp_str_from(release), &engine.release_exact, "/engine/release", &error);
    settings->count = 0;
    for (const char *name; (name = next_field(&rest)) != NULL;) {
        const char *kind = next_field(&rest), *text = next_field(&rest);
        if (!text || !vp_settings_put(settings, name, kind_of(*kind), text)) return 2;
    }
    vp_arena arena;
    vp_argv argv;
    vp_arena_start(&arena, memory, ARENA_ROOM);
    if (!engine.release || !vp_launch_check(settings, engine.release, false, &error) ||
        !vp_launch_argv(&engine, model, settings, &arena, &argv, &error)) {
        printf("{\"refused\": \"%s\", \"path\": ", vp_status_name(error.code));
        print_text(error.path);
        printf(", \"message\": ");
        print_text(error.message);
        printf("}\n");
        return 0;
    }
    printf("{\"argv\": [");
    for (uint32_t i = 0; i < argv.count; i++) {
        if (i > 0) printf(", ");
        print_text(argv.items[i]);
    }
    printf("]}\n");
    return 0;
}

int main(void)
{
    char *line = malloc(LINE_ROOM);
    void *memory = malloc(ARENA_ROOM);
    vp_settings *settings = malloc(sizeof *settings);
    int status = line && memory && settings ? 0 : 2;
    while (status == 0 && fgets(line, LINE_ROOM, stdin)) {
        line[strcspn(line, "\n")] = '\0';
        status = answer(line, memory, settings);
    }
    free(settings);
    free(memory);
    free(line);
    return status;
}
