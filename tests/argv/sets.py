# SPDX-License-Identifier: Apache-2.0
"""Settings as people combine them. Each set is tried in every release: where ours refuses it, vLLM's parser
must refuse it too. The values are ordinary ones of vLLM's documentation and of start reports."""

SETS = [
    {},
    {"max_model_len": 8192, "gpu_memory_utilization": 0.9, "max_num_seqs": 16},
    {"tensor_parallel_size": 2, "pipeline_parallel_size": 2, "distributed_executor_backend": "mp"},
    {"quantization": "bitsandbytes", "load_format": "bitsandbytes", "dtype": "bfloat16"},
    {"quantization": "fp8", "kv_cache_dtype": "fp8"},
    {"quantization": "awq_marlin", "dtype": "half"},
    {"max_model_len": "32k", "max_num_batched_tokens": 8192},
    {"max_model_len": "auto"},
    {"max_model_len": -1},
    {"enable_prefix_caching": False, "enable_chunked_prefill": False},
    {"enable_prefix_caching": True, "enable_chunked_prefill": True, "enforce_eager": True},
    {"enforce_eager": False, "trust_remote_code": True, "disable_log_stats": True},
    {"served_model_name": ["small", "the model"], "port": 8001, "host": "0.0.0.0"},
    {"served_model_name": "-dash", "chat_template": "--literal text"},
    {"swap_space": 4, "block_size": 16},
    {"kv_cache_memory_bytes": 4000000000, "max_num_seqs": 4},
    {"speculative_config": {"method": "ngram", "num_speculative_tokens": 3, "prompt_lookup_max": 4}},
    {"compilation_config": {"cudagraph_capture_sizes": [1, 2, 4]}},
    {"hf_overrides": {"architectures": ["Qwen3ForCausalLM"], "note": "a \"quoted\" word"}},
    {"limit_mm_per_prompt": {"image": 2}, "middleware": ["a.b", "c.d"]},
    {"enable_lora": True, "max_loras": 2, "max_lora_rank": 32, "lora_modules": ["a=/adapters/a", "b=/adapters/b"]},
    {"enable_auto_tool_choice": True, "tool_call_parser": "hermes"},
    {"api_key": "sk-secret", "hf_token": "hf_secret"},
    {"cpu_offload_gb": 2.5, "seed": 0, "revision": "main", "tokenizer": "org/tokenizer"},
    {"disable_log_requests": True},
    {"guided_decoding_backend": "xgrammar"},
    {"kv_cache_dtype": "bfloat16"},
    {"data_parallel_size": 2, "enable_expert_parallel": True},
    {"allowed_origins": ["*"], "cudagraph_capture_sizes": [1, 2, 4, 8]},
]
MODELS = ["Qwen/Qwen2.5-14B-Instruct", "/models/a model", "-odd"]
