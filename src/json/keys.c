/* SPDX-License-Identifier: Apache-2.0 */
#include "json/keys.h"

#include "base/vp_int.h"
#include "core/request.h"
#include "launch/deploy.h"

#define TIB ((uint64_t)1 << 40)
#define MIB ((uint64_t)1 << 20)

#define OBJECT(name_, members_, about_)                                                                      \
    {                                                                                                        \
        .name = name_, .kinds = VP_KEY_OBJECT, .members = members_, .about = about_                          \
    }
#define TEXT(name_, about_)                                                                                  \
    {                                                                                                        \
        .name = name_, .kinds = VP_KEY_TEXT, .about = about_                                                 \
    }
#define CHOICE(name_, choices_, about_)                                                                      \
    {                                                                                                        \
        .name = name_, .kinds = VP_KEY_TEXT, .choices = choices_, .about = about_                            \
    }
#define NUMBER(name_, low_, high_, about_)                                                                   \
    {                                                                                                        \
        .name = name_, .kinds = VP_KEY_INTEGER, .low = low_, .high = high_, .about = about_                  \
    }
#define BYTES(name_, about_)                                                                                 \
    {                                                                                                        \
        .name = name_, .kinds = VP_KEY_INTEGER, .about = about_                                              \
    }
#define TEXTS(name_, most_, about_)                                                                          \
    {                                                                                                        \
        .name = name_, .kinds = VP_KEY_LIST, .items = VP_KEY_TEXT, .most = most_, .about = about_            \
    }
#define END                                                                                                  \
    {                                                                                                        \
        .name = NULL                                                                                         \
    }

enum {
    MOST_TENSORS = 1000000, /* inline; more belong in files */
    MOST_WORDS = 10512,     /* of a command: VP_MAX_WORDS */
};

static const vp_key tensor_keys[] = {
    TEXT("name", "as in the file"),
    TEXT("dtype", "as safetensors names it: BF16"),
    {.name = "shape",
     .kinds = VP_KEY_LIST,
     .items = VP_KEY_INTEGER,
     .most = 8,
     .about = "sizes, outermost first"},
    END,
};

static const vp_key model_keys[] = {
    TEXT("path", "a model directory, or one .safetensors file beside its config.json"),
    TEXT("id", "ORG/NAME in the local hub cache"),
    TEXT("revision", "of the id: a branch, tag or commit"),
    TEXT("serve_as", "what stands in the arguments for the model"),
    OBJECT("config", NULL, "the content of config.json"),
    OBJECT("quantization_config", NULL, "replaces what config.json says about quantization"),
    {.name = "tensors",
     .kinds = VP_KEY_LIST,
     .items = VP_KEY_OBJECT,
     .most = MOST_TENSORS,
     .members = tensor_keys,
     .about = "what the files hold"},
    BYTES("checkpoint_bytes", "sum of the tensors' bytes in the files"),
    OBJECT("facts", NULL, "as inspect printed them"),
    END,
};

static const vp_key gpu_keys[] = {
    TEXT("name", "any name of a known card"),
    NUMBER("count", 1, 1024, "cards of this kind in one machine"),
    NUMBER("total_bytes", MIB, 16 * TIB, "what CUDA reports: torch's total_memory"),
    NUMBER("driver_total_bytes", MIB, 16 * TIB, "what nvidia-smi reports"),
    NUMBER("free_bytes", 0, 16 * TIB, "free before the start"),
    CHOICE("free_measured", "before_context|after_context",
           "whether free_bytes lacks a CUDA context already"),
    TEXT("compute_capability", "such as 8.6"),
    TEXT("uuid", "of the card"),
    NUMBER("index", 0, 1023, "the driver's number of the card, as nvidia-smi shows it"),
    END,
};

#define GPUS_OR_AUTO                                                                                         \
    {                                                                                                        \
        .name = "gpus", .kinds = VP_KEY_OBJECT | VP_KEY_LIST | VP_KEY_TEXT, .choices = "auto",               \
        .items = VP_KEY_OBJECT, .most = VP_MAX_DEVICES, .members = gpu_keys,                                 \
        .about = "the cards of one machine"                                                                  \
    }

