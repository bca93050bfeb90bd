#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""test_input.py CHECK_LINES: whatever stands in a command, it is answered, nothing is run, and no value becomes a flag."""
import json
import random
import subprocess
import sys
import tempfile
import time
import unittest
from pathlib import Path
from typing import Any, Dict, List

TOOL = sys.argv.pop(1)
HARD = ["it's", 'q"uote', "a b", "line\nend", "tab\t", "$(touch x)", "`touch x`", "a;touch x", "a|b", "a&&b", "a>b", "*", "~",
        "back\\slash", "ключ", "模型", "\u202e", "{", "[", "%s%n", "x" * 5000]


def ask(command: Any, *flags: str, **more: Any) -> Dict[str, Any]:
    request = {"command": command, "engine": {"release": more.pop("release", "0.33.0")}, **more}
    done = subprocess.run([TOOL, *flags], input=json.dumps(request) + "\n", stdout=subprocess.PIPE, encoding="utf-8",
                          check=True)
    return json.loads(done.stdout)


def codes(answer: Dict[str, Any], *severities: str) -> List[str]:
    return [f["code"] for f in answer["findings"] if not severities or f["severity"] in severities]


class Values(unittest.TestCase):
    def test_texts_stay_values(self):
        for text in HARD:
            answer = ask(["vllm", "serve", text, "--served-model-name", text, "--chat-template=" + text])
            self.assertEqual(answer["model"], text)
            self.assertEqual(answer["settings"], {"served_model_name": [text], "chat_template": text})
            self.assertEqual(codes(answer, "error", "warning"), [], text)

    def test_quoted_texts_stay_values(self):
        for text in HARD:
            quoted = "'" + text.replace("'", "'\\''") + "'"
            answer = ask("vllm serve %s --chat-template %s" % (quoted, quoted))
            self.assertEqual((answer["model"], answer["settings"]), (text, {"chat_template": text}))

    def test_nothing_is_run(self):
        with tempfile.TemporaryDirectory() as folder:
            for form in ("vllm serve m --seed $(touch %s)", "vllm serve m `touch %s`", "vllm serve m; touch %s",
                         "vllm serve m > %s", "touch %s && vllm serve m", "vllm serve m <(touch %s)"):
                answer = ask(form % (folder + "/x"))
                self.assertFalse(list(Path(folder).iterdir()), form)
                self.assertTrue({"expansion", "shell_operator"} & set(codes(answer)), form)

    def test_a_value_is_never_a_flag(self):
        for text in ("-x", "--enforce-eager", "--trust-remote-code", "-tp", "--port=1"):
            answer = ask(["vllm", "serve", "m", "--chat-template=" + text])
            self.assertEqual(answer["settings"], {"chat_template": text})
            answer = ask(["vllm", "serve", "m", "--chat-template", text])
            self.assertIn("missing_value", codes(answer))
            self.assertNotIn("chat_template", answer["settings"])
            answer = ask(["vllm", "serve", "m", "--hf-overrides", json.dumps({"a": text})])
            self.assertEqual(answer["settings"], {"hf_overrides": {"a": text}})

    def test_a_model_that_looks_like_a_flag(self):
        self.assertIn("unknown_flag", codes(ask(["vllm", "serve", "-x/y"])))
        self.assertEqual(ask(["vllm", "serve", "./-x/y"])["model"], "./-x/y")
        self.assertEqual(ask(["vllm", "serve", "--", "-x/y"])["model"], "-x/y")

    def test_broken_json(self):
        for text in ("{", "{'a': 1}", '{"a": }', '{"a": 1,}', '{"a" 1}', "[1", '"', "{\"a\": \"\\x\"}", "nul", ""):
            for flag in ("--kv-transfer-config", "--compilation-config", "--speculative-config"):
                answer = ask(["vllm", "serve", "m", flag + "=" + text])
                self.assertEqual(codes(answer), ["bad_json"], (flag, text))
                self.assertEqual(answer["argv"], ["vllm", "serve", "m"])

    def test_ports(self):
        for port, good in (("0", True), ("1", True), ("65535", True), ("65536", False), ("-1", False),
                           ("99999999999999999999", False), ("http", False), ("80 80", False), ("", False)):
            answer = ask(["vllm", "serve", "m", "--port=" + port])
            self.assertEqual(codes(answer) == [], good, port)

    def test_numbers_as_python_reads_them(self):
        for text, value in (("32_768", 32768), (" 8 ", 8), ("+8", 8)):
            self.assertEqual(ask(["vllm", "serve", "m", "--max-num-seqs", text])["settings"], {"max_num_seqs": value})

    def test_secrets_are_not_shown(self):
        answer = ask(["docker", "run", "-e", "HF_TOKEN=sesame", "-eVLLM_API_KEY=sesame", "--env=MY_SECRET=sesame",
                      "vllm/vllm-openai:v0.20.2", "m", "--api-key", "sesame", "--hf-token=sesame"], release="0.20.2")
        self.assertNotIn("sesame", json.dumps(answer))
        self.assertEqual(answer["argv"], ["docker", "run", "-e", "HF_TOKEN", "-eVLLM_API_KEY", "--env=MY_SECRET",
                                          "vllm/vllm-openai:v0.20.2", "m"])
        self.assertNotIn("sesame", json.dumps(ask("HF_TOKEN=sesame vllm serve m --api-key=sesame --api-kye=sesame")))


