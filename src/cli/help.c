/* SPDX-License-Identifier: Apache-2.0 */
/* The commands, and a page about each that ends with something to try. */
#include <stdio.h>
#include <string.h>

#include "cli.h"
#include "style.h"

static const char plan_page[] =
    "Says whether MODEL starts in vLLM on these GPUs, what to change if it does not, and the command to\n"
    "run. Nothing is started and no GPU is needed: sizes come from the model's own files, the rest from\n"
    "what each vLLM release does.\n"
    "\n"
    "MODEL is a directory, a file, or a name such as ORG/NAME that the local hub cache holds.\n"
    "Any vLLM flag may be given by its own name, as for vllm serve. It is then a fixed setting: the plan\n"
    "never changes it. Arguments after -- are put last, unchanged.\n"
    "\n"
    "Example: will it start on one RTX 3090, with room for 16k tokens?\n"
    "  vllmplan plan ./Qwen3-14B --gpu \"RTX 3090\" --context 16384\n"
    "And exactly these flags on two GPUs, with nothing changed?\n"
    "  vllmplan plan ./Qwen3-14B --gpu L4:2 --may-change none -tp 2 --max-model-len 32768\n"
    "As a container? What is not known stands there as PLACEHOLDER_... and is told; \"deploy\" of a request\n"
    "(--request) says the rest.\n"
    "  vllmplan plan ./Qwen3-14B --gpu \"RTX 3090\" --format compose --image vllm/vllm-openai:v0.33.0\n";

static const char argv_page[] =
    "Prints only the arguments of the plan, the program first, for other programs to run. One a line; an\n"
    "argument that holds a newline is refused then, and -0 or --json has to be used.\n"
    "\n"
    "Example: start what the plan says, without a shell in between\n"
    "  vllmplan argv -0 ./Qwen3-14B --gpu \"RTX 3090\" | xargs -0 env\n";

static const char inspect_page[] =
    "Prints what the files of MODEL say, as JSON: {\"facts\", \"findings\"}. The facts may stand in a\n"
    "request in place of the model ({\"model\": {\"facts\": ...}}), where the files are not at hand.\n"
    "The exit status is 1 when a finding says that vLLM could not load them.\n"
    "\n"
    "Example:\n"
    "  vllmplan inspect ./Qwen3-14B > facts.json\n";

static const char check_page[] =
    "Reads a command that starts vLLM, says what is wrong with it in that release, and prints it mended:\n"
    "vllm serve, the module, docker run, and what stands before them (env, nohup, uv run, ...). A single\n"
    "argument with blanks is read as a shell reads it. Nothing is run. With the model's files and a GPU the\n"
    "memory of what remains is planned too. Findings of severity error make the exit status 1.\n"
    "\n"
    "Example: does this still start?\n"
    "  vllmplan check --vllm 0.33.0 -- vllm serve ./Qwen3-14B --quantization bitsandbytes --swap-space 4\n"
    "And on this card, with the files here and the command for a container?\n"
    "  vllmplan check --gpu L4 --model-path ./Qwen3-14B -- docker run --gpus all -v ./Qwen3-14B:/m \\\n"
    "      vllm/vllm-openai:v0.20.2 --model /m --max-model-len 32k\n";

static const char explain_page[] =
    "Reads a start log of vLLM and says what failed, at which step, how much memory was missing and what\n"
    "to change; of a start that worked, what was measured. Colours, the prefixes of docker, journal and\n"
    "Kubernetes, interleaved workers and a log that is cut off are fine. Keys and tokens in it are never\n"
    "shown. With the model and the card the remedies are computed from what this start measured.\n"
    "The exit status is 0 when nothing failed, 1 when something did, 3 when it is no log of vLLM.\n"
    "\n"
    "Example: what went wrong, and what would start?\n"
    "  docker logs vllm 2>&1 | vllmplan explain --model ./Qwen3-14B --gpu \"RTX 3090\" -\n"
    "And let later plans use what this machine measured:\n"
    "  vllmplan explain --model ./Qwen3-14B --gpu \"RTX 3090\" --save measured.jsonl vllm.log\n"
    "  vllmplan plan ./Qwen3-14B --gpu \"RTX 3090\" --measured measured.jsonl\n";

static const char batch_page[] =
    "Reads requests as JSON, one a line, and prints one plan a line, in the same order. A line that is\n"
    "wrong gives {\"line\": N, \"error\": {...}} and exit status 2; the others are answered all the same.\n"
    "A line may be up to 64 MiB long. Each answer is written as soon as it is known and in turn.\n"
    "\n"
    "Example:\n"
    "  echo '{\"model\": {\"path\": \"./Qwen3-14B\"}, \"gpus\": {\"name\": \"L4\"}}' | vllmplan batch\n";

static const char gpus_page[] =
    "Lists the GPUs whose memory is known. Their names, however spelled, are what --gpu takes.\n"
    "\n"
    "Example:\n"
    "  vllmplan gpus --json\n";

static const char models_page[] =
    "Lists the model architectures that are known, as they are named in a model's config.json.\n"
    "\n"
    "Example:\n"
    "  vllmplan models\n";

static const char methods_page[] =
    "Lists the quantization methods, and in which vLLM releases there is each of them.\n"
    "\n"
    "Example:\n"
    "  vllmplan methods\n";

