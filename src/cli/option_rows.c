/* SPDX-License-Identifier: Apache-2.0 */
/* The options that are ours. None may equal a vLLM flag or be the beginning of one, for vLLM takes
 * abbreviations; the tests compare with every release. The one exception is --gpu. */
#include "options.h"

#define ASKS COMMAND_REQUEST

static const option_row rows[] = {
    {"--gpu", OPTION_GPU, ASKS, "", "gpus", "NAME[:COUNT]",
     "a set of GPUs; give it again for another kind. Without it this machine's GPUs are asked for", NULL},
    {"--gpu-total", OPTION_SIZE, ASKS, "gpus", "total_bytes", "SIZE",
     "memory of that GPU as CUDA reports it, such as 23.68GiB", NULL},
    {"--gpu-driver-total", OPTION_SIZE, ASKS, "gpus", "driver_total_bytes", "SIZE",
     "memory of that GPU as nvidia-smi prints it, such as 24564MiB", NULL},
    {"--gpu-free", OPTION_SIZE, ASKS, "gpus", "free_bytes", "SIZE", "what is free on it before vLLM starts",
     NULL},
    {"--compute-capability", OPTION_TEXT, ASKS, "gpus", "compute_capability", "X.Y",
     "of a GPU that the tables do not have", NULL},
    {"--nodes", OPTION_INTEGER, ASKS, "", "nodes", "N", "machines with that same set of GPUs", NULL},
    {"--vllm", OPTION_TEXT, ASKS | COMMAND_ROWS, "engine", "release", "RELEASE",
     "the vLLM release; otherwise the newest known one", NULL},
    {"--context", OPTION_INTEGER, ASKS, "wishes", "context_tokens", "N",
     "the context length you need, in tokens", NULL},
    {"--concurrency", OPTION_INTEGER, ASKS, "wishes", "concurrency", "N",
     "how many requests of that length at once", NULL},
    {"--policy-quantization", OPTION_NAMES, ASKS, "policy", "quantization", "auto|never|LIST",
     "which load-time methods may be chosen", "auto|never"},
    {"--objective", OPTION_TEXT, ASKS, "policy", "objective", "WORD",
     "what to keep: quality, context or concurrency", NULL},
    {"--risk", OPTION_TEXT, ASKS, "policy", "risk", "WORD",
     "safe: fits at the pessimistic end; likely: at the likely figure", NULL},
    {"--may-change", OPTION_NAMES, ASKS, "policy", "may_change", "LIST|none",
     "settings that may be changed; none: judge exactly this", NULL},
    {"--reserve", OPTION_SIZE, ASKS, "policy", "reserve_bytes", "SIZE", "memory to leave alone on each GPU",
     NULL},
    {"--serve-as", OPTION_TEXT, ASKS, "model", "serve_as", "TEXT",
     "the model's name in the arguments, such as its path inside a container", NULL},
    {"--entrypoint", OPTION_TEXT, ASKS, "engine", "entrypoint", "WORD",
     "serve (vllm serve) or module (python -m ...)", NULL},
    {"--python", OPTION_TEXT, ASKS, "engine", "python", "PROGRAM", "the interpreter for module", NULL},
    {"--plugin", OPTION_APPEND, ASKS, "engine", "plugins", "NAME",
     "a vLLM plugin that is installed; may be repeated", NULL},
    {"--compile-cache", OPTION_TEXT, ASKS, "host", "compile_cache", "WORD",
     "whether torch.compile has run there before: cold or warm", NULL},
    {"--request", OPTION_FILE, ASKS, "", "", "FILE",
     "a request as JSON that the options are merged over; - is standard input", NULL},
    {"--json", OPTION_SWITCH, ASKS | COMMAND_INSPECT | COMMAND_ROWS | COMMAND_SCHEMA, "", "as_json", NULL,
     "the library's answer as it is; errors become JSON too", NULL},
    {"--format", OPTION_WORD, COMMAND_PLAN, "", "format", "shell|json",
     "only the command for a shell, or the same as --json", "shell|json"},
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
