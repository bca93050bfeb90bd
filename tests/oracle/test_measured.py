#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Compares plans with starts that were measured (measured/rows.jsonl, measured/recent.jsonl), by release range.

    test_measured.py COMMAND FACTS [--list] [--only TEXT]

Asked in one `batch` run, with nothing that may be changed. Violations: a start that succeeded and
"does not fit", a start that failed for memory and "fits", too few decided or too few KV pools inside the
interval. What is known to be wrong, and why, stands in EXCEPTIONS.
"""
import argparse
import collections
import importlib.util
import json
import re
import statistics
import sys
import tempfile
from pathlib import Path
from typing import Any, Dict, List, Optional, Tuple

from lines import batch

GIB = 1 << 30
Row = Dict[str, Any]

RANGES = [("V0", (0, 0)), ("0.8-0.16", (0, 8)), ("0.17-0.19", (0, 17)), ("0.20-0.26", (0, 20)), ("0.27+", (0, 27))]
# least share of starts that is not borderline, by range
DECIDED = {"0.17-0.19": 0.85, "0.20-0.26": 0.50, "0.27+": 0.50}
# the law was read on figures with two decimals; a pool is printed with two
PRINTED = 0.006
# of a failed start that memory alone decides; later ones (late) are no matter of the KV pool
MEMORY = {"oom_weights", "oom_profile", "no_cache_blocks", "max_len_exceeds_kv", "free_memory_low", "no_kv_memory",
          "kv_too_small", "refused_free_memory", "oom_kv"}

EXCEPTIONS: Dict[str, str] = {
    "gh-vllm-6156-a": "no release in the log: before 0.7 latent attention cached whole keys and values, which is not planned",
    "gh-llmdplanner-openai-gpt-oss-20b--tp1pp1dp1": "out of memory in the sampler's warm-up with 3.4 GiB left beside the "
                                                    "share and 1.8 of graphs: the log does not say what held the rest",
}
# pools outside of the interval that nothing in the log explains, or that are not of the setting as it is written
OUTSIDE = {
    "gh-llmdbench-mistral32": "its activation fits the law of 0.17, not of the 0.11 that the log names",
    "p-qwen25-14b-awq-a10g-base": "0.5 GiB more than any other start of that release",
    "r-musica-gemma4-26b-a4b-tp2": "its weights lack the encoder: images were switched off, in a way that the row does not say",
    "gh-file-55764159779": "the same",
    "rc3-pickr-4050-warm": "max_num_seqs is not in the log, and was small",
    "rc4-vllm-49476-b12x": "a backend of experts that takes 11 GiB more than the others",
}
# of a log without a release: what had the model and that engine
ASSUMED = [("gemma-4", "0.25.1"), ("Qwen3.5", "0.25.1")]


def release_of(text: Optional[str]) -> Optional[str]:
    """The release that a log names: development versions count as the release they precede."""
    found = re.match(r"(\d+)\.(\d+)(?:\.(\d+))?(\.post\d+)?", text or "")
    if not found or int(found.group(2)) < 2 or "fork" in text:
        return None
    return f"{found.group(1)}.{found.group(2)}.{found.group(3) or 0}{found.group(4) or ''}"


def range_of(row: Row) -> str:
    if row["assumed_release"]:
        return "not stated"
    if row["engine"] == "V0":
        return "V0"
    numbers = tuple(int(n) for n in row["release"].split(".")[:2])
    return [name for name, since in RANGES if numbers >= since][-1]


def assumed_release(row: Row) -> str:
    if row["engine"] == "V0":
        return "0.6.6.post1"
    return next((release for part, release in ASSUMED if part in row["fixture"]), "0.11.2")


def model_maker(facts: Path) -> Any:
    spec = importlib.util.spec_from_file_location("make_model_dir", facts / "tools/make_model_dir.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def complete_rows(facts: Path, room: Path) -> List[Row]:
    """rows.jsonl, whose models are there as tensor lists."""
    maker, rows = model_maker(facts), []
    for row in map(json.loads, (facts / "measured/rows.jsonl").open(encoding="utf-8")):
        folder = room / row["fixture"]
        if not folder.exists():
            maker.make(row["fixture"], str(folder))
        release = release_of(row["vllm"])
        packed = "quantization_config" in json.loads((folder / "config.json").read_text())
        settings = {"tensor_parallel_size": row["tp"], "pipeline_parallel_size": row["pp"], "dtype": row["dtype"],
                    "gpu_memory_utilization": row["utilization"], "max_model_len": row["max_model_len"],
                    "max_num_seqs": row["max_num_seqs"], "max_num_batched_tokens": row["max_num_batched_tokens"],
                    "enforce_eager": row["enforce_eager"], "block_size": row["block_size"],
                    "kv_cache_dtype": row["kv_dtype"], "quantization": None if packed else row["quantization"]}
        card = {"name": row["gpu_key"], "total_bytes": round(row["gpu_total_gib"] * GIB), "count": row["tp"] * row["pp"]}
        if row["gpu_free_gib"]:
            card.update(free_bytes=round(row["gpu_free_gib"] * GIB), free_measured="after_context")
        rows.append(dict(row, file="rows", model={"path": str(folder)}, settings=settings, card=card, host={},
                         assumed_release=release is None,
                         release=release or assumed_release(row)))
    return rows


AWQ = {"quant_method": "awq", "bits": 4, "group_size": 128, "zero_point": True, "version": "gemm"}
# models of recent.jsonl whose own config is not there, by one of the same shapes: its runtime terms are compared, with
# the weights that the log printed
SIBLINGS = {
    "Qwen/Qwen2.5-Coder-3B-Instruct-AWQ": ("Qwen__Qwen2.5-3B-Instruct", AWQ), "Qwen/Qwen2.5-3B-Instruct-AWQ": ("Qwen__Qwen2.5-3B-Instruct", AWQ),
    "Qwen/Qwen2.5-7B-Instruct-AWQ": ("Qwen__Qwen2.5-7B-Instruct", AWQ), "Qwen/Qwen2.5-32B-Instruct-AWQ": ("Qwen__Qwen2.5-32B", AWQ),
    "Qwen/Qwen2.5-Coder-14B-Instruct-AWQ": ("Qwen__Qwen2.5-14B", AWQ), "Qwen/Qwen3-32B-AWQ": ("Qwen__Qwen3-32B", AWQ),
    "Qwen3-8B-AWQ (label qwen3-8b-awq)": ("Qwen__Qwen3-8B", AWQ), "typhoon2.5-qwen3-4b": ("Qwen__Qwen3-4B", None),
    "cyankiwi/Qwen3.6-35B-A3B-AWQ-4bit": ("Qwen__Qwen3.6-35B-A3B", None), "RedHatAI/Qwen3.6-35B-A3B-NVFP4": ("Qwen__Qwen3.6-35B-A3B", None),
    "cyankiwi/Qwen3.8-27B-AWQ-INT4": ("Qwen__Qwen3.5-27B", None), "ukisai/Swift-1.5-Qwen3.8-27b-W4A16-AWQ": ("Qwen__Qwen3.5-27B", None),
    "Qwen3.8-27B-Uncensored-JC-NVFP4-v3": ("Qwen__Qwen3.5-27B", None), "RadixArk/Qwen3.8-27B-NVFP4": ("Qwen__Qwen3.5-27B", None),
    "Qwen3.6-27B (AutoRound INT4)": ("Qwen__Qwen3.5-27B", None), "Qwen3.8-27B (W4A16 or INT8, thread does not say here)": ("Qwen__Qwen3.5-27B", None),
    "Qwen3-30B-A3B GPTQ-Int4": ("Qwen__Qwen3-30B-A3B", None), "RedHatAI/gemma-4-31B-it-FP8-block": ("google__gemma-4-31B-it", None),
    "google/gemma-4-26B-A4B-it": ("google__gemma-4-26B-A4B", None), "RedHatAI/gemma-4-26B-A4B-it-NVFP4": ("google__gemma-4-26B-A4B", None),
    "Qwen/Qwen3-235B-A22B-Instruct-2507-FP8": ("Qwen__Qwen3-235B-A22B-FP8", None),
}

UNLISTED = [("1660", "7.5"), ("4050 Laptop", "8.9")]
CARD_NAMES = [(r"GB10", "gb10"), (r"RTX PRO 6000.*Server", "rtx_pro_6000_server"), (r"RTX PRO 6000", "rtx_pro_6000_workstation"),
              (r"\bH100\b", "h100_80gb_sxm"), (r"\bH200\b", "h200"), (r"A100 40", "a100_40gb_sxm"), (r"A100 80", "a100_80gb_sxm")]


def from_args(args: List[str]) -> Row:
    """What the log's own columns do not have."""
    found: Row = {}
    for flag, name in (("--max-loras", "max_loras"), ("--max-lora-rank", "max_lora_rank"), ("--cpu-offload-gb", "cpu_offload_gb"),
                       ("--kv-cache-memory-bytes", "kv_cache_memory_bytes"), ("--num-gpu-blocks-override", "num_gpu_blocks_override"),
                       ("--compilation-config", "compilation_config"), ("--max-num-seqs", "max_num_seqs")):
        if flag in args and args.index(flag) + 1 < len(args):
            found[name] = args[args.index(flag) + 1]
    return found


