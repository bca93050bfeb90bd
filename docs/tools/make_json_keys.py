#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Writes src/data/json_keys.def: which members the JSON values of vLLM's flags may have, release by release.

  make_json_keys.py FACTS            write the table
  make_json_keys.py --check FACTS    fail when the committed table differs from what would be written

FACTS is the folder that make_tables.py takes. Only values whose class refuses unknown members are listed;
that of --speculative-config has refused them since 0.16.0 (vllm/config/speculative.py: SpeculativeConfig).
"""
import json
import sys
from pathlib import Path
from typing import Dict, List, Set, Tuple

sys.dont_write_bytecode = True
sys.path.insert(0, str(Path(__file__).resolve().parent))
from make_tables import DATA, HEAD, c_text, extend, release_id, wrapped  # noqa: E402

SPECULATIVE_SINCE = "0.16.0"
Ranges = List[Tuple[int, int, tuple]]


def closed_values(facts: Path, release: str, late: bool) -> Dict[str, Set[str]]:
    """Setting -> the members of its value, for the values of one release that refuse others."""
    flags = json.loads((facts / "vllm/flags" / (release + ".json")).read_text(encoding="utf-8"))
    values = json.loads((facts / "vllm/values" / (release + ".json")).read_text(encoding="utf-8"))
    classes, out = flags["json_classes"], {}
    for flag in flags["flags"]:
        row = classes.get(flag.get("json_class"), {})
        if row.get("extra") == "forbid" and row.get("fields"):
            out[flag["dest"]] = set(row["fields"])
    speculative = values["config_classes"].get("SpeculativeConfig", {})
    if late and speculative and "error" not in speculative:
        out["speculative_config"] = set(speculative)
    return out


def make(facts: Path) -> str:
    releases = [r["release"] for r in json.loads((facts / "vllm/releases.json").read_text(encoding="utf-8"))]
    closed: Dict[str, Ranges] = {}
    keys: Dict[Tuple[str, str], Ranges] = {}
    for i, release in enumerate(releases):
        late = i >= releases.index(SPECULATIVE_SINCE)
        for setting, members in closed_values(facts, release, late).items():
            extend(closed.setdefault(setting, []), i, ())
            for member in members:
                extend(keys.setdefault((setting, member), []), i, ())
    ids = [release_id(r) for r in releases]
    text = HEAD.replace("make_tables", "make_json_keys") + (
        " * JSON_CLOSED(setting, since, until): its JSON value takes the members below and no other.\n"
        " * JSON_KEY(setting, member, since, until), ordered by setting and member.\n"
        " * Source: the classes of each release, asked. */\n#ifdef JSON_CLOSED\n")
    for setting in sorted(closed):
        for since, until, _ in closed[setting]:
            text += wrapped(["JSON_CLOSED", c_text(setting), ids[since], ids[until]])
    text += "#endif\n#ifdef JSON_KEY\n"
    for setting, member in sorted(keys):
        for since, until, _ in keys[setting, member]:
            text += wrapped(["JSON_KEY", c_text(setting), c_text(member), ids[since], ids[until]])
    return text + "#endif\n"


def main(args: List[str]) -> None:
    check = "--check" in args
    args = [a for a in args if a != "--check"]
    if len(args) != 1:
        raise SystemExit(__doc__)
    if check and not (Path(args[0]) / "vllm" / "releases.json").is_file():
        print("skipped: no facts under", args[0])
        raise SystemExit(77)
    path, text = DATA / "json_keys.def", make(Path(args[0]))
    if not check:
        path.write_text(text, encoding="utf-8")
    elif not path.exists() or path.read_text(encoding="utf-8") != text:
        raise SystemExit("stale: json_keys.def; run docs/tools/make_json_keys.py")


if __name__ == "__main__":
    main(sys.argv[1:])
