# SPDX-License-Identifier: Apache-2.0
"""The binding against the vectors that C runs, and what only a binding can get wrong.

VLLMPLAN_COMMAND: the command, for the comparison of bytes. VLLMPLAN_CALLS: calls of the memory test.
VLLMPLAN_MODELS: see support.py.
"""
from __future__ import annotations

import json
import os
import pickle
import resource
import subprocess
import sys
import tempfile
import types
import unittest
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any
from unittest import mock

import vllmplan
from support import at, pure_requests, vectors, written
from vllmplan import _ffi
from vllmplan.types import Gpu

COMMAND = os.environ.get("VLLMPLAN_COMMAND", "")
CALLS = int(os.environ.get("VLLMPLAN_CALLS", "3000"))
# glibc's smallest block is 32 bytes: one that every call forgot would be 3.2 MB in 100,000 calls
GROWTH_LIMIT = 3 << 20
WHEEL_FOLDER = ".vllmplan.mesonpy.libs"
CARD: Gpu = {"total_bytes": 25295847424, "compute_capability": "8.6"}


class Vectors(unittest.TestCase):
    def check_error(self, request: dict[str, Any], allow: int, want: dict[str, str]) -> None:
        with self.assertRaises(vllmplan.VllmplanError) as caught:
            vllmplan.plan(request, allow=allow)
        error = caught.exception
        self.assertEqual((error.name, error.path), (want["code"], want["path"]))
        self.assertIn(want.get("contains", ""), error.message)
        self.assertLess(error.code, 0)

    def check_plan(self, request: dict[str, Any], allow: int, case: dict[str, Any]) -> None:
        plan = vllmplan.plan(request, allow=allow)
        for pointer, want in case.get("expect", {}).items():
            self.assertEqual(written(at(plan, pointer)), written(want), pointer)
        for pointer, part in case.get("contains", {}).items():
            self.assertIn(part, at(plan, pointer), pointer)

    def test_every_vector_holds(self) -> None:
        count = 0
        for case, request, allow in vectors():
            with self.subTest(case["name"]):
                if "error" in case:
                    self.check_error(request, allow, case["error"])
                else:
                    self.check_plan(request, allow, case)
            count += 1
        self.assertGreater(count, 100)

    @unittest.skipUnless(COMMAND, "VLLMPLAN_COMMAND is not set")
    def test_text_is_that_of_the_command(self) -> None:
        chosen = [(request, allow) for case, request, allow in vectors() if "error" not in case]
        lines = "".join(json.dumps(request) + "\n" for request, _ in chosen)
        # its exit status is the worst verdict, and some vectors do not fit
        done = subprocess.run([COMMAND, "batch"], input=lines.encode(), stdout=subprocess.PIPE, check=False)
        answers = done.stdout.decode("utf-8").split("\n")
        self.assertEqual(answers.pop(), "")
        self.assertEqual(len(answers), len(chosen))
        for (request, allow), answer in zip(chosen, answers):
            self.assertEqual(vllmplan.plan_text(request, allow), answer)


