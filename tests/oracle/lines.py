# SPDX-License-Identifier: Apache-2.0
"""What the suites against vLLM's own figures share: rows of a file, and plans by one `batch` run."""
import json
import subprocess
import sys


def read_rows(path):
    with open(path, encoding="utf-8") as f:
        return [json.loads(line) for line in f]


def batch(command, requests, *more):
    """One answer for each request, in order."""
    text = "".join(json.dumps(r) + "\n" for r in requests)
    done = subprocess.run([command, "batch", *more], input=text, capture_output=True, text=True, check=False)
    answers = [json.loads(line) for line in done.stdout.splitlines()]
    if len(answers) != len(requests):
        sys.exit(f"batch gave {len(answers)} lines for {len(requests)} requests: {done.stderr[:400]}")
    return answers