def recent_rows(facts: Path) -> List[Row]:
    """recent.jsonl, where the model's config is there and the log says what it takes to ask."""
    rows = []
    for row in map(json.loads, (facts / "measured/recent.jsonl").open(encoding="utf-8")):
        name = (row["model"] or "?").replace("/", "__")
        sibling, packing = SIBLINGS.get(row["model"], (None, None))
        path = facts / "models/configs" / ((sibling or name) + ".json")
        release, total = release_of(row["vllm_version"]), row["total_gpu_memory_gib"]
        if not path.exists() or not release or not row["gpu"] or not row["gpu_memory_utilization"] or row["speculative"]:
            continue
        if sibling and not row["weights_gib"]:
            continue
        config = json.loads(path.read_text(encoding="utf-8"))
        if packing:
            config["quantization_config"] = packing
        count = (row["tensor_parallel_size"] or 1) * (row["pipeline_parallel_size"] or 1)
        name = re.sub(r"^\d+x |\(.*\)|\d+GB|Server|Workstation|Laptop.*$", lambda m: "Laptop GPU" if "Laptop" in m.group() else "",
                      row["gpu"] or "").strip()
        for pattern, key in CARD_NAMES:
            if re.search(pattern, row["gpu"] or ""):
                name = key
        card = {"name": name or None, "total_bytes": round(total * GIB) if total else None, "count": count}
        for part, capability in UNLISTED:
            if part in row["gpu"]:
                card.update(name=None, compute_capability=capability)
        if row["free_start_gib"] and total:
            card.update(free_bytes=round(min(row["free_start_gib"], total) * GIB), free_measured="after_context")
        settings = {"tensor_parallel_size": row["tensor_parallel_size"], "dtype": row["dtype"],
                    "pipeline_parallel_size": row["pipeline_parallel_size"], "enforce_eager": row["enforce_eager"],
                    "gpu_memory_utilization": row["gpu_memory_utilization"], "max_model_len": row["max_model_len"],
                    "max_num_seqs": row["max_num_seqs"], "max_num_batched_tokens": row["max_num_batched_tokens"],
                    "kv_cache_dtype": row["kv_cache_dtype"], "block_size": row["block_size"],
                    "enable_lora": row["enable_lora"], **from_args(row["args"] or [])}
        if "capture sizes 1..64 (7)" in (row["notes"] or ""):
            settings["compilation_config"] = json.dumps({"cudagraph_capture_sizes": [1, 2, 4, 8, 16, 32, 64]})
        measured = {"weights_gib": row["weights_gib"], "kv_gib": row["kv_cache_gib"], "graphs_gib": row["cuda_graph_gib"],
                    "activation_gib": row["activation_peak_gib"], "non_torch_gib": row["non_torch_gib"]}
        host = {"compile_cache": row["compile_cache"] if row["compile_cache"] in ("cold", "warm") else "unknown"}
        if "WSL2" in (row["gpu"] or ""):
            host["platform"] = "wsl2"
        rows.append({"id": row["id"], "file": "recent", "engine": "V1", "release": release, "assumed_release": False,
                     "model": {"config": config, "serve_as": "MODEL"}, "settings": settings,
                     "given": {"weights_bytes": round(row["weights_gib"] * GIB)} if sibling else {},
                     "card": card, "host": host, "measured": measured, "outcome": row["outcome"], "gpu_total_gib": total or 0,
                     "fits": row["outcome"] == "started" if row["outcome"] in MEMORY | {"started"} else None,
                     "late": False, "verdict_scored": True, "runner": (row["runner"] or "").lower() or None,
                     "gpu": row["gpu"], "tp": row["tensor_parallel_size"] or 1, "fixture": row["model"]})
    return rows


