#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Instructions of one evaluation of the KV cache, counted by callgrind, against the limits.

    kv_cost.py SOURCE_ROOT

The pure rooms are compiled for this with -O2, whatever the build's own options are. Exit 77 (skipped)
without valgrind or a C compiler.
"""
import re
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

LIMITS = {"dense": 10_000, "states": 50_000, "packed": 50_000}


def main() -> int:
    root = Path(sys.argv[1])
    compiler = shutil.which("gcc") or shutil.which("cc")
    if not compiler or not shutil.which("valgrind"):
        print("skipped: valgrind or a C compiler is not here")
        return 77
    sources = [str(p) for room in ("base", "data", "core") for p in sorted((root / "src" / room).glob("*.c"))]
    with tempfile.TemporaryDirectory() as folder:
        program = Path(folder) / "kv_cost"
        flags = ["-std=c11", "-O2", "-ffunction-sections", "-Wl,--gc-sections", f"-I{root}/src", f"-I{root}/include"]
        subprocess.run([compiler, *flags, "-o", str(program), str(root / "tests/bench/kv_cost.c"), *sources], check=True)
        over = 0
        for name, limit in LIMITS.items():
            done = subprocess.run(["valgrind", "--tool=callgrind", "--toggle-collect=one_evaluation",
                                   "--callgrind-out-file=/dev/null", str(program), name],
                                  capture_output=True, text=True, check=True)
            found = re.search(r"Collected : (\d+)", done.stderr)
            count = int(found.group(1)) if found else 0
            over += not 0 < count <= limit
            print(f"{name}: {count} instructions, at most {limit}")
    return 1 if over else 0


if __name__ == "__main__":
    sys.exit(main())
