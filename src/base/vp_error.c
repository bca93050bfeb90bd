/* SPDX-License-Identifier: Apache-2.0 */
#include "base/vp_error.h"

#include <string.h>

#define STATUS(name, number, text)                                                                           \
    _Static_assert(VLLMPLAN_##name == (number), "status.def and vllmplan/status.h differ");
#include "base/status.def"
#undef STATUS

void vp_error_start(vp_error *error)
{
    error->code = VLLMPLAN_OK;
    error->path[0] = '\0';
    error->message[0] = '\0';
}

bool vp_fail(vp_error *error, int32_t code, const char *path, const char *format, ...)
{
    if (error->code != VLLMPLAN_OK) return false;
    vp_writer w;
    va_list list;
    error->code = code;
    vp_writer_start(&w, error->path, sizeof error->path);
    vp_put(&w, path);
    vp_writer_start(&w, error->message, sizeof error->message);
    va_start(list, format);
    vp_put_format_v(&w, format, list);
    va_end(list);
    return false;
}

void vp_error_suggest(vp_error *error, const vp_nearest *nearest)
{
    if (!nearest->name) return;
    vp_writer w = {error->message, sizeof error->message, strlen(error->message)};
    vp_put_format(&w, "; did you mean \"%s\"?", nearest->name);
}

const char *vp_status_name(int32_t code)
{
    switch (code) {
#define STATUS(name, number, text)                                                                           \
    case number:                                                                                             \
        return "VLLMPLAN_" #name;
#include "base/status.def"
#undef STATUS
    default:
        return "VLLMPLAN_E_?";
    }
}