def request(row: Row) -> Row:
    known = {key: value for key, value in row["settings"].items() if value is not None}
    engine = {"release": row["release"]}
    if row.get("runner"):
        engine["runner"] = row["runner"]
    card = {key: value for key, value in row["card"].items() if value is not None}
    return {"model": dict(row["model"], serve_as="MODEL"), "gpus": card, "settings": known, "engine": engine,
            "policy": {"may_change": []}, "host": row["host"], "measured": row.get("given", {})}


class Score:
    """What is counted for one range."""

    def __init__(self) -> None:
        self.verdicts: Dict[Tuple[str, str], int] = collections.Counter()
        self.inside, self.pools, self.uncovered = 0, 0, 0
        self.widths: List[float] = []
        self.errors: Dict[str, List[float]] = {"activation": [], "small": [], "other": [], "weights": []}

    def decided(self) -> Optional[float]:
        started = sum(n for (kind, _), n in self.verdicts.items() if kind == "started")
        open_ = sum(n for (kind, verdict), n in self.verdicts.items() if kind == "started" and verdict == "borderline")
        return None if started == 0 else 1 - open_ / started

    def short_of(self, name: str, least: Optional[float]) -> List[str]:
        """What was promised for a range and is not held."""
        found, decided = [], self.decided()
        if least and decided is not None and decided < least:
            found.append(f"{name}: only {decided:.0%} decided, at least {least:.0%}")
        if "0.17-0.19" in name and self.errors["activation"] and statistics.median(self.errors["activation"]) > 0.03:
            found.append(f"{name}: activation is off by {statistics.median(self.errors['activation']):.3f} GiB in the median")
        return found

    def lines(self, name: str) -> str:
        median = lambda values: f"{statistics.median(values):.3f}" if values else "-"
        kinds = " ".join(f"{kind[:7]}->{verdict}:{n}" for (kind, verdict), n in sorted(self.verdicts.items()))
        decided = self.decided()
        return (f"{name:18} pools inside {self.inside}/{self.pools}, median width {median(self.widths)}; activation |error| "
                f"median {median(self.errors['activation'])} (n {len(self.errors['activation'])}), not H100 "
                f"{median(self.errors['other'])} (n {len(self.errors['other'])}), below 60 GiB {median(self.errors['small'])} "
                f"(n {len(self.errors['small'])}); decided {'-' if decided is None else f'{decided:.0%}'}; {kinds}; "
                f"not covered {self.uncovered}")


