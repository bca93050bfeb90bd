#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Counts the results in a testlog.json of `meson test`, one JSON object a line; prints them as one line."""
import collections
import json
import sys


def main() -> int:
    with open(sys.argv[1], encoding="utf-8") as log:
        results = collections.Counter(json.loads(line)["result"] for line in log)
    passed = results["OK"] + results["EXPECTEDFAIL"]
    skipped = results["SKIP"]
    failed = sum(results.values()) - passed - skipped
    print(f"{passed} passed, {failed} failed" + (f", {skipped} skipped" if skipped else ""))
    return 0 if failed == 0 and passed > 0 else 1


if __name__ == "__main__":
    sys.exit(main())
