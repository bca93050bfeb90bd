/* SPDX-License-Identifier: Apache-2.0 */
/* Builds the arguments of one plan with 13 settings, more than most launchers pass; test_cost.py counts. */
#include <stdio.h>

#include "launch/argv.h"

static char room[1 << 16];
static vp_settings settings;

/** What is counted: callgrind knows it by its name. */
__attribute__((noinline)) bool measured_argv(const vp_engine *engine, vp_arena *arena, vp_argv *out,
                                             vp_error *error);
bool measured_argv(const vp_engine *engine, vp_arena *arena, vp_argv *out, vp_error *error)
{
    return vp_launch_argv(engine, "./14B", &settings, arena, out, error);
}

int main(void)
{
    static const vp_setting rows[] = {{"quantization", VP_VALUE_TEXT, "mxfp4"},
                                      {"max_model_len", VP_VALUE_INT, "16384"},
                                      {"gpu_memory_utilization", VP_VALUE_DECIMAL, "0.95"},
                                      {"max_num_seqs", VP_VALUE_INT, "64"},
                                      {"tensor_parallel_size", VP_VALUE_INT, "2"},
                                      {"enforce_eager", VP_VALUE_BOOL, "true"},
                                      {"port", VP_VALUE_INT, "8000"},
                                      {"served_model_name", VP_VALUE_JSON, "[\"a\",\"b\"]"},
                                      {"kv_cache_dtype", VP_VALUE_TEXT, "fp8"},
                                      {"enable_prefix_caching", VP_VALUE_BOOL, "true"},
                                      {"hf_overrides", VP_VALUE_JSON, "{\"a\":1}"},
                                      {"tool_call_parser", VP_VALUE_TEXT, "hermes"},
                                      {"enable_auto_tool_choice", VP_VALUE_BOOL, "true"}};
    vp_error error;
    vp_arena arena;
    vp_argv argv;
    vp_engine engine = {.python = "python3", .release = vp_release_newest()};
    vp_error_start(&error);
    vp_arena_start(&arena, room, sizeof room);
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
        vp_settings_put(&settings, rows[i].name, rows[i].kind, rows[i].text);
    if (!measured_argv(&engine, &arena, &argv, &error)) return 1;
    printf("%u arguments\n", argv.count);
    return 0;
}
