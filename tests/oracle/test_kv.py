#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Compares the KV cache planning with what vLLM's own classes computed (oracle/kv.jsonl).

    test_kv.py COMMAND FACTS [--from-spec | --from-config] [--only TEXT]

FACTS is the folder that holds oracle/ and models/ (exit 77, skipped, when it is not there).

--from-spec    the attention list is written down here from the row's own specs (heads, sizes, windows, state
               shapes) and given to the command as facts: it proves the planning apart from reading configs.
               Where a pipeline rank's layers matter, their kinds are read from the config.
--from-config  the model's config.json is given; rows whose plan has no KV cache are counted as not covered.
"""
import argparse
import collections
import json
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any, Dict, Iterable, Iterator, List, Tuple

GIB = 1 << 30
Row = Dict[str, Any]
Entry = Dict[str, Any]

KINDS = {"FullAttentionSpec": "full", "SlidingWindowSpec": "sliding", "ChunkedLocalAttentionSpec": "chunked",
         "MLAAttentionSpec": "latent", "SlidingWindowMLASpec": "latent_sliding", "MambaSpec": "state",
         "CrossAttentionSpec": "cross"}
RECURRENCES = {"MAMBA2_ATTN": "mamba2", "GDN_ATTN": "gated_delta", "KIMI_K3_KDA": "kda",
               "SHORT_CONV_ATTN": "short_conv"}


def empty_entry(kind: str) -> Entry:
    sizes = ("kv_heads head_size head_size_v window tokens_per_state states_per_token cell_bytes "
             "ds_cell_bytes alignment ds_alignment block_size kernel_block stride_alignment").split()
    return dict({name: 0 for name in sizes}, kind=kind, reader="usual", element=None, packed=False, copied=False, draft=False,
                recurrence="mamba1", states=[], layers="")


def state_entry(spec: Row, row: Row) -> Entry:
    """Whole-model factors of the states: what a rank has, times the ranks."""
    entry, tp, shapes, dtypes = empty_entry("state"), row["tp"], spec["shapes"], spec["dtypes"]
    tensor = {"groups": 0, "group_width": 0}
    conv = dict(tensor, whole=shapes[0][0], split=shapes[0][1] * tp, lengthens=True, recurrent=False, dtype=None)
    entry["recurrence"] = next(RECURRENCES[name] for name in row["backends"] if name in RECURRENCES)
    entry["states"] = [conv]
    for shape, dtype in zip(shapes[1:], dtypes[1:]):
        entry["states"].append(dict(tensor, whole=shape[1] * shape[2], split=shape[0] * tp, lengthens=False,
                                    recurrent=True, dtype=dtype))
        entry["head_size"] = shape[2]
    return entry


def latent_entry(spec: Row, row: Row) -> Entry:
    """Latent attention, index caches, and the several caches of DeepSeek-V4."""
    entry = empty_entry(KINDS[spec["kind"]])
    entry.update(kv_heads=1, head_size=spec["head_size"], window=spec.get("sliding_window", 0))
    dsv4 = "CompressorBackend" in row["backends"]
    if dsv4:
        entry.update(reader="compressed", tokens_per_state=int(spec.get("tokens_per_state", 1)), alignment=512,
                     ds_alignment=576, element=spec["dtype"])
        if spec.get("state_content_bytes"):
            entry.update(cell_bytes=584, alignment=576)
        if spec["kind"] == "SlidingWindowMLASpec":
            compressor = spec["dtype"] == "float32"
            entry.update(reader="compressor" if compressor else "window", block_size=spec["block_size"],
                         ds_cell_bytes=0 if compressor else 584)
    elif "MINIMAX_M3_SPARSE" in row["backends"]:
        entry.update(reader="block_sparse", element="bfloat16")
    elif spec["head_size"] == 132:
        entry.update(reader="index", element="uint8")
    elif "DEEPSEEK_V32_INDEXER" in row["backends"]:
        entry["reader"] = "sparse"
    return entry


def entry_of(spec: Row, row: Row) -> Entry:
    if spec["kind"] == "MambaSpec":
        return state_entry(spec, row)
    if "MLA" in spec["kind"]:
        return latent_entry(spec, row)
    entry = empty_entry(KINDS[spec["kind"]])
    entry.update(kv_heads=spec["num_kv_heads"] * row["tp"], head_size=spec["head_size"],
                 head_size_v=spec["head_size_v"],
                 window=spec.get("sliding_window") or spec.get("attention_chunk_size") or 0)
    if "MINIMAX_M3_SPARSE" in row["backends"]:
        entry["reader"] = "block_sparse"
    if spec["dtype"] != "uint8" and row["kv_cache_dtype"] == "fp8":
        entry["element"] = spec["dtype"]  # Falcon with rotary embedding: its layers are not told the KV dtype
    if row["arch"] in ("Gemma3ForConditionalGeneration", "Gemma4ForConditionalGeneration"):
        entry["reader"] = "mm_prefix"
    return entry


def kinds_of_layers(config: Row, arch: str) -> List[str]:
    """The kind of every layer, from the config: needed only to cut hybrid models by pipeline ranks."""
    text = config.get("text_config", config)
    layers = text["num_hidden_layers"]
    names = {"sliding_attention": "sliding", "full_attention": "full", "linear_attention": "state", "conv": "state",
             "M": "state", "*": "full"}
    if text.get("layer_types") or text.get("hybrid_override_pattern"):
        return [names.get(t, t) for t in text.get("layer_types") or text["hybrid_override_pattern"]]
    if text.get("full_attn_idxs"):
        return ["full" if i in text["full_attn_idxs"] else "state" for i in range(layers)]
    if text.get("full_attention_interval"):
        return ["state" if (i + 1) % text["full_attention_interval"] else "full" for i in range(layers)]
    if arch == "Gemma2ForCausalLM":
        return ["full" if i % 2 else "sliding" for i in range(layers)]
    if text.get("attention_chunk_size"):  # Llama 4: no rotary embedding and every token in each fourth layer
        return ["chunked" if (i + 1) % 4 else "full" for i in range(layers)]
    return []


def place_by_config(entries: List[Entry], counts: List[int], config: Row, arch: str) -> int:
    """Gives each entry the layers of its kind in the config. Returns the number of layers."""
    types = kinds_of_layers(config, arch) if len(entries) > 1 else []
    if not types:
        entries[0]["layers"] = f"0-{counts[0] - 1}"
        return counts[0]
    for entry, count in zip(entries, counts):
        wanted = [i for i, t in enumerate(types) if t == entry["kind"]]
        if len(wanted) != count:
            raise ValueError(f"{entry['kind']}: {len(wanted)} layers in the config, {count} in the row")
        entry["layers"] = ",".join(map(str, wanted))
    return len(types)


def attention_of(row: Row, config: Row) -> Tuple[Entry, str, int]:
    """The attention list, the KV dtype that the checkpoint asks for, and the number of layers."""
    entries: List[Entry] = []
    counts: List[int] = []
    stored = ""
    for group in row["groups"]:
        for spec in [group["spec"]] if "spec" in group else group["members"]:
            entry, layers = entry_of(spec, row), spec.get("count", group["layers"]) * group["times"]
            if spec.get("dtype") == "uint8" and row["kv_cache_dtype"] == "auto" and entry["element"] is None:
                stored = "fp8" if not entry["cell_bytes"] else ""
            if entry in entries:
                counts[entries.index(entry)] += layers
            else:
                entries.append(entry)
                counts.append(layers)
    total = 0
    if row["pp"] > 1:
        total = place_by_config(entries, counts, config, row["arch"])
    else:
        for entry, count in zip(entries, counts):
            entry["layers"] = f"{total}-{total + count - 1}"
            total += count
    return {"auto_100": "", "entries": entries}, stored, total


class Skeletons:
    """Facts of a plain decoder with a number of layers, for an attention list to be put in."""

    def __init__(self, command: str) -> None:
        self.command, self.known = command, {}  # type: str, Dict[int, Row]

    def with_attention(self, attention: Row, stored: str, layers: int) -> Row:
        facts = self.of(layers)
        model = dict(facts["model"], stored=dict(facts["model"]["stored"], kv_dtype=stored))
        return dict(facts, model=model, attention=attention)

    def of(self, layers: int) -> Row:
        if layers not in self.known:
            config = {"architectures": ["LlamaForCausalLM"], "hidden_size": 4096, "intermediate_size": 8192,
                      "num_hidden_layers": layers, "num_attention_heads": 32, "num_key_value_heads": 32,
                      "vocab_size": 32000, "max_position_embeddings": 16777216, "torch_dtype": "bfloat16"}
            with tempfile.TemporaryDirectory() as folder:
                (Path(folder) / "config.json").write_text(json.dumps(config))
                done = subprocess.run([self.command, "inspect", folder, "--json"], capture_output=True, text=True,
                                      check=False)
            self.known[layers] = json.loads(done.stdout)["facts"]
        return self.known[layers]


def plain_json(path: Path) -> Row:
    """A file of a model as requests may hold it: without Python's NaN and Infinity."""
    return json.loads(path.read_text(encoding="utf-8"), parse_constant=lambda _: None)


