#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Rendered plans, read back: by the real shells that are there, and by the rules of the programs that are not.

  test_render.py PATH-OF-vllmplan [unittest arguments]
"""
from __future__ import annotations

import csv
import json
import os
import pathlib
import shlex
import shutil
import subprocess
import sys
import tempfile
import unittest
from typing import Any, Dict, List

import rendering
from rendering import CONTROL, FORMATS, HARD, SECRETS, ask, request

PROGRAM = ""
# prints the arguments and some of the environment that a program gets
DUMP = "#!%s\nimport json,os,sys\nprint(json.dumps([sys.argv[1:], os.environ.get('A'), os.environ.get('HF_TOKEN')]))\n"


def plan(form: str, words: List[str], **members: Any) -> Dict[str, Any]:
    answer = ask(PROGRAM, [request(form, words, **members)])[0]
    if "error" in answer:
        raise AssertionError(answer["error"])
    return answer


class Shells(unittest.TestCase):
    def setUp(self) -> None:
        self.dir = pathlib.Path(tempfile.mkdtemp())
        self.addCleanup(shutil.rmtree, self.dir)
        (self.dir / "vllm").write_text(DUMP % sys.executable)
        (self.dir / "vllm").chmod(0o755)

    def run_script(self, program: List[str], text: str) -> Any:
        env = {**os.environ, "PATH": "%s:%s" % (self.dir, os.environ["PATH"]), "HF_TOKEN": "from outside",
               "HOME": str(self.dir), "XDG_CONFIG_HOME": str(self.dir)}
        done = subprocess.run([*program, text], capture_output=True, env=env, cwd=self.dir, check=False, timeout=60)
        self.assertEqual(done.returncode, 0, done.stderr)
        return json.loads(done.stdout)

    def test_posix_and_fish(self) -> None:
        words, value = HARD + CONTROL, "x".join(HARD + CONTROL)
        for form, shells in (("shell", ["sh", "dash", "bash", "zsh", "busybox"]), ("fish", ["fish"])):
            made = plan(form, words, settings=SECRETS, host={"env": {"A": value}})
            seen = 0
            for shell in filter(shutil.which, shells):
                program = [shell, "sh", "-c"] if shell == "busybox" else [shell, "-c"]
                with self.subTest(shell):
                    # HF_TOKEN is the shell's own, VLLM_API_KEY has to be there too
                    text = made["rendered"]["text"]
                    before = "set -x VLLM_API_KEY k\n" if shell == "fish" else "VLLM_API_KEY=k\n"
                    self.assertEqual(self.run_script(program, before + text),
                                     [made["argv"][1:], value, "from outside"])
                seen += 1
            if not seen:
                print("skipped: none of %s is here" % ", ".join(shells))

    def test_secret_that_is_not_set_stops(self) -> None:
        text = plan("shell", [], settings=SECRETS)["rendered"]["text"]
        env = {"PATH": "%s:%s" % (self.dir, os.environ["PATH"])}
        done = subprocess.run(["sh", "-c", text], capture_output=True, env=env, check=False, timeout=60)
        self.assertNotEqual(done.returncode, 0)
        self.assertEqual(done.stdout, b"")
        self.assertIn(b"VLLM_API_KEY", done.stderr)

    def test_powershell(self) -> None:
        made = plan("powershell", HARD + CONTROL, host={"env": {"A": HARD[4]}})
        lines = made["rendered"]["text"].split("\n", 2)
        self.assertEqual(lines[1], "$env:A = '\"q\"'")
        self.assertTrue(lines[2].startswith("& '"))
        self.assertEqual(rendering.powershell_words(lines[2][2:].rstrip("\n")), made["argv"])

    def test_cmd(self) -> None:
        made = plan("cmd", HARD, host={"env": {"A": "50% ^ \"x\" & y"}})
        lines = made["rendered"]["text"].rstrip("\n").split("\n")
        self.assertEqual(rendering.cmd_line(lines[-2]), "set A=50% ^ \"x\" & y")
        self.assertEqual(rendering.windows_words(rendering.cmd_line(lines[-1])), made["argv"])
        for word in ("new\nline", "x\ry", "\x1a"):
            answer = ask(PROGRAM, [request("cmd", [word])])[0]
            self.assertEqual(answer["error"]["name"], "VLLMPLAN_E_RANGE", word)
        self.assertEqual(ask(PROGRAM, [request("cmd", ["x" * 9000])])[0]["error"]["name"], "VLLMPLAN_E_LIMIT")


class Files(unittest.TestCase):
    """docker, Compose, Kubernetes, systemd."""

    def test_docker_words(self) -> None:
        mount = {"source": "/a,b \"c\"", "target": "/d:e", "read_only": True}
        made = plan("docker", HARD + CONTROL, settings=SECRETS, host={"env": {"A": "1 2"}},
                    deploy={"image": "org/image:1", "mounts": [mount], "ports": [{"host": 80, "address": "::1"}]})
        words = made["rendered"]["commands"][0]
        self.assertEqual(shlex.split(made["rendered"]["text"].replace(" \\\n    ", " ")), words)
        image = words.index("org/image:1")
        self.assertEqual([words[image - 1], *words[image + 1:]], made["argv"])
        options = words[2:image]
        given = list(zip(options[::2], options[1::2]))
        self.assertEqual([v for o, v in given if o == "--env"], ["VLLM_API_KEY", "HF_TOKEN", "A=1 2"])
        self.assertEqual(next(csv.reader([dict(given)["--mount"]])),
                         ["type=bind", "source=" + mount["source"], "target=/d:e", "readonly"])
        self.assertEqual(dict(given)["--publish"], "[::1]:80:8000")

    def test_cards(self) -> None:
        two = [{"name": "l4", "uuid": "GPU-a", "index": 3}, {"name": "l4", "uuid": "GPU-b", "index": 1},
               {"name": "l4", "uuid": "GPU-c", "index": 0}]
        tp = {"tensor_parallel_size": 2}
        made = plan("docker", [], gpus=two, settings=tp)
        self.assertEqual(made["env"], {"CUDA_VISIBLE_DEVICES": "GPU-a,GPU-b"})
        words = made["rendered"]["commands"][0]
        # opts/gpus.go reads a list, in which the cards are one field
        self.assertEqual(words[words.index("--gpus") + 1], '"device=GPU-a,GPU-b"')
        self.assertNotIn("CUDA_VISIBLE_DEVICES", made["rendered"]["text"])
        older = plan("shell", [], gpus=two, settings=tp, engine={"release": "0.19.1"})
        self.assertEqual(older["env"], {"CUDA_DEVICE_ORDER": "PCI_BUS_ID", "CUDA_VISIBLE_DEVICES": "3,1"})
        mig = plan("docker", [], gpus=[{"name": "l4", "uuid": "MIG-1"}])["rendered"]["commands"][0]
        self.assertEqual(mig[mig.index("--gpus") + 1], "device=MIG-1")

    def test_compose_scalars(self) -> None:
        made = plan("compose", HARD + CONTROL, settings=SECRETS, host={"env": {"A": "$x"}}, deploy={"image": "i"})
        scalars = rendering.quoted_yaml(made["rendered"]["text"])
        start = scalars.index("vllm", 1)
        self.assertEqual([rendering.expanded(s) for s in scalars[start:start + len(made["argv"])]], made["argv"])
        self.assertIn("${HF_TOKEN:?}", scalars)
        self.assertIn("$$x", scalars)
        self.assertNotIn("{{", made["rendered"]["text"])

    def test_kubernetes_scalars(self) -> None:
        made = plan("k8s", HARD + CONTROL, deploy={"image": "i"})
        scalars = rendering.quoted_yaml(made["rendered"]["text"])
        start = scalars.index("i") + 1
        self.assertEqual([rendering.expanded(s) for s in scalars[start:start + len(made["argv"])]], made["argv"])
        self.assertNotIn("{{", made["rendered"]["text"])

    def test_systemd_words(self) -> None:
        value = "x".join(HARD + CONTROL)
        made = plan("systemd", HARD + CONTROL, host={"env": {"A": value}}, deploy={"user": "vllm"})
        unit = rendering.systemd_unit(made["rendered"]["text"])
        self.assertEqual([k for k, v in unit],
                         ["Description", "Wants", "After", "Type", "User", "Environment", "ExecStart", "WantedBy"])
        self.assertEqual(rendering.systemd_words(dict(unit)["ExecStart"], True), made["argv"])
        self.assertEqual(rendering.systemd_words(dict(unit)["Environment"], False), ["A=" + value])

    @unittest.skipUnless(shutil.which("systemd-analyze"), "systemd-analyze is not here")
    def test_systemd_accepts_the_unit(self) -> None:
        made = plan("systemd", HARD + CONTROL, host={"env": {"A": "x\ny%z$"}},
                    engine={"release": "0.33.0", "entrypoint": "module", "python": sys.executable,
                            "extra_args": HARD + CONTROL},
                    deploy={"startup_seconds": 600, "secrets": {"file": "/etc/a%b"}}, settings=SECRETS)
        with tempfile.TemporaryDirectory() as folder:
            path = pathlib.Path(folder) / "vllm.service"
            path.write_text(made["rendered"]["text"])
            done = subprocess.run(["systemd-analyze", "verify", str(path)], capture_output=True, text=True, check=False,
                                  timeout=120)
        told = [line for line in done.stderr.split("\n") if "vllm.service" in line]
        self.assertEqual(told, [])

    def test_systemd_programs(self) -> None:
        for python in ("-python", "@python", "bin/python", "!x", "py\nthon"):
            engine = {"release": "0.33.0", "entrypoint": "module", "python": python, "extra_args": []}
            answer = ask(PROGRAM, [request("systemd", [], engine=engine)])[0]
            self.assertEqual(answer["error"]["path"], "/engine/python", python)


class Honest(unittest.TestCase):
    def test_secrets_are_nowhere(self) -> None:
        host = {"env": {"AWS_SECRET": "hunter2-aws", "HF_TOKEN": "hunter2-env"}}
        for answer in ask(PROGRAM, [request(form, [], settings=SECRETS, host=host) for form in FORMATS]):
            self.assertIn("rendered", answer)
            self.assertNotIn("hunter2", json.dumps(answer))
            self.assertEqual(answer["env"]["AWS_SECRET"], {"secret": "AWS_SECRET"})

    def test_placeholders(self) -> None:
        tp = {"tensor_parallel_size": 2, **SECRETS}
        answers = ask(PROGRAM, [request(form, [], settings=tp) for form in FORMATS])
        wanted: Dict[str, List[str]] = {
            "docker": ["/deploy/shm_size", "/deploy/image"], "compose": ["/deploy/image", "/deploy/shm_size"],
            "k8s": ["/deploy/image", "/deploy/secrets/kubernetes"], "systemd": ["/deploy/secrets/file"]}
        for form, answer in zip(FORMATS, answers):
            rendered = answer["rendered"]
            self.assertEqual([p["path"] for p in rendered["placeholders"]], wanted.get(form, []), form)
            for placeholder in rendered["placeholders"]:
                self.assertIn(placeholder["word"], rendered["text"])
        said = {"image": "i", "shm_size": 1 << 30, "secrets": {"kubernetes": "s", "file": "/f"}}
        for answer in ask(PROGRAM, [request(form, [], settings=tp, deploy={"format": form, **said}) for form in FORMATS]):
            self.assertEqual(answer["rendered"]["placeholders"], [])
            self.assertNotIn("PLACEHOLDER", answer["rendered"]["text"])

    def test_nothing_is_rendered_unasked(self) -> None:
        body = request("shell", [])
        del body["deploy"]
        self.assertIsNone(ask(PROGRAM, [body])[0]["rendered"])

    def test_names_cannot_smuggle(self) -> None:
        bad = {"name": ["a\nb", "A", "-a", "a/b", "a b", "x" * 64, ""], "namespace": ["a\n---", "a.b"],
               "image": ["-v", "a b", "a\nb", "a$b", "--privileged", "{{x}}"], "user": ["a\nb", "-x", "a b", ""],
               "head_address": ["-x", "a b", "a\nb", "a;b"], "cache_volume": ["a:b", "/a\nb", "../x", "-x"]}
        rows = [({"deploy": {key: text}}, "/deploy/" + key) for key, texts in bad.items() for text in texts]
        rows += [({"deploy": {"mounts": [{"source": s, "target": "/x"}]}}, "/deploy/mounts")
                 for s in ("a", "-v", "/a\nb", "", "~/x")]
        rows += [({"deploy": {"secrets": {"file": f}}}, "/deploy/secrets/file") for f in ("a", "-/a", "/a\\", "/a\nb")]
        rows += [({"host": {"env": {name: "x"}}}, "/host/env") for name in ("A B", "1A", "A=B", "A\nB", "", "A-B")]
        answers = ask(PROGRAM, [request("systemd", [], **members) for members, _ in rows])
        for (members, path), answer in zip(rows, answers):
            self.assertEqual(answer.get("error", {}).get("path"), path, members)
            self.assertEqual(answer["error"]["name"], "VLLMPLAN_E_RANGE", members)

    def test_bad_values(self) -> None:
        rows = [({"settings": {"port": 65536}}, "/settings/port", "VLLMPLAN_E_RANGE"),
                ({"settings": {"port": -1}}, "/settings/port", "VLLMPLAN_E_RANGE"),
                ({"settings": {"compilation_config": "{\"a\":"}}, "/settings/compilation_config", "VLLMPLAN_E_TYPE"),
                ({"deploy": {"ports": [{"host": 70000}]}}, "/deploy/ports/0/host", "VLLMPLAN_E_RANGE"),
                ({"deploy": {"format": "helm"}}, "/deploy/format", "VLLMPLAN_E_RANGE")]
        answers = ask(PROGRAM, [request("shell", [], **members) for members, _, _ in rows])
        for (members, path, name), answer in zip(rows, answers):
            error = answer.get("error", {})
            self.assertEqual((error.get("path"), error.get("name")), (path, name), members)

    def test_model_that_looks_like_an_option(self) -> None:
        model = {"config": rendering.CONFIG, "serve_as": "--trust-remote-code"}
        self.assertEqual(plan("shell", [], model=model)["argv"][:3], ["vllm", "serve", "./--trust-remote-code"])
        module = {"release": "0.33.0", "entrypoint": "module", "extra_args": []}
        self.assertIn("--model=--trust-remote-code", plan("shell", [], model=model, engine=module)["argv"])

    def test_text_that_is_not_utf8(self) -> None:
        done = subprocess.run([PROGRAM, "batch"], input=b'{"host": {"env": {"A": "\xff"}}}\n', capture_output=True,
                              check=False, timeout=60)
        self.assertEqual(json.loads(done.stdout)["error"]["name"], "VLLMPLAN_E_SYNTAX")
        done = subprocess.run([PROGRAM, "plan", b"\xff", "--gpu", "l4", "--format", "docker"], capture_output=True,
                              check=False, timeout=60)
        self.assertEqual((done.returncode, done.stdout), (2, b""))


class Machines(unittest.TestCase):
    def launch(self, form: str, nodes: int, release: str, **settings: Any) -> Dict[str, Any]:
        return ask(PROGRAM, [request(form, [], nodes=nodes, settings=settings,
                                     engine={"release": release, "extra_args": []})])[0]

    def tails(self, answer: Dict[str, Any]) -> List[List[str]]:
        """Role, and what differs from machine to machine."""
        own = ("--nnodes", "--node-rank", "--headless", "--data-parallel-size-local", "--data-parallel-start-rank",
               "--distributed-executor-backend")
        rows = []
        for entry in answer["launch"]:
            words = entry["argv"]
            row = [entry["role"], str(entry["node"])]
            for i, word in enumerate(words):
                if word in own:
                    row += [word] if word == "--headless" else [word, words[i + 1]]
            rows.append(row)
        return rows

    def test_processes(self) -> None:
        """vllm/engine/arg_utils.py, entrypoints/cli/serve.py:run_headless: 0.11.2 and newer."""
        answer = self.launch("shell", 2, "0.11.2", tensor_parallel_size=2, pipeline_parallel_size=2)
        self.assertEqual(self.tails(answer), [["serve", "0", "--nnodes", "2", "--node-rank", "0"],
                                              ["headless", "1", "--headless", "--nnodes", "2", "--node-rank", "1"]])
        self.assertIn("head_address_missing", [n["code"] for n in answer["notes"]])
        self.assertEqual(answer["argv"], answer["launch"][0]["argv"])

    def test_ranks_divide_evenly(self) -> None:
        """world_size % nnodes == 0: three stages on machines of two cards take three machines."""
        answer = self.launch("docker", 3, "0.33.0", pipeline_parallel_size=3)
        self.assertEqual([row[-4:] for row in self.tails(answer)],
                         [["--nnodes", "3", "--node-rank", str(node)] for node in range(3)])
        words = answer["rendered"]["commands"][0]
        self.assertEqual(words[words.index("--gpus") + 1], "1")

    def test_replicas(self) -> None:
        answer = self.launch("shell", 2, "0.33.0", data_parallel_size=3)
        self.assertEqual(self.tails(answer),
                         [["serve", "0", "--data-parallel-size-local", "2"],
                          ["headless", "1", "--data-parallel-size-local", "1", "--data-parallel-start-rank", "2",
                           "--headless"]])

    def test_ray(self) -> None:
        answer = self.launch("shell", 2, "0.10.2", pipeline_parallel_size=4)
        self.assertEqual([row[:2] for row in self.tails(answer)],
                         [["serve", "0"], ["ray_head", "0"], ["ray_worker", "1"]])
        self.assertEqual(self.tails(answer)[0][2:], ["--distributed-executor-backend", "ray"])
        text = answer["rendered"]["text"]
        self.assertLess(text.index("ray start"), text.index("vllm serve"))
        refused = self.launch("docker", 2, "0.10.2", pipeline_parallel_size=4)
        self.assertEqual(refused["error"]["name"], "VLLMPLAN_E_UNSUPPORTED")

    def test_what_cannot_be_spread_is_said(self) -> None:
        answer = self.launch("shell", 2, "0.8.5.post1", data_parallel_size=4)
        self.assertEqual(len(answer["launch"]), 1)
        self.assertIn("several_nodes_not_launched", [n["code"] for n in answer["notes"]])

    def test_one_machine_is_enough(self) -> None:
        answer = self.launch("shell", 2, "0.33.0", tensor_parallel_size=2)
        self.assertEqual(self.tails(answer), [["serve", "0"]])

    def test_group_of_pods(self) -> None:
        text = self.launch("k8s", 3, "0.33.0", tensor_parallel_size=2, pipeline_parallel_size=3)["rendered"]["text"]
        self.assertIn("kind: LeaderWorkerSet", text)
        self.assertEqual(text.count('"$(LWS_LEADER_ADDRESS)"'), 2)
        self.assertEqual(text.count('"$(LWS_WORKER_INDEX)"'), 1)
        self.assertNotIn("HEAD_ADDRESS", text.replace("LEADER_ADDRESS", ""))


if __name__ == "__main__":
    PROGRAM = sys.argv.pop(1)
    unittest.main()
