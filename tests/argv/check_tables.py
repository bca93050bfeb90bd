#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""check_tables.py FACTS: the committed tables are what docs/tools/make_tables.py writes."""
import subprocess
import sys
from pathlib import Path

SKIP = 77
facts = Path(sys.argv[1])
if not (facts / "vllm" / "releases.json").is_file():
    print("skipped: no facts under", facts)
    sys.exit(SKIP)
tool = Path(__file__).resolve().parents[2] / "docs" / "tools" / "make_tables.py"
sys.exit(subprocess.run([sys.executable, str(tool), "--check", str(facts)], check=False).returncode)