def request(row: Row, model: Row, available: int) -> Row:
    settings: Row = {"max_model_len": row["max_model_len"], "max_num_batched_tokens": row["max_num_batched_tokens"],
                     "max_num_seqs": row["max_num_seqs"], "kv_cache_memory_bytes": available,
                     "tensor_parallel_size": row["tp"], "pipeline_parallel_size": row["pp"],
                     "enable_prefix_caching": row["prefix_caching"]}
    if row["kv_cache_dtype"] != "auto":
        settings["kv_cache_dtype"] = row["kv_cache_dtype"]
    return {"model": dict(model, serve_as="MODEL"), "settings": settings, "policy": {"may_change": []},
            "gpus": {"total_bytes": 4096 * GIB, "compute_capability": row["cc"], "count": row["tp"] * row["pp"]},
            "engine": {"release": row["release"]}}


def batch(command: str, requests: Iterable[Row]) -> Iterator[Row]:
    """One run; the requests go through a file, so that neither side waits for the other."""
    with tempfile.TemporaryFile("w+") as feed:
        for item in requests:
            feed.write(json.dumps(item) + "\n")
        feed.seek(0)
        with subprocess.Popen([command, "batch"], stdin=feed, stdout=subprocess.PIPE, text=True) as run:
            assert run.stdout is not None
            for line in run.stdout:
                yield json.loads(line)


