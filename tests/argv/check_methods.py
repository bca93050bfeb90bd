#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Compares methods.def with the quantization methods that every vLLM release really has.

    check_methods.py METHODS.DEF FACTS        FACTS holds vllm/values/*.json; exit 77 when it is not there
"""
import json
import re
import sys
from pathlib import Path

NUMBER = r"(FIRST|NEWEST|R\([^)]*\))"
ROW = re.compile(r'^METHOD\("([^"]+)",\s*' + NUMBER + r",\s*" + NUMBER + r",\s*(\d+), (\w+), (\w+)", re.M)


def bound(text):
    if text == "FIRST":
        return (0, 6, 6)
    return (9999, 0, 0) if text == "NEWEST" else tuple(int(x) for x in text[2:-1].split(","))


def main():
    table = Path(sys.argv[1]).read_text(encoding="utf-8")
    values = Path(sys.argv[2]) / "vllm/values"
    if not values.is_dir():
        print(f"skipped: {values} is not here")
        return 77
    rows = [(k, bound(s), bound(u), int(c), kind) for k, s, u, c, kind, _ in ROW.findall(table)]
    bad, checked = [], 0
    for path in sorted(values.glob("*.json")):
        release = tuple(int(x) for x in re.findall(r"\d+", path.stem)[:3])
        real = json.loads(path.read_text(encoding="utf-8"))["quantization"]
        ours = [(k, c, kind) for k, s, u, c, kind in rows if s <= release <= u]
        if len({k for k, _, _ in ours}) != len(ours):
            bad.append(f"{path.stem}: two rows of one method")
        for name, capability, kind in ours:
            checked += 1
            if name not in real:
                if kind != "PLUGIN":
                    bad.append(f"{path.stem}: {name} is not there")
                continue
            least = real[name].get("min_capability")
            if least not in (None, -1) and least != capability:
                bad.append(f"{path.stem}: {name} needs {least}, the row says {capability}")
            accepted = (real[name].get("unquantized_checkpoint") or {}).get("accepted", False)
            usable = kind in ("LOAD_TIME", "EXPERIMENT")
            if usable and not accepted and capability <= 90:
                bad.append(f"{path.stem}: {name} does not take 16-bit files")
            if accepted and kind in ("STORED", "OTHER_PLATFORM"):
                bad.append(f"{path.stem}: {name} takes 16-bit files")
        bad += [f"{path.stem}: no row for {name}" for name in real if name not in {k for k, _, _ in ours}]
    for line in bad:
        print(line)
    print(f"{checked} rows checked, {len(bad)} wrong")
    return 1 if bad or not checked else 0


if __name__ == "__main__":
    sys.exit(main())
