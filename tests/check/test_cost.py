#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""test_cost.py ARGV_COST VALGRIND OPTIMIZED: the arguments of one plan cost at most 25,000 instructions.

Built without optimization, or with sanitizers, the count says nothing: then it is skipped.
"""
import os
import re
import subprocess
import sys
import tempfile

LIMIT, SKIP = 25000, 77
program, valgrind, optimized = sys.argv[1:4]
if optimized != "yes":
    print("skipped: not an optimized build")
    sys.exit(SKIP)
with tempfile.TemporaryDirectory() as folder:
    done = subprocess.run([valgrind, "--tool=callgrind", "--toggle-collect=measured_argv",
                           "--callgrind-out-file=" + folder + "/out", program],
                          stdout=subprocess.PIPE, stderr=subprocess.PIPE, encoding="utf-8", check=False,
                          env={**os.environ, "LD_BIND_NOW": "1"})
found = re.search(r"Collected : (\d+)", done.stderr)
print(done.stdout.strip(), found.group(1) if found else done.stderr[-500:], "instructions, at most", LIMIT)
sys.exit(0 if found and 0 < int(found.group(1)) <= LIMIT else 1)
