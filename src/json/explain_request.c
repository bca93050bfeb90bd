/* SPDX-License-Identifier: Apache-2.0 */
/* From a log to a plan: the same model, cards and settings, with what was measured. */
#include <string.h>

#include "base/vp_int.h"
#include "data/flags.h"
#include "hf/show.h"
#include "json/explain.h"
#include "json/keys.h"

void vp_explain_note(vp_explanation *what, const char *code, vp_severity severity, const char *text)
{
    if (what->note_count == VP_MAX_EXPLAIN_NOTES) return;
    what->notes[what->note_count++] = (vp_note){code, severity, "", text};
}

bool vp_json_explain_request(json_t *root, vp_str *log, vp_error *error)
{
    vp_reader r = {.error = error};
    if (!vp_keys_check(&r, root, vp_explain_keys, "")) return false;
    const json_t *text = json_object_get(root, "log");
    if (!text) return vp_fail(error, VLLMPLAN_E_MISSING, "/log", "the request has no log");
    *log = (vp_str){json_string_value(text), json_string_length(text)};
    return true;
}

/** The release whose rules are used: the caller's, the log's own, or the newest that has all of its texts.
 *  NULL only for a release of the caller's that is not known, which the plan then refuses. */
static const vp_release_row *release_of(const json_t *root, const vp_log_start *start)
{
    const char *asked = vp_get_text(json_object_get(root, "engine"), "release");
    const char *text = asked ? asked : start->release ? start->release : start->to;
    vp_error ignored;
    bool exact = true;
    vp_error_start(&ignored);
    const vp_release_row *row = text ? vp_release_find(vp_str_from(text), &exact, "", &ignored) : NULL;
    if (row || asked) return row;
    vp_release number;
    bool old = text && vp_release_parse(vp_str_from(text), &number) && number.major == 0 &&
               number.minor > 1 && vp_release_compare(number, vp_release_of(vp_release_at(0))) < 0;
    return old ? vp_release_at(0) : vp_release_newest(); /* 0.1.dev1 is a build from a branch of today */
}

static void note_release(const json_t *root, vp_explanation *what, vp_arena *arena)
{
    const char *said = what->diagnosis.start.release;
    vp_shown shown;
    vp_release number;
    if (vp_get_text(json_object_get(root, "engine"), "release")) return;
    if (!said)
        vp_explain_note(what, "release_assumed", VP_WARNING,
                        vp_arena_format(arena, "the log does not say its release; the rules of %s are used",
                                        what->release->key));
    else if (!vp_release_parse(vp_str_from(said), &number) ||
             vp_release_compare(number, vp_release_of(vp_release_at(0))) < 0)
        vp_explain_note(what, "release_unknown", VP_WARNING,
                        vp_arena_format(arena, "release \"%s\" is not known here; the rules of %s are used",
                                        vp_show(&shown, vp_str_from(said)), what->release->key));
}

static json_t *value_of(const vp_setting *setting)
{
    uint64_t number;
    if (setting->kind == VP_VALUE_BOOL) return json_boolean(strcmp(setting->text, "true") == 0);
    if (setting->kind == VP_VALUE_INT && vp_str_to_u64(vp_str_from(setting->text), &number) &&
        number >> 53 == 0)
        return json_integer((json_int_t)number);
    return json_string(setting->text);
}

/** What the log shows of the settings, as far as the release has them, below what the caller says. */
static json_t *settings_of(const json_t *root, const vp_explanation *what)
{
    const vp_settings *shown = &what->diagnosis.start.arguments;
    json_t *settings = json_object();
    for (uint32_t i = 0; i < shown->count; i++)
        if (what->release && vp_flag_find(vp_str_from(shown->items[i].name), what->release))
            json_object_set_new(settings, shown->items[i].name, value_of(&shown->items[i]));
    const vp_log_start *start = &what->diagnosis.start;
    if (start->counted[VP_COUNT_MAX_MODEL_LEN] && !json_object_get(settings, "max_model_len"))
        json_object_set_new(
            settings, "max_model_len",
            json_integer((json_int_t)(start->counts[VP_COUNT_MAX_MODEL_LEN] & VP_MAX_FIGURE)));
    json_object_update(settings, json_object_get(root, "settings"));
    return settings;
}

/** A name of the hub, ORG/NAME. A path in a log is one of another machine, or of a container. */
static bool is_hub_name(const char *name)
{
    const char *slash = name ? strchr(name, '/') : NULL;
    return slash && slash != name && name[0] != '.' && name[0] != '~' && !strchr(slash + 1, '/');
}

static json_t *model_of(const json_t *root, const vp_explanation *what)
{
    json_t *model = json_object_get(root, "model");
    if (model) return json_incref(model);
    const char *name = what->diagnosis.start.model;
    return is_hub_name(name) ? json_pack("{s:s}", "id", name) : NULL;
}