def first(value: Any) -> Any:
    return max(value) if isinstance(value, list) else value


def differences(row: Row, point: Row, plan: Row) -> List[str]:
    kv = plan["kv_cache"]
    wanted = {"bytes_per_block": first(row["bytes_per_block"]), "needed_bytes": first(row["bytes_one_request"]),
              "min_start_bytes": first(row["min_available_to_start"])}
    if "longest_len" in point:
        wanted["longest_len"] = point["longest_len"]
    if point["starts"]:
        wanted.update(blocks=point["num_blocks"], tokens=point["tokens"],
                      max_concurrency_permille=int(point["concurrency"] * 1000),
                      max_concurrency_text=f"{point['concurrency']:.2f}")
    wrong = [f"{key} is {kv[key]}, vLLM has {value}" for key, value in wanted.items() if kv[key] != value]
    if point["starts"] != (plan["failing_step"] not in ("max_model_len", "kv_cache")):
        wrong.append(f"starts: failing step {plan['failing_step']}, vLLM {'starts' if point['starts'] else 'refuses'}")
    if row["pp"] == 1:
        wrong += group_differences(row, kv["groups"])
    return wrong


def group_differences(row: Row, groups: List[Row]) -> List[str]:
    """Both sides as a bag of groups, each with what it is per layer and per request."""
    ours: Dict[Tuple[Any, ...], int] = collections.Counter()
    theirs: Dict[Tuple[Any, ...], int] = collections.Counter()
    names = {"full_attention": "full", "mla_attention": "latent", "mamba": "state", "sliding_window": "sliding",
             "sliding_window_mla": "latent_sliding", "chunked_local_attention": "chunked", "cross_attention": "cross"}
    for g in groups:
        ours[g["kind"], g["layers"], g["block_size"], g["page_bytes"], g["blocks_per_request"]] += g["times"]
    for g in row["groups"]:
        theirs[names[g["type"]], g["layers"], g["block_size"], g["page_bytes_per_layer"] or 0,
               g["blocks_per_request"]] += g["times"]
    # a mixed group is named after all its kinds there, after the first one here
    return [] if ours == theirs else [f"groups are {sorted(ours.items())}, vLLM has {sorted(theirs.items())}"]


