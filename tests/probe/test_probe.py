#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Probing, from outside: `"gpus": "auto"` and `vllmplan gpus` with a stand-in for NVIDIA's library.

  test_probe.py COMMAND FOLDER     FOLDER holds the stand-in, libnvidia-ml.so.1
"""
import json
import os
import subprocess
import sys
import unittest

COMMAND, FOLDER = sys.argv[1], sys.argv[2]
GIB = 1 << 30
# as nvidia-smi prints them: 24576 MiB and 81559 MiB in total; 24124 MiB is what torch sees of the first
RTX = "NVIDIA GeForce RTX 3090|GPU-aaaa1111|25769803776|%d|8.6"
H100 = "NVIDIA H100 80GB HBM3|GPU-bbbb2222|85520809984|84000000000|9.0"
CONFIG = {"architectures": ["Qwen2ForCausalLM"], "hidden_size": 896, "num_hidden_layers": 24, "num_attention_heads": 14,
          "num_key_value_heads": 2, "intermediate_size": 4864, "vocab_size": 151936, "tie_word_embeddings": True,
          "max_position_embeddings": 32768, "torch_dtype": "bfloat16"}


def run(fake, *arguments, **more):
    env = {k: v for k, v in os.environ.items() if k not in ("CUDA_VISIBLE_DEVICES", "CUDA_DEVICE_ORDER", "FAKE_NVML")}
    folders = [f for f in env.get("LD_LIBRARY_PATH", "").split(":") if f and not os.path.samefile(f, FOLDER)]
    if fake is not None:
        env["FAKE_NVML"] = fake
        folders.insert(0, FOLDER)
    env["LD_LIBRARY_PATH"] = ":".join(folders)
    env.update(more.pop("env", {}))
    return subprocess.run([COMMAND, *arguments], capture_output=True, text=True, env=env, check=False, timeout=60, **more)


def plan(fake, env=None, **request):
    """One plan through `batch`, which reads requests and passes all permissions."""
    body = {"model": {"config": CONFIG, "serve_as": "M"}, "gpus": "auto", "engine": {"release": "0.24.0"}}
    body.update(request)
    done = run(fake, "batch", input=json.dumps(body) + "\n", env=env or {})
    return json.loads(done.stdout)


class Probe(unittest.TestCase):
    def test_card_is_found_and_translated(self):
        found = plan(RTX % (24 * GIB))
        rank = found["memory"]["ranks"][0]
        self.assertEqual(rank["total_bytes"], 24124 << 20)  # the table's row: driver 24576, torch 24124 MiB
        self.assertEqual(found["env"], {"CUDA_VISIBLE_DEVICES": "GPU-aaaa1111"})
        self.assertEqual(found["verdict"], "fits")

    def test_idle_card_comes_first_by_uuid(self):
        busy = RTX % GIB + "|4711:%d" % (22 * GIB)
        found = plan(busy + ";" + (RTX % (24 * GIB)).replace("aaaa1111", "cccc3333"))
        self.assertEqual(found["env"]["CUDA_VISIBLE_DEVICES"], "GPU-cccc3333")
        held = [n for n in found["notes"] if n["code"] == "gpu_memory_held"]
        self.assertEqual(len(held), 1)
        self.assertIn("Process 4711 VLLM::EngineCore?[31m holds 22.00 GiB on GPU 0", held[0]["text"])

    def test_numbers_where_the_release_reads_only_those(self):
        # int("GPU-...") in vllm/platforms/interface.py before 0.24.0
        two = H100 + ";" + RTX % (24 * GIB)
        found = plan(two, {"CUDA_VISIBLE_DEVICES": "1", "CUDA_DEVICE_ORDER": "PCI_BUS_ID"}, engine={"release": "0.23.0"})
        self.assertEqual(found["env"], {"CUDA_DEVICE_ORDER": "PCI_BUS_ID", "CUDA_VISIBLE_DEVICES": "1"})

    def test_processes_without_figures_or_names(self):
        found = plan(RTX % GIB + "|1:?")
        self.assertTrue(any("Process 1 holds memory on GPU 0" in n["text"] for n in found["notes"]))

    def test_more_processes_than_listed(self):
        found = plan(RTX % GIB + "".join("|%d:%d" % (100 + i, i + 1) for i in range(70)))
        self.assertTrue(any("70 more processes" in n["text"] for n in found["notes"]))

    def test_visible_devices(self):
        two = RTX % (24 * GIB) + ";" + H100
        for value, want in (("1", "GPU-bbbb2222"), ("GPU-aaaa", "GPU-aaaa1111"), ("0", "GPU-aaaa1111"),
                            (" 1 , 0", "GPU-bbbb2222")):
            found = plan(two, {"CUDA_VISIBLE_DEVICES": value, "CUDA_DEVICE_ORDER": "PCI_BUS_ID"})
            self.assertEqual(found["env"]["CUDA_VISIBLE_DEVICES"], want, value)
            self.assertFalse([n for n in found["notes"] if n["code"] == "gpu_order"])
        found = plan(two, {"CUDA_VISIBLE_DEVICES": "0"})
        self.assertEqual([n["severity"] for n in found["notes"] if n["code"] == "gpu_order"], ["warning"])
        # the request's own environment counts instead of the process's
        found = plan(two, {"CUDA_VISIBLE_DEVICES": "0"}, host={"env": {"CUDA_VISIBLE_DEVICES": "1"}})
        self.assertEqual(found["env"]["CUDA_VISIBLE_DEVICES"], "GPU-bbbb2222")

    def test_hidden_and_missing_cards(self):
        for value in ("", "-1", "7", "GPU-zzzz", "-1,0", "GPU-"):
            two = RTX % GIB + ";" + H100
            answer = plan(two, {"CUDA_VISIBLE_DEVICES": value} if value else {"CUDA_VISIBLE_DEVICES": ","})
            self.assertIn("hides every card", answer["error"]["message"], value)
        self.assertIn("its driver sees no card", plan("")["error"]["message"])
        self.assertIn("Driver/library version mismatch", plan("!18")["error"]["message"])
        self.assertIn("no NVIDIA driver", plan(None)["error"]["message"])
        self.assertEqual(plan(None)["error"]["path"], "/gpus")

    def test_slices_stand_for_their_card(self):
        slices = "~NVIDIA H100 80GB HBM3|GPU-bbbb2222|85520809984|84000000000|9.0;" \
                 "+NVIDIA H100 80GB HBM3 MIG 3g.40gb|MIG-1111|42144366592|42000000000|;" \
                 "+NVIDIA H100 80GB HBM3 MIG 1g.10gb|MIG-2222|10468982784|10400000000|"
        found = plan(slices)
        self.assertEqual(found["env"]["CUDA_VISIBLE_DEVICES"], "MIG-1111")
        self.assertEqual(found["memory"]["ranks"][0]["total_bytes"], 42144366592)
        # a slice has no number, so an older release cannot be told which
        older = plan(slices, engine={"release": "0.23.0"})
        self.assertEqual(older["env"], {})
        self.assertIn("uuid_not_taken", [n["code"] for n in older["notes"]])
        self.assertTrue(any(n["code"] == "gpu_total_is_drivers" for n in found["notes"]))

    def test_lost_and_unified_cards_do_not_disturb(self):
        found = plan("LOST|x|1|1|8.6;" + RTX % (24 * GIB))
        self.assertEqual(found["env"]["CUDA_VISIBLE_DEVICES"], "GPU-aaaa1111")
        answer = plan("NVIDIA Thing|GPU-dddd|0|0|9.0")
        self.assertEqual(answer["error"]["path"], "/gpus/0/total_bytes")

    def test_many_cards_are_cut_to_what_a_request_takes(self):
        found = plan(";".join((RTX % (24 * GIB)).replace("aaaa1111", "%04d" % i) for i in range(70)))
        self.assertEqual(found["verdict"], "fits")

    def test_gpus_shows_the_machine(self):
        done = run(RTX % (24 * GIB), "gpus")
        self.assertEqual(done.returncode, 0)
        self.assertIn("GPU-aaaa1111", done.stdout)
        answer = json.loads(run(RTX % (24 * GIB), "gpus", "--json").stdout)
        self.assertEqual(answer["machine"][0]["key"], "rtx_3090")
        self.assertTrue(answer["gpus"])
        self.assertEqual(run(None, "gpus").returncode, 0)


if __name__ == "__main__":
    unittest.main(argv=sys.argv[:1], verbosity=1)
