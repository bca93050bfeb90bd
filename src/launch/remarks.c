/* SPDX-License-Identifier: Apache-2.0 */
#include "launch/remarks.h"

static const struct {
    const char *code;
    vp_severity severity;
} rows[VP_REMARK_COUNT] = {
#define REMARK(code_, severity_) [VP_REMARK_##code_] = {#code_, VP_##severity_},
#include "launch/remarks.def"
#undef REMARK
};

vp_remark *vp_remark_row(vp_remarks *remarks, uint32_t index, const char *code, vp_severity severity,
                         const char *text)
{
    if (remarks->count == VP_MAX_REMARKS) {
        remarks->left_out++;
        return NULL;
    }
    vp_remark *remark = &remarks->items[remarks->count++];
    *remark = (vp_remark){index, code, severity, text, NULL};
    return remark;
}

vp_remark *vp_remark_put(vp_remarks *remarks, uint32_t index, vp_remark_code code, const char *format, ...)
{
    vp_remark *remark = vp_remark_row(remarks, index, rows[code].code, rows[code].severity, "");
    if (!remark) return NULL;
    va_list list;
    va_start(list, format);
    remark->text = vp_arena_format_v(remarks->arena, format, list);
    va_end(list);
    return remark;
}

void vp_remark_fix(vp_remarks *remarks, vp_remark *remark, const char *format, ...)
{
    if (!remark) return;
    va_list list;
    va_start(list, format);
    remark->fix = vp_arena_format_v(remarks->arena, format, list);
    va_end(list);
}

void vp_remarks_sort(vp_remarks *remarks)
{
    for (uint32_t i = 1; i < remarks->count; i++) { /* few, and mostly in order */
        vp_remark moved = remarks->items[i];
        uint32_t to = i;
        for (; to > 0 && remarks->items[to - 1].index > moved.index; to--)
            remarks->items[to] = remarks->items[to - 1];
        remarks->items[to] = moved;
    }
}

int vp_shown_length(vp_str text)
{
    size_t length = text.length < VP_LONGEST_SHOWN ? text.length : VP_LONGEST_SHOWN;
    while (length > 0 && length < text.length && ((unsigned char)text.at[length] & 0xC0) == 0x80) length--;
    return (int)length;
}
