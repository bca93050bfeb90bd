#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""The exported names: the version script, the public headers and the built library list the same ones.

  symbols.py NM MAP INCLUDE_DIR SHARED_LIBRARY STATIC_LIBRARY
"""
import re
import subprocess
import sys
from pathlib import Path
from typing import List, Set


def in_map(path: Path) -> Set[str]:
    text = re.sub(r"/\*.*?\*/", "", path.read_text(encoding="utf-8"), flags=re.DOTALL)
    names = set()
    for block in re.findall(r"global:(.*?)(?:local:|\})", text, flags=re.DOTALL):
        names.update(name.strip() for name in block.split(";") if name.strip())
    return names


def in_headers(folder: Path) -> Set[str]:
    names = set()
    for header in folder.iterdir():
        text = re.sub(r"/\*.*?\*/", "", header.read_text(encoding="utf-8"), flags=re.DOTALL)
        text = re.sub(r"^\s*#.*?(?<!\\)$", "", text, flags=re.MULTILINE)
        names.update(re.findall(r"VLLMPLAN_API\b[^;(]*?\b(vllmplan_\w+)\s*\(", text))
    return names


def defined(nm: str, arguments: List[str]) -> Set[str]:
    """Global names with a definition. Version nodes and what the linker adds itself are left out."""
    text = subprocess.run([nm] + arguments, check=True, stdout=subprocess.PIPE, encoding="utf-8").stdout
    names = set()
    for line in text.splitlines():
        words = line.split()
        if len(words) == 3 and words[1] in "TtDdBbRrVvWiu":
            names.add(words[2].split("@")[0])
    return {name for name in names if not re.match(r"^(_init|_fini|_edata|_end|__bss_start)$", name)}


def difference(what: str, left: Set[str], right: Set[str]) -> List[str]:
    return ["%s: %s" % (what, name) for name in sorted(left - right)]


def main() -> int:
    nm, version_script, include, shared, static = sys.argv[1:]
    mapped, declared = in_map(Path(version_script)), in_headers(Path(include))
    exported = defined(nm, ["-D", "--defined-only", shared])
    found = (difference("in the map, not in a header", mapped, declared)
             + difference("in a header, not in the map", declared, mapped)
             + difference("in the map, not exported", mapped, exported)
             + difference("exported, not in the map", exported, mapped))
    # programs that link the archive share one name space with it
    private = defined(nm, ["-g", "--defined-only", static])
    found += ["in the archive without our prefix: " + name for name in sorted(private)
              if not name.startswith(("vp_", "vllmplan_")) and not re.match(r"^__(odr_)?asan", name)]
    if not private:
        found.append("nm shows no symbols in " + static)
    print("\n".join(found) or "%d names, the same in map, headers and library" % len(exported))
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
