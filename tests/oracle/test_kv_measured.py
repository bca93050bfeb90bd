#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Compares the KV cache planning with what real starts printed (measured/*.jsonl).

    test_kv_measured.py COMMAND FACTS [--from-config]

Two suites. With as many blocks as the log says (num_gpu_blocks_override), tokens and concurrency are equal
to the print. With the printed memory, which has two decimals, the log's tokens lie between ours for 0.005
GiB less and more. The attention list is described here, from the config; --from-config leaves that to the
command.
"""
import argparse
import collections
import gzip
import json
import re
import sys
from pathlib import Path
from typing import Any, Dict, Iterator, List, Optional

from test_kv import GIB, Entry, Row, Skeletons, batch, empty_entry

CARDS = {"h100": "9.0", "h200": "9.0", "gh200": "9.0", "a100": "8.0", "a10": "8.6", "a40": "8.6", "a6000": "8.6",
         "a5000": "8.6", "a4000": "8.6", "a2": "8.6", "3090": "8.6", "3080": "8.6", "3060": "8.6", "4090": "8.9",
         "4080": "8.9", "4070": "8.9", "4060": "8.9", "l40": "8.9", "l4": "8.9", "6000 ada": "8.9", "5090": "12.0", "5080": "12.0",
         "5070": "12.0", "5060": "12.0", "pro 6000": "12.0", "gb10": "12.1", "b200": "10.0", "b300": "10.3",
         "t4": "7.5", "v100": "7.0", "2080": "7.5"}


def capability(gpu: str) -> Optional[str]:
    text = gpu.lower().replace("_", " ").replace("-", " ")
    found = [name for name in CARDS if re.search(rf"(^|[^0-9a-z]){name}", text)]
    return CARDS[max(found, key=len)] if found else None


def layers_text(numbers: List[int]) -> str:
    return ",".join(map(str, numbers))


def windows_of(text: Row, arch: str, layers: int) -> List[int]:
    """The window of every layer, 0 for none; None when the config's form is not described here."""
    window = text.get("sliding_window") or 0
    if text.get("layer_types"):
        return [window if kind == "sliding_attention" else 0 for kind in text["layer_types"]]
    if arch == "Gemma2ForCausalLM":
        return [0 if i % 2 else window for i in range(layers)]
    if arch.startswith("Gemma3"):
        step = text.get("sliding_window_pattern", 6)
        return [0 if (i + 1) % step == 0 else window for i in range(layers)]
    if arch.startswith("Qwen2") or arch.startswith("Qwen3"):
        window = window if text.get("use_sliding_window") else 0
    return [window] * layers


def describe(config: Row) -> Optional[List[Entry]]:
    """The attention list of plain and windowed decoders and of latent attention."""
    arch = config["architectures"][0]
    text = config.get("text_config", config)
    layers, heads = text.get("num_hidden_layers"), text.get("num_attention_heads")
    if arch.startswith(("Mllama", "Llama4", "Gemma4", "Qwen3_5")) or not layers or not heads:
        return None
    if text.get("kv_lora_rank"):
        entry = empty_entry("latent")
        entry.update(kv_heads=1, head_size=text["kv_lora_rank"] + text["qk_rope_head_dim"], layers=f"0-{layers - 1}")
        return [entry]
    size = text.get("head_dim") or text["hidden_size"] // heads
    windows, entries = windows_of(text, arch, layers), []
    for window in sorted(set(windows), key=windows.index):
        entry = empty_entry("sliding" if window else "full")
        entry.update(kv_heads=text.get("num_key_value_heads") or heads, head_size=size, head_size_v=size,
                     window=window, layers=layers_text([i for i, w in enumerate(windows) if w == window]))
        entries.append(entry)
    return entries


def measured_rows(facts: Path) -> Iterator[Row]:
    """Both files under one set of names; only starts of the V1 engine whose release and card are known."""
    for row in map(json.loads, (facts / "measured/rows.jsonl").open(encoding="utf-8")):
        if row["engine"] == "V1" and row["vllm"]:
            doc = json.loads(gzip.open(facts / f"models/tensors/{row['fixture']}.json.gz").read())
            m = row["measured"]
            yield dict(id=row["id"], config=doc["config"], release=row["vllm"], cc=capability(row["gpu"]), tp=row["tp"],
                       pp=row["pp"], kv=row["kv_dtype"], length=row["max_model_len"], dtype=row["dtype"],
                       batch=row["max_num_batched_tokens"], seqs=row["max_num_seqs"], blocks=m["gpu_blocks"],
                       tokens=m["kv_tokens"], gib=m["kv_gib"], concurrency=m["max_concurrency"], eager=None,
                       block_size=row["block_size"])
    for row in map(json.loads, (facts / "measured/recent.jsonl").open(encoding="utf-8")):
        path = facts / "models/configs" / ((row["model"] or "?").replace("/", "__") + ".json")
        odd = row["speculative"] or (row["engine"] or "V1") != "V1" or "fork" in (row["vllm_version"] or "fork")
        if path.exists() and not odd:
            yield dict(id=row["id"], config=json.loads(path.read_text()), release=row["vllm_version"], dtype=row["dtype"],
                       cc=capability(row["gpu"] or ""), tp=row["tensor_parallel_size"], seqs=row["max_num_seqs"],
                       pp=row["pipeline_parallel_size"], kv=row["kv_cache_dtype"], length=row["max_model_len"],
                       batch=row["max_num_batched_tokens"], blocks=row["gpu_blocks"], tokens=row["kv_cache_tokens"],
                       gib=row["kv_cache_gib"], concurrency=row["max_concurrency"], block_size=row["block_size"])