def kind_of(row: Row) -> str:
    if row["fits"]:
        return "started"
    return "late" if row["late"] else "failed" if row["outcome"] in MEMORY else "other"


def judge(row: Row, plan: Row, score: Score, problems: List[str], text: List[str]) -> None:
    kind, verdict, measured = kind_of(row), plan["verdict"], row["measured"]
    ranks = (plan.get("memory") or {}).get("ranks") or []
    where = f"{row['id']} {row['release']} {row['gpu']} x{row['tp']} {row['fixture']}"
    text.append(f"{kind:8} {verdict:13} {plan['failing_step'] or '-':14}")
    if verdict == "unknown" or not ranks or ranks[0]["weights_bytes"] is None:
        score.uncovered += 1
        return
    rank = ranks[plan["memory"]["tightest"] or 0]
    if row["verdict_scored"]:
        score.verdicts[kind, verdict] += 1
        if (kind == "started" and verdict in ("does_not_fit", "refused")) or (kind in ("failed", "late") and verdict == "fits"):
            problems.append(f"{kind} but {verdict}: {where}: {plan['summary']}")
    if measured["weights_gib"] is not None:
        score.errors["weights"].append(abs(rank["weights_bytes"] / GIB - measured["weights_gib"]))
    if measured["kv_gib"] is not None and measured["kv_gib"] > 0 and row["settings"]["pipeline_parallel_size"] in (None, 1):
        pool = rank["available_kv_bytes"]
        low, high = pool["low"] / GIB - PRINTED, pool["high"] / GIB + PRINTED
        score.pools += 1
        score.widths.append((pool["high"] - pool["low"]) / GIB)
        score.inside += low <= measured["kv_gib"] <= high
        text.append(f"kv {measured['kv_gib']:.2f} in [{low:.2f} {pool['likely'] / GIB:.2f} {high:.2f}]"
                    + ("" if low <= measured["kv_gib"] <= high else f" OUTSIDE {OUTSIDE.get(row['id'], '')}"))
    if measured["activation_gib"] is not None and row["settings"]["pipeline_parallel_size"] in (None, 1):
        # from 0.28 the printed peak has the graph estimate in it (v1/worker/gpu_worker.py:determine_available_memory)
        printed = row["release"].split(".")[:2] >= ["0", "28"]
        ours = rank["activation_bytes"]["likely"] + (rank["graphs_bytes"]["likely"] if printed else 0)
        error = ours / GIB - measured["activation_gib"]
        score.errors["activation"].append(abs(error))
        if row["gpu_total_gib"] < 60:
            score.errors["small"].append(abs(error))
        if row.get("class") != "A":
            score.errors["other"].append(abs(error))
    if measured["kv_gib"] is None:
        pool = rank["available_kv_bytes"]
        text.append(f"kv [{pool['low'] / GIB:.2f} {pool['likely'] / GIB:.2f} {pool['high'] / GIB:.2f}]")
    for name, key in (("w", "weights_bytes"), ("a", "activation_bytes"), ("n", "non_torch_bytes"), ("g", "graphs_bytes")):
        ours = rank[key] if name == "w" else rank[key]["likely"]
        seen = measured[{"w": "weights_gib", "a": "activation_gib", "n": "non_torch_gib", "g": "graphs_gib"}[name]]
        text.append(f"{name} {ours / GIB:.2f}/{'-' if seen is None else f'{seen:.2f}'}")


