# SPDX-License-Identifier: Apache-2.0
"""The vectors that C runs too: tests/vectors/README.md says what a line is.

VLLMPLAN_MODELS: the folder of model directories that tests/vectors/make_models.py wrote; without it the
vectors with files are left out.
"""
from __future__ import annotations

import json
import os
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import vllmplan

VECTORS = Path(__file__).resolve().parents[3] / "tests" / "vectors"
MODELS = os.environ.get("VLLMPLAN_MODELS", "")
NOWHERE = object()


def vectors() -> Iterator[tuple[dict[str, Any], dict[str, Any], int]]:
    """Each case with its request filled in and what it may touch: files, where {models} stands in it."""
    for file in sorted(VECTORS.glob("*.jsonl")):
        for line in file.read_text(encoding="utf-8").splitlines():
            case = json.loads(line)
            raw = json.dumps(case["request"])
            uses_files = "{models}" in raw
            if uses_files and not MODELS:
                continue
            request = json.loads(raw.replace("{models}", json.dumps(MODELS)[1:-1]))
            yield case, request, vllmplan.Allow.FILES if uses_files else vllmplan.Allow.NOTHING


def pure_requests() -> list[dict[str, Any]]:
    return [request for case, request, allow in vectors() if not allow and "error" not in case]


def step(value: Any, segment: str) -> Any:
    """One segment of a pointer: a key, an index, or [key=text] for an element of a list."""
    if isinstance(value, dict):
        return value.get(segment, NOWHERE)
    if not isinstance(value, list):
        return NOWHERE
    wanted = re.fullmatch(r"\[([^=]+)=([^\]]+)\]", segment)
    if wanted:
        key, text = wanted.groups()
        return next((e for e in value if isinstance(e, dict) and e.get(key) == text), NOWHERE)
    return value[int(segment)] if segment.isdigit() and int(segment) < len(value) else NOWHERE


def at(root: Any, pointer: str) -> Any:
    for segment in pointer.split("/")[1:]:
        root = step(root, segment)
    return root


def written(value: Any) -> str:
    """For comparing: in Python 1 == True == 1.0, in JSON they differ."""
    return "nowhere" if value is NOWHERE else json.dumps(value, sort_keys=True)
