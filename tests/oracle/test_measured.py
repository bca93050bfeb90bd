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
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any, Dict, List, Optional, Tuple

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

EXCEPTIONS: Dict[str, str] = {}


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
                         release=release or ("0.6.6.post1" if row["engine"] == "V0" else "0.11.2")))
    return rows


CARD_NAMES = [(r"GB10", "gb10"), (r"RTX PRO 6000.*Server", "rtx_pro_6000_blackwell_server"), (r"RTX PRO 6000", "rtx_pro_6000_blackwell"),
              (r"\bH100\b", "h100_80gb_sxm"), (r"\bH200\b", "h200"), (r"A100 40", "a100_40gb_sxm"), (r"A100 80", "a100_80gb_sxm")]


def recent_rows(facts: Path) -> List[Row]:
    """recent.jsonl, where the model's config is there and the log says what it takes to ask."""
    rows = []
    for row in map(json.loads, (facts / "measured/recent.jsonl").open(encoding="utf-8")):
        path = facts / "models/configs" / ((row["model"] or "?").replace("/", "__") + ".json")
        release, total = release_of(row["vllm_version"]), row["total_gpu_memory_gib"]
        if not path.exists() or not release or not total or not row["gpu_memory_utilization"] or row["speculative"]:
            continue
        count = (row["tensor_parallel_size"] or 1) * (row["pipeline_parallel_size"] or 1)
        name = re.sub(r"^\d+x |\(.*\)|\d+GB|Server|Workstation|Laptop.*$", lambda m: "Laptop GPU" if "Laptop" in m.group() else "",
                      row["gpu"] or "").strip()
        for pattern, key in CARD_NAMES:
            if re.search(pattern, row["gpu"] or ""):
                name = key
        card = {"name": name or None, "total_bytes": round(total * GIB), "count": count}
        if row["free_start_gib"]:
            card.update(free_bytes=round(min(row["free_start_gib"], total) * GIB), free_measured="after_context")
        settings = {"tensor_parallel_size": row["tensor_parallel_size"], "dtype": row["dtype"],
                    "pipeline_parallel_size": row["pipeline_parallel_size"], "enforce_eager": row["enforce_eager"],
                    "gpu_memory_utilization": row["gpu_memory_utilization"], "max_model_len": row["max_model_len"],
                    "max_num_seqs": row["max_num_seqs"], "max_num_batched_tokens": row["max_num_batched_tokens"],
                    "kv_cache_dtype": row["kv_cache_dtype"], "block_size": row["block_size"],
                    "enable_lora": row["enable_lora"]}
        measured = {"weights_gib": row["weights_gib"], "kv_gib": row["kv_cache_gib"], "graphs_gib": row["cuda_graph_gib"],
                    "activation_gib": row["activation_peak_gib"], "non_torch_gib": row["non_torch_gib"]}
        host = {"compile_cache": row["compile_cache"] if row["compile_cache"] in ("cold", "warm") else "unknown"}
        if "WSL2" in (row["gpu"] or ""):
            host["platform"] = "wsl2"
        rows.append({"id": row["id"], "file": "recent", "engine": "V1", "release": release, "assumed_release": False,
                     "model": {"config": json.loads(path.read_text(encoding="utf-8")), "serve_as": "MODEL"}, "settings": settings,
                     "card": card, "host": host, "measured": measured, "outcome": row["outcome"], "gpu_total_gib": total,
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
            "policy": {"may_change": []}, "host": row["host"]}


def batch(command: str, requests: List[Row]) -> List[Row]:
    text = "".join(json.dumps(r) + "\n" for r in requests)
    run = subprocess.run([command, "batch", "--jobs", "2"], input=text, stdout=subprocess.PIPE, check=False,
                         universal_newlines=True)
    return [json.loads(line) for line in run.stdout.splitlines()]


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
        if (kind == "started" and verdict in ("does_not_fit", "refused")) or (kind == "failed" and verdict == "fits"):
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
                    + ("" if low <= measured["kv_gib"] <= high else " OUTSIDE"))
    if measured["activation_gib"] is not None:
        error = rank["activation_bytes"]["likely"] / GIB - measured["activation_gib"]
        score.errors["activation"].append(abs(error))
        score.errors["small" if row["gpu_total_gib"] < 60 else "activation"] += [abs(error)] if row["gpu_total_gib"] < 60 else []
        if row.get("class") != "A":
            score.errors["other"].append(abs(error))
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
        plans = batch(args.command, [request(row) for row in rows])
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
        least = DECIDED.get(band)
        if name == "rows" and least and score.decided() is not None and score.decided() < least:
            bad.append(f"{band}: only {score.decided():.0%} decided, at least {least:.0%}")
    for line in problems:
        print(("   " if line in bad else "   excepted: ") + line)
    return 1 if bad else 0


if __name__ == "__main__":
    sys.exit(main())
