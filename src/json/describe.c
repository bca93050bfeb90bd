/* SPDX-License-Identifier: Apache-2.0 */
/* The library's own tables as rows. The member that holds them has the topic's name. */
#include "json/describe.h"

#include <string.h>

#include "core/attention.h"
#include "core/evaluate.h"
#include "core/quantize.h"
#include "data/architectures.h"
#include "data/gpus.h"
#include "data/methods.h"
#include "data/steps.h"
#include "diagnose/diagnose.h"
#include "hf/show.h"
#include "json/json.h"
#include "json/keys.h"

void vp_describe_words(vp_out *out, const char *key, const char *words)
{
    char word[64];
    vp_out_list(out, key);
    while (words && *words) {
        size_t length = strcspn(words, "|");
        vp_writer w;
        vp_writer_start(&w, word, sizeof word);
        vp_put_str(&w, (vp_str){words, length});
        vp_out_text(out, NULL, word);
        words += words[length] == '|' ? length + 1 : length;
    }
    vp_out_end(out);
}

/** 86 as "8.6"; null for 0. */
static void put_capability(vp_out *out, uint16_t capability)
{
    char text[8];
    vp_writer w;
    vp_writer_start(&w, text, sizeof text);
    vp_put_fixed(&w, capability, 1);
    vp_out_text(out, "compute_capability", capability > 0 ? text : NULL);
}

/** A release as its vLLM's tag has it: 0.6.6.post1 is the stage 1. NULL for the open end of a row. */
static const char *release_key(vp_release release)
{
    for (size_t i = vp_release_count(); i-- > 0;)
        if (vp_release_compare(vp_release_of(vp_release_at(i)), release) == 0) return vp_release_at(i)->key;
    return NULL;
}

static void put_gpus(vp_out *out, const vp_release_row *release)
{
    (void)release;
    vp_out_list(out, "gpus");
    for (size_t i = 0; i < vp_gpu_count(); i++) {
        const vp_gpu *gpu = vp_gpu_at(i);
        vp_out_object(out, NULL);
        vp_out_text(out, "key", gpu->key);
        vp_out_text(out, "name", gpu->name);
        vp_out_figure(out, "total_bytes", gpu->torch_mib > 0, (uint64_t)gpu->torch_mib << 20);
        put_capability(out, gpu->capability);
        vp_out_text(out, "vendor", gpu->vendor);
        vp_out_text(out, "architecture", gpu->architecture[0] ? gpu->architecture : NULL);
        vp_out_figure(out, "driver_total_bytes", gpu->driver_mib > 0, (uint64_t)gpu->driver_mib << 20);
        vp_out_figure(out, "multiprocessors", gpu->multiprocessors > 0, gpu->multiprocessors);
        vp_out_bool(out, "nvlink", gpu->nvlink);
        vp_describe_words(out, "aliases", gpu->aliases);
        vp_out_text(out, "source", gpu->source[0] ? gpu->source : NULL);
        vp_out_end(out);
    }
    vp_out_end(out);
}

static void put_methods(vp_out *out, const vp_release_row *row)
{
    static const char *const kinds[] = {[VP_METHOD_LOAD_TIME] = "load_time",
                                        [VP_METHOD_EXPERIMENT] = "experiment",
                                        [VP_METHOD_PLUGIN] = "plugin",
                                        [VP_METHOD_STORED] = "stored",
                                        [VP_METHOD_NEEDS_CONFIG] = "needs_config",
                                        [VP_METHOD_NEEDS_GGUF] = "needs_gguf",
                                        [VP_METHOD_OTHER_PLATFORM] = "other_platform",
                                        [VP_METHOD_INVALID] = "invalid"};
    static const char *const losses[] = {
        [VP_LOSS_NONE] = "none", [VP_LOSS_EIGHT_BIT] = "eight_bit", [VP_LOSS_FOUR_BIT] = "four_bit"};
    vp_release release = vp_release_of(row);
    vp_out_text(out, "release", row->key);
    vp_out_list(out, "methods");
    for (size_t i = 0; i < vp_method_count(); i++) {
        const vp_method *method = vp_method_at(i);
        if (vp_method_find(vp_str_from(method->key), release) != method) continue;
        vp_out_object(out, NULL);
        vp_out_text(out, "key", method->key);
        vp_out_text(out, "kind", kinds[method->kind]);
        vp_out_text(out, "loss", losses[method->loss]);
        put_capability(out, method->capability);
        vp_out_text(out, "text", method->text);
        vp_out_end(out);
    }
    vp_out_end(out);
}

static void put_architectures(vp_out *out, const vp_release_row *release)
{
    (void)release;
    vp_out_list(out, "architectures");
    for (size_t i = 0; i < vp_architecture_count(); i++) {
        const vp_architecture *architecture = vp_architecture_at(i);
        vp_out_object(out, NULL);
        vp_out_text(out, "name", architecture->name);
        vp_out_text(out, "structure", architecture->structure);
        vp_out_text(out, "last_release", release_key(architecture->until));
        vp_out_bool(out, "sliding_window", architecture->windows != VP_WINDOW_NONE);
        vp_out_text(out, "source", architecture->source);
        vp_out_end(out);
    }
    vp_out_end(out);
}