static const vp_key engine_keys[] = {
    TEXT("release", "of vLLM, such as 0.33.0"),
    CHOICE("entrypoint", "serve|module", "vllm serve, or python -m vllm.entrypoints.openai.api_server"),
    TEXT("python", "the interpreter for the module"),
    TEXTS("plugins", VP_MAX_NAMES, "packages that are installed beside vLLM"),
    CHOICE("runner", "v1|v2", "the model runner"),
    TEXTS("extra_args", VP_MAX_EXTRA_ARGS, "arguments that come last"),
    END,
};

static const vp_key wishes_keys[] = {
    NUMBER("context_tokens", 1, (uint64_t)1 << 40, "the context that is needed"),
    NUMBER("concurrency", 1, 1000000, "requests of that length at a time"),
    END,
};

static const vp_key policy_keys[] = {
    {.name = "quantization",
     .kinds = VP_KEY_TEXT | VP_KEY_LIST,
     .choices = "auto|never",
     .items = VP_KEY_TEXT,
     .most = VP_MAX_NAMES,
     .about = "load-time quantization: any, none, or one of these methods"},
    CHOICE("objective", "quality|context|concurrency", "what the search prefers"),
    CHOICE("risk", "safe|likely", "the figures that it relies on"),
    TEXTS("may_change", VP_MAX_NAMES, "settings that it may choose; [] judges exactly this request"),
    BYTES("reserve_bytes", "of each card, kept for others"),
    END,
};

static const vp_key host_keys[] = {
    CHOICE("compile_cache", "cold|warm|unknown", "vLLM's torch.compile cache"),
    CHOICE("platform", "linux|wsl2|windows", ""),
    BYTES("ram_bytes", "main memory"),
    BYTES("shm_bytes", "size of /dev/shm"),
    OBJECT("env", NULL, "environment of the server"),
    END,
};

static const vp_key mount_keys[] = {
    TEXT("source", "a directory or file of the host"),
    TEXT("target", "where the container sees it"),
    {.name = "read_only", .kinds = VP_KEY_BOOL, .about = "false when not given"},
    END,
};

static const vp_key port_keys[] = {
    NUMBER("host", 1, 65535, "the port of the host that leads to the server's"),
    TEXT("address", "of the host; all of them when not given"),
    END,
};

static const vp_key secrets_keys[] = {
    TEXT("kubernetes", "the secret whose keys are the variables' names"),
    TEXT("file", "NAME=VALUE lines, for docker, compose and systemd"),
    END,
};

static const vp_key deploy_keys[] = {
    CHOICE("format", VP_FORMAT_NAMES, "what `rendered` holds; without it nothing is rendered"),
    TEXT("name", "of the container, unit or workload"),
    TEXT("image", "the container image"),
    {.name = "mounts",
     .kinds = VP_KEY_LIST,
     .items = VP_KEY_OBJECT,
     .most = VP_MAX_MOUNTS,
     .members = mount_keys,
     .about = "what the container sees of the host"},
    {.name = "ports",
     .kinds = VP_KEY_LIST,
     .items = VP_KEY_OBJECT,
     .most = VP_MAX_PORTS,
     .members = port_keys,
     .about = "ports of the host, for docker and compose"},
    NUMBER("shm_size", MIB, 16 * TIB, "bytes of shared memory"),
    TEXT("namespace", "of Kubernetes"),
    NUMBER("replicas", 1, 1000, "of a Deployment or LeaderWorkerSet"),
    OBJECT("secrets", secrets_keys, "where secret variables come from"),
    TEXT("cache_volume", "volume, claim or whole path for the hub's cache"),
    TEXT("head_address", "of the first of several machines, as the others reach it"),
    TEXT("user", "the account of a systemd unit"),
    NUMBER("startup_seconds", 1, 86400, "the longest that a start may take"),
    END,
};

