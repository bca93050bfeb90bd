/* SPDX-License-Identifier: Apache-2.0 */
#include "measured.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli.h"

bool measured_append(const char *path, const json_t *entry, vllmplan_error *error)
{
    char *line = json_dumps(entry, JSON_COMPACT);
    if (!line) return cli_fail(error, VLLMPLAN_E_NO_MEMORY, "", "there is not enough memory");
    FILE *file = fopen(path, "ab");
    bool ok = file && fprintf(file, "%s\n", line) > 0;
    if (file && fclose(file) != 0) ok = false;
    free(line);
    return ok || cli_fail(error, VLLMPLAN_E_IO, "", "%s cannot be written", path);
}

/** The next line without its end; false at the end of the file. */
static bool next_line(FILE *file, cli_text *line)
{
    char block[4096];
    line->length = 0;
    while (fgets(block, sizeof block, file)) {
        text_put(line, block);
        if (strchr(block, '\n')) return true;
        if (line->failed || line->length > CLI_REQUEST_LIMIT) return false;
    }
    return line->length > 0;
}

static bool read_entries(FILE *file, const char *path, json_t *list, vllmplan_error *error)
{
    cli_text line = {0};
    bool ok = true;
    for (size_t number = 1; ok && next_line(file, &line); number++) {
        json_error_t problem;
        if (text_get(&line)[strspn(text_get(&line), " \r\n")] == '\0') continue;
        json_t *entry = json_loads(text_get(&line), JSON_REJECT_DUPLICATES, &problem);
        ok = json_is_object(entry) ||
             cli_fail(error, VLLMPLAN_E_SYNTAX, "", "%s: line %zu is not a JSON object", path, number);
        if (!ok || json_array_append_new(list, entry) != 0) json_decref(ok ? NULL : entry);
    }
    text_free(&line);
    return ok;
}

bool measured_read(const char *path, json_t *request, vllmplan_error *error)
{
    FILE *file = fopen(path, "rb");
    if (!file) return cli_fail(error, VLLMPLAN_E_NOT_FOUND, "", "%s cannot be opened", path);
    json_t *list = json_array();
    bool ok = read_entries(file, path, list, error);
    fclose(file);
    if (!ok) {
        json_decref(list);
        return false;
    }
    return json_object_set_new(request, "calibration", list) == 0;
}
