#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Writes docs/models.md: every architecture of the tables, what it is made of, and what of its figures was proved
against vLLM's own classes.

    make_models_page.py COMMAND FACTS [--check]

FACTS is the folder that holds oracle/ and models/. --check compares with the page that is there and says whether it
is fresh (exit 1 when not; 77 when FACTS is not there)."""
import sys
from collections import defaultdict
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "tests" / "oracle"))
import test_weights  # noqa: E402  (the comparison itself: one rule for test and page)

HEAD = """# Models

Made by `docs/tools/make_models_page.py`; do not edit by hand.

An architecture is known by a row of `src/data/architectures*.def`, which maps vLLM's class name to a structure; what
is computed follows from the structure and from the sizes in `config.json`, never from a model's name. An architecture
that is not listed here has the verdict `unknown`.

**Proved** means: plans from `config.json` alone equal, to the byte, what vLLM 0.33.0's own classes allocate for real
configs of that architecture: the number of (model, split, method) combinations compared, and the methods among them.
`unproved` means that the sizes follow from the source of vLLM and were not compared with a run of it. Figures for
other releases than 0.33.0 follow from the sources of those releases (`weights_proved` is false in such plans).

"""


def proofs(command, facts):
    """(rows equal, rows compared, methods) for each architecture with rows."""
    rows = [r for r in test_weights.read_rows(facts / "oracle/weights.jsonl") if r["proved"] and "load_error" not in r]
    requests = []
    for row in rows:
        row["read_config"], sidecar = test_weights.load(facts, row)
        requests.append(test_weights.request(row, row["read_config"], sidecar))
    answers = test_weights.batch(command, requests)
    found = defaultdict(lambda: [0, 0, set()])
    for row, answer in zip(rows, answers):
        entry = found[row["arch"]]
        entry[1] += 1
        if test_weights.compare(row, answer, test_weights.Options()) is None:
            entry[0] += 1
            entry[2].add(row["quantization"] or row["quant_method"] or "16 bit")
    return found


def releases(row):
    return f"to {row['last_release']}" if row.get("last_release") else "current"


def page(command, facts):
    architectures = test_weights.describe(command, "models")["architectures"]
    proved = proofs(command, facts)
    lines = [HEAD]
    equal = sum(p[0] for p in proved.values())
    total = sum(p[1] for p in proved.values())
    lines.append(f"{len(architectures)} architectures; {equal} of {total} combinations are equal to the byte.\n\n")
    by_structure = defaultdict(list)
    for row in architectures:
        by_structure[row["structure"]].append(row)
    for structure in sorted(by_structure):
        lines.append(f"## {structure[0].upper()}{structure[1:]}\n\n| architecture | releases | weights | read from |\n"
                     "| --- | --- | --- | --- |\n")
        for row in sorted(by_structure[structure], key=lambda r: r["name"].lower()):
            good, compared, methods = proved.get(row["name"], (0, 0, set()))
            proof = f"proved: {good} of {compared} ({', '.join(sorted(methods))})" if good else "unproved"
            lines.append(f"| {row['name']} | {releases(row)} | {proof} | {row['source']} |\n")
        lines.append("\n")
    return "".join(lines).rstrip() + "\n"


def main():
    command, facts, check = sys.argv[1], Path(sys.argv[2]), "--check" in sys.argv
    if not (facts / "oracle/weights.jsonl").exists():
        print(f"skipped: {facts} with vLLM's own figures is not here")
        return 77
    target = ROOT / "docs" / "models.md"
    text = page(command, facts)
    if check:
        fresh = target.exists() and target.read_text(encoding="utf-8") == text
        print("docs/models.md is fresh" if fresh else "docs/models.md is stale: run docs/tools/make_models_page.py")
        return 0 if fresh else 1
    target.write_text(text, encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
