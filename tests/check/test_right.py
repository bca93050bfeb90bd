#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""test_right.py CHECK_LINES TABLE FACTS: of a right command nothing is said, and it comes back as it was.

The commands are written by hand after the manuals of launchers and of vLLM, none by our own builder. That they are
right is asked of FACTS/tools/check_argv.py, when it is there, with the arguments as they stand in the row.
"""
import json
import shlex
import subprocess
import sys
from pathlib import Path
from typing import Any, Dict, List, Optional

QUIET = {"model_not_read"}
SECRET = ("--api-key", "HUGGING_FACE_HUB_TOKEN=x")


def arguments(command: Any) -> List[str]:
    """What vLLM's parser sees, by the form of the rows: written here again, apart from the library's own way."""
    words = shlex.split(command.replace("\\\n", " ")) if isinstance(command, str) else list(command)
    if words[0] == "bash":
        words = shlex.split(words[-1])
    for i, word in enumerate(words):
        if word == "serve" and words[i - 1].endswith("vllm"):
            return words[i:]
        if word == "vllm.entrypoints.openai.api_server":
            return ["python3", "-m"] + words[i:]
        if "vllm-openai" in word:
            words = words[i + 1:]
            break
    return ["python3", "-m", "vllm.entrypoints.openai.api_server"] + words


def lines_of(command: List[str], lines: List[str]) -> List[Any]:
    text = "".join(line + "\n" for line in lines)
    out = subprocess.run(command, input=text, stdout=subprocess.PIPE, encoding="utf-8", check=False).stdout
    return [json.loads(line) for line in out.splitlines()]


def judged_wrong(rows: List[Dict[str, Any]], facts: Path) -> List[str]:
    tool = facts / "tools" / "check_argv.py"
    if not tool.is_file():
        print("not compared with vLLM: no facts under", facts)
        return []
    wrong = []
    for release in sorted({r["release"] for r in rows}):
        mine = [r for r in rows if r["release"] == release]
        verdicts = lines_of([sys.executable, str(tool), "--release", release, "--batch"],
                            [json.dumps(arguments(r["command"])) for r in mine])
        wrong += ["%s is not right: %s" % (r, v["errors"]) for r, v in zip(mine, verdicts) if not v["ok"]]
    return wrong


def complaint(row: Dict[str, Any], answer: Dict[str, Any]) -> Optional[str]:
    if "error" in answer:
        return "refused: %s" % answer["error"]
    said = [f for f in answer["findings"] if f["severity"] != "info" and f["code"] not in QUIET]
    if said:
        return "said %s" % [(f["code"], f["text"]) for f in said]
    command = row["command"]
    if isinstance(command, list) and command[0] != "bash" and not any(s in command for s in SECRET):
        if answer["argv"] != command:
            return "came back as %s" % answer["argv"]
    return None


def main() -> int:
    tool, table, facts = sys.argv[1], Path(sys.argv[2]), Path(sys.argv[3])
    rows = [json.loads(line) for line in table.read_text(encoding="utf-8").splitlines()]
    answers = lines_of([tool], [json.dumps({"command": r["command"], "engine": {"release": r["release"]}})
                                for r in rows])
    wrong = judged_wrong(rows, facts)
    for n, (row, answer) in enumerate(zip(rows, answers), 1):
        fault = complaint(row, answer)
        if fault:
            wrong.append("%s:%d: %s, %s: %s" % (table.name, n, row["command"], row["release"], fault))
    print("\n".join(wrong))
    print("%d right commands, %d wrong" % (len(rows), len(wrong)))
    return 1 if wrong or len(rows) < 300 or len(answers) != len(rows) else 0


if __name__ == "__main__":
    sys.exit(main())
