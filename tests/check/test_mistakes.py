#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""test_mistakes.py CHECK_LINES TABLE MODELS: every fault of the table is found, at its place, and no other.

A row has a command, a release, maybe a model (a name in MODELS) and cards, and what has to be said: [code, index].
"also" are codes that may be said beside. Sources: "managers:N" and names of cases are of the collection of public
reports that the contract speaks of, "rules:ID" are rules read off vLLM's source. What the plan says about memory is
judged by other suites, and not here. The mended command must be free of errors of the parser.
"""
import json
import subprocess
import sys
from pathlib import Path
from typing import Any, Dict, List

PLAN = {"plan_refused", "does_not_fit", "borderline", "model_not_read"}
# what stays when it is mended: only the user can name a model, or say what the model is
STAYS = {"not_vllm", "not_serve", "missing_model", "quote_open", "config_refused", "model_ignored", "bnb_removed",
         "gguf_removed", "gptq_desc_act_removed", "gptq_bits_sym", "bnb_prequant_tp", "bnb_8bit_moe",
         "tp_heads", "tp_kv_heads", "tp_vocab_padding", "tp_linear_split", "moe_tp_intermediate",
         "world_larger_than_node", "awq_group_partition", "gptq_group_partition", "fp8_block_partition",
         "fp8_block_moe"}


def model_of(models: Dict[str, Any], name: str) -> Dict[str, Any]:
    config = dict(models[name])
    base = config.pop("base", None)
    return {**models[base], **config} if base else config


def request_of(row: Dict[str, Any], models: Dict[str, Any], command: Any) -> Dict[str, Any]:
    request = {"command": command, "engine": {"release": row["release"]}}
    if "entrypoint" in row:
        request["engine"]["entrypoint"] = row["entrypoint"]
    if "model" in row:
        request["model"] = {"config": model_of(models, row["model"])}
    if "gpus" in row:
        request["gpus"] = row["gpus"]
    return request


def ask(tool: str, requests: List[Dict[str, Any]]) -> List[Dict[str, Any]]:
    text = "".join(json.dumps(r) + "\n" for r in requests)
    out = subprocess.run([tool], input=text, stdout=subprocess.PIPE, encoding="utf-8", check=True).stdout
    return [json.loads(line) for line in out.splitlines()]


def complaint(row: Dict[str, Any], answer: Dict[str, Any]) -> str:
    if "error" in answer:
        return "refused: %s" % answer["error"]
    said = [[f["code"], f["index"]] for f in answer["findings"]]
    loud = [[f["code"], f["index"]] for f in answer["findings"] if f["severity"] != "info"]
    missed = [e for e in row["expect"] if e not in said]
    more = [s for s in loud if s not in row["expect"] and s[0] not in PLAN and s[0] not in row.get("also", ())]
    if missed or more:
        return "missed %s, said beside %s" % (missed, more)
    if any(not f["text"] or (f["severity"] == "error" and f["code"] not in PLAN and f["fix"] is None and
                             f["code"] not in ("help", "no_members", "quote_open"))
           for f in answer["findings"]):
        return "a finding without a text or a fix: %s" % answer["findings"]
    return ""


def main() -> int:
    tool, table, models = sys.argv[1], Path(sys.argv[2]), json.loads(Path(sys.argv[3]).read_text(encoding="utf-8"))
    rows = [json.loads(line) for line in table.read_text(encoding="utf-8").splitlines()]
    answers = ask(tool, [request_of(r, models, r["command"]) for r in rows])
    mended = ask(tool, [request_of(r, models, a.get("argv", [])) for r, a in zip(rows, answers)])
    wrong = []
    for n, (row, answer, again) in enumerate(zip(rows, answers, mended), 1):
        fault = complaint(row, answer)
        left = [f["code"] for f in again.get("findings", ()) if f["severity"] == "error"]
        left = [c for c in left if c not in PLAN and c not in STAYS]
        open_ended = any(f["code"] == "expansion" for f in answer.get("findings", ()))
        if not fault and left and not open_ended:
            fault = "mended to %s, which says %s" % (answer["argv"], left)
        if fault:
            wrong.append("%s:%d: %s, %s: %s" % (table.name, n, row["command"], row["release"], fault))
    print("\n".join(wrong))
    print("%d mistakes, %d wrong" % (len(rows), len(wrong)))
    return 1 if wrong or len(rows) < 150 or len(answers) != len(rows) else 0


if __name__ == "__main__":
    sys.exit(main())
