# SPDX-License-Identifier: Apache-2.0
"""Will this model start in vLLM on this GPU, and with which arguments?

    import vllmplan
    plan = vllmplan.plan(model={"path": "./Qwen3-14B"}, gpus={"name": "RTX 3090"})
    plan["verdict"], plan["argv"]

Requests and answers are those of the C library, as dicts; nothing is added or left out. "Does not fit"
is an answer, not an exception. Every function may be called from any thread.
"""
from __future__ import annotations

import enum
import json
import os
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, cast

from . import _ffi
from ._ffi import LibraryError
from .types import Inspection, Model, Plan, Request

if TYPE_CHECKING:
    from typing_extensions import Unpack  # type checkers know it by themselves; nothing has to be installed

__all__ = ["Allow", "Inspection", "LibraryError", "Model", "Plan", "Request", "VllmplanError",
           "describe", "inspect", "plan", "plan_text", "version"]

# the two statuses of status.h that this side can find before the call
_E_SYNTAX = -10
_E_LIMIT = -40


class Allow(enum.IntFlag):
    """What a call may touch besides its request. NOTHING is a pure function of the request."""

    NOTHING = 0
    FILES = 1  #: read model directories and the local hub cache
    PROBE = 2  #: ask the drivers of this machine for its GPUs
    ENV = 4  #: read environment variables, such as HF_HOME
    ALL = 7


class VllmplanError(Exception):
    """A request that cannot be planned. ``path`` is the JSON pointer of the member that is at fault."""

    def __init__(self, code: int, name: str, path: str, message: str) -> None:
        super().__init__(code, name, path, message)
        self.code = code
        self.name = name
        self.path = path
        self.message = message

    def __str__(self) -> str:
        where = f" (at {self.path})" if self.path else ""
        return f"{self.name}: {self.message}{where}"


def plan(request: Mapping[str, Any] | None = None, /, *, allow: int = Allow.ALL,
         **keywords: Unpack[Request]) -> Plan:
    """The plan for a request: verdict, memory, decision table and arguments.

    Keywords are keys of the request (``model``, ``gpus``, ``engine``, ``settings``...) and replace those
    of ``request``. Files, drivers and the environment may be read unless ``allow`` says less.
    """
    return cast("Plan", _answer(plan_text({**(request or {}), **keywords}, allow)))


def plan_text(request: Mapping[str, Any], allow: int = Allow.ALL) -> str:
    """The plan as the library wrote it, byte for byte."""
    return _call("plan", request, allow)


def inspect(model: Model | Mapping[str, Any], *, allow: int = Allow.ALL) -> Inspection:
    """What a checkpoint is: ``facts``, which may stand in a request in place of files, and ``findings``."""
    return cast("Inspection", _answer(_call("inspect", {"model": model}, allow)))


def describe(topic: str, release: str | None = None) -> dict[str, Any]:
    """Rows of the library's own tables: gpus, methods, releases, flags, architectures, codes, schema."""
    request = {"topic": topic} if release is None else {"topic": topic, "release": release}
    return _answer(_call("describe", request, Allow.NOTHING))


def version() -> str:
    """The version of the library that is loaded, such as "0.1.0"."""
    return _ffi.version()


def _call(name: str, request: Mapping[str, Any], allow: int) -> str:
    status, text = _ffi.call(name, _encode(request), int(allow))
    if status == 0:
        return text
    if not text:
        raise VllmplanError(status, _ffi.status_name(status), "", "there was no memory for an answer")
    error = json.loads(text)["error"]
    raise VllmplanError(error["code"], error["name"], error["path"], error["message"])


def _encode(request: Mapping[str, Any]) -> bytes:
    """The request as UTF-8. A lone surrogate, NaN and a loop have no JSON text: all are ValueErrors."""
    try:
        return json.dumps(request, ensure_ascii=False, allow_nan=False, default=_plain).encode("utf-8")
    except ValueError as reason:
        raise VllmplanError(_E_SYNTAX, "VLLMPLAN_E_SYNTAX", "",
                            f"the request has no JSON text in UTF-8: {reason}") from reason
    except RecursionError as reason:
        raise VllmplanError(_E_LIMIT, "VLLMPLAN_E_LIMIT", "", "the request is nested too deeply") from reason


def _plain(value: object) -> object:
    if isinstance(value, Mapping):
        return dict(value)
    if isinstance(value, os.PathLike):
        return os.fspath(value)
    raise TypeError(f"a request cannot hold a value of the type {type(value).__name__}")


def _answer(text: str) -> dict[str, Any]:
    answer: dict[str, Any] = json.loads(text)
    return answer
