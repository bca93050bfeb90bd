/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include "cli.h"

/** Whether some finding says that vLLM could not load this. */
static bool has_error(const char *answer, size_t length)
{
    json_t *root = json_loadb(answer, length, 0, NULL);
    bool found = false;
    size_t i;
    json_t *finding;
    json_array_foreach(json_object_get(root, "findings"), i, finding)
    {
        const char *severity = json_string_value(json_object_get(finding, "severity"));
        if (severity && strcmp(severity, "error") == 0) found = true;
    }
    json_decref(root);
    return found;
}

int command_inspect(const cli_options *o)
{
    vllmplan_error error = VLLMPLAN_ERROR_INIT;
    size_t length;
    char *answer = library_run(vllmplan_inspect_json, o->request, &length, &error);
    if (!answer) return error_report(&error, o->as_json);
    output_text(answer, length);
    int status = has_error(answer, length) ? EXIT_NOT : EXIT_FITS;
    vllmplan_free(answer);
    return status;
}
