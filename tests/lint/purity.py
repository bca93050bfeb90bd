#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""What the pure rooms take from outside: the mem* and str* functions, and nothing else. No heap, no files, no
stdio, no locale can be reached from code that does not even name them.

  purity.py NM ARCHIVE
"""
import re
import subprocess
import sys
from typing import Set, Tuple

ALLOWED = frozenset([
    "memchr", "memcmp", "memcpy", "memmove", "memset",
    "strchr", "strcmp", "strcspn", "strlen", "strncmp", "strnlen", "strpbrk", "strrchr", "strspn", "strstr"])
# What compilers add: memcmp() by a cheaper name, checks of the stack and of buffer lengths, position
# independence, helpers for wide arithmetic, and, in an instrumented build, the calls of a sanitizer or of
# coverage.
COMPILER = re.compile(r"^_*(bcmp|stack_chk_\w+|mem\w+_chk|GLOBAL_OFFSET_TABLE_|(u?div|u?mod|mul)[dt]i[34]"
                      r"|mulo[dt]i4|asan_\w+|ubsan_\w+|tsan_\w+|msan_\w+|sanitizer_\w+|gcov_\w+|llvm_\w+)$")


def symbols(nm: str, archive: str) -> Tuple[Set[str], Set[str]]:
    """Names that the archive's members need, and names that they define for others."""
    needed, defined = set(), set()
    text = subprocess.run([nm, "-g", archive], check=True, stdout=subprocess.PIPE, encoding="utf-8").stdout
    for line in text.splitlines():
        words = line.split()
        if len(words) >= 2 and len(words[-2]) == 1:
            (needed if words[-2] in "Uw" else defined).add(words[-1])
    return needed, defined


def main() -> int:
    needed, defined = symbols(sys.argv[1], sys.argv[2])
    if not defined:
        print("nm shows no symbols in " + sys.argv[2])
        return 1
    strangers = sorted(name for name in needed - defined if name not in ALLOWED and not COMPILER.match(name))
    for name in strangers:
        print("the pure rooms use " + name)
    if not strangers:
        print("%d names of the C library: %s" % (len(needed & ALLOWED), " ".join(sorted(needed & ALLOWED))))
    return 1 if strangers else 0


if __name__ == "__main__":
    sys.exit(main())
