/* SPDX-License-Identifier: Apache-2.0 */
#include "api/api.h"

static bool write_rows(vp_writer *out, const void *what, vp_error *error)
{
    return vp_json_put_describe(out, (json_t *)what, error); /* only read */
}

static bool describe(json_t *root, uint32_t allow, char **out, size_t *length, vp_error *error)
{
    (void)allow;
    return vp_answer_text(write_rows, root, out, length, error);
}

int32_t vllmplan_describe_json(const char *request, size_t length, uint32_t allow, char **out,
                               size_t *out_length)
{
    return vp_answer(request, length, allow, out, out_length, describe);
}
