#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Compares the weight bytes of plans, from config.json alone, with what vLLM's own classes allocate.

    test_weights.py COMMAND FACTS [--rows FILE] [--only TEXT] [--roles] [--all]

FACTS is the folder that holds oracle/ and models/ (exit 77, skipped, when it is not there); all rows go through
one `batch` run. --rows takes another file of such rows; --only picks rows whose architecture, model or method
contains TEXT; --roles prints both sides by role for rows that differ; --all takes rows that are not proved too.

What is compared. A row counts what its rank holds. Two things in the rows are not GPU memory and are taken off:
* Two float32 scalars of each attention layer (_k_scale_cpu, _v_scale_cpu) are made on the GPU and made again, on
  the CPU, when weights are processed (0.33.0, layers/attention/attention.py:Attention.process_weights_after_loading,
  outside of the device context). Rows that list them in `bytes_outside_modules` counted the second pair: 8 bytes a
  layer, unless the checkpoint's method looks after KV scales; then the pair stays. 32 bytes more are a constant
  that a package makes on import, in the first model of a process only.
* Rows of a pipeline rank were mended with 16 bytes of scalars for every attention layer of the model
  (`rope_added`), also of those on the other rank, which are not built there (models/utils.py:PPMissingLayer)."""
import argparse
import json
import subprocess
import sys
from pathlib import Path

import known_rows
from lines import batch, read_rows

GIB = 1 << 30
CONSTANT = 32
# tokens of a step by default on the cards of the rows (oracle/README.md); some models keep a buffer for each
STEP_TOKENS = {"9.0": 8192, "10.0": 8192}


def request(row, config, sidecar):
    model = {"config": config, "serve_as": "MODEL"}
    if sidecar:
        model["quantization_config"] = sidecar
    settings = {"tensor_parallel_size": row["tp"], "pipeline_parallel_size": row["pp"],
                "max_num_batched_tokens": STEP_TOKENS.get(row["cc"], 2048)}
    if row["quantization"]:
        settings["quantization"] = row["quantization"]
    if row.get("expert_parallel"):
        settings["enable_expert_parallel"] = True
    if row.get("dp", 1) > 1:
        settings["data_parallel_size"] = row["dp"]
    if row.get("speculative"):
        settings["speculative_config"] = row["speculative"]
    cards = row["tp"] * row["pp"] * row.get("dp", 1)
    return {"model": model, "gpus": {"total_bytes": 8192 * GIB, "compute_capability": row["cc"], "count": cards},
            "engine": {"release": row["release"]}, "settings": settings, "policy": {"may_change": []}}


def plain_json(path):
    """A file of a model as requests may hold it: without Python's NaN and Infinity."""
    return json.loads(path.read_text(encoding="utf-8"), parse_constant=lambda _: None)


# methods whose classes look after KV scales: of Attention, of latent attention too (get_quant_method() of
# quantization/fp8.py, modelopt.py, compressed_tensors/, quark/; 0.33.0)
KV_METHODS = {"fp8", "compressed-tensors", "modelopt", "modelopt_fp4", "modelopt_mxfp8", "modelopt_mixed", "quark"}
LATENT_KV_METHODS = {"modelopt", "modelopt_fp4", "modelopt_mxfp8"}


def keeps_kv_scales(row, config):
    """Whether the pair of scalars of each layer stays on the GPU (see above)."""
    if row["quantization"]:
        return False
    latent = "kv_lora_rank" in config or "kv_lora_rank" in (config.get("text_config") or {})
    block = config.get("quantization_config") or {}
    if row["quant_method"] == "modelopt_mixed" and "quantized_layers" in block and not block.get("kv_cache_scheme"):
        return False  # its class looks after scales of a quantized cache only
    return row["quant_method"] in (LATENT_KV_METHODS if latent else KV_METHODS)


def load(facts, row):
    """config.json, and the file beside it when vLLM looks at it: config.json has no block, or one without the
    table of layers (model_loader/weight_utils.py:get_quant_config)."""
    config = plain_json(facts / "models/configs" / row["config"])
    sidecar = facts / "models/configs/hf_quant" / row["config"]
    block = config.get("quantization_config") or {}
    mixed = block.get("quant_algo") == "MIXED_PRECISION" and "quantized_layers" not in block
    row.setdefault("kv_scales", keeps_kv_scales(row, config))
    return config, plain_json(sidecar) if sidecar.exists() and (not block or mixed) else None


def describe(command, topic):
    return json.loads(subprocess.run([command, topic, "--json"], capture_output=True, text=True, check=True).stdout)


class Options:
    """What compare() looks at, when it is not the command line's."""
    roles = False


def step_buffers(row):
    """Rows of the hidden size for each token of a step, which no module holds: one set a deepstack level
    (0.33.0, qwen3_vl.py:Qwen3VLForConditionalGeneration.__init__), on ranks with a vision tower."""
    config = row["read_config"]
    levels = len((config.get("vision_config") or {}).get("deepstack_visual_indexes") or [])
    if levels == 0 or row["pp_rank"] > 0:
        return 0
    return levels * STEP_TOKENS.get(row["cc"], 2048) * config["text_config"]["hidden_size"] * 2


