/* SPDX-License-Identifier: Apache-2.0 */
#include "core/facts.h"

void vp_facts_find(vp_facts *facts, const char *code, vp_severity severity, const char *fix,
                   const char *format, ...)
{
    if (facts->finding_count == VP_MAX_FINDINGS) return;
    vp_finding *finding = &facts->findings[facts->finding_count++];
    vp_writer w;
    va_list list;
    finding->severity = severity;
    vp_writer_start(&w, finding->code, sizeof finding->code);
    vp_put(&w, code);
    vp_writer_start(&w, finding->fix, sizeof finding->fix);
    vp_put(&w, fix ? fix : "");
    vp_writer_start(&w, finding->text, sizeof finding->text);
    va_start(list, format);
    vp_put_format_v(&w, format, list);
    va_end(list);
}
