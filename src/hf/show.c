/* SPDX-License-Identifier: Apache-2.0 */
#include "hf/show.h"

#include <string.h>

const char *vp_show(vp_shown *buffer, vp_str name)
{
    const char dots[] = "...";
    size_t room = sizeof buffer->text - sizeof dots, used = 0, i = 0;
    while (i < name.length) {
        size_t n = 1;
        vp_str sequence = {name.at + i, 1};
        while (n < 4 && i + n < name.length && !vp_utf8_valid(sequence)) sequence.length = ++n;
        bool plain = vp_utf8_valid(sequence) && (unsigned char)name.at[i] >= 0x20 && name.at[i] != 0x7F;
        if (used + (plain ? n : 1) > room) break;
        if (plain) {
            memcpy(buffer->text + used, sequence.at, n);
            used += n;
            i += n;
        } else {
            buffer->text[used++] = '?';
            i++;
        }
    }
    memcpy(buffer->text + used, dots, sizeof dots);
    if (i == name.length) buffer->text[used] = '\0';
    return buffer->text;
}
