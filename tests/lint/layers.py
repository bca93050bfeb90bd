#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Which room may include which: one direction of flow, so that a change stays where it is made.

  layers.py ROOT      checks the #include lines of every file under ROOT/src and ROOT/include
"""
import re
import sys
from pathlib import Path
from typing import Dict, FrozenSet, Iterator, List, Tuple

# The table of docs/internals.md: the rooms that a room may include besides itself.
ROOMS: Dict[str, Tuple[str, ...]] = {
    "base": (),
    "data": ("base",),
    "core": ("base", "data"),
    "launch": ("base", "data", "core"),
    "diagnose": ("base", "data", "core", "launch"),
    "hf": ("base", "data", "core"),
    "checkpoint": ("base", "data", "core", "hf"),
    "probe": ("base", "data", "core"),
    "json": ("base", "data", "core", "launch", "diagnose", "hf"),
    "api": ("base", "data", "core", "launch", "diagnose", "hf", "checkpoint", "probe", "json"),
    "cli": (),
}
PURE = frozenset(["base", "data", "core", "launch", "diagnose"])
JANSSON = frozenset(["hf", "json", "api", "cli"])
# What a pure room may take from the C library: types, limits, and the mem* and str* functions.
PURE_SYSTEM = frozenset(["stdbool.h", "stddef.h", "stdint.h", "stdarg.h", "limits.h", "float.h", "string.h"])
# Headers of an operating system; only these rooms know one.
SYSTEM = re.compile(r"^(sys/|unistd\.h|fcntl\.h|dirent\.h|dlfcn\.h|pthread\.h|signal\.h|windows\.h|io\.h)")
SYSTEM_ROOMS = frozenset(["checkpoint", "probe", "cli"])
# What pure rooms share of the public headers: the codes and the error struct.
PURE_PUBLIC = frozenset(["vllmplan/status.h", "vllmplan/export.h"])

INCLUDE = re.compile(r'^\s*#\s*include\s*(?:<([^>]+)>|"([^"]+)")', re.MULTILINE)


def includes(path: Path) -> Iterator[Tuple[str, bool]]:
    for system, quoted in INCLUDE.findall(path.read_text(encoding="utf-8")):
        yield (system or quoted), bool(quoted)


def complaint(room: str, source: Path, folder: Path, name: str, quoted: bool) -> str:
    """Why this room may not include this name; empty when it may."""
    if quoted:
        if room == "cli":
            own = (folder / name).is_file()
            return "" if own else "the command includes public headers and its own only"
        other = name.split("/")[0]
        if "/" not in name and (source.parent / name).is_file():
            return "write the room's name too: \"%s/%s\"" % (room, name)
        if other != room and other not in ROOMS[room]:
            return "%s may include: %s" % (room, ", ".join(ROOMS[room]) or "no other room")
        return ""
    if name == "jansson.h":
        return "" if room in JANSSON else "jansson belongs to hf, json, api and cli"
    if name.startswith("vllmplan/"):
        return "" if room not in PURE or name in PURE_PUBLIC else "pure rooms know status.h and export.h only"
    if room in PURE and name not in PURE_SYSTEM:
        return "a pure room has no heap, no files, no locale"
    if SYSTEM.match(name) and room not in SYSTEM_ROOMS:
        return "only checkpoint, probe and the command may know an operating system"
    return ""


def check_sources(root: Path) -> List[str]:
    found = []
    for folder in sorted(path for path in (root / "src").iterdir() if path.is_dir()):
        room = folder.name
        if room == "subprojects":
            continue
        if room not in ROOMS:
            found.append("src/%s: a room that the table does not have" % room)
            continue
        for source in sorted(path for path in folder.rglob("*") if path.suffix in (".c", ".h", ".def")):
            for name, quoted in includes(source):
                why = complaint(room, source, folder, name, quoted)
                if why:
                    found.append("%s: %s: %s" % (source.relative_to(root), name, why))
    return found


def check_public(root: Path) -> List[str]:
    allowed: FrozenSet[str] = frozenset(["stddef.h", "stdint.h"])
    return ["%s: %s: public headers include stddef.h, stdint.h and each other" % (header.relative_to(root), name)
            for header in sorted((root / "include" / "vllmplan").iterdir()) if header.suffix in (".h", ".in")
            for name, quoted in includes(header)
            if quoted or (name not in allowed and not name.startswith("vllmplan/"))]


def main() -> int:
    root = Path(sys.argv[1])
    found = check_sources(root) + check_public(root)
    print("\n".join(found) or "every include follows the table")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