def kinds_of(row: Row) -> str:
    """What the row is counted under."""
    kinds = sorted({s["kind"].replace("Spec", "") for g in row["groups"]
                    for s in ([g["spec"]] if "spec" in g else g["members"])})
    return " + ".join(kinds) or "no cache"


def main() -> int:
    parser = argparse.ArgumentParser()
    parser.add_argument("command")
    parser.add_argument("facts", type=Path)
    parser.add_argument("--from-spec", action="store_true")
    parser.add_argument("--from-config", action="store_true")
    parser.add_argument("--only", default="", help="rows whose model or architecture holds this text")
    args = parser.parse_args()
    source = args.facts / "oracle/kv.jsonl"
    if not source.exists():
        print(f"skipped: {args.facts} with vLLM's own figures is not here")
        return 77
    skeletons, todo, requests = Skeletons(args.command), [], []
    for line in source.open(encoding="utf-8"):
        row = json.loads(line)
        if args.only not in row["model"] + " " + row["arch"] or row.get("attention_free"):
            continue
        config = plain_json(args.facts / "models/configs" / row["config"])
        model: Row = {"config": config}
        sidecar = args.facts / "models/configs/hf_quant" / row["config"]
        if sidecar.exists() and "quantization_config" not in config:  # else vLLM does not look at it
            model["quantization_config"] = plain_json(sidecar)
        if not args.from_config:
            model = {"facts": skeletons.with_attention(*attention_of(row, config))}
        for point in row["points"]:
            todo.append((row, point))
            requests.append(request(row, model, point["available"]))
    good: Dict[str, int] = collections.Counter()
    bad: Dict[str, List[str]] = collections.defaultdict(list)
    absent: Dict[str, int] = collections.Counter()
    for (row, point), plan in zip(todo, batch(args.command, requests)):
        kind = kinds_of(row)
        if "error" in plan or not plan.get("kv_cache") or (args.from_config and plan["kv_cache"]["tokens"] is None):
            if args.from_config:
                absent[kind] += 1
                continue
            wrong = [str(plan.get("error", "no KV cache in the plan"))]
        else:
            wrong = differences(row, point, plan)
        if wrong:
            bad[kind].append(f"{row['model']} cc {row['cc']} {row['kv_cache_dtype']} tp {row['tp']} pp {row['pp']} "
                             f"len {row['max_model_len']} batch {row['max_num_batched_tokens']} "
                             f"{point['available']} bytes: {'; '.join(wrong)}")
        else:
            good[kind] += 1
    for kind in sorted(set(good) | set(bad) | set(absent)):
        print(f"{kind}: {good[kind]} points equal, {len(bad[kind])} different, {absent[kind]} not covered")
        for text in bad[kind][:6]:
            print("   " + text[:1200])
    print(f"all: {sum(good.values())} of {len(todo)} points equal")
    return 0 if good and not any(bad.values()) else 1


if __name__ == "__main__":
    sys.exit(main())