static const char releases_page[] = "Lists the vLLM releases that plans can be made for.\n"
                                    "\n"
                                    "Example:\n"
                                    "  vllmplan releases\n";

static const char flags_page[] =
    "Lists the flags of vllm serve in a release: each may be given to plan by its own name.\n"
    "\n"
    "Example: which flags does the release on that server take?\n"
    "  vllmplan flags --vllm 0.10.2\n";

static const char schema_page[] = "Prints the JSON schema of requests and plans.\n"
                                  "\n"
                                  "Example:\n"
                                  "  vllmplan schema > vllmplan.schema.json\n";

static const cli_command commands[] = {
    {"plan", COMMAND_PLAN, NULL, "[MODEL] [OPTION | --VLLM-FLAG VALUE]... [-- ARGUMENT...]",
     "will this model start, and with which arguments?", plan_page, command_plan},
    {"argv", COMMAND_ARGV, NULL, "[MODEL] [OPTION | --VLLM-FLAG VALUE]... [-- ARGUMENT...]",
     "only the arguments of the plan, for programs", argv_page, command_argv},
    {"inspect", COMMAND_INSPECT, NULL, "MODEL [--revision REVISION]", "what a model's files say, as JSON",
     inspect_page, command_inspect},
    {"check", COMMAND_CHECK, NULL, "[--vllm RELEASE] [--gpu NAME] [--model-path DIR] -- COMMAND...",
     "what is wrong with a command that starts vLLM", check_page, command_check},
    {"explain", COMMAND_EXPLAIN, NULL, "[--model MODEL] [OPTION | --VLLM-FLAG VALUE]... LOG|-",
     "what a start log says: what failed, by how much, what would help", explain_page, command_explain},
    {"batch", COMMAND_BATCH, NULL, "[--jobs N] < REQUESTS > PLANS", "many requests, one a line", batch_page,
     command_batch},
    {"gpus", COMMAND_ROWS, "gpus", "[OPTION]...", "the known GPUs", gpus_page, command_describe},
    {"models", COMMAND_ROWS, "architectures", "[OPTION]...", "the known model architectures", models_page,
     command_describe},
    {"methods", COMMAND_ROWS, "methods", "[OPTION]...", "the quantization methods", methods_page,
     command_describe},
    {"releases", COMMAND_ROWS, "releases", "[OPTION]...", "the known vLLM releases", releases_page,
     command_describe},
    {"flags", COMMAND_ROWS, "flags", "[--vllm RELEASE] [OPTION]...", "the flags of a vLLM release",
     flags_page, command_describe},
    {"schema", COMMAND_SCHEMA, "schema", "", "the JSON schema of requests and plans", schema_page,
     command_describe},
};

const cli_command *command_at(size_t index)
{
    return index < sizeof commands / sizeof commands[0] ? &commands[index] : NULL;
}

const cli_command *command_find(const char *name)
{
    const cli_command *row;
    for (size_t i = 0; (row = command_at(i)); i++)
        if (strcmp(row->name, name) == 0) return row;
    return NULL;
}

static const char exit_text[] =
    "Exit status: 0 fits; 1 does not fit, or vLLM would refuse it; 3 borderline or unknown;\n"
    "2 the request is wrong; 4 a fault of vllmplan or no memory.\n";

static void put_options(cli_text *t, const cli_command *of)
{
    enum { help_column = 28 };
    const option_row *row;
    text_put(t, "\nOptions:\n");
    for (size_t i = 0; (row = option_at(i)); i++) {
        if (!(row->commands & of->id)) continue;
        cli_text name = {0};
        const char *argument = row->argument ? row->argument : "";
        text_format(&name, "  %s%s%s", row->name, *argument ? " " : "", argument);
        size_t used = text_columns(text_get(&name));
        text_put(t, text_get(&name));
        if (used + 2 > help_column) {
            text_put_char(t, '\n');
            used = 0;
        }
        text_put_times(t, " ", help_column - used);
        text_put_wrapped(t, row->help, help_column, help_column, CLI_WIDTH);
        text_free(&name);
    }
    text_put(t, "  -h, --help                this page\n");
}

static void put_overview(cli_text *t)
{
    text_put(t, "usage: vllmplan COMMAND ...\n\n"
                "Will this model start in vLLM on this GPU, and with which arguments?\n\nCommands:\n");
    const cli_command *row;
    for (size_t i = 0; (row = command_at(i)); i++) text_format(t, "  %-10s%s\n", row->name, row->brief);
    text_put(t, "\n  vllmplan help COMMAND    how to use it, with an example\n"
                "  vllmplan --version\n\n"
                "Start here:\n"
                "  vllmplan plan ./Qwen3-14B --gpu \"RTX 3090\"\n\n");
    text_put(t, exit_text);
}

void help_print(const cli_command *of)
{
    cli_text t = {0};
    if (!of) {
        put_overview(&t);
    } else {
        text_format(&t, "usage: vllmplan %s %s\n\n", of->name, of->usage);
        text_put(&t, of->page);
        put_options(&t, of);
        if (of->id & (COMMAND_REQUEST | COMMAND_CHECK)) text_format(&t, "\n%s", exit_text);
    }
    output_text(text_get(&t), t.length);
    text_free(&t);
}
