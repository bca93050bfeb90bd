#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Makes the mission's three model directories for the vectors.

    make_models.py STAMP MAKER      into the folder "models" beside STAMP, by docs/tools/make_model.py
"""
import subprocess
import sys
from pathlib import Path

stamp, maker = Path(sys.argv[1]), sys.argv[2]
for kind in ("bf16", "bnb4-merged", "bnb4-merged-noqcfg"):
    subprocess.run([sys.executable, maker, kind, str(stamp.parent / "models" / kind)], check=True)
stamp.touch()
