#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Makes the model directory of the README's case: a 14B Qwen2 checkpoint whose headers are real and whose
data is a hole in a sparse file, so that 28 GB take a few hundred kilobytes of disk.

  make_model.py KIND DIR

KIND  bf16                 as published: 16-bit weights in 6 files
      bnb4-merged          quantized to 4 bits by bitsandbytes, merged and saved, 2 files
      bnb4-merged-noqcfg   the same, its quantization_config lost from config.json
"""
import argparse
import json
from pathlib import Path
from typing import Dict, Iterator, List, Tuple

Tensor = Tuple[str, str, List[int]]  # name, dtype, shape

HIDDEN, INTERMEDIATE, LAYERS, HEADS, KV_HEADS, VOCABULARY = 5120, 13824, 48, 40, 8, 152064
HEAD_DIM = HIDDEN // HEADS
ITEM_BYTES = {"BF16": 2, "F32": 4, "U8": 1}

# Tensor bytes of all files together. bf16: 14,770,033,664 parameters of 2 bytes. bnb4: the 275,251,200
# weights of a layer's seven linear modules take half a byte each, and one for 64 of them; the other tables of their
# state take 76,079 bytes a layer; embeddings, head, norms and biases keep 2 bytes a value.
TOTAL = {"bf16": 29_540_067_328, "bnb4-merged": 9_932_071_120, "bnb4-merged-noqcfg": 9_932_071_120}

CONFIG: Dict[str, object] = {
    "architectures": ["Qwen2ForCausalLM"], "model_type": "qwen2", "torch_dtype": "bfloat16",
    "hidden_size": HIDDEN, "intermediate_size": INTERMEDIATE, "num_hidden_layers": LAYERS,
    "num_attention_heads": HEADS, "num_key_value_heads": KV_HEADS, "vocab_size": VOCABULARY,
    "max_position_embeddings": 32768, "tie_word_embeddings": False}
QUANTIZATION = {"quant_method": "bitsandbytes", "load_in_4bit": True, "bnb_4bit_quant_type": "nf4",
                "bnb_4bit_compute_dtype": "bfloat16", "bnb_4bit_use_double_quant": True}


def packed(name: str, rows: int, columns: int) -> Iterator[Tensor]:
    """A linear weight as bitsandbytes saves it: two values a byte, one maximum for 64 values, one maximum of
    maxima for 256 of those."""
    count = rows * columns
    state = 180 if rows < 10000 and columns < 10000 else 181  # JSON text that holds both sizes
    yield name, "U8", [count // 2, 1]
    yield name + ".absmax", "U8", [count // 64]
    yield name + ".quant_map", "F32", [16]
    yield name + ".nested_absmax", "F32", [-(-count // 64 // 256)]
    yield name + ".nested_quant_map", "F32", [256]
    yield name + ".quant_state.bitsandbytes__nf4", "U8", [state]


def tensors(four_bit: bool) -> Iterator[Tensor]:
    linear = [("self_attn.q_proj", HIDDEN, HIDDEN), ("self_attn.k_proj", KV_HEADS * HEAD_DIM, HIDDEN),
              ("self_attn.v_proj", KV_HEADS * HEAD_DIM, HIDDEN), ("self_attn.o_proj", HIDDEN, HIDDEN),
              ("mlp.gate_proj", INTERMEDIATE, HIDDEN), ("mlp.up_proj", INTERMEDIATE, HIDDEN),
              ("mlp.down_proj", HIDDEN, INTERMEDIATE)]
    yield "model.embed_tokens.weight", "BF16", [VOCABULARY, HIDDEN]
    for layer in range(LAYERS):
        prefix = f"model.layers.{layer}."
        for module, rows, columns in linear:
            weight = prefix + module + ".weight"
            if four_bit:
                yield from packed(weight, rows, columns)
            else:
                yield weight, "BF16", [rows, columns]
            if module.endswith(("q_proj", "k_proj", "v_proj")):
                yield prefix + module + ".bias", "BF16", [rows]
        yield prefix + "input_layernorm.weight", "BF16", [HIDDEN]
        yield prefix + "post_attention_layernorm.weight", "BF16", [HIDDEN]
    yield "model.norm.weight", "BF16", [HIDDEN]
    yield "lm_head.weight", "BF16", [VOCABULARY, HIDDEN]


def size(tensor: Tensor) -> int:
    count = ITEM_BYTES[tensor[1]]
    for length in tensor[2]:
        count *= length
    return count


def write_shard(path: Path, part: List[Tensor]) -> None:
    """A safetensors file: length of the header, the header, and room for the data."""
    header: Dict[str, object] = {"__metadata__": {"format": "pt"}}
    offset = 0
    for name, dtype, shape in part:
        end = offset + size((name, dtype, shape))
        header[name] = {"dtype": dtype, "shape": shape, "data_offsets": [offset, end]}
        offset = end
    text = json.dumps(header, separators=(",", ":")).encode()
    text += b" " * (-len(text) % 8)  # the format asks for aligned data
    with open(path, "wb") as file:
        file.write(len(text).to_bytes(8, "little") + text)
        file.truncate(8 + len(text) + offset)


def split(everything: List[Tensor], shards: int) -> List[List[Tensor]]:
    """In order, each file about equally full."""
    share = sum(map(size, everything)) / shards
    parts: List[List[Tensor]] = [[] for _ in range(shards)]
    seen = 0
    for tensor in everything:
        parts[min(int(seen / share), shards - 1)].append(tensor)
        seen += size(tensor)
    return parts


def make(kind: str, folder: Path) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    everything = list(tensors(kind != "bf16"))
    total = sum(map(size, everything))
    if total != TOTAL[kind]:
        raise SystemExit(f"make_model: {kind} has {total} bytes of tensors, not {TOTAL[kind]}")
    parts = split(everything, 6 if kind == "bf16" else 2)
    where: Dict[str, str] = {}
    for number, part in enumerate(parts, 1):
        file = f"model-{number:05d}-of-{len(parts):05d}.safetensors"
        write_shard(folder / file, part)
        where.update((name, file) for name, _, _ in part)
    index = {"metadata": {"total_size": total}, "weight_map": where}
    (folder / "model.safetensors.index.json").write_text(json.dumps(index, indent=1) + "\n", encoding="utf-8")
    config = dict(CONFIG)
    if kind == "bnb4-merged":
        config["quantization_config"] = QUANTIZATION
    (folder / "config.json").write_text(json.dumps(config, indent=2) + "\n", encoding="utf-8")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("kind", choices=sorted(TOTAL))
    parser.add_argument("dir", type=Path)
    arguments = parser.parse_args()
    make(arguments.kind, arguments.dir)


if __name__ == "__main__":
    main()
