#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""test_mission.py CHECK_LINES ROOT: the README's case as commands: the one that would not start, the one that did.

28 GB of 16-bit weights on an RTX 3090. The figures are those of tests/vectors/mission.jsonl, where their
arithmetic stands: creating the layers takes 29548457280 bytes and 24748490752 are free.
"""
import json
import subprocess
import sys
import tempfile
import unittest
from pathlib import Path
from typing import Any, Dict

TOOL, ROOT = sys.argv.pop(1), Path(sys.argv.pop(1))
MISSING = {"0.11.2": 4799966528, "0.33.0": 4799965952}


class Mission(unittest.TestCase):
    @classmethod
    def setUpClass(cls) -> None:
        cls.folder = tempfile.TemporaryDirectory()
        cls.model = cls.folder.name + "/14B"
        subprocess.run([sys.executable, str(ROOT / "docs/tools/make_model.py"), "bf16", cls.model], check=True)

    @classmethod
    def tearDownClass(cls) -> None:
        cls.folder.cleanup()

    def ask(self, release: str, *more: str, **request: Any) -> Dict[str, Any]:
        command = ["python3", "-m", "vllm.entrypoints.openai.api_server", "--model", self.model, *more]
        asked = {"command": command, "gpus": {"name": "RTX 3090"}, "engine": {"release": release}, **request}
        done = subprocess.run([TOOL, "-f"], input=json.dumps(asked) + "\n", stdout=subprocess.PIPE, encoding="utf-8",
                              check=True)
        return json.loads(done.stdout)

    def finding(self, answer: Dict[str, Any], code: str) -> Dict[str, Any]:
        found = [f for f in answer["findings"] if f["code"] == code]
        self.assertEqual(len(found), 1, answer["findings"])
        return found[0]

    def test_before(self):
        for release, missing in MISSING.items():
            answer = self.ask(release, "--dtype", "bfloat16", "--max-model-len", "8192")
            said = self.finding(answer, "does_not_fit")
            self.assertEqual(answer["plan"]["failing_step"], "weights_create")
            self.assertEqual(answer["plan"]["missing_bytes"], missing)
            self.assertIn("%d bytes are missing" % missing, said["text"])
            self.assertEqual((said["index"], said["severity"]), (3, "error"))

    def test_after_was_right(self):
        answer = self.ask("0.11.2", "--quantization", "bitsandbytes", "--load-format", "bitsandbytes")
        self.assertEqual([f for f in answer["findings"] if f["severity"] != "info"], [])
        self.assertEqual(answer["plan"]["verdict"], "fits")
        self.assertEqual(answer["argv"][5:], ["--quantization", "bitsandbytes", "--load-format", "bitsandbytes"])

    def test_after_is_no_longer(self):
        answer = self.ask("0.33.0", "--quantization", "bitsandbytes", "--load-format", "bitsandbytes")
        removed = [f for f in answer["findings"] if f["code"] == "removed_choice"]
        self.assertEqual([f["index"] for f in removed], [6, 8])
        self.assertIn("last in 0.27.1", removed[0]["text"])
        # what replaces it: a method of 0.33.0 that makes it fit, by the plan's own remedy
        instead = [r["change"]["quantization"] for r in answer["plan"]["remedies"] if "quantization" in r["change"]]
        self.assertIn("--quantization " + instead[0], removed[0]["fix"])
        again = self.ask("0.33.0", "--quantization", instead[0])
        self.assertEqual([f for f in again["findings"] if f["severity"] == "error"], [])
        self.assertEqual(again["plan"]["verdict"], "fits")

    def test_the_plugin_brings_it_back(self):
        engine = {"release": "0.33.0", "plugins": ["vllm-bnb-plugin"]}
        answer = self.ask("0.33.0", "--quantization", "bitsandbytes", engine=engine)
        self.assertEqual([f["code"] for f in answer["findings"] if f["severity"] == "error"], [])
        self.assertEqual(answer["plan"]["verdict"], "fits")


if __name__ == "__main__":
    unittest.main()
