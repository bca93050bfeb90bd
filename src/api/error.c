/* SPDX-License-Identifier: Apache-2.0 */
#include <stddef.h>
#include <string.h>

#include "api/api.h"

enum { LEAST_SIZE = offsetof(vllmplan_error, path) }; /* the size and the code */

bool vp_error_usable(const vllmplan_error *error) { return !error || error->struct_size >= LEAST_SIZE; }

/** Text was cut where it no longer fitted, maybe inside of a character: that rest goes. */
static void copy_text(char *to, const char *from)
{
    size_t length = strlen(from);
    while (length > 0 && !vp_utf8_valid((vp_str){from, length})) length--;
    memcpy(to, from, length);
    to[length] = '\0';
}

int32_t vp_error_give(const vp_error *from, vllmplan_error *to)
{
    if (!to) return from->code;
    to->code = from->code;
    if (to->struct_size >= offsetof(vllmplan_error, message)) copy_text(to->path, from->path);
    if (to->struct_size >= sizeof *to) copy_text(to->message, from->message);
    return from->code;
}

const char *vllmplan_status_name(int32_t code) { return vp_status_name(code); }
