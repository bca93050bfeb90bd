/* SPDX-License-Identifier: Apache-2.0 */
/* The options that are ours. None may equal a vLLM flag or be the beginning of one, for vLLM takes
 * abbreviations; the tests compare with every release. The exceptions are --gpu, and --model of explain. */
#include "options.h"

#define ASKS COMMAND_REQUEST
#define PLANS (COMMAND_REQUEST | COMMAND_EXPLAIN) /* also for the plan behind a log */
#define CHECKS (PLANS | COMMAND_CHECK)            /* also for the plan of a command */

static const option_row rows[] = {
    {"--gpu", OPTION_GPU, CHECKS, "", "gpus", "NAME[:COUNT]",
     "a set of GPUs; give it again for another kind. Without it this machine's GPUs are asked for", NULL},
    {"--gpu-total", OPTION_SIZE, CHECKS, "gpus", "total_bytes", "SIZE",
     "memory of that GPU as CUDA reports it, such as 23.68GiB", NULL},
    {"--gpu-driver-total", OPTION_SIZE, CHECKS, "gpus", "driver_total_bytes", "SIZE",
     "memory of that GPU as nvidia-smi prints it, such as 24564MiB", NULL},
    {"--gpu-free", OPTION_SIZE, CHECKS, "gpus", "free_bytes", "SIZE", "what is free on it before vLLM starts",
     NULL},
    {"--compute-capability", OPTION_TEXT, CHECKS, "gpus", "compute_capability", "X.Y",
     "of a GPU that the tables do not have", NULL},
    {"--nodes", OPTION_INTEGER, CHECKS, "", "nodes", "N", "machines with that same set of GPUs", NULL},
    {"--vllm", OPTION_TEXT, CHECKS | COMMAND_ROWS, "engine", "release", "RELEASE",
     "the vLLM release; otherwise the newest known one", NULL},
    {"--context", OPTION_INTEGER, PLANS, "wishes", "context_tokens", "N",
     "the context length you need, in tokens", NULL},
    {"--concurrency", OPTION_INTEGER, PLANS, "wishes", "concurrency", "N",
     "how many requests of that length at once", NULL},
    {"--policy-quantization", OPTION_NAMES, PLANS, "policy", "quantization", "auto|never|LIST",
     "which load-time methods may be chosen", "auto|never"},
    {"--objective", OPTION_TEXT, PLANS, "policy", "objective", "WORD",
     "what to keep: quality, context or concurrency", NULL},
    {"--risk", OPTION_TEXT, PLANS, "policy", "risk", "WORD",
     "safe: fits at the pessimistic end; likely: at the likely figure", NULL},
    {"--may-change", OPTION_NAMES, PLANS, "policy", "may_change", "LIST|none",
     "settings that may be changed; none: judge exactly this", NULL},
    {"--reserve", OPTION_SIZE, PLANS, "policy", "reserve_bytes", "SIZE", "memory to leave alone on each GPU",
     NULL},
    {"--serve-as", OPTION_TEXT, ASKS, "model", "serve_as", "TEXT",
     "the model's name in the arguments, such as its path inside a container", NULL},
    {"--entrypoint", OPTION_TEXT, ASKS | COMMAND_CHECK, "engine", "entrypoint", "WORD",
     "serve (vllm serve) or module (python -m ...)", NULL},
    {"--python", OPTION_TEXT, ASKS, "engine", "python", "PROGRAM", "the interpreter for module", NULL},
    {"--plugin", OPTION_APPEND, ASKS | COMMAND_CHECK, "engine", "plugins", "NAME",
     "a vLLM plugin that is installed; may be repeated", NULL},
    {"--compile-cache", OPTION_TEXT, CHECKS, "host", "compile_cache", "WORD",
     "whether torch.compile has run there before: cold or warm", NULL},
    {"--measured", OPTION_WORD, ASKS, "", "measured", "FILE",
     "what explain --save has kept: the nearest start that was measured stands in for the law", NULL},
    {"--model", OPTION_WORD, COMMAND_EXPLAIN, "", "model", "MODEL",
     "a directory, a file or a name such as ORG/NAME; otherwise the name in the log", NULL},
    {"--model-path", OPTION_WORD, COMMAND_CHECK, "", "model", "DIR",
     "the model's files, when the command names them as another machine sees them", NULL},
    {"--save", OPTION_WORD, COMMAND_EXPLAIN, "", "save", "FILE",
     "append what was measured, for plan --measured FILE", NULL},
    {"--request", OPTION_FILE, ASKS, "", "", "FILE",
     "a request as JSON that the options are merged over; - is standard input", NULL},
    {"--json", OPTION_SWITCH, CHECKS | COMMAND_INSPECT | COMMAND_ROWS | COMMAND_SCHEMA, "", "as_json", NULL,
     "the library's answer as it is; errors become JSON too", NULL},
    {"--format", OPTION_WORD, COMMAND_PLAN, "", "format", "FORMAT",
     "only what starts it: shell, fish, powershell, cmd, docker, compose, k8s, systemd; json is --json",
     "shell|fish|powershell|cmd|docker|compose|k8s|systemd|json"},
    {"--image", OPTION_TEXT, COMMAND_PLAN, "deploy", "image", "IMAGE",
     "the container image for --format docker, compose and k8s", NULL},
    {"--why", OPTION_SWITCH, COMMAND_PLAN, "", "why", NULL,
     "every method, every setting with its reason, every interval", NULL},
    {"-0", OPTION_SWITCH, COMMAND_ARGV, "", "with_nul", NULL, "end each argument with NUL", NULL},
    {"--shell", OPTION_SWITCH, COMMAND_ARGV, "", "as_shell", NULL, "one line, quoted for a shell", NULL},
    {"--jobs", OPTION_WORD, COMMAND_BATCH, "", "jobs", "N",
     "threads, 1 to 64; otherwise as many as there are processors", NULL},
};

const option_row *option_at(size_t index)
{
    return index < sizeof rows / sizeof rows[0] ? &rows[index] : NULL;
}
