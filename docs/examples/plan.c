/* SPDX-License-Identifier: Apache-2.0 */
/* Will this model start in vLLM on this card, and with which arguments?
 *
 *   cc plan.c $(pkg-config --cflags --libs vllmplan) -o plan
 *   ./plan ./Qwen2.5-14B "RTX 3090"
 *
 * Exit status: 0 when there is a command that starts, 1 when there is none, 2 for a request that cannot
 * be answered. */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include <vllmplan/vllmplan.h>

/** Fills the request. The pointers are those of the JSON request, and so are the errors' paths. */
static int32_t describe(vllmplan_request *request, const char *model, const char *gpu, vllmplan_error *error)
{
    int32_t status = vllmplan_request_set_text(request, "/model/path", model, error);
    if (status == VLLMPLAN_OK) status = vllmplan_request_set_text(request, "/gpus/0/name", gpu, error);
    if (status == VLLMPLAN_OK) status = vllmplan_request_set_u64(request, "/gpus/0/count", 1, error);
    if (status == VLLMPLAN_OK)
        status = vllmplan_request_set_text(request, "/engine/release", "0.11.2", error);
    return status;
}

static void print_figure(const vllmplan_plan *plan, const char *pointer, const char *name)
{
    uint64_t figure;
    /* a figure that is not known is withheld, never 0 */
    if (vllmplan_plan_get_u64(plan, pointer, &figure) == VLLMPLAN_OK)
        printf("%-8s %" PRIu64 "\n", name, figure);
}

/** Prints the plan; true when vLLM starts with the arguments that it printed. */
static int print_plan(const vllmplan_plan *plan)
{
    const char *verdict = "";
    const char *summary = "";
    if (vllmplan_plan_get_text(plan, "/verdict", &verdict) == VLLMPLAN_OK) printf("verdict  %s\n", verdict);
    if (vllmplan_plan_get_text(plan, "/summary", &summary) == VLLMPLAN_OK) printf("summary  %s\n", summary);
    print_figure(plan, "/memory/ranks/0/weights_bytes", "weights");
    print_figure(plan, "/kv_cache/tokens", "tokens");

    size_t count = 0;
    const char *const *argv = vllmplan_plan_argv(plan, &count);
    for (size_t i = 0; i < count; i++) printf("%s%s", i ? " " : "argv     ", argv[i]);
    if (count > 0) printf("\n"); /* execvp(argv[0], ...) would start it: argv ends with NULL */
    return strcmp(verdict, "fits") == 0;
}

int main(int argc, char **argv)
{
    if (argc != 3) {
        fprintf(stderr, "usage: %s MODEL GPU\n", argv[0]);
        return 2;
    }
    vllmplan_error error = VLLMPLAN_ERROR_INIT;
    vllmplan_request *request = NULL;
    vllmplan_plan *plan = NULL;
    int exit_status = 2;

    int32_t status = vllmplan_request_new(&request);
    if (status == VLLMPLAN_OK) status = describe(request, argv[1], argv[2], &error);
    /* Only what is allowed here is touched: the model's files, no device, no environment. */
    if (status == VLLMPLAN_OK) status = vllmplan_plan_new(request, VLLMPLAN_ALLOW_FILES, &plan, &error);
    if (status == VLLMPLAN_OK)
        exit_status = print_plan(plan) ? 0 : 1;
    else
        fprintf(stderr, "%s at \"%s\": %s\n", vllmplan_status_name(status), error.path, error.message);

    vllmplan_plan_free(plan);
    vllmplan_request_free(request);
    return exit_status;
}