def main() -> int:
    parser = argparse.ArgumentParser()
    parser.add_argument("command")
    parser.add_argument("facts", type=Path)
    parser.add_argument("--list", action="store_true")
    parser.add_argument("--only", default="")
    args = parser.parse_args()
    if not (args.facts / "measured/rows.jsonl").exists():
        print(f"skipped: {args.facts} with measured starts is not here")
        return 77
    with tempfile.TemporaryDirectory() as room:
        rows = complete_rows(args.facts, Path(room)) + recent_rows(args.facts)
        rows = [row for row in rows if args.only in json.dumps([row["id"], row["fixture"], row["release"]])]
        plans = batch(args.command, [request(row) for row in rows], "--jobs", "2")
    scores: Dict[Tuple[str, str], Score] = collections.defaultdict(Score)
    problems: List[str] = []
    for row, plan in zip(rows, plans):
        score, text = scores[row["file"], range_of(row)], []
        if "error" in plan:
            score.uncovered += 1
            text.append(f"{plan['error']['code']} {plan['error']['path']} {plan['error']['message']}")
        else:
            judge(row, plan, score, problems, text)
        if args.list:
            print(f"{row['file']:6} {range_of(row):10} {row['id'][:44]:44} {row['release']:8} {str(row['gpu'])[:16]:16} x{row['tp']} "
                  f"{str(row['fixture'])[:34]:34} {' '.join(text)}")
    for key in sorted(scores):
        print(scores[key].lines(" ".join(key)))
    bad = [text for text in problems if not any(name in text for name in EXCEPTIONS)]
    for (name, band), score in scores.items():
        bad += score.short_of(f"{name} {band}", DECIDED.get(band))
    pools = sum(score.pools for (_, band), score in scores.items() if band != "not stated")
    inside = sum(score.inside for (_, band), score in scores.items() if band != "not stated")
    print(f"pools of logs that state their release: {inside} of {pools} inside the interval")
    if pools and inside < 0.9 * pools:
        bad.append(f"only {inside} of {pools} pools are inside")
    for line in problems + [text for text in bad if text not in problems]:
        print(("   " if line in bad else "   excepted: ") + line)
    return 1 if bad else 0


if __name__ == "__main__":
    sys.exit(main())