static const vp_key measured_keys[] = {
    BYTES("weights_bytes", "as vLLM logged it"),
    BYTES("activation_bytes", "peak of the profile run"),
    BYTES("non_torch_bytes", "outside of torch's allocator"),
    BYTES("graphs_bytes", "CUDA graphs"),
    TEXT("source", "where the figures are from"),
    END,
};

const vp_key vp_plan_keys[] = {
    NUMBER("schema", 1, 1, "of this contract"),
    OBJECT("model", model_keys, "one of path, id, config, facts"),
    GPUS_OR_AUTO,
    NUMBER("nodes", 1, 64, "machines with that same set of cards"),
    OBJECT("engine", engine_keys, "vLLM"),
    OBJECT("settings", NULL, "vLLM's server arguments by their snake_case names"),
    OBJECT("wishes", wishes_keys, "what the user needs"),
    OBJECT("policy", policy_keys, "what the search may do"),
    OBJECT("host", host_keys, "the machine"),
    OBJECT("deploy", deploy_keys, "where it will run: for what is rendered"),
    OBJECT("measured", measured_keys, "figures that override the law"),
    {.name = "calibration",
     .kinds = VP_KEY_LIST,
     .items = VP_KEY_OBJECT,
     .most = 100000,
     .about = "what explain saved: the nearest entry that is valid stands in for the law"},
    OBJECT("catalog", NULL, "rows that the tables do not have"),
    OBJECT("limits", NULL, "bounds of reads and sizes"),
    {.name = "lenient", .kinds = VP_KEY_BOOL, .about = "unknown keys become notes"},
    END,
};

const vp_key vp_inspect_keys[] = {
    NUMBER("schema", 1, 1, "of this contract"),
    OBJECT("model", model_keys, "one of path, id, config, facts"),
    OBJECT("limits", NULL, "bounds of reads and sizes"),
    {.name = "lenient", .kinds = VP_KEY_BOOL, .about = "unknown keys are ignored"},
    END,
};

const vp_key vp_check_keys[] = {
    NUMBER("schema", 1, 1, "of this contract"),
    {.name = "command",
     .kinds = VP_KEY_TEXT | VP_KEY_LIST,
     .items = VP_KEY_TEXT,
     .most = MOST_WORDS,
     .about = "a list of arguments, or a text as a shell reads it; nothing is run"},
    OBJECT("model", model_keys, "one of path, id, config, facts; otherwise what the command names"),
    GPUS_OR_AUTO,
    NUMBER("nodes", 1, 64, "machines with that same set of cards"),
    OBJECT("engine", engine_keys, "vLLM; otherwise what the command's image says"),
    OBJECT("host", host_keys, "the machine"),
    OBJECT("limits", NULL, "bounds of reads and sizes"),
    {.name = "lenient", .kinds = VP_KEY_BOOL, .about = "unknown keys are ignored"},
    END,
};

const vp_key vp_describe_keys[] = {
    NUMBER("schema", 1, 1, "of this contract"),
    TEXT("topic", "the table"),
    TEXT("release", "of vLLM; the newest when not given"),
    END,
};

const vp_key vp_explain_keys[] = {
    NUMBER("schema", 1, 1, "of this contract"),
    TEXT("log", "a start log of vLLM, or a part of one"),
    OBJECT("model", model_keys, "one of path, id, config, facts; otherwise the hub name that the log shows"),
    {.name = "gpus",
     .kinds = VP_KEY_OBJECT | VP_KEY_LIST,
     .items = VP_KEY_OBJECT,
     .most = VP_MAX_DEVICES,
     .members = gpu_keys,
     .about = "the cards; otherwise what the log shows of their memory"},
    NUMBER("nodes", 1, 64, "machines with that same set of cards"),
    OBJECT("engine", engine_keys, "vLLM; otherwise the release that the log shows"),
    OBJECT("settings", NULL, "settings that the log does not show, or shows otherwise"),
    OBJECT("wishes", wishes_keys, "what the user needs"),
    OBJECT("policy", policy_keys, "what remedies may change"),
    OBJECT("host", host_keys, "the machine"),
    {.name = "lenient", .kinds = VP_KEY_BOOL, .about = "unknown keys are ignored"},
    END,
};
