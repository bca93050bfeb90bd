# SPDX-License-Identifier: Apache-2.0
"""The C library as ctypes sees it: loading it, and one call of text in, text out."""
from __future__ import annotations

import ctypes
import functools
import os
import sys
from collections.abc import Iterator
from pathlib import Path

OLDEST = 100  # vllmplan_version() of 0.1.0: major * 10000 + minor * 100 + patch
FILE_NAME = "libvllmplan.0.dylib" if sys.platform == "darwin" else "libvllmplan.so.0"
ADVICE = "install libvllmplan, or set VLLMPLAN_LIBRARY to the path of " + FILE_NAME
ADVICE_JANSSON = "install jansson 2.14 or newer (libjansson4 on Debian and Ubuntu, jansson elsewhere)"


class LibraryError(Exception):
    """libvllmplan could not be loaded, or is not one that this package can use."""


def _where() -> str:
    """The one place to load from. A path that the user gave is never passed over for another file."""
    return os.environ.get("VLLMPLAN_LIBRARY") or next(_bundled(), FILE_NAME)


def _bundled() -> Iterator[str]:
    """A library beside this file, or in the folder that meson-python gives the libraries of a wheel.

    That folder is beside the package, except where a system keeps what is compiled in a lib64 of its own;
    that one is on sys.path too.
    """
    package = Path(__file__).parent
    if (package / FILE_NAME).exists():
        yield str(package / FILE_NAME)
    for folder in (package.parent, *map(Path, sys.path)):
        yield from map(str, sorted((folder / ".vllmplan.mesonpy.libs").glob(FILE_NAME + "*")))


def _open(where: str) -> ctypes.CDLL:
    try:
        return ctypes.CDLL(where)
    except OSError as reason:
        # the loader names the file that is missing: this library, or the one that it needs
        advice = ADVICE_JANSSON if "libjansson" in str(reason) else ADVICE
        raise LibraryError(f"libvllmplan could not be loaded ({reason}): {advice}") from reason


def _declare(library: ctypes.CDLL) -> None:
    library.vllmplan_version_string.argtypes = []
    library.vllmplan_version_string.restype = ctypes.c_char_p
    library.vllmplan_status_name.argtypes = [ctypes.c_int32]
    library.vllmplan_status_name.restype = ctypes.c_char_p
    library.vllmplan_free.argtypes = [ctypes.c_void_p]
    library.vllmplan_free.restype = None
    for name in ("plan", "inspect", "describe"):
        function = getattr(library, f"vllmplan_{name}_json")
        # *out is a c_void_p: ctypes turns a c_char_p into bytes and loses the pointer to release
        function.argtypes = [ctypes.c_char_p, ctypes.c_size_t, ctypes.c_uint32,
                             ctypes.POINTER(ctypes.c_void_p), ctypes.POINTER(ctypes.c_size_t)]
        function.restype = ctypes.c_int32


@functools.cache
def library() -> ctypes.CDLL:
    """The library, loaded and checked at the first call, so that importing the package cannot fail."""
    where = _where()
    loaded = _open(where)
    try:
        _check_version(loaded, where)  # first: an older library may lack what _declare looks for
        _declare(loaded)
    except AttributeError as reason:
        raise LibraryError(f"{where} is not a usable libvllmplan ({reason}): {ADVICE}") from reason
    return loaded


def _check_version(loaded: ctypes.CDLL, where: str) -> None:
    loaded.vllmplan_version.argtypes = []
    loaded.vllmplan_version.restype = ctypes.c_uint32
    found = int(loaded.vllmplan_version())
    if found < OLDEST:
        raise LibraryError(f"{where} is libvllmplan {_dotted(found)}, too old for this package, "
                           f"which needs {_dotted(OLDEST)} or newer: {ADVICE}")


def _dotted(version: int) -> str:
    return f"{version // 10000}.{version // 100 % 100}.{version % 100}"


def call(name: str, request: bytes, allow: int) -> tuple[int, str]:
    """Calls vllmplan_<name>_json: its status, and the text it returned ("" when there was no memory)."""
    loaded = library()
    out, length = ctypes.c_void_p(), ctypes.c_size_t()
    function = getattr(loaded, f"vllmplan_{name}_json")
    status = int(function(request, len(request), allow, ctypes.byref(out), ctypes.byref(length)))
    if not out.value:
        return status, ""
    try:
        return status, ctypes.string_at(out.value, length.value).decode("utf-8")
    finally:
        loaded.vllmplan_free(out)


def status_name(code: int) -> str:
    name: bytes = library().vllmplan_status_name(code)
    return name.decode("ascii")


def version() -> str:
    text: bytes = library().vllmplan_version_string()
    return text.decode("ascii")
