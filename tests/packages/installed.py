# SPDX-License-Identifier: Apache-2.0
"""What python.sh runs in the empty virtual environment: the installed package, with no variable set.

    installed.py VERSION
"""
from __future__ import annotations

import shutil
import subprocess
import sys
import unittest
from pathlib import Path

import vllmplan
from vllmplan import _ffi

SITE = Path(vllmplan.__file__).parent.parent
ROOT = Path(__file__).resolve().parents[2]
LIBRARY = Path(_ffi._where())
IMPORT = "import vllmplan; print(vllmplan.version())"
OLD = "unsigned vllmplan_version(void) { return 99; }\n"


def loaded() -> set[Path]:
    """The files named libvllmplan that this process has mapped."""
    maps = Path("/proc/self/maps").read_text(encoding="utf-8").splitlines()
    return {Path(line.split(maxsplit=5)[5]) for line in maps if "libvllmplan" in line}


def fresh(code: str) -> str:
    """The last line that a new interpreter writes."""
    done = subprocess.run([sys.executable, "-c", code], stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                          text=True)
    return done.stdout.strip().splitlines()[-1]


class Installed(unittest.TestCase):
    def test_it_is_the_installed_one(self) -> None:
        self.assertTrue(SITE.is_relative_to(sys.prefix))
        self.assertTrue(LIBRARY.is_relative_to(SITE))
        self.assertEqual(vllmplan.version(), sys.argv[1])
        self.assertEqual(loaded(), {LIBRARY.resolve()})

    def test_only_the_package_is_installed(self) -> None:
        files = {path.relative_to(SITE).parts[0] for path in SITE.rglob("*vllmplan*")}
        self.assertEqual(files, {"vllmplan", ".vllmplan.mesonpy.libs", f"vllmplan-{sys.argv[1]}.dist-info"})
        self.assertTrue((SITE / "vllmplan" / "py.typed").exists())
        self.assertEqual(list(Path(sys.prefix).rglob("vllmplan*.h")), [])

    def test_it_plans(self) -> None:
        config = {"architectures": ["Qwen3ForCausalLM"], "hidden_size": 1024, "intermediate_size": 3072,
                  "num_hidden_layers": 28, "num_attention_heads": 16, "num_key_value_heads": 8,
                  "head_dim": 128, "vocab_size": 151936, "max_position_embeddings": 40960,
                  "tie_word_embeddings": True, "torch_dtype": "bfloat16"}
        plan = vllmplan.plan(model={"config": config, "serve_as": "M"}, gpus={"name": "rtx_3090"},
                             engine={"release": "0.33.0"}, allow=vllmplan.Allow.NOTHING)
        self.assertEqual(plan["verdict"], "fits")
        self.assertEqual(plan["argv"][:3], ["vllm", "serve", "M"])

    def test_the_suites_of_the_binding(self) -> None:
        for suite in ("test_vllmplan.py", "test_types.py"):
            done = subprocess.run([sys.executable, str(ROOT / "bindings/python/tests" / suite)],
                                  stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
            self.assertEqual(done.returncode, 0, done.stdout)


class Broken(unittest.TestCase):
    """A library that cannot be used is named, with what to do. Each test puts the right one back."""

    def setUp(self) -> None:
        aside = LIBRARY.with_name("aside")
        LIBRARY.rename(aside)
        self.addCleanup(aside.replace, LIBRARY)

    def build(self, source: str, *options: str) -> None:
        compiler = str(shutil.which("cc"))
        subprocess.run([compiler, "-shared", "-fPIC", "-x", "c", "-", "-x", "none", "-o", str(LIBRARY),
                        *options], input=source, text=True, check=True)

    def test_a_missing_library(self) -> None:
        self.assertRegex(fresh(IMPORT), r"^vllmplan\._ffi\.LibraryError: libvllmplan could not be loaded "
                                        r"\(libvllmplan\.so\.0: .*\): install libvllmplan, or set VLLMPLAN_")

    def test_a_library_that_is_too_old(self) -> None:
        self.build(OLD)
        self.assertRegex(fresh(IMPORT), r"is libvllmplan 0\.0\.99, too old for this package, which needs "
                                        r"\d+\.\d+\.\d+ or newer: install libvllmplan, or set VLLMPLAN_")

    def test_a_library_without_jansson(self) -> None:
        # it needs a library of that name, which is gone when it is loaded
        jansson = LIBRARY.with_name("libjansson.so.999")
        self.build(OLD, "-Wl,-soname,libjansson.so.999")
        LIBRARY.rename(jansson)
        self.build("int vllmplan_version(void) { return 100; }\n", "-Wl,--no-as-needed", str(jansson))
        jansson.unlink()
        self.assertRegex(fresh(IMPORT), r"libjansson\.so\.999: .*: install jansson")


if __name__ == "__main__":
    unittest.main(argv=sys.argv[:1])