class Sizes(unittest.TestCase):
    def test_many_arguments(self):
        for more in (["--seed", "1"] * 5000, ["--foo%d" % i for i in range(10000)], ["x"] * 10000,
                     ["--hf-overrides.a%d=1" % i for i in range(10000)], ["--middleware", "a"] * 5000,
                     ["--served-model-name"] + ["n"] * 9999, ["-"] * 10000, ["--max-num"] * 10000):
            before = time.monotonic()
            answer = ask(["vllm", "serve", "m", *more])
            self.assertLessEqual(len(answer["findings"]), 256)
            self.assertLess(time.monotonic() - before, 20, more[0])

    def test_too_many_arguments(self):
        self.assertEqual(ask(["x"] * 10513)["error"]["path"], "/command")
        self.assertIn("too_many_words", codes(ask("vllm serve m " + "x " * 20000)))

    def test_requests_that_cannot_be_understood(self):
        for command in (None, 1, {}, [1], [None], [["x"]]):
            self.assertEqual(ask(command)["error"]["path"][:8], "/command")
        self.assertEqual(codes(ask([])), ["not_vllm"])
        self.assertEqual(codes(ask("")), ["not_vllm"])
        raw = subprocess.run([TOOL], input=b'{"command": ["vllm", "serve", "\\u0000"]}\n{"command": ["\xff"]}\n',
                             stdout=subprocess.PIPE, check=True).stdout.splitlines()
        for line in raw:
            self.assertIn("error", json.loads(line))

    def test_random_words(self):
        chance = random.Random(1)
        pool = HARD + ["vllm", "serve", "-m", "python", "--", "-", "=", "--=", "--x=", "-O", "-O3", "--model", "--config",
                       "--hf-overrides.", "--hf-overrides..", "--hf-overrides.a.+", "docker", "run", "-e", "bash", "-c",
                       "'", '"', "\\", "$", "`", "#", "<", "--no-", "--served-model-name", "--port", "-tp", "\n"]
        lines = []
        for _ in range(2000):
            words = [chance.choice(pool) for _ in range(chance.randrange(1, 12))]
            command = chance.choice([words, " ".join(words), ["vllm", "serve", *words]])
            release = chance.choice(["0.6.6.post1", "0.9.0", "0.11.2", "0.33.0"])
            lines.append(json.dumps({"command": command, "engine": {"release": release}}))
        done = subprocess.run([TOOL], input="\n".join(lines) + "\n", stdout=subprocess.PIPE, encoding="utf-8",
                              check=True)
        answers = done.stdout.splitlines()
        self.assertEqual(len(answers), len(lines))
        for line, answer in zip(lines, answers):
            self.assertIn("findings", json.loads(answer), line)


class Files(unittest.TestCase):
    def test_config(self):
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / "c.yaml"
            path.write_text('# settings\nport: 12323  # ours\ntensor-parallel-size: 4\nenforce-eager: true\n'
                            'enable-prefix-caching: false\nserved-model-name:\n  - one\n  - "two"\n'
                            'hf-overrides:\n  a: 1\n  b: "x"\nallowed-origins: ["*"]\nmax-modle-len: 8\n')
            answer = ask(["vllm", "serve", "m", "--config", str(path), "-tp", "2"], "-f")
            self.assertEqual(answer["settings"],
                             {"port": 12323, "tensor_parallel_size": 2, "enforce_eager": True,
                              "enable_prefix_caching": False, "served_model_name": ["one", "two"],
                              "hf_overrides": {"a": 1, "b": "x"}})
            self.assertEqual(sorted((f["code"], f["index"]) for f in answer["findings"]
                                    if f["code"] != "model_not_read"),
                             [("bad_json", 4), ("misspelt_flag", 4)])
            self.assertEqual(codes(ask(["vllm", "serve", "m", "--config", str(path)])), ["config_not_read"])
            self.assertIn("config_not_read", codes(ask(["vllm", "serve", "m", "--config", folder + "/no.yaml"], "-f")))

    def test_places(self):
        for form, release in (("docker run vllm/vllm-openai:v0.11.0 --model m", "0.11.0"),
                              ("docker run vllm/vllm-openai:latest --model m", "0.33.0")):
            done = subprocess.run([TOOL], input=json.dumps({"command": form}) + "\n", stdout=subprocess.PIPE,
                                  encoding="utf-8", check=True)
            self.assertEqual(json.loads(done.stdout)["engine"]["release"], release)
        self.assertIn("image_release", codes(ask("docker run vllm/vllm-openai:v0.11.0 --model m")))


if __name__ == "__main__":
    unittest.main()
