# SPDX-License-Identifier: Apache-2.0
"""Rows of oracle/weights.jsonl that plans do not equal, each with its reason. Every other row has to be equal."""

# A row whose process had built another model before: vLLM writes VLLM_USE_BREAKABLE_CUDAGRAPH=1 into the environment
# for some models (0.33.0, config/vllm.py), and the yarn table of a later model in that process is then kept in
# float32. Built alone, as a server does, the table has the model's 16 bits (seen for DeepSeek-R1 at tp 4 and
# DeepSeek-V2-Lite at tp 4). The difference is half of the float32 table: positions * rotary size * 2 bytes.
FLOAT_TABLE = "float32 rotary table left by an earlier model of the process"
# The same, and the buffer of positions in time of a tower that was moved while it was built.
AND_TOWER = FLOAT_TABLE + "; a buffer of the tower (frames * hidden * 2)"

# The rows loaded no checkpoint. A real one brings lm_head.bias, which is registered while it is loaded
# (models/transformers/causal.py:CausalMixin.load_weights).
HEAD_BIAS = "the head's bias comes with the checkpoint, and the row was made without one"

DIFFERENT = [
    # architecture, model contains, tp, ours less theirs, reason
    ("DeepseekV3ForCausalLM", "DeepSeek-R1", (4,), -163840 * 64 * 2, FLOAT_TABLE),
    ("DeepseekV2ForCausalLM", "DeepSeek-V2-Lite", (4,), -163840 * 64 * 2, FLOAT_TABLE),
    ("DeepseekV3ForCausalLM", "DeepSeek-V3.1-NVFP4", (1, 2), -163840 * 64 * 2, FLOAT_TABLE),
    ("KimiK25ForConditionalGeneration", "moonshotai/Kimi-K2.5", (1, 2, 4, 8), -262144 * 64 * 2, FLOAT_TABLE),
    ("KimiK25ForConditionalGeneration", "NVFP4", (1, 2, 4, 8), -(262144 * 64 * 2 + 4 * 1152 * 2), AND_TOWER),
    ("KimiK3ForConditionalGeneration", "Kimi-K3", (1, 2), -4 * 1024 * 2, "a buffer of the tower (frames * hidden * 2)"),
    ("PhiForCausalLM", "phi-2", (1,), 51200 * 2, HEAD_BIAS),
    ("PhiForCausalLM", "phi-2", (2,), 51200 * 2 // 2, HEAD_BIAS),
    ("PhiForCausalLM", "phi-2", (4,), 51200 * 2 // 4, HEAD_BIAS),
    ("Qwen3MoeForCausalLM", "Qwen3-30B-A3B-NVFP4", (1,), -(1 << 20),
     "1 MiB outside of modules at tp 1 on 8.9, not at tp 2: not traced"),
]

NOT_COMPUTED = [
    (lambda row: row.get("speculative"), "weights of a draft"),
    (lambda row: row["arch"] == "DeepseekV4ForCausalLM", "architecture without a row"),
    (lambda row: row["arch"] == "MiniMaxM3SparseForConditionalGeneration", "architecture without a row"),
    (lambda row: row["arch"] in ("MolmoForCausalLM", "MuseGlimmerForConditionalGeneration"),
     "architecture without a row"),
    (lambda row: row["quant_method"] == "gpt_oss_mxfp4" and row["cc"] == "10.0", "experts of FlashInfer's kernels"),
]


def known_difference(row, differences):
    """The reason why the row may differ by one of these amounts, or None."""
    for arch, model, tps, amount, reason in DIFFERENT:
        if row["arch"] == arch and model in row["model"] and row["tp"] in tps and amount in differences:
            return reason
    return None


def not_computed(row):
    return next((reason for test, reason in NOT_COMPUTED if test(row)), None)
