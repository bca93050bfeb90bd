/* SPDX-License-Identifier: Apache-2.0 */
/* allow 0: a call is a pure function of its request. Runs under ambient.c, which ends the program when a
 * file, a device, the clock or the environment is touched between forbid() and permit(). */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <vllmplan/vllmplan.h>

static int *forbidden;

/** Loads the interposer's flag; 77 is the code of a test that cannot run here. */
static void find_flag(void)
{
    forbidden = dlsym(RTLD_DEFAULT, "ambient_forbidden");
    if (forbidden) return;
    puts("skipped: the interposer is not loaded");
    exit(77);
}

static const char config[] =
    "{\"model\":{\"config\":{\"architectures\":[\"Qwen2ForCausalLM\"],\"model_type\":\"qwen2\","
    "\"hidden_size\":896,\"intermediate_size\":4864,\"num_hidden_layers\":24,\"num_attention_heads\":14,"
    "\"num_key_value_heads\":2,\"vocab_size\":151936,\"max_position_embeddings\":32768,"
    "\"torch_dtype\":\"bfloat16\",\"tie_word_embeddings\":true}}";

static int failures;

static void check(const char *name, int ok)
{
    printf("%s %s\n", ok ? "ok    " : "not ok", name);
    if (!ok) failures++;
}

typedef int32_t json_call(const char *, size_t, uint32_t, char **, size_t *);

/** One call with nothing allowed. */
static void run(const char *name, json_call *call, const char *request, int32_t expected)
{
    char *out = NULL;
    *forbidden = 1;
    int32_t status = call(request, strlen(request), 0, &out, NULL);
    *forbidden = 0;
    if (status != expected) printf("%s: %s\n", vllmplan_status_name(status), out ? out : "");
    check(name, status == expected && out != NULL);
    vllmplan_free(out);
}

/** The trap itself: without it, silence would prove nothing. */
static void check_trap(void)
{
    fflush(stdout);
    pid_t child = fork();
    if (child == 0) {
        *forbidden = 1;
        _exit(getenv("HOME") ? 0 : 1);
    }
    int status = 0;
    check("the trap works", child > 0 && waitpid(child, &status, 0) == child && WIFSIGNALED(status));
}

int main(void)
{
    char request[1024];
    find_flag();
    check_trap();
    snprintf(request, sizeof request, "%s,\"gpus\":{\"name\":\"rtx_3090\"}}", config);
    run("plan of an inline config", vllmplan_plan_json, request, VLLMPLAN_OK);
    snprintf(request, sizeof request, "%s,\"gpus\":\"auto\"}", config);
    run("plan with \"auto\"", vllmplan_plan_json, request, VLLMPLAN_E_NOT_ALLOWED);
    run("plan of a path", vllmplan_plan_json, "{\"model\":{\"path\":\"/\"},\"gpus\":{\"name\":\"rtx_3090\"}}",
        VLLMPLAN_E_NOT_ALLOWED);
    run("plan of a hub id", vllmplan_plan_json,
        "{\"model\":{\"id\":\"a/b\"},\"gpus\":{\"name\":\"rtx_3090\"}}", VLLMPLAN_E_NOT_ALLOWED);
    run("a request that is no JSON", vllmplan_plan_json, "{", VLLMPLAN_E_SYNTAX);
    snprintf(request, sizeof request, "%s}", config);
    run("inspect of an inline config", vllmplan_inspect_json, request, VLLMPLAN_OK);
    run("describe", vllmplan_describe_json, "{\"topic\":\"gpus\"}", VLLMPLAN_OK);
    return failures == 0 ? 0 : 1;
}