def request(row: Row, model: Row, extra: Row) -> Row:
    settings: Row = {"max_model_len": row["length"], "tensor_parallel_size": row["tp"] or 1,
                     "pipeline_parallel_size": row["pp"] or 1, **extra}
    for name, key in (("max_num_batched_tokens", "batch"), ("max_num_seqs", "seqs"), ("block_size", "block_size")):
        if row[key]:
            settings[name] = row[key]
    if row["kv"] and row["kv"] != "auto":
        settings["kv_cache_dtype"] = row["kv"]
    gpus = {"total_bytes": 4096 * GIB, "compute_capability": row["cc"], "count": (row["tp"] or 1) * (row["pp"] or 1)}
    return {"model": dict(model, serve_as="MODEL"), "settings": settings, "policy": {"may_change": []}, "gpus": gpus,
            "engine": {"release": row["release"]}}


def main() -> int:
    parser = argparse.ArgumentParser()
    parser.add_argument("command")
    parser.add_argument("facts", type=Path)
    parser.add_argument("--from-config", action="store_true")
    args = parser.parse_args()
    if not (args.facts / "measured/rows.jsonl").exists():
        print(f"skipped: {args.facts} with measured starts is not here")
        return 77
    skeletons, todo, requests, absent = Skeletons(args.command), [], [], 0
    for row in measured_rows(args.facts):
        known = row["cc"] and row["length"] and row["tokens"] and row["dtype"] != "float32"
        entries = describe(row["config"]) if known else None
        if not known or (entries is None and not args.from_config):
            absent += 1
            continue
        model: Row = {"config": row["config"]}
        if entries is not None and not args.from_config:
            layers = row["config"].get("text_config", row["config"])["num_hidden_layers"]
            model = {"facts": skeletons.with_attention({"auto_100": "", "entries": entries}, "", layers)}
        cases: List[Any] = []
        if row["blocks"]:
            cases.append(("blocks", {"num_gpu_blocks_override": row["blocks"], "kv_cache_memory_bytes": GIB}))
        if row["gib"] and (row["pp"] or 1) == 1:  # a log of several stages prints one rank's memory
            for side in (-0.005, 0.005):
                cases.append((side, {"kv_cache_memory_bytes": int((row["gib"] + side) * GIB)}))
        for case, extra in cases:
            todo.append((row, case))
            requests.append(request(row, model, extra))
    good: Dict[str, int] = collections.Counter()
    bad: List[str] = []
    low = 0
    for (row, case), plan in zip(todo, batch(args.command, requests)):
        where = f"{row['id']} {row['config']['architectures'][0]} vLLM {row['release']} len {row['length']} {case}"
        kv = plan.get("kv_cache") or {}
        if "error" in plan or kv.get("tokens") is None:
            absent += 1
        elif case == "blocks":
            printed = f"{row['concurrency']:.2f}" if row["concurrency"] else kv["max_concurrency_text"]
            if kv["tokens"] == row["tokens"] and kv["max_concurrency_text"] == printed:
                good["blocks"] += 1
            else:
                bad.append(f"{where}: {row['blocks']} blocks are {kv['tokens']} tokens {kv['max_concurrency_text']}x, "
                           f"printed {row['tokens']} {row['concurrency']}x")
        elif case < 0:
            low = kv["tokens"]
        elif low <= row["tokens"] <= kv["tokens"]:
            good["memory"] += 1
        else:
            bad.append(f"{where}: {row['gib']} GiB are {low} to {kv['tokens']} tokens, printed {row['tokens']}")
    print(f"blocks: {good['blocks']} equal; memory: {good['memory']} inside; {len(bad)} different; {absent} not covered")
    for text in bad:
        print("   " + text)
    return 0 if good and not bad else 1


if __name__ == "__main__":
    sys.exit(main())
