/* SPDX-License-Identifier: Apache-2.0 */
#include <stdalign.h>
#include <stdlib.h>
#include <string.h>

#include "api/api.h"
#include "api/machine.h"
#include "checkpoint/files.h"
#include "launch/plan_remarks.h"
#include "json/check_request.h"

enum { LONGEST_FILE = 1 << 20, LONGEST_DIRECTORY = 3072 };

/** All that one check needs, taken once and released once. */
typedef struct work {
    vp_check check;
    vp_facts facts;
    vp_request request;
    vp_model_source source;
    vp_plan plan;
    vp_deploy deploy;
    vp_start start;  /* of the plan */
    json_t *config;  /* of the model, or NULL */
    bool own_config; /* it was read from a file */
    vp_probe probe;  /* what was seen, when the request says "gpus": "auto" */
    bool probed;
    bool planned;
    char *file; /* of --config */
    vp_arena arena;
    alignas(max_align_t) char room[16 << 20]; /* for 10000 words, as they are and as they are mended */
} work;

/** A small file by its path; NULL when it cannot be read. */
static char *load(const char *directory, const char *name, size_t *length)
{
    vp_dir dir;
    char *text = NULL;
    if (vp_dir_open(directory, &dir) != VP_FILE_OK) return NULL;
    if (vp_file_load(&dir, name, LONGEST_FILE, &text, length) != VP_FILE_OK) text = NULL;
    vp_dir_close(&dir);
    return text;
}

/** The file behind --config, as vLLM would read it from where the command is run. */
static void read_file(work *w, uint32_t allow)
{
    const char *path = vp_check_file(&w->check);
    char directory[LONGEST_DIRECTORY];
    size_t length;
    if (!path || !(allow & VLLMPLAN_ALLOW_FILES)) return;
    const char *base = vp_word_base(path);
    size_t n = (size_t)(base - path);
    if (n >= sizeof directory - 1) return;
    memcpy(directory, n > 0 ? path : "./", n > 0 ? n : 2);
    directory[n > 0 ? n : 2] = '\0';
    w->file = load(directory, base, &length);
    if (w->file && (strlen(w->file) != length || !vp_utf8_valid((vp_str){w->file, length}))) {
        free(w->file);
        w->file = NULL;
    }
    w->check.file_text = w->file;
}

/** Without a model of its own the request means the one that the command names, when that can be read. */
static bool name_model(work *w, uint32_t allow)
{
    const char *name = w->check.parse.model_text;
    if (w->source.path || w->source.id || w->source.config || w->source.facts) return true;
    if (!name || !name[0] || !(allow & VLLMPLAN_ALLOW_FILES)) return false;
    if (vp_path_is_directory(name))
        w->source.path = name;
    else if (allow & VLLMPLAN_ALLOW_ENV)
        w->source.id = name;
    w->source.revision = vp_settings_text(&w->check.parse.settings, "revision");
    return w->source.path || w->source.id;
}

static bool read_model(work *w, json_t *root, uint32_t allow, bool *known, vp_error *error)
{
    vp_error own;
    vp_error_start(&own);
    bool asked = json_object_get(root, "model") != NULL;
    *known = false;
    if (!name_model(w, allow)) return true;
    if (vp_model_read(&w->source, allow, &w->facts, &own)) {
        *known = true;
        return true;
    }
    if (asked && own.code != VLLMPLAN_E_UNSUPPORTED)
        return vp_fail(error, own.code, own.path, "%s", own.message);
    const vp_item *model = w->check.parse.model;
    vp_remark_put(&w->check.remarks, model ? model->index : VP_NO_INDEX, VP_REMARK_model_not_read,
                  "the model's files were not read, so what depends on them was not looked at: %s",
                  own.message);
    return true;
}

static void find_config(work *w)
{
    size_t length;
    if (w->source.config) w->config = w->source.config;
    if (!w->source.path) return;
    char *text = load(w->source.path, "config.json", &length);
    if (!text) return;
    w->config = json_loadb(text, length, 0, NULL);
    w->own_config = true;
    free(text);
}

