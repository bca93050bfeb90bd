#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Writes src/data/{releases,flags,gpus}.def from facts that were read off vLLM's own releases.

  make_tables.py FACTS            write the three tables
  make_tables.py --check FACTS    fail when a committed table differs from what would be written

FACTS is a folder with vllm/releases.json, vllm/flags/RELEASE.json (every option of that release's parser),
vllm/values/RELEASE.json (what its configuration code takes) and gpus.jsonl (sightings of cards).
"""
import json
import re
import sys
from pathlib import Path

DATA = Path(__file__).resolve().parents[2] / "src" / "data"
HEAD = ("/* SPDX-License-Identifier: Apache-2.0 */\n"
        "/* Made by docs/tools/make_tables.py: do not edit by hand.\n")
WIDTH = 110

# Settings that a parser takes as plain text and the configuration code or the server refuses later.
LATE = {"quantization": "quantization", "load_format": "load_formats", "kv_cache_dtype": "kv_cache_dtypes",
        "tool_call_parser": "tool_call_parsers", "reasoning_parser": "reasoning_parsers"}

VALUES = {"none": "NONE", "str": "TEXT", "int": "INT", "float": "FLOAT", "choice": "CHOICE",
          "human_int": "HUMAN_INT", "human_int_or_auto": "HUMAN_AUTO", "json": "JSON",
          "json_object": "OBJECT", "json_dataclass": "OBJECT", "kv_or_json": "JSON",
          "str_or_json": "TEXT_JSON", "other": "PAIRS"}

# Multiprocessors of a card, as the vendor publishes them, written down from memory and not read again for
# this table; they size small buffers only (NVIDIA: Pascal GP100, Volta GV100,
# Turing, A100, GA102, Ada, Ada professional, Hopper, RTX Blackwell, RTX PRO Blackwell; AMD: CDNA 3, where
# they are compute units).
MULTIPROCESSORS = {
    "p100_16gb": 56, "v100_16gb": 80, "v100_32gb": 80, "t4": 40, "rtx_2080_ti": 68,
    "a100_40gb_sxm": 108, "a100_40gb_pcie": 108, "a100_80gb_sxm": 108, "a100_80gb_pcie": 108,
    "rtx_3070": 46, "rtx_3080_10gb": 68, "rtx_3090": 82, "rtx_3090_ti": 84, "rtx_a6000": 84, "a40": 84,
    "rtx_4070_ti": 60, "rtx_4080": 76, "rtx_4090": 128, "rtx_6000_ada": 142, "l40": 142, "l40s": 142,
    "h100_80gb_sxm": 132, "h100_pcie": 114, "h200": 132,
    "rtx_5070": 48, "rtx_5070_ti": 70, "rtx_5080": 84, "rtx_5090": 170,
    "rtx_pro_6000_workstation": 188, "rtx_pro_6000_max_q": 188, "rtx_pro_6000_server": 188,
    "mi300x": 304, "mi325x": 304,
}


def c_text(text):
    return "NULL" if text is None else '"%s"' % text.replace("\\", "\\\\").replace('"', '\\"')


def wrapped(parts):
    """One macro call of the given C tokens, broken at commas and, where a text is long, inside the text."""
    name, fields = parts[0], parts[1:]
    lines, line = [], name + "("
    indent = " " * len(line)
    for i, field in enumerate(fields):
        token = field + ("," if i + 1 < len(fields) else ")")
        parts = pieces(token)
        for piece in parts:
            glue = "" if line.endswith("(") or line == indent else " "
            if len(parts) > 1 or len(line) + len(glue) + len(piece) > WIDTH:
                lines.append(line)
                line, glue = indent, ""
            line += glue + piece
    return "\n".join(lines + [line]) + "\n"


def pieces(token):
    if len(token) <= 80 or not token.startswith('"'):
        return [token]
    out, rest = [], token[1:]
    while len(rest) > 80:
        cut = rest.rindex("|", 0, 80) + 1
        out.append('"' + rest[:cut] + '"')
        rest = rest[cut:]
    return out + ['"' + rest]


def release_id(release):
    return release.replace(".", "_")


def yes(value):
    return "true" if value else "false"


def make_releases(releases):
    rows = []
    for r in releases:
        rows.append(wrapped([
            "RELEASE", release_id(r["release"]), c_text(r["release"]), c_text(r["uploaded"]),
            str(round(r["gpu_memory_utilization_default"] * 1000)), yes(r["module_entry_point"]["exists"]),
            yes(r["model_option_accepted_by_serve"]), "false", yes(r["kv_cache_memory_bytes"]),
            yes(r["max_model_len_auto"]), yes(r["cuda_graph_memory_deducted_by_default"])]))
    return HEAD + (
        " * RELEASE(id, key, uploaded, default of gpu_memory_utilization in permille, module entry point,\n"
        " *         serve takes --model, the module uses a positional model, --kv-cache-memory-bytes,\n"
        " *         --max-model-len auto, CUDA graph memory deducted by default), oldest first.\n"
        " * The module never uses a positional model: to 0.9.2 its parser refuses one, from 0.10.0 it\n"
        " * takes one and ignores it (vllm/entrypoints/openai/api_server.py). Source: each release's own\n"
        " * code, run. */\n"
    ) + "".join(rows)


def default_text(value):
    if isinstance(value, dict) and set(value) == {"enum", "value"}:
        value = value["value"]
    if value is None or value == "==SUPPRESS==" or (isinstance(value, dict) and "object" in value):
        return None
    return value if isinstance(value, str) else json.dumps(value, separators=(",", ":"))


def option_of(flag):
    option = "--" + flag["dest"].replace("_", "-")
    if option not in flag["options"]:
        raise SystemExit("%s is not spelled like its setting" % flag["dest"])
    return option


def negative_of(flag):
    """The spelling that switches off. Hidden ones are all "--no-" and the option: a rule in flags.c."""
    if flag["kind"] == "custom_store:StoreBoolean":
        return option_of(flag) + "=false"
    negative = [o for o in flag.get("negative_options", ()) if o not in flag.get("hidden_options", ())]
    for hidden in flag.get("hidden_options", ()):
        if hidden != "--no-" + option_of(flag)[2:] or not negative:
            raise SystemExit("%s: the hidden spelling %s follows no rule" % (flag["dest"], hidden))
    return negative[0] if negative else None


def choices_of(flag, values):
    choices = flag.get("choices")
    if choices is None and flag["dest"] in LATE:
        choices = sorted(values.get(LATE[flag["dest"]]) or ())
    if not choices:
        return None
    # an optional choice reads "None" as nothing, and nothing is then not among the choices
    texts = [str(c) for c in choices if c is not None and not (c == "None" and flag.get("optional"))]
    if any("|" in t or t == "" for t in texts):
        raise SystemExit("%s has a choice that cannot be listed" % flag["dest"])
    return "|".join(sorted(texts, key=lambda t: (int(t), "") if t.isdigit() else (0, t)))


def flag_row(flag, values):
    kind = "NONE" if flag["kind"] == "custom_store:StoreBoolean" else VALUES[flag["value"]]
    many = "REPEAT" if flag["kind"] == "append" else "LIST" if flag.get("nargs") == "+" else "ONE"
    if flag.get("nargs") not in (None, 0, "+") and kind != "NONE" and flag["dest"] != "hf_token":
        raise SystemExit("%s takes a number of values that has no name here" % flag["dest"])
    return (option_of(flag), negative_of(flag), kind, many, choices_of(flag, values),
            default_text(flag["default"]))


def make_flags(facts, releases):
    seen, short = {}, {}
    for i, r in enumerate(releases):
        flags = json.loads((facts / "vllm/flags" / (r["release"] + ".json")).read_text(encoding="utf-8"))
        values = json.loads((facts / "vllm/values" / (r["release"] + ".json")).read_text(encoding="utf-8"))
        for flag in flags["flags"]:
            if flag["kind"] == "help" or flag.get("positional"):
                continue
            extend(seen.setdefault(flag["dest"], []), i, flag_row(flag, values))
            for option in flag["options"]:
                if option != option_of(flag) and option not in flag.get("negative_options", ()):
                    extend(short.setdefault((option, flag["dest"]), []), i, ())
    ids = [release_id(r["release"]) for r in releases]
    text = HEAD + (
        " * FLAG(setting, option, spelling that switches off, value, how many values, since, until,\n"
        " *      choices, default): one row for each range of releases in which all of it stays the same,\n"
        " *      ordered by setting, then age.\n"
        " * SPELLING(option, setting, since, until): other names of an option, ordered by name.\n"
        " * Source: the parser of `vllm serve` of each release, asked. Choices of a TEXT are not the\n"
        " * parser's: they are what the configuration code or the server of that release takes. */\n"
        "#ifdef FLAG\n")
    for setting in sorted(seen):
        for since, until, (option, negative, kind, many, choices, default) in seen[setting]:
            text += wrapped(["FLAG", c_text(setting), c_text(option), c_text(negative), kind, many,
                             ids[since], ids[until], c_text(choices), c_text(default)])
    text += "#endif\n#ifdef SPELLING\n"
    for option, setting in sorted(short):
        for since, until, _ in short[option, setting]:
            text += wrapped(["SPELLING", c_text(option), c_text(setting), ids[since], ids[until]])
    return text + "#endif\n"


def extend(ranges, i, row):
    if ranges and ranges[-1][1] == i - 1 and ranges[-1][2] == row:
        ranges[-1] = (ranges[-1][0], i, row)
    else:
        ranges.append((i, i, row))


def mib(gib):
    return int(round(gib * 1024 * 100) / 100)


def sighting_mib(s):
    return s.get("mib") or mib(s["gib"])


def torch_memory(gpu):
    """The lowest sighting on Linux: drivers take more with time, so the lowest is the newest. Left out: the
    form of Windows and WSL2 (the driver's total less about 1 MiB), a setting of ECC or a firmware other than
    the usual one, virtual GPUs, figures of other programs, and, where there are others, an unnamed card or
    one decimal."""
    if gpu["torch_total_gib"] is None:
        return 0, ""
    usual = next(s for s in gpu["torch_sightings"] if s["gib"] == gpu["torch_total_gib"])
    good = []
    for s in gpu["torch_sightings"]:
        note = s.get("note") or ""
        other_ecc = "ECC" in note and "ECC" in (usual.get("note") or "") and note[:7] != usual["note"][:7]
        if other_ecc or re.search("WSL|Windows|vGPU|older firmware|NVML|nvidia-smi figure|Vulkan", note):
            continue
        total = gpu["nvidia_smi_total_mib"]
        if not total or sighting_mib(s) < total - 2:
            good.append(s)
    sure = [s for s in good if not re.search("not named|unnamed|names no card|one decimal",
                                             (s.get("note") or "") + s["source"])]
    best = min(sure or good or [usual], key=sighting_mib)
    note = re.search("torch [0-9.]+( \\+ CUDA [0-9.]+)?|ECC o[nf]+|nvidia-smi mig -lgip|one decimal",
                     best.get("note") or "")
    return sighting_mib(best), "public log" + (": " + note.group() if note else "")


def free_memory(gpu, torch_mib):
    """The lowest sighting of free memory with a CUDA context and nothing else."""
    good = [mib(s["free_gib"]) for s in gpu["free_at_start_gib"]
            if "context" in s["how"] and not re.search(
                "another process|Windows|Vulkan|before the context|usable|VM", s.get("note") or "")]
    good = [m for m in good if not torch_mib or m < torch_mib]
    return min(good) if good else 0


def make_gpus(facts):
    rows = ""
    for line in (facts / "gpus.jsonl").read_text(encoding="utf-8").splitlines():
        g = json.loads(line)
        if not g["architecture"]:
            continue  # announced, nothing about it was seen
        torch_mib, source = torch_memory(g)
        rows += wrapped([
            "GPU", c_text(g["key"]), c_text(g["name"]), c_text("|".join(g["aliases"])), c_text(g["vendor"]),
            c_text(g["architecture"].lower()), str(g["marketing_gb"] or 0),
            str(g["nvidia_smi_total_mib"] or 0),
            str(torch_mib), str(free_memory(g, torch_mib)), (g["compute_capability"] or "0").replace(".", ""),
            str(MULTIPROCESSORS.get(g["key"], 0)), str(round(g["memory_bandwidth_gbs"] or 0)),
            yes(g["nvlink_gbs"]), c_text(source)])
    return HEAD + (
        " * GPU(key, name, aliases, vendor, architecture, marketing GB, driver's total MiB, torch's total\n"
        " *     MiB, free MiB with a context, capability, multiprocessors, memory GB/s, NVLink, source of\n"
        " *     torch's total). Totals are the lowest sighting of the newest drivers; 0 = not seen. The\n"
        " *     rules and the source of the multiprocessors stand in the script. */\n") + rows


def main(args):
    check = "--check" in args
    args = [a for a in args if a != "--check"]
    if len(args) != 1:
        raise SystemExit(__doc__)
    facts = Path(args[0])
    releases = json.loads((facts / "vllm/releases.json").read_text(encoding="utf-8"))
    stale = []
    for name, text in (("releases", make_releases(releases)), ("flags", make_flags(facts, releases)),
                       ("gpus", make_gpus(facts))):
        path = DATA / (name + ".def")
        if not check:
            path.write_text(text, encoding="utf-8")
        elif not path.exists() or path.read_text(encoding="utf-8") != text:
            stale.append(path.name)
    if stale:
        raise SystemExit("stale: " + ", ".join(stale) + "; run docs/tools/make_tables.py")


if __name__ == "__main__":
    main(sys.argv[1:])
