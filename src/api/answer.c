/* SPDX-License-Identifier: Apache-2.0 */
#include <stdlib.h>

#include "api/api.h"

#define ALL_ALLOWED (VLLMPLAN_ALLOW_FILES | VLLMPLAN_ALLOW_PROBE | VLLMPLAN_ALLOW_ENV)

void vllmplan_free(void *text) { free(text); }

bool vp_answer_text(vp_writes write, const void *what, char **out, size_t *length, vp_error *error)
{
    vp_writer w;
    vp_writer_start(&w, NULL, 0);
    if (!write(&w, what, error)) return false;
    size_t room = w.length + 1;
    char *text = malloc(room);
    if (!text) return vp_fail(error, VLLMPLAN_E_NO_MEMORY, "", "no memory");
    vp_writer_start(&w, text, room);
    if (!write(&w, what, error) || vp_writer_cut(&w)) {
        free(text);
        return vp_fail(error, VLLMPLAN_E_INTERNAL, "", "an answer changed while it was written");
    }
    *out = text;
    *length = w.length;
    return true;
}

static bool write_error(vp_writer *w, const void *what, vp_error *error)
{
    (void)error;
    vp_json_put_error(w, what);
    return true;
}

static bool check_call(const char *request, size_t length, uint32_t allow, vp_error *error)
{
    if (!request && length > 0) return vp_fail(error, VLLMPLAN_E_MISUSE, "", "the request is NULL");
    if (allow & ~(uint32_t)ALL_ALLOWED)
        return vp_fail(error, VLLMPLAN_E_MISUSE, "", "allow has a bit that this version does not know");
    return true;
}

static bool run(const char *request, size_t length, uint32_t allow, vp_works work, char **out,
                size_t *out_length, vp_error *error)
{
    if (!check_call(request, length, allow, error)) return false;
    json_t *root = vp_json_parse(request ? request : "", length, error);
    if (!root) return false;
    bool ok = work(root, allow, out, out_length, error);
    json_decref(root);
    return ok;
}

int32_t vp_answer(const char *request, size_t length, uint32_t allow, char **out, size_t *out_length,
                  vp_works work)
{
    vp_error error, no_memory;
    size_t unwanted;
    if (!out) return VLLMPLAN_E_MISUSE;
    if (!out_length) out_length = &unwanted;
    *out = NULL;
    *out_length = 0;
    vp_error_start(&error);
    vp_error_start(&no_memory);
    if (run(request, length, allow, work, out, out_length, &error)) return VLLMPLAN_OK;
    if (error.code == VLLMPLAN_OK) vp_fail(&error, VLLMPLAN_E_INTERNAL, "", "a failure without a reason");
    if (error.code == VLLMPLAN_E_NO_MEMORY) return error.code;
    if (!vp_answer_text(write_error, &error, out, out_length, &no_memory)) return VLLMPLAN_E_NO_MEMORY;
    return error.code;
}