/** What the rules ask about model and cards. */
static void fill_situation(work *w, bool known)
{
    vp_situation *s = &w->check.situation;
    uint64_t gpus = 0, capability = UINT16_MAX;
    for (uint32_t i = 0; i < w->request.device_count; i++) {
        const vp_device *device = &w->request.devices[i];
        gpus += device->count;
        if (device->capability > 0 && device->capability < capability) capability = device->capability;
    }
    if (gpus > 0) vp_situation_set(s, VP_OF_GPUS, gpus);
    if (gpus > 0 && capability < UINT16_MAX) vp_situation_set(s, VP_OF_CAPABILITY, capability);
    vp_json_situation(w->config, w->source.quantization_config, s);
    if (!known) return;
    if (w->facts.model.stored.method[0]) s->stored = w->facts.model.stored.method;
    uint64_t context = vp_model_context(&w->facts.model, vp_release_of(w->check.release));
    if (context > 0) vp_situation_set(s, VP_OF_CONTEXT, context);
}

/** The memory verdict of what remains. What cannot be planned is a finding, not an error: the request is
 *  about the command. */
static bool plan(work *w, bool known, vp_error *error)
{
    vp_error own;
    vp_error_start(&own);
    if (!known || w->request.device_count == 0 || w->check.line.entry == VP_ENTRY_NONE) return true;
    w->request.facts = &w->facts;
    w->request.settings = w->check.mended.settings;
    w->request.engine.release = w->check.release;
    if (!w->request.engine.release_given) w->request.engine.release_text = w->check.release->key;
    w->request.engine.module_entrypoint = w->check.module;
    w->request.serve_as = w->check.mended.model_text ? w->check.mended.model_text : "MODEL";
    w->planned =
        vp_launch_check(&w->request.settings, w->check.release, w->check.plugin_methods, &own) &&
        vp_plan_make(&w->request, &w->arena, &w->plan, &own) &&
        vp_start_make(&w->plan, &w->plan.returned.settings, &w->deploy, NULL, &w->arena, &w->start, &own);
    if (w->planned) {
        vp_plan_remarks(&w->check, &w->plan);
    } else if (own.code == VLLMPLAN_E_LIMIT || own.code == VLLMPLAN_E_NO_MEMORY) {
        return vp_fail(error, own.code, "/command", "%s", own.message);
    } else {
        vp_remark_put(&w->check.remarks, VP_NO_INDEX, VP_REMARK_plan_refused, "%s", own.message);
    }
    return true;
}

static bool make(work *w, json_t *root, uint32_t allow, vp_error *error)
{
    bool known;
    vp_arena_start(&w->arena, w->room, sizeof w->room);
    w->check.arena = &w->arena;
    if (!vp_machine_resolve(root, allow, &w->probe, &w->probed, error) ||
        !vp_json_check(root, &w->check, &w->request, &w->source, error) ||
        !vp_json_deploy(root, &w->deploy, error))
        return false;
    bool room = vp_check_find(&w->check);
    if (room) read_file(w, allow);
    room = room && vp_check_parse(&w->check);
    if (room && !read_model(w, root, allow, &known, error)) return false;
    if (room) find_config(w);
    if (room) fill_situation(w, known);
    room = room && vp_check_finish(&w->check);
    if (!room) return vp_fail(error, VLLMPLAN_E_LIMIT, "/command", "the command is too long");
    return plan(w, known, error);
}

static bool write_check(vp_writer *out, const void *what, vp_error *error)
{
    const work *w = what;
    return vp_json_put_check(out, &w->check, w->planned ? &w->plan : NULL, &w->start, error);
}

static bool check(json_t *root, uint32_t allow, char **out, size_t *length, vp_error *error)
{
    work *w = calloc(1, sizeof *w);
    if (!w) return vp_fail(error, VLLMPLAN_E_NO_MEMORY, "", "no memory");
    bool ok = make(w, root, allow, error) && vp_answer_text(write_check, w, out, length, error);
    if (w->own_config) json_decref(w->config);
    free(w->file);
    free(w);
    return ok;
}

int32_t vllmplan_check_json(const char *request, size_t length, uint32_t allow, char **out,
                            size_t *out_length)
{
    return vp_answer(request, length, allow, out, out_length, check);
}
