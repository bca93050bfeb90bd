#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Compares plans with what vLLM's own classes computed for the same configs.

    test_oracle.py COMMAND FACTS

FACTS is the folder that holds oracle/, models/ (exit 77, skipped, when it is not there). All requests go
through one `batch` run. Three suites: weights from config.json, weights and checkpoint bytes from tensor
headers, KV cache.

Weight rows count what a rank holds. Two float32 scalars of each attention layer (_k_scale_cpu, _v_scale_cpu)
are made on the GPU while the model is built and made again, on the CPU, when the weights are processed
(vllm 0.33.0, layers/attention/attention.py:Attention.process_weights_after_loading, called outside of the
device context). Rows with `bytes_outside_modules` counted the second pair, 8 bytes a layer, as GPU memory
(and sometimes 32 bytes of an imported package's constant). So the truth is the row's bytes_final less
bytes_outside_modules, and the test insists that this is all the difference. Rows of a pipeline rank were
mended afterwards with the 16 bytes of scalars of every layer of the model, also of those on the other rank,
which are not built there (models/utils.py:PPMissingLayer); those are taken off too.
"""
import gzip
import json
import os
import sys
from pathlib import Path

from lines import batch, read_rows

ARCHITECTURES = {"LlamaForCausalLM", "MistralForCausalLM", "Qwen2ForCausalLM", "Qwen3ForCausalLM"}
GIB = 1 << 30


def request(config, row, settings, tensors=None):
    model = {"config": config, "serve_as": "MODEL"}
    if tensors is not None:
        model["tensors"] = tensors
    gpu = {"total_bytes": 4096 * GIB, "compute_capability": row["cc"], "count": row["tp"] * row["pp"]}
    settings = dict(settings, tensor_parallel_size=row["tp"], pipeline_parallel_size=row["pp"])
    return {"model": model, "gpus": gpu, "engine": {"release": row["release"]}, "settings": settings,
            "policy": {"may_change": []}}


class Score:
    def __init__(self, name):
        self.name, self.good, self.bad = name, 0, []

    def check(self, where, what, got, want):
        if got == want:
            self.good += 1
        else:
            self.bad.append(f"{where}: {what} is {got}, vLLM has {want}")

    def close(self):
        print(f"{self.name}: {self.good} equal, {len(self.bad)} different")
        for line in self.bad[:12]:
            print("   " + line)
        return not self.bad and self.good > 0


def weight_rows(facts):
    for row in read_rows(facts / "oracle/weights.jsonl"):
        plain = row["quant_method"] is None or row["quantization"] == "fp8" == row["quant_method"]
        if row["arch"] in ARCHITECTURES and plain and row["proved"]:
            yield row


def compare_weights(score, row, plan, all_layers):
    where = f"{row['model']} tp {row['tp']} pp {row['pp_rank']}/{row['pp']} {row['quantization']} cc {row['cc']}"
    layers = all_layers // row["pp"]  # every model here divides evenly
    if "error" in plan:
        score.bad.append(f"{where}: {plan['error']}")
        return
    rank = plan["memory"]["ranks"][row["pp_rank"]]
    outside = row["bytes_outside_modules"]
    elsewhere = 16 * (all_layers - layers) if "rope_added" in row else 0
    score.check(where, "weights_bytes", rank["weights_bytes"], row["bytes_final"] - outside - elsewhere)
    if outside not in (0, 8 * layers, 8 * layers + 32):
        score.bad.append(f"{where}: {outside} bytes outside of modules are not explained")
    if outside:  # rows that counted everything also have a true rounded sum
        extra = 1024 * layers + (512 if outside % (8 * layers) else 0)
        score.check(where, "weights_allocated_bytes", rank["weights_allocated_bytes"], row["bytes_final_512"] - extra)


def suite_weights(command, facts):
    score, todo = Score("weights from config.json"), list(weight_rows(facts))
    configs = [json.loads((facts / "models/configs" / r["config"]).read_text()) for r in todo]
    plans = batch(command, [request(c, r, {"quantization": "fp8"} if r["quantization"] else {})
                            for c, r in zip(configs, todo)])
    for config, row, plan in zip(configs, todo, plans):
        compare_weights(score, row, plan, config["num_hidden_layers"])
    print(f"   ({len(todo)} rows of {len({r['model'] for r in todo})} models)")
    return score.close()


def fixtures(facts):
    for path in sorted((facts / "models/tensors").glob("*.json.gz")):
        with gzip.open(path, "rt", encoding="utf-8") as f:
            doc = json.load(f)
        if (doc["config"].get("architectures") or [None])[0] in ARCHITECTURES and not doc["config"].get("quantization_config"):
            tensors = [{"name": n, "dtype": doc["dtypes"][d], "shape": s} for n, d, s in doc["tensors"]]
            dtypes = {t["dtype"] for t in tensors}
            if dtypes <= {"BF16", "F16", "F32"}:
                yield path.name[:-8], doc["config"], tensors


SIZES = {"BF16": 2, "F16": 2, "F32": 4}


def suite_headers(command, facts):
    """The same rows from tensor headers, and headers against config for every model that has both."""
    score = Score("weights and checkpoint bytes from tensor headers")
    known = {name: (config, tensors) for name, config, tensors in fixtures(facts)}
    todo = [r for r in weight_rows(facts) if r["config"][:-5] in known]
    plans = batch(command, [request(*[known[r["config"][:-5]][0], r, {"quantization": "fp8"} if r["quantization"] else {}],
                                    tensors=known[r["config"][:-5]][1]) for r in todo])
    for row, plan in zip(todo, plans):
        compare_weights(score, row, plan, known[row["config"][:-5]][0]["num_hidden_layers"])
    for name, (config, tensors) in known.items():
        total = 0
        for t in tensors:
            elements = 1
            for d in t["shape"]:
                elements *= d
            total += elements * SIZES[t["dtype"]]
        both = []
        for extra in ({"tensors": tensors}, {}):
            text = json.dumps({"model": dict({"config": config, "serve_as": "M"}, **extra), "policy": {"may_change": []},
                               "gpus": {"total_bytes": 4096 * GIB, "compute_capability": "9.0"}, "engine": {"release": "0.33.0"}})
            both.append(text)
        from_headers, from_config = batch(command, [json.loads(t) for t in both])
        for key in ("weights_bytes", "weights_allocated_bytes"):
            score.check(name, key, from_headers["memory"]["ranks"][0][key], from_config["memory"]["ranks"][0][key])
        score.check(name, "checkpoint_bytes", from_headers["model"]["checkpoint_bytes"], total)
    print(f"   ({len(todo)} rows and {len(known)} models with headers)")
    return score.close()


ROLE = (("embed_tokens", "embedding"), (".wte.", "embedding"), ("lm_head", "lm_head"), ("layernorm", "norms"),
        ("_norm", "norms"), ("model.norm", "norms"), (".ln_", "norms"), ("inv_freq", "other"), ("attn", "attention"),
        ("mlp", "mlp"))


def role_of(name):
    return next((role for part, role in ROLE if part in name), "other")


def suite_roles(facts):
    """Checkpoint bytes by tensor role: headers against a sum over the tensor list, and config against headers
    where the files have the config's dtype and nothing besides the modules."""
    import vllmplan  # the binding of this tree: inspect for models that are not in files
    score = Score("checkpoint bytes by role")
    for name, config, tensors in fixtures(facts):
        sums = dict.fromkeys(("embedding", "lm_head", "attention", "mlp", "experts", "mamba", "norms", "vision",
                              "audio", "other"), 0)
        for t in tensors:
            elements = 1
            for d in t["shape"]:
                elements *= d
            # the head that a tied model carries besides is taken by no module
            unused = config.get("tie_word_embeddings") and t["name"] == "lm_head.weight"
            sums["other" if unused else role_of(t["name"])] += elements * SIZES[t["dtype"]]
        files = vllmplan.inspect({"config": config, "tensors": tensors}, allow=0)["facts"]["inventory"]
        derived = vllmplan.inspect({"config": config}, allow=0)["facts"]["inventory"]
        score.check(name, "bytes by role from headers", files["bytes_by_role"], sums)
        same_dtype = {t["dtype"] for t in tensors} == {{"bfloat16": "BF16", "float16": "F16", "float32": "F32"}.get(
            config.get("torch_dtype") or config.get("dtype"))}
        if same_dtype and sums["other"] == 0:
            score.check(name, "bytes by role from config.json", derived["bytes_by_role"], sums)
    return score.close()


def suite_kv(command, facts):
    score, todo = Score("KV cache"), []
    for row in read_rows(facts / "oracle/kv.jsonl"):
        if row["arch"] in ARCHITECTURES and row["quant_method"] is None:
            todo += [(row, point) for point in row["points"]]
    requests = []
    for row, point in todo:
        config = json.loads((facts / "models/configs" / row["config"]).read_text())
        settings = {"max_model_len": row["max_model_len"], "max_num_batched_tokens": row["max_num_batched_tokens"],
                    "max_num_seqs": row["max_num_seqs"], "kv_cache_memory_bytes": point["available"]}
        if row["kv_cache_dtype"] != "auto":
            settings["kv_cache_dtype"] = row["kv_cache_dtype"]
        requests.append(request(config, row, settings))
    for (row, point), plan in zip(todo, batch(command, requests)):
        where = f"{row['model']} tp {row['tp']} pp {row['pp']} len {row['max_model_len']} {point['available']} bytes"
        if "error" in plan:
            score.bad.append(f"{where}: {plan['error']}")
            continue
        kv, pick = plan["kv_cache"], lambda v: max(v) if isinstance(v, list) else v
        score.check(where, "bytes_per_block", kv["bytes_per_block"], pick(row["bytes_per_block"]))
        score.check(where, "needed_bytes", kv["needed_bytes"], pick(row["bytes_one_request"]))
        score.check(where, "min_start_bytes", kv["min_start_bytes"], pick(row["min_available_to_start"]))
        score.check(where, "longest_len", kv["longest_len"], point["longest_len"])
        score.check(where, "starts", plan["failing_step"] != "max_model_len", point["starts"])
        if point["starts"]:
            score.check(where, "blocks", kv["blocks"], point["num_blocks"])
            score.check(where, "tokens", kv["tokens"], point["tokens"])
            score.check(where, "max_concurrency_permille", kv["max_concurrency_permille"], int(point["concurrency"] * 1000))
            score.check(where, "max_concurrency_text", kv["max_concurrency_text"], f"{point['concurrency']:.2f}")
    print(f"   ({len(todo)} points)")
    return score.close()


def main():
    command, facts = sys.argv[1], Path(sys.argv[2])
    if not (facts / "oracle/weights.jsonl").exists():
        print(f"skipped: {facts} with vLLM's own figures is not here")
        return 77
    results = [suite(command, facts) for suite in (suite_weights, suite_headers, suite_kv)]
    if "VLLMPLAN_LIBRARY" in os.environ:
        results.append(suite_roles(facts))
    else:
        print("checkpoint bytes by role: skipped, VLLMPLAN_LIBRARY does not name a library to load")
    return 0 if all(results) else 1


if __name__ == "__main__":
    sys.exit(main())