def wanted(row, rank):
    """The figures that count as equal: what the row says, less what is not GPU memory."""
    final, outside = row["bytes_final"], row.get("bytes_outside_modules", 0) - step_buffers(row)
    layers, elsewhere = rank.get("attention_layers", 0), 0
    if row["pp"] > 1 and "rope_added" in row:
        # Gemma 4 registers one more 16-bit scalar a layer (gemma4.py:Gemma4DecoderLayer.layer_scalar)
        each = 18 if row["arch"].startswith("Gemma4") else 16
        elsewhere = each * (rank.get("all_attention_layers", 0) - layers)
    accepted = {final - elsewhere}
    if outside >= 8 * layers > 0 and not row.get("kv_scales"):
        accepted = {final - elsewhere - 8 * layers, final - elsewhere - 8 * layers - CONSTANT}
        # norms without weights are outside of modules too; then the second pair may not be there
        if outside - 8 * layers not in (0, CONSTANT):
            accepted |= {final - elsewhere, final - elsewhere - CONSTANT}
    elif outside >= CONSTANT and layers == 0:
        accepted.add(final - CONSTANT)
    return accepted


def attention_layers(plan, row):
    """Attention layers on the row's rank and in the model: the plan's own list of them, by KV scales."""
    ranks = plan["memory"]["ranks"]
    counts = [r.get("attention_layers", 0) for r in ranks]
    return counts[row["pp_rank"]], sum(counts)


def uncounted_tower(row, rank):
    """Kimi's classes move their towers with .to(device) while they build them; the rows lost sight of those and
    count none of their parameters, but a buffer of positions in time (kimi_k25_vit.py)."""
    vision = row["read_config"].get("vision_config") or {}
    if not row["arch"].startswith("Kimi") or "vision" in row.get("bytes_final_by", {}):
        return 0
    buffer = vision.get("init_pos_emb_time", 0) * vision.get("vt_hidden_size", 0) * 2
    return rank["weights_by_role"]["vision"] - buffer


KNOWN = "known: "  # begins the sentence about a row that may differ (known_rows.py)


def compare(row, answer, args):
    """None when equal, else a sentence; "?" when the library says that it does not know."""
    if "error" in answer:
        return f"error {answer['error'].get('message')}"
    if answer["verdict"] == "refused":
        return f"refused: {answer['summary']}"
    ranks = answer["memory"]["ranks"]
    rank = ranks[row["pp_rank"]] if row["pp_rank"] < len(ranks) else {}
    got = rank.get("weights_bytes")
    if got is None:
        return "?"
    rank["attention_layers"], rank["all_attention_layers"] = attention_layers(answer, row)
    got -= uncounted_tower(row, rank)
    want = wanted(row, rank)
    if got in want:
        return None
    known = known_rows.known_difference(row, {got - w for w in want})
    if known:
        return KNOWN + known
    text = f"{got}, vLLM has {' or '.join(map(str, sorted(want)))} ({got - max(want):+d})"
    if args.roles:
        text += f"\n      ours {rank.get('weights_by_role')}\n      vLLM {row.get('bytes_final_by')}"
    return text


def name(row):
    extra = "".join(f" {k}" for k in ("expert_parallel", "speculative") if row.get(k))
    return (f"{row['arch']} {row['model']} tp {row['tp']} pp {row['pp_rank']}/{row['pp']} dp {row.get('dp', 1)} "
            f"{row['quantization'] or row['quant_method']} cc {row['cc']}{extra}")


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("command")
    parser.add_argument("facts", type=Path)
    parser.add_argument("--rows", type=Path)
    parser.add_argument("--only", default="")
    parser.add_argument("--roles", action="store_true")
    parser.add_argument("--all", action="store_true")
    args = parser.parse_args()
    path = args.rows or args.facts / "oracle/weights.jsonl"
    if not path.exists():
        print(f"skipped: {path} with vLLM's own figures is not here")
        return 77
    rows = [r for r in read_rows(path) if (r["proved"] or args.all) and "load_error" not in r and
            args.only.lower() in f"{r['arch']} {r['model']} {r['quantization']} {r['quant_method']}".lower()]
    requests = []
    for row in rows:
        row["read_config"], sidecar = load(args.facts, row)
        requests.append(request(row, row["read_config"], sidecar))
    answers = batch(args.command, requests)
    results = [(r, compare(r, a, args)) for r, a in zip(rows, answers)]
    known = [(r, text) for r, text in results if text and text.startswith(KNOWN)]
    wrong = [(r, text) for r, text in results if text not in (None, "?") and not text.startswith(KNOWN)]
    unknown = [(r, known_rows.not_computed(r)) for r, text in results if text == "?"]
    print(f"weights from config.json: {len(rows)} rows, {len(rows) - len(unknown) - len(wrong) - len(known)} equal, "
          f"{len(known)} different for a known reason, {len(wrong)} different, {len(unknown)} not computed")
    for row, text in wrong + (known if args.roles else []):
        print(f"   {name(row)}: {text}")
    for row, reason in unknown:
        if args.roles or not reason:
            print(f"   not computed: {name(row)}: {reason or 'no reason is known'}")
    return 1 if wrong or any(not reason for _, reason in unknown) else 0


if __name__ == "__main__":
    sys.exit(main())