/** The rank that had least memory; NULL where the log shows none. */
static const vp_log_rank *smallest_card(const vp_log_start *start)
{
    const vp_log_rank *smallest = NULL;
    for (uint32_t i = 0; i < start->rank_count; i++) {
        const vp_log_rank *rank = &start->ranks[i];
        if (!rank->sizes[VP_SIZE_TOTAL].known || rank->sizes[VP_SIZE_TOTAL].bytes == 0) continue;
        if (!smallest || rank->sizes[VP_SIZE_TOTAL].bytes < smallest->sizes[VP_SIZE_TOTAL].bytes)
            smallest = rank;
    }
    return smallest;
}

/** The caller's cards; what the log says about their memory is put in where the caller does not say it. */
static json_t *gpus_of(const json_t *root, const vp_explanation *what)
{
    const vp_log_start *start = &what->diagnosis.start;
    const vp_log_rank *card = smallest_card(start);
    json_t *gpus = json_deep_copy(json_object_get(root, "gpus"));
    json_t *only = json_array_size(gpus) == 1 ? json_array_get(gpus, 0) : gpus;
    if (json_is_array(only) || json_is_string(only) || !card) return gpus;
    if (!gpus) {
        uint64_t tp = vp_settings_u64(&start->arguments, "tensor_parallel_size", 1);
        uint64_t pp = vp_settings_u64(&start->arguments, "pipeline_parallel_size", 1);
        uint64_t count = tp < 1024 && pp < 1024 && tp * pp <= 1024 && tp * pp > 0 ? tp * pp : 1;
        gpus = only = json_pack("{s:I, s:I}", "count", (json_int_t)count, "total_bytes",
                                (json_int_t)card->sizes[VP_SIZE_TOTAL].bytes);
    }
    if (card->sizes[VP_SIZE_FREE].known && !json_object_get(only, "free_bytes")) {
        json_object_set_new(only, "free_bytes", json_integer((json_int_t)card->sizes[VP_SIZE_FREE].bytes));
        json_object_set_new(only, "free_measured", json_string("after_context"));
    }
    return gpus;
}

static json_t *measured_of(const vp_measured *measured)
{
    static const char *const keys[] = {"weights_bytes", "activation_bytes", "non_torch_bytes",
                                       "graphs_bytes"};
    json_t *object = json_object();
    for (size_t i = 0; i < sizeof keys / sizeof keys[0]; i++)
        if (measured->known[i] && measured->bytes[i] >> 53 == 0)
            json_object_set_new(object, keys[i], json_integer((json_int_t)measured->bytes[i]));
    return object;
}

bool vp_json_explain_measured(const vp_measured *measured, json_t *plan, vp_error *error)
{
    return json_object_set_new(plan, "measured", measured_of(measured)) == 0 ||
           vp_fail(error, VLLMPLAN_E_NO_MEMORY, "", "no memory");
}

static json_t *engine_of(const json_t *root, const vp_explanation *what)
{
    const json_t *asked = json_object_get(root, "engine");
    json_t *engine = asked ? json_deep_copy(asked) : json_object();
    const char *runner = what->diagnosis.start.runner;
    if (!json_object_get(engine, "release"))
        json_object_set_new(engine, "release", json_string(what->release->key));
    if (runner && !json_object_get(engine, "runner"))
        json_object_set_new(engine, "runner", json_string(runner));
    return engine;
}

json_t *vp_json_explain_plan(const json_t *root, vp_explanation *what, vp_arena *arena, vp_error *error)
{
    static const char *const passed_on[] = {"nodes", "wishes", "policy", "host", "lenient"};
    what->release = release_of(root, &what->diagnosis.start);
    bool deducted = what->release && what->release->graphs_deducted;
    vp_log_measured(&what->diagnosis.start, 0, deducted, &what->measured);
    json_t *model = model_of(root, what), *gpus = gpus_of(root, what);
    if (!model || !gpus || what->diagnosis.outcome == VP_LOG_NOT_RECOGNISED) {
        if (what->diagnosis.outcome != VP_LOG_NOT_RECOGNISED)
            vp_explain_note(what, "no_plan", VP_INFO,
                            model ? "the log does not say which card it was; name it for more remedies"
                                  : "the log does not say which model it was; give it for more remedies");
        json_decref(model);
        json_decref(gpus);
        return NULL;
    }
    note_release(root, what, arena);
    json_t *plan =
        json_pack("{s:o, s:o, s:o, s:o, s:o}", "model", model, "gpus", gpus, "engine", engine_of(root, what),
                  "settings", settings_of(root, what), "measured", measured_of(&what->measured));
    for (size_t i = 0; plan && i < sizeof passed_on / sizeof passed_on[0]; i++)
        if (json_object_get(root, passed_on[i]))
            json_object_set(plan, passed_on[i], json_object_get(root, passed_on[i]));
    if (!plan) vp_fail(error, VLLMPLAN_E_NO_MEMORY, "", "no memory");
    return plan;
}