class Calls(unittest.TestCase):
    def test_keywords_are_keys_of_the_request(self) -> None:
        # any that one card can take
        request = next(r for r in pure_requests() if "tensor_parallel_size" not in r.get("settings", {}))
        self.assertEqual(vllmplan.plan(**request), vllmplan.plan(request))
        card: Any = types.MappingProxyType(CARD)  # any mapping will do, though the types say dict
        other = vllmplan.plan(types.MappingProxyType(request), gpus=card)
        self.assertEqual(other["memory"]["ranks"][0]["total_bytes"], CARD["total_bytes"])

    def test_allow_restricts(self) -> None:
        with self.assertRaises(vllmplan.VllmplanError) as caught:
            vllmplan.plan(model={"path": Path("nowhere")}, gpus=CARD, allow=vllmplan.Allow.NOTHING)
        self.assertEqual(caught.exception.name, "VLLMPLAN_E_NOT_ALLOWED")
        with self.assertRaises(vllmplan.VllmplanError) as caught:
            vllmplan.plan(model={"path": Path("nowhere")}, gpus=CARD)
        self.assertEqual(caught.exception.name, "VLLMPLAN_E_NOT_FOUND")

    def test_facts_stand_in_for_the_model(self) -> None:
        request = pure_requests()[0]
        facts = vllmplan.inspect(request["model"], allow=vllmplan.Allow.NOTHING)["facts"]
        replaced = {**request, "model": {"facts": facts}}
        self.assertEqual(vllmplan.plan_text(replaced, 0), vllmplan.plan_text(request, 0))

    def test_tables(self) -> None:
        for topic in ("gpus", "methods", "releases", "flags", "architectures", "codes", "schema"):
            self.assertEqual(vllmplan.describe(topic)["schema"], 1)
        self.assertEqual(vllmplan.describe("flags", release="0.11.2")["release"], "0.11.2")
        self.assertRegex(vllmplan.version(), r"^\d+\.\d+\.\d+$")

    def test_statuses_are_those_of_the_library(self) -> None:
        self.assertEqual(_ffi.status_name(vllmplan._E_SYNTAX), "VLLMPLAN_E_SYNTAX")
        self.assertEqual(_ffi.status_name(vllmplan._E_LIMIT), "VLLMPLAN_E_LIMIT")

    def test_an_error_can_be_pickled(self) -> None:
        error = vllmplan.VllmplanError(-13, "VLLMPLAN_E_RANGE", "/gpus/0/count", "too many")
        self.assertEqual(str(pickle.loads(pickle.dumps(error))),
                         "VLLMPLAN_E_RANGE: too many (at /gpus/0/count)")

    def test_no_memory_is_an_error_too(self) -> None:
        nothing = mock.patch.object(_ffi, "call", return_value=(-1, ""))
        with nothing, self.assertRaises(vllmplan.VllmplanError) as caught:
            vllmplan.describe("gpus")
        self.assertEqual(caught.exception.name, "VLLMPLAN_E_NO_MEMORY")


class Text(unittest.TestCase):
    def refused(self, model: Any) -> str:
        with self.assertRaises(vllmplan.VllmplanError) as caught:
            vllmplan.plan(model=model, gpus=CARD)
        return caught.exception.name

    def test_what_has_no_json_text_never_reaches_the_library(self) -> None:
        loop: dict[str, Any] = {}
        loop["config"] = loop
        nested: list[Any] = []
        for _ in range(100_000):
            nested = [nested]
        with mock.patch.object(_ffi, "call", side_effect=AssertionError("called")):
            self.assertEqual(self.refused({"path": "\ud800"}), "VLLMPLAN_E_SYNTAX")
            self.assertEqual(self.refused({"\udfff": 1}), "VLLMPLAN_E_SYNTAX")
            self.assertEqual(self.refused({"checkpoint_bytes": float("nan")}), "VLLMPLAN_E_SYNTAX")
            self.assertEqual(self.refused(loop), "VLLMPLAN_E_SYNTAX")
            self.assertEqual(self.refused({"config": nested}), "VLLMPLAN_E_LIMIT")
            with self.assertRaisesRegex(TypeError, "bytes"):
                vllmplan.plan({"model": {"path": b"model"}}, gpus=CARD)

    def test_nul_is_refused_and_does_not_cut_the_text(self) -> None:
        self.assertEqual(self.refused({"path": "model\0else"}), "VLLMPLAN_E_SYNTAX")

    def test_text_outside_of_ascii_comes_back(self) -> None:
        request = pure_requests()[0]
        name = "modèle-模型-\U0001f999"
        model: Any = {**request["model"], "serve_as": name}
        plan = vllmplan.plan(request, model=model,
                             policy={"may_change": []}, allow=vllmplan.Allow.NOTHING)
        self.assertIn(name, plan["argv"])