static void put_releases(vp_out *out, const vp_release_row *release)
{
    (void)release;
    vp_out_list(out, "releases");
    for (size_t i = 0; i < vp_release_count(); i++) {
        const vp_release_row *row = vp_release_at(i);
        char utilization[8];
        vp_writer w;
        vp_writer_start(&w, utilization, sizeof utilization);
        vp_put_fixed(&w, row->utilization_default_permille / 10u, 2);
        vp_out_object(out, NULL);
        vp_out_text(out, "release", row->key);
        vp_out_text(out, "uploaded", row->uploaded);
        vp_out_text(out, "gpu_memory_utilization", utilization);
        vp_out_bool(out, "module_entrypoint", row->module_entrypoint);
        vp_out_bool(out, "kv_cache_memory_bytes", row->kv_cache_memory_bytes);
        vp_out_bool(out, "max_model_len_auto", row->max_model_len_auto);
        vp_out_bool(out, "graphs_deducted", row->graphs_deducted);
        vp_out_end(out);
    }
    vp_out_end(out);
}

static void put_code(vp_out *out, const char *set, const char *code, const char *text)
{
    vp_out_object(out, NULL);
    vp_out_text(out, "set", set);
    vp_out_text(out, "code", code);
    vp_out_text(out, "text", text);
    vp_out_end(out);
}

static void put_codes(vp_out *out, const vp_release_row *release)
{
    static const struct {
        int32_t code;
        const char *text;
    } statuses[] = {
#define STATUS(name, number, text) {number, text},
#include "base/status.def"
#undef STATUS
    };
    (void)release;
    vp_out_list(out, "codes");
    for (size_t i = 0; i < sizeof statuses / sizeof statuses[0]; i++)
        put_code(out, "status", vp_status_name(statuses[i].code), statuses[i].text);
    for (int verdict = VP_VERDICT_FITS; verdict <= VP_VERDICT_UNKNOWN; verdict++)
        put_code(out, "verdict", vp_verdict_name((vp_verdict)verdict), NULL);
    for (size_t i = 0; vp_step_at(i); i++) put_code(out, "failing_step", vp_step_at(i), NULL);
    for (size_t i = 0; vp_failure_class_at(i); i++)
        put_code(out, "failure_class", vp_failure_class_at(i)->name, vp_failure_class_at(i)->text);
    for (int reason = VP_REASON_NONE + 1; reason < VP_REASON_COUNT; reason++)
        put_code(out, "reason", vp_reason_name((vp_reason)reason), NULL);
    vp_out_end(out);
}

static void put_schema(vp_out *out, const vp_release_row *release)
{
    (void)release;
    vp_describe_schema(out);
}

static const struct {
    const char *name;
    void (*put)(vp_out *out, const vp_release_row *release);
} topics[] = {{"schema", put_schema},     {"gpus", put_gpus},           {"methods", put_methods},
              {"releases", put_releases}, {"flags", vp_describe_flags}, {"architectures", put_architectures},
              {"codes", put_codes}};
enum { TOPICS = sizeof topics / sizeof topics[0] };

static bool fail_topic(const char *topic, vp_error *error)
{
    vp_nearest nearest;
    vp_shown shown;
    if (!topic)
        return vp_fail(error, VLLMPLAN_E_MISSING, "/topic",
                       "say which table: \"gpus\", \"methods\", \"flags\" ...");
    vp_nearest_start(&nearest, vp_str_from(topic));
    for (size_t i = 0; i < TOPICS; i++) vp_nearest_offer(&nearest, topics[i].name);
    vp_fail(error, VLLMPLAN_E_UNKNOWN_NAME, "/topic", "there is no topic \"%s\"",
            vp_show(&shown, vp_str_from(topic)));
    vp_error_suggest(error, &nearest);
    return false;
}

/** The row of the asked release. A number of a series that is not known at all is refused: its tables
 *  would be those of another vLLM, and no note can say so here. */
static const vp_release_row *find_release(const char *text, vp_error *error)
{
    bool exact;
    vp_release wanted;
    if (!text) return vp_release_newest();
    const vp_release_row *row = vp_release_find(vp_str_from(text), &exact, "/release", error);
    if (!row || exact || !vp_release_parse(vp_str_from(text), &wanted)) return row;
    if (wanted.major == vp_release_of(row).major) return row;
    vp_shown shown;
    vp_fail(error, VLLMPLAN_E_UNKNOWN_NAME, "/release",
            "vLLM %s is not known; the newest release known here is \"%s\"",
            vp_show(&shown, vp_str_from(text)), vp_release_newest()->key);
    return NULL;
}

bool vp_json_put_describe(vp_writer *w, json_t *root, vp_error *error)
{
    vp_reader reader = {.error = error};
    vp_out out;
    size_t i = 0;
    if (!vp_keys_check(&reader, root, vp_describe_keys, "")) return false;
    const char *topic = vp_get_text(root, "topic");
    while (topic && i < TOPICS && strcmp(topics[i].name, topic) != 0) i++;
    if (!topic || i == TOPICS) return fail_topic(topic, error);
    const vp_release_row *release = find_release(vp_get_text(root, "release"), error);
    if (!release) return false;
    vp_out_start(&out, w, error);
    vp_out_object(&out, NULL);
    vp_out_u64(&out, "schema", 1);
    topics[i].put(&out, release);
    vp_out_end(&out);
    return error->code == VLLMPLAN_OK;
}
