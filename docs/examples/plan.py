#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Will this model start in vLLM on this card, and with which arguments?

    pip install .                          (in the source folder)
    python plan.py ./Qwen2.5-14B "RTX 3090"

Exit status: 0 when there is a command that starts, 1 when there is none, 2 for a request that cannot
be answered.
"""
import shlex
import sys

import vllmplan


def main() -> int:
    if len(sys.argv) != 3:
        print(f"usage: {sys.argv[0]} MODEL GPU", file=sys.stderr)
        return 2
    try:
        # only what is allowed here is touched: the model's files, no device, no environment
        plan = vllmplan.plan(model={"path": sys.argv[1]}, gpus={"name": sys.argv[2], "count": 1},
                             engine={"release": "0.11.2"}, allow=vllmplan.Allow.FILES)
    except vllmplan.VllmplanError as error:
        print(error, file=sys.stderr)
        return 2
    print("verdict ", plan["verdict"])
    print("summary ", plan["summary"])
    # a figure that is not known is None, never 0
    if plan["memory"]["ranks"] and plan["memory"]["ranks"][0]["weights_bytes"] is not None:
        print("weights ", plan["memory"]["ranks"][0]["weights_bytes"])
    if plan["kv_cache"] is not None and plan["kv_cache"]["tokens"] is not None:
        print("tokens  ", plan["kv_cache"]["tokens"])
    print("argv    ", shlex.join(plan["argv"]))  # subprocess.run(plan["argv"]) would start it
    return 0 if plan["verdict"] == "fits" else 1


if __name__ == "__main__":
    sys.exit(main())
