/* SPDX-License-Identifier: Apache-2.0 */
#include <stdalign.h>
#include <stdlib.h>

#include "api/api.h"

typedef struct work {
    vp_facts facts;
    vp_model_source source;
    vp_arena arena;
    alignas(max_align_t) char room[16 << 10];
} work;

static bool write_facts(vp_writer *out, const void *what, vp_error *error)
{
    (void)error;
    vp_json_put_inspect(out, what);
    return true;
}

static bool inspect(json_t *root, uint32_t allow, char **out, size_t *length, vp_error *error)
{
    work *w = calloc(1, sizeof *w);
    if (!w) return vp_fail(error, VLLMPLAN_E_NO_MEMORY, "", "no memory");
    vp_arena_start(&w->arena, w->room, sizeof w->room);
    bool ok = vp_json_model(root, &w->arena, &w->source, error) &&
              vp_model_read(&w->source, allow, &w->facts, error) &&
              vp_answer_text(write_facts, &w->facts, out, length, error);
    free(w);
    return ok;
}

int32_t vllmplan_inspect_json(const char *request, size_t length, uint32_t allow, char **out,
                              size_t *out_length)
{
    return vp_answer(request, length, allow, out, out_length, inspect);
}
