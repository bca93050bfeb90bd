#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Rendered plans before the programs that will read them: PyYAML, the schemas of Kubernetes (kubernetes-validate),
docker-compose config where it is installed. Run by tests/extra.sh in an environment of its own.

  validate.py PATH-OF-vllmplan [unittest arguments]
"""
from __future__ import annotations

import pathlib
import shutil
import subprocess
import sys
import tempfile
import unittest
from typing import Any, Dict, List

import kubernetes_validate
import yaml
from rendering import CONTROL, HARD, SECRETS, ask, expanded, request

PROGRAM = ""
# docker-compose reads U+0085, and prints it bare, where a reader takes it for a line break
WORDS = HARD + [word for word in CONTROL if word != "\u0085"]
FULL: Dict[str, Any] = {
    "name": "no", "image": "org/image:1", "shm_size": 1 << 30, "cache_volume": "hub", "startup_seconds": 600,
    "replicas": 2, "namespace": "models", "mounts": [{"source": "/a:$b", "target": "/c d", "read_only": True}],
    "ports": [{"host": 8080, "address": "127.0.0.1"}, {"host": 81}]}
CARDS = [{"name": "l4", "uuid": "GPU-a"}, {"name": "l4", "uuid": "GPU-b"}]


def rendered(form: str, deploy: Dict[str, Any], **members: Any) -> Dict[str, Any]:
    answer = ask(PROGRAM, [request(form, WORDS, deploy={"format": form, **deploy}, **members)])[0]
    if "error" in answer:
        raise AssertionError(answer["error"])
    return answer


def check_kubernetes(test: unittest.TestCase, document: Dict[str, Any]) -> None:
    for version in ("1.29", "1.34"):
        kubernetes_validate.validate(document, version, strict=True)
    test.assertTrue(document)


class Kubernetes(unittest.TestCase):
    def test_deployments(self) -> None:
        for deploy in ({}, FULL, {**FULL, "cache_volume": "/hub", "namespace": "on"}):
            answer = rendered("k8s", deploy, settings={**SECRETS, "tensor_parallel_size": 2},
                              host={"env": {"NO": "y", "A": "$(B) {{x}}\n"}})
            document = yaml.safe_load(answer["rendered"]["text"])
            check_kubernetes(self, document)
            pod = document["spec"]["template"]["spec"]
            container = pod["containers"][0]
            self.assertEqual([expanded(w) for w in container["command"] + container["args"]], answer["argv"])
            values = {v["name"]: v.get("value") for v in container["env"]}
            self.assertEqual({k: expanded(v) for k, v in values.items() if v}, {"NO": "y", "A": "$(B) {{x}}\n"})
            self.assertEqual(container["resources"]["limits"], {"nvidia.com/gpu": 2})
            self.assertEqual([m["name"] for m in container["volumeMounts"]], [v["name"] for v in pod["volumes"]])
            if deploy:
                startup = container["startupProbe"]
                self.assertEqual(startup["failureThreshold"] * startup["periodSeconds"], 600)

    def test_groups_of_pods(self) -> None:
        """No schema is at hand for a LeaderWorkerSet; its two templates are those of a Deployment."""
        answer = rendered("k8s", FULL, nodes=3, settings={"tensor_parallel_size": 2, "pipeline_parallel_size": 3},
                          gpus=[{"name": "l4", "count": 2}])
        document = yaml.safe_load(answer["rendered"]["text"])
        self.assertEqual((document["apiVersion"], document["kind"]),
                         ("leaderworkerset.x-k8s.io/v1", "LeaderWorkerSet"))
        group = document["spec"]["leaderWorkerTemplate"]
        self.assertEqual(group["size"], 3)
        for key in ("leaderTemplate", "workerTemplate"):
            check_kubernetes(self, {"apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": "x"},
                                    "spec": {"selector": {"matchLabels": group[key]["metadata"]["labels"]},
                                             "template": group[key]}})


class Compose(unittest.TestCase):
    def services(self, text: str) -> Dict[str, Any]:
        """What docker-compose makes of it, or what YAML says where there is none."""
        if not shutil.which("docker-compose"):
            print("skipped: docker-compose is not here")
            return yaml.safe_load(text)["services"]
        with tempfile.TemporaryDirectory() as folder:
            path = pathlib.Path(folder) / "compose.yaml"
            path.write_text(text)
            env = {"PATH": "/usr/local/bin:/usr/bin:/bin", "HF_TOKEN": "t", "VLLM_API_KEY": "k", "LC_ALL": "C.UTF-8"}
            done = subprocess.run(["docker-compose", "-f", str(path), "config"], capture_output=True, check=False,
                                  env=env, timeout=120)
        self.assertEqual(done.returncode, 0, done.stderr.decode())
        return yaml.safe_load(done.stdout)["services"]

    def test_services(self) -> None:
        for deploy in ({"image": "i", "shm_size": 1 << 30}, FULL, {**FULL, "cache_volume": "/hub"}):
            answer = rendered("compose", deploy, settings={**SECRETS, "tensor_parallel_size": 2}, gpus=CARDS,
                              host={"env": {"NO": "y", "A": "$B ${C} {{x}}\n"}})
            name = deploy.get("name", "vllm")
            service = self.services(answer["rendered"]["text"])[name]
            plain: List[str] = service["entrypoint"] + service["command"]
            # config prints what it would read again: '$' doubled
            self.assertEqual([expanded(w) for w in plain], answer["argv"])
            self.assertEqual(service["environment"]["NO"], "y")
            self.assertEqual(expanded(service["environment"]["A"]), "$B ${C} {{x}}\n")
            device = service["deploy"]["resources"]["reservations"]["devices"][0]
            self.assertEqual(device["device_ids"], ["GPU-a", "GPU-b"])


if __name__ == "__main__":
    PROGRAM = sys.argv.pop(1)
    unittest.main()