class Process(unittest.TestCase):
    def test_eight_threads_at_once(self) -> None:
        requests = pure_requests()
        alone = [vllmplan.plan_text(request, 0) for request in requests]

        def run(offset: int) -> bool:
            order = [(i + offset * 7) % len(requests) for i in range(len(requests))]
            return all(vllmplan.plan_text(requests[i], 0) == alone[i] for i in order)

        with ThreadPoolExecutor(8) as pool:
            self.assertEqual(list(pool.map(run, range(8))), [True] * 8)

    def test_memory_stays_flat(self) -> None:
        plan = pure_requests()[0]
        wrong = {**plan, "gpus": {"name": "no such card"}}

        def calls(count: int) -> None:
            for i in range(count):
                vllmplan.plan_text(plan, 0)
                if i % 10 == 0:
                    vllmplan.inspect(plan["model"], allow=0)
                    vllmplan.describe("codes")
                    with self.assertRaises(vllmplan.VllmplanError):
                        vllmplan.plan_text(wrong, 0)

        def peak() -> int:
            unit = 1 if sys.platform == "darwin" else 1024
            return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * unit

        calls(500)
        before = peak()
        calls(CALLS)
        growth = peak() - before
        print(f"{CALLS} plans: memory grew by {growth >> 10} KiB", file=sys.stderr)
        self.assertLess(growth, GROWTH_LIMIT)


class Loading(unittest.TestCase):
    def setUp(self) -> None:
        _ffi.library.cache_clear()
        self.addCleanup(_ffi.library.cache_clear)

    def failure(self) -> str:
        with self.assertRaises(vllmplan.LibraryError) as caught:
            vllmplan.version()
        message = str(caught.exception)
        self.assertIn("install libvllmplan, or set VLLMPLAN_LIBRARY", message)
        return message

    def test_a_missing_library(self) -> None:
        with mock.patch.dict(os.environ, VLLMPLAN_LIBRARY="/nowhere/libvllmplan.so.0"):
            self.assertIn("/nowhere/libvllmplan.so.0", self.failure())

    def test_a_library_that_is_too_old(self) -> None:
        old = types.SimpleNamespace(vllmplan_version=mock.Mock(return_value=99))
        with mock.patch.object(_ffi, "_open", return_value=old):
            self.assertIn("is libvllmplan 0.0.99, too old for this package, which needs 0.1.0",
                          self.failure())

    def test_a_library_of_another_kind(self) -> None:
        with mock.patch.object(_ffi, "_open", return_value=types.SimpleNamespace()):
            self.assertIn("not a usable libvllmplan", self.failure())

    def test_without_jansson(self) -> None:
        missing = OSError("libjansson.so.4: cannot open shared object file: No such file or directory")
        with mock.patch("ctypes.CDLL", side_effect=missing):
            with self.assertRaisesRegex(vllmplan.LibraryError, r"libjansson\.so\.4.*: install jansson 2\.14"):
                vllmplan.version()

    def test_the_order_of_places(self) -> None:
        with tempfile.TemporaryDirectory() as site, mock.patch.dict(os.environ, VLLMPLAN_LIBRARY=""):
            package, wheel, lib64 = Path(site, "vllmplan"), Path(site, WHEEL_FOLDER), Path(site, "lib64")
            for folder in (package, wheel, lib64 / WHEEL_FOLDER):
                folder.mkdir(parents=True)
            with mock.patch.object(_ffi, "__file__", str(package / "_ffi.py")), \
                    mock.patch.object(sys, "path", [str(lib64)]):
                self.assertEqual(_ffi._where(), _ffi.FILE_NAME)
                # from the last place to the first
                for library in (lib64 / WHEEL_FOLDER / (_ffi.FILE_NAME + ".1.0"),
                                wheel / (_ffi.FILE_NAME + ".1.0"), package / _ffi.FILE_NAME):
                    library.touch()
                    self.assertEqual(_ffi._where(), str(library))
                with mock.patch.dict(os.environ, VLLMPLAN_LIBRARY="/given/library"):
                    self.assertEqual(_ffi._where(), "/given/library")


if __name__ == "__main__":
    unittest.main()
