/* SPDX-License-Identifier: Apache-2.0 */
#include "launch/argv.h"

#include <string.h>

#include "data/flags.h"
#include "launch/values.h"

typedef struct builder {
    vp_arena *arena;
    vp_argv *out;
    vp_error *error;
    uint32_t room; /* items that `out` has place for, without the final NULL */
} builder;

/** The settings that people look for first; the others follow by name. */
static const char *const first_settings[] = {
    "served_model_name",
    "revision",
    "tokenizer",
    "config_format",
    "trust_remote_code",
    "quantization",
    "load_format",
    "dtype",
    "kv_cache_dtype",
    "max_model_len",
    "gpu_memory_utilization",
    "kv_cache_memory_bytes",
    "max_num_seqs",
    "max_num_batched_tokens",
    "tensor_parallel_size",
    "pipeline_parallel_size",
    "data_parallel_size",
    "enforce_eager",
    "host",
    "port",
};
enum { FIRST = sizeof first_settings / sizeof first_settings[0] };

static bool out_of_room(builder *b)
{
    return vp_fail(b->error, VLLMPLAN_E_LIMIT, "", "more than %d arguments, or too long ones", VP_MAX_ARGV);
}

/** A text of ours: an option's name. */
static bool push_name(builder *b, const char *text)
{
    if (b->arena->exhausted || b->out->count == b->room) return out_of_room(b);
    b->out->items[b->out->count++] = text;
    return true;
}

static bool push(builder *b, const char *text)
{
    if (!vp_utf8_valid(vp_str_from(text)))
        return vp_fail(b->error, VLLMPLAN_E_RANGE, "", "argument %u is not UTF-8", b->out->count);
    return push_name(b, text);
}

/** An option and its value, as two arguments. A value that begins with '-' would then be read as an option
 *  of its own, or, with a point in it, as the name of a JSON member (vllm/utils: FlexibleArgumentParser,
 *  0.9 and newer): such a one is glued to its option. */
static bool push_option(builder *b, const char *option, const char *value)
{
    if (value[0] == '-') return push(b, vp_arena_format(b->arena, "%s=%s", option, value));
    return push_name(b, option) && push(b, value);
}

static bool push_list(builder *b, const vp_flag *flag, const char *json)
{
    vp_str list = vp_str_from(json), item;
    const char *first = NULL;
    uint32_t count = 0;
    while (vp_list_next(&list, &item)) {
        const char *value = vp_json_argument(item, b->arena);
        if (!value && !b->arena->exhausted)
            return vp_fail(b->error, VLLMPLAN_E_RANGE, "", "a value of %s is no argument", flag->option);
        if (!value) return out_of_room(b);
        if (flag->repeat) {
            if (!push_option(b, flag->option, value)) return false;
            continue;
        }
        /* the first value waits: alone it may need the form --option=value */
        if (++count == 1) {
            first = value;
            continue;
        }
        if (count == 2 && !(push(b, flag->option) && push(b, first))) return false;
        if (!push(b, value)) return false;
    }
    return count == 1 ? push_option(b, flag->option, first) : true;
}

static bool push_setting(builder *b, const vp_setting *setting, const vp_release_row *release)
{
    const vp_flag *flag = vp_flag_find(vp_str_from(setting->name), release);
    if (!flag || setting->kind == VP_VALUE_NULL || vp_launch_is_secret(setting->name)) return true;
    if (flag->value == VP_FLAG_NONE) {
        if (strcmp(setting->text, "true") == 0) return push_name(b, flag->option);
        return flag->negative ? push_name(b, flag->negative) : true; /* off by default, and no word for it */
    }
    bool json = setting->kind == VP_VALUE_JSON;
    if (flag->list && json && setting->text[0] == '[') return push_list(b, flag, setting->text);
    const char *text = setting->text;
    if (flag->value == VP_FLAG_PAIRS && json) text = vp_json_pairs(vp_str_from(text), b->arena);
    return text ? push_option(b, flag->option, text) : out_of_room(b);
}

/** settings->count when it is not there. */
static uint32_t index_of(const vp_settings *settings, const char *name)
{
    uint32_t i = 0;
    for (; i < settings->count; i++) {
        const char *other = settings->items[i].name;
        if (other[0] == name[0] && strcmp(other, name) == 0) break;
    }
    return i;
}

/** The index of the setting that comes next by name, among those that are not pushed yet. */
static uint32_t next_by_name(const vp_settings *settings, const bool *pushed)
{
    uint32_t next = settings->count;
    for (uint32_t i = 0; i < settings->count; i++) {
        bool nearer =
            next == settings->count || strcmp(settings->items[i].name, settings->items[next].name) < 0;
        if (!pushed[i] && nearer) next = i;
    }
    return next;
}

static bool push_settings(builder *b, const vp_settings *settings, const vp_release_row *release)
{
    bool pushed[VP_MAX_SETTINGS] = {false};
    for (size_t i = 0; i < FIRST; i++) {
        uint32_t n = index_of(settings, first_settings[i]);
        if (n == settings->count) continue;
        if (!push_setting(b, &settings->items[n], release)) return false;
        pushed[n] = true;
    }
    for (uint32_t i; (i = next_by_name(settings, pushed)) < settings->count; pushed[i] = true)
        if (!push_setting(b, &settings->items[i], release)) return false;
    return true;
}

/** The model of `vllm serve` stands first and without an option: --model is refused before 0.11.2 and
 *  moved to the front as a plain word since (vllm/utils: FlexibleArgumentParser.parse_args), so that a name
 *  that begins with '-' is read as an option either way. Only a directory can have such a name, since hub
 *  names cannot, and "./" leads to the same directory. */
static bool push_program(builder *b, const vp_engine *engine, const char *serve_as)
{
    if (serve_as[0] == '\0')
        return vp_fail(b->error, VLLMPLAN_E_RANGE, "/model/serve_as", "the model has no name");
    if (engine->module_entrypoint)
        return push(b, engine->python) && push(b, "-m") && push(b, "vllm.entrypoints.openai.api_server") &&
               push_option(b, "--model", serve_as);
    if (serve_as[0] == '-') serve_as = vp_arena_format(b->arena, "./%s", serve_as);
    return push(b, "vllm") && push(b, "serve") && push(b, serve_as);
}

/** An upper bound of the number of arguments. */
static uint32_t count_arguments(const vp_engine *engine, const vp_settings *settings)
{
    uint32_t count = 5 + engine->extra_arg_count;
    for (uint32_t i = 0; i < settings->count; i++) {
        count += 2;
        if (settings->items[i].kind != VP_VALUE_JSON) continue;
        vp_str list = vp_str_from(settings->items[i].text), item;
        if (!vp_str_starts(list, "[")) continue;
        while (count < VP_MAX_ARGV && vp_list_next(&list, &item)) count += 2;
    }
    return count;
}

bool vp_launch_argv(const vp_engine *engine, const char *serve_as, const vp_settings *settings,
                    vp_arena *arena, vp_argv *out, vp_error *error)
{
    builder b = {arena, out, error, count_arguments(engine, settings)};
    if (b.room >= VP_MAX_ARGV) return out_of_room(&b);
    out->count = 0;
    out->items = vp_arena_take(arena, (b.room + 1) * sizeof *out->items); /* zeroed: it ends with NULL */
    if (!out->items) return out_of_room(&b);
    if (!push_program(&b, engine, serve_as) || !push_settings(&b, settings, engine->release)) return false;
    for (uint32_t i = 0; i < engine->extra_arg_count; i++)
        if (!push(&b, engine->extra_args[i])) return false;
    return true;
}
