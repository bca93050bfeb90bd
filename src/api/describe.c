/* SPDX-License-Identifier: Apache-2.0 */
#include <stdlib.h>
#include <string.h>

#include "api/api.h"
#include "api/machine.h"

static bool write_rows(vp_writer *out, const void *what, vp_error *error)
{
    return vp_json_put_describe(out, (json_t *)what, error); /* only read */
}

/** The one topic that is no table. */
static bool describe_machine(uint32_t allow, char **out, size_t *length, vp_error *error)
{
    vp_probe *probe = calloc(1, sizeof *probe);
    if (!probe) return vp_fail(error, VLLMPLAN_E_NO_MEMORY, "", "no memory");
    bool ok = vp_machine_look(probe, allow, NULL, error) &&
              vp_answer_text(vp_machine_write, probe, out, length, error);
    free(probe);
    return ok;
}

static bool describe(json_t *root, uint32_t allow, char **out, size_t *length, vp_error *error)
{
    const char *topic = json_string_value(json_object_get(root, "topic"));
    if (topic && strcmp(topic, "machine") == 0) return describe_machine(allow, out, length, error);
    return vp_answer_text(write_rows, root, out, length, error);
}

int32_t vllmplan_describe_json(const char *request, size_t length, uint32_t allow, char **out,
                               size_t *out_length)
{
    return vp_answer(request, length, allow, out, out_length, describe);
}
