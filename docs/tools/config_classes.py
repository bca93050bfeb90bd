# SPDX-License-Identifier: Apache-2.0
"""Asks the config classes of transformers and vllm for what they say about members that a file leaves out.

Imported by make_config_defaults.py, which writes the answers down. A class is taken when vLLM registers it,
when its architecture is served, when vLLM's models name it, and when it is a part of one that was taken.
"""
import ast
import dataclasses
import inspect
import json
import re
import textwrap
from pathlib import Path
from typing import Any, Dict, Iterable, List, NamedTuple, Optional, Tuple

MISSING = object()

# The members that decide shapes, layers, caches and switches: those that vLLM's models read
# (vllm/model_executor/models/*.py, vllm/models/), less token ids, dropouts, epsilons, multipliers and
# what only training or sampling looks at. Members that hold a config class of their own come by themselves.
KEYS = frozenset("""
    L_cycles acoustic_tokenizer_encoder_config activation_function adapter_config adapter_rank
    adaptor_input_dim add_bias_linear add_cross_attention add_qkv_bias additional_vocab_size alibi
    alignment_intermediate_size altup_active_idx altup_num_inputs apply_residual_connection_post_layernorm
    architecture attention_bias attention_chunk_size attention_context_left attention_context_right
    attention_k_eq_v attention_other_setting attention_output_gate attn_bias attn_config attn_layer_offset
    attn_layer_period attn_res_block_size attn_type audio_config audio_embed_dim audio_encoder_config
    audio_merge_size audio_soft_tokens_per_image bias block_auto_adjust_ff_dim block_multiple_of
    block_size canvas_length cat_hidden_layers chain_hidden_post_norm channels chunk_size class_token
    clip_qkv codebook_size colbert_dim compress_rates compress_rope_theta conf_attention_chunk_size
    conf_attention_context_left conf_attention_context_right conf_conv_kernel_size
    conf_num_attention_heads conf_num_hidden_layers conf_reduction_factor connector_norm context_size
    conv_L_cache conv_bias conv_expansion_factor conv_kernel conv_kernel_size convolution_bias crop_size
    cross_attention_frequency d_model d_rel decoder_attention_heads decoder_dmodel decoder_ffn_dim
    decoder_layers decoder_sparse_step deepstack_layer_map deepstack_visual_indexes
    dense_intermediate_size dense_mlp_idx depth depths dim dim_head dims do_layer_norm_before
    downsample_factor downsample_hidden_size downsample_ratio draft_vocab_size embed_dim embedding_dim
    embedding_scale embedding_size enable_bias enable_ihc enable_moe_block enc_dim enc_ff_dim enc_n_heads
    enc_n_layers enc_patch_size encoder_attention_heads encoder_config encoder_ffn_dim encoder_hidden_size
    encoder_layers every_n_layers_global every_n_layers_nope expand expert_ffn_hidden_size
    expert_layer_offset expert_layer_period feedforward_mult ff_dim ffn_config ffn_dim ffn_dim_multiplier
    ffn_hidden_size first_k_dense_replace force_image_size full_attention_interval full_attn_idxs
    fullatt_block_indexes gated_delta_net gated_mla gating global_attn_cfg global_attn_every_n_layers
    global_view_pos group_size hc_count hc_lowrank hc_mult head_dim heads heads_per_ngram hidden_dim
    hidden_size hidden_size_per_layer_input image_grid_pinpoints image_seq_length image_size image_sizes
    image_text_hidden_size in_channels index_head_dim index_kpool index_kpool_always_select_tail
    index_n_heads index_topk indexer_budget indexer_compress_ratio indexer_head_dim indexer_kv_heads
    indexer_n_heads indexer_types init_pos_emb_height init_pos_emb_time init_pos_emb_width input_channels
    input_dim insert_layer_id interleave_moe_layer_step interleaved_qkv intermediate_size
    intermediate_size_mlp is_decoder is_encoder_decoder kda_safe_gate kernel_size kv_channels kv_lora_rank
    kv_n_heads latent_channels latent_moe_use_norm laurel_rank layer_group_size
    layer_norm_elementwise_affine layer_rope_theta layer_types layers layers_block_type learnable_sink
    linear_allow_neg_eigval linear_attn_config linear_bias linear_conv_kernel_dim linear_head_dim
    linear_key_head_dim linear_num_heads linear_num_key_heads linear_num_value_heads linear_value_head_dim
    llm_config local_layer_ids logits_scaling make_ngram_vocab_size_divisible_by mamba_chunk_size
    mamba_conv_bias mamba_d_conv mamba_d_head mamba_d_ssm mamba_d_state mamba_dt_rank mamba_expand
    mamba_head_dim mamba_n_groups mamba_n_heads mamba_ngroups mamba_num_heads mamba_proj_bias max_context
    max_crops max_image_size max_img_size max_pos_emb max_position_embedding max_position_embeddings
    max_seq_len max_sequence_length max_source_positions max_target_positions max_window_layers mel_dim
    mel_vocab_size merge_kernel_size merge_size merger_times mla_use_nope mla_use_output_gate
    mla_use_qk_norm mlp_bias mlp_layer_types mlp_only_layers mlp_ratio mlp_type mm_embed_dim
    mm_hidden_size mm_posemb_size mm_projector_type mm_tokens_per_image moe
    moe_apply_router_weight_on_input moe_intermediate_size moe_k moe_latent_size moe_layer_end_index
    moe_layer_freq moe_layer_interval moe_layer_start_index moe_layers moe_layers_enum moe_num_experts
    moe_num_shared_experts moe_renormalize moe_shared_expert_intermediate_size moe_top_k moe_topk
    mrope_section mtp_layer_types mtp_layers_block_type mtp_local_layer_ids mtp_mlp_layer_types
    multi_modal_projector_bias multi_query multi_query_attention multi_query_group_num
    multimodal_projector_bias n_action_bins n_channels n_embd n_embed n_group n_groups n_head n_head_kv
    n_heads n_inner n_input_layers n_kv_heads n_layer n_layers n_mamba_heads n_mel_bins n_mels n_positions
    n_recurrent_layers n_recurrent_loops n_routed_experts n_shared_experts n_window n_window_infer
    new_decoder_architecture ngram_size ngram_vocab_size_base no_rope_layer_indices no_rope_layer_interval
    no_rope_layers norm_affine norm_after norm_after_topk norm_bias norm_expert_weight norm_topk_prob
    norm_type num_attention_groups num_attention_heads num_attention_heads_per_layer num_channels
    num_classes num_cls_tokens num_dense_layers num_expert_group num_experts num_experts_per_tok
    num_experts_per_token num_heads num_hidden_layers num_key_value_heads num_kv_heads
    num_kv_shared_layers num_layers num_layers_per_stack num_ln_in_parallel_attn num_local_experts
    num_mel_bins num_mem_blocks num_mtp_layers num_mtp_modules num_nextn_predict_layers num_patches
    num_position_embeddings num_projector_layers num_query_tokens num_registers num_shared_experts
    num_sliding_attention_heads o_bias o_groups o_lora_rank original_max_position_embeddings out_channels
    out_hidden_size output_dim output_gate_type output_hidden_size output_proj_dims padded_vocab_size
    parallel_attn partial_rotary_factor partial_rotary_factors patch_dim patch_embed_proj_bias patch_size
    patch_stride patch_temporal pixel_shuffle_factor pixel_shuffle_ratio pixel_shuffle_scale
    ple_conv_kernel_size ple_embed_dim ple_layer_ids pool_type pooling_kernel_size pos_emb_height
    pos_emb_time pos_emb_type pos_emb_width position_embedding_size position_embedding_type
    post_layer_norm post_norm_affine pre_seq_len prefix_dense_intermediate_size
    prefix_dense_sliding_window_pattern prefix_lm proj_inner_dim projection_dim projection_hidden_size
    projection_intermediate_size projection_size projector_bias projector_config projector_hidden_size
    projector_input_dim projector_ln_mid projector_output_dim projector_type projector_use_layernorm
    q_bias q_lora_rank qformer_config qk_head_dim qk_layernorm qk_ln qk_nope_head_dim qk_norm_type
    qk_rope_head_dim qkv_bias qkv_hidden_size rel_extent reorder_and_upcast_attn resampler_depth
    resampler_head_dim resampler_n_heads resampler_n_latents rmsnorm rope_interleave rope_scaling_layers
    rope_theta rope_type rotary_dim routed_expert_hidden_size rswa_window scale_attn_by_inverse_layer_idx
    scale_attn_weights sconv_kernel_size seq_length share_expert_dim share_q_dim
    shared_expert_intermediate_size shared_expert_sink shared_experts_size shared_intermediate_size
    short_conv_kernel_size sliding_window sliding_window_pattern sliding_window_size
    sparse_attention_config spatial_merge_size spatial_pool_stride spatial_target_layers
    spatial_vision_layer split_ngram_parts sscp_conv_channel_size sscp_conv_kernel_size
    sscp_conv_stride_size ssm_state_size stack_factor standardize state_size subsample_factor
    subsampling_conv_channels subsampling_conv_kernel_size subsampling_conv_stride subsampling_factor
    swa_head_dim swa_num_attention_heads swa_num_key_value_heads swa_v_head_dim target_layer_ids
    target_length temporal_downsample_factor temporal_merge_size temporal_patch_size text_config
    text_hidden_size thinker_config tie_word_embeddings time_step_rank top_k_experts topk_group
    topk_method truncated_vocab_size type_vocab_size understand_projector_stride unpadded_vocab_size
    use_abs_posemb use_absolute_position_embeddings use_attn_o_gate use_attn_o_norm use_audio_norm
    use_bias use_bidirectional_attention use_cls_token use_conv_bias use_double_wide_mlp use_embed_norm
    use_expert_bias use_ffn_learnable_scales use_fused_vision_backbone use_gate_bias use_gemma_norm
    use_global_scale use_grouped_topk use_head use_head_wise_attn_gate use_ln_post use_ln_pre
    use_mask_token use_mem_rope use_moe use_parallel_residual use_post_norm use_qformer_text_input
    use_qk_norm use_qkv_bias use_rope use_rope2d use_rope_layers use_routing_bias use_sconv
    use_shared_attention_adapter use_sliding_window use_sqrt_attn_scaling use_vision_norm v_head_dim
    video_temporal_patch_size vision_aspect_ratio vision_config vision_encoder_type vision_feature_layer
    vision_hidden_size vision_max_num_patches vision_min_num_patches vision_output_dim vision_patch_size
    vision_soft_tokens_per_image visual_tokenizer_config vit_config vit_max_num_patch_per_side vlm_config
    vocab_offset vocab_size vocab_size_per_layer_input vt_hidden_size vt_intermediate_size
    vt_num_attention_heads vt_num_hidden_layers width window_kernel_size window_size word_embed_proj_dim
    yarn_only_types zero_expert_num
""".split())

# Parts that vLLM does not build: what speaks, of models that it runs without a voice.
NOT_BUILT = frozenset(["talker_config", "token2wav_config", "code2wav_config"])
# The member that lists with one entry a layer follow.
LAYERS = "num_hidden_layers"


class Every(NamedTuple):
    """Layers in turn: each `period`-th is `special` (the first or the last of a period)."""
    period: int
    first: bool
    special: str
    other: str
    by: str  # the member that replaces the period, or ""


class Head(NamedTuple):
    """The first `count` layers are `first`, all others `rest`."""
    count: int
    first: str
    rest: str
    by: str


class Member(NamedTuple):
    """Equal to another member, or a quotient of two (rounded down)."""
    name: str
    over: str


class Part(NamedTuple):
    """A config class of its own. `chosen`: by the part's model_type in the file; `flat`: the members of the
    part may stand in the outer object."""
    model_type: str
    chosen: bool
    flat: bool


class Computed(NamedTuple):
    """Filled in by a rule that has no row here; it looks at these members."""
    members: Tuple[str, ...]


# --- which classes -----------------------------------------------------------------------------------------

def config_classes(registries: Iterable[Path]) -> Dict[str, type]:
    from transformers import CONFIG_MAPPING
    from transformers.models.auto import modeling_auto
    from transformers.models.auto.configuration_auto import CONFIG_MAPPING_NAMES
    from vllm.transformers_utils.config import _CONFIG_REGISTRY

    served = {name for path in registries
              for name in json.loads(path.read_text(encoding="utf-8"))["architectures"]}
    wanted = {model_type for name, table in vars(modeling_auto).items()
              if name.endswith("_MAPPING_NAMES") and name.startswith("MODEL")
              for model_type, classes in table.items()
              if served.intersection([classes] if isinstance(classes, str) else classes)}
    named = set(re.findall(r"\b\w+Config\b", vllm_model_sources()))
    wanted.update(m for m, name in CONFIG_MAPPING_NAMES.items() if name in named)
    classes = {m: CONFIG_MAPPING[m] for m in sorted(wanted) if m in CONFIG_MAPPING_NAMES}
    classes.update((m, _CONFIG_REGISTRY[m]) for m in list(_CONFIG_REGISTRY))
    queue = list(classes.values())
    while queue:
        for part in parts_of(queue.pop()).values():
            if name_of(part) not in classes:
                classes[name_of(part)] = part
                queue.append(part)
    return classes


def vllm_model_sources() -> str:
    import vllm
    root = Path(vllm.__file__).parent
    folders = (root / "model_executor" / "models", root / "models")
    return "".join(path.read_text(encoding="utf-8")
                   for folder in folders for path in sorted(folder.rglob("*.py")))


def is_config(value: Any) -> bool:
    from transformers import PreTrainedConfig
    return isinstance(value, PreTrainedConfig)


def name_of(cls: type) -> str:
    """A part may have no model_type: then its class's name stands for it."""
    return cls.model_type or cls.__name__


def parts_of(cls: type) -> Dict[str, type]:
    """The classes of the parts of a default instance; of one that cannot be made, those it declares."""
    instance = make(cls)
    found = cls.sub_configs
    if instance is not None:
        found = {k: type(v) for k, v in vars(instance).items() if is_config(v)}
    return {k: v for k, v in sorted(found.items()) if k not in NOT_BUILT and hasattr(v, "model_type")}


# --- asking one class --------------------------------------------------------------------------------------

def make(cls: type, **members: Any) -> Optional[Any]:
    """An instance, or None when the class refuses these members."""
    try:
        return cls(**members)
    except Exception:  # every class has its own way to refuse
        return None


def read(instance: Any, key: str) -> Any:
    try:
        return getattr(instance, key, None)
    except Exception:  # a member that differs by layer refuses to be read as one
        return vars(instance).get(key)


def own_init(cls: type) -> Iterable[Any]:
    """The hand-written __init__ and __post_init__ of a class and its bases, newest first."""
    from transformers import PreTrainedConfig
    for base in cls.__mro__:
        if base is PreTrainedConfig:
            return
        for name in ("__init__", "__post_init__"):
            function = base.__dict__.get(name)
            if function is not None and not hasattr(function, "__wrapped__"):
                if function.__code__.co_filename != "<string>":  # made by dataclasses
                    yield function


def declared(cls: type) -> Dict[str, Any]:
    """Every member that the class knows with its default, before anything is filled in."""
    out: Dict[str, Any] = {}
    for field in dataclasses.fields(cls):
        if field.default is not dataclasses.MISSING:
            out[field.name] = field.default
        elif field.default_factory is not dataclasses.MISSING:
            out[field.name] = field.default_factory()
    for function in reversed(list(own_init(cls))):
        for name, parameter in inspect.signature(function).parameters.items():
            if parameter.default is not inspect.Parameter.empty:
                out[name] = parameter.default
    return out


def common() -> Dict[str, Any]:
    """What every class says alike."""
    from transformers import PreTrainedConfig
    return {f.name: f.default for f in dataclasses.fields(PreTrainedConfig)}


def taken_from_kwargs(cls: type) -> Dict[str, Any]:
    """kwargs.pop("name", constant) of the initialisers: members that are no fields."""
    out: Dict[str, Any] = {}
    for function in own_init(cls):
        for node in ast.walk(ast.parse(textwrap.dedent(inspect.getsource(function)))):
            if (isinstance(node, ast.Call) and node.args and isinstance(node.args[0], ast.Constant)
                    and ast.unparse(node.func) in ("kwargs.pop", "kwargs.get", "kwargs.setdefault")):
                default = node.args[1] if len(node.args) > 1 else None
                value = default.value if isinstance(default, ast.Constant) else None
                out.setdefault(node.args[0].value, value)
    return out


def aliases(cls: type, known: Dict[str, Any], popped: Iterable[str]) -> Dict[str, str]:
    """Other names of members: the class's attribute_map, and members read under an old name."""
    out = {alias: name for alias, name in cls.attribute_map.items() if name in KEYS}
    for old in set(popped) - set(out) - set(out.values()):
        instance = make(cls, **{old: 12352})
        names = [n for n in known if n != old and n in KEYS and n not in out and read(instance, n) == 12352]
        if len(names) == 1:
            out[old] = names[0]
    return out


def changed(value: Any) -> Any:
    if isinstance(value, bool):
        return not value
    if isinstance(value, (int, float)):
        return value * 2
    return 3 if value is None else MISSING


def filled(cls: type, key: str, known: Dict[str, Any]) -> Any:
    """What the class makes of a null member: None, a constant, or the rule it follows."""
    base = make(cls, **{key: None})
    value = read(base, key)
    if value is None or is_config(value) or isinstance(value, dict):
        return None
    probes = []
    for name, default in known.items():
        if name != key and changed(default) is not MISSING:
            probe = make(cls, **{key: None, name: changed(default)})
            if probe is not None and read(probe, key) not in (None, value):
                probes.append((name, probe))
    names = tuple(sorted({name for name, _ in probes}))
    if not names:
        return value
    if len(names) > 4:
        return Computed(())
    if isinstance(value, list):
        return layers_rule(cls, key, names, known)
    return member_rule(key, names, [base] + [probe for _, probe in probes])


def member_rule(key: str, names: Tuple[str, ...], instances: List[Any]) -> Any:
    for name in names:
        if all(read(i, key) == read(i, name) for i in instances):
            return Member(name, "")
    for name in names:
        for over in names:
            if name != over and all(isinstance(read(i, name), int) and isinstance(read(i, over), int)
                                    and read(i, over) > 0 and read(i, key) == read(i, name) // read(i, over)
                                    for i in instances):
                return Member(name, over)
    return Computed(names)


def layers_rule(cls: type, key: str, names: Tuple[str, ...], known: Dict[str, Any]) -> Any:
    """A list with one entry a layer: which of the two shapes gives it for several depths and settings."""
    others = [n for n in names if n != LAYERS]
    if LAYERS not in names or len(others) > 1 or any(type(known[n]) is not int for n in others):
        return Computed(names)
    settings = [{LAYERS: n} for n in (23, 24, 48)]
    if others:
        settings += [{LAYERS: 30, others[0]: n} for n in (2, 3, 5)]
    seen = [(s, read(make(cls, **{key: None, **s}), key)) for s in settings]
    seen = [(s, value) for s, value in seen if isinstance(value, list)]
    by = others[0] if others else ""
    if len(seen) < 3 or not all(isinstance(v, str) for _, value in seen for v in value):
        return Computed(names)
    for rule in every_rules(seen[0][1], by) + head_rules(seen[0][1], by):
        if all(value == expand(rule, s[LAYERS], s.get(by, MISSING)) for s, value in seen):
            return rule
    return Computed(names)


def every_rules(value: List[str], by: str) -> List[Every]:
    kinds = sorted(set(value))
    if len(kinds) == 1:
        return [Every(1, True, kinds[0], kinds[0], by)]
    return [Every(period, first, special, other, by) for period in range(2, len(value) // 2)
            for special in kinds for other in kinds if special != other for first in (False, True)]


def head_rules(value: List[str], by: str) -> List[Head]:
    count = next((i for i, v in enumerate(value) if v != value[0]), len(value))
    return [Head(count, value[0], value[-1], by)]


def expand(rule: Any, layers: int, setting: Any) -> List[str]:
    if isinstance(rule, Every):
        period = rule.period if setting is MISSING else setting
        return [rule.special if (i if rule.first else i + 1) % period == 0 else rule.other
                for i in range(layers)]
    count = rule.count if setting is MISSING else setting
    return [rule.first if i < count else rule.rest for i in range(layers)]


# --- rows of one class -------------------------------------------------------------------------------------

class Row(NamedTuple):
    key: str
    null: bool  # what an explicit null becomes, not what an absent member is
    value: Any


def part_row(cls: type, key: str, part: type) -> Part:
    model_type = name_of(part)
    other = next(m for m in ("qwen2", "llama") if m != model_type)
    given = read(make(cls, **{key: {"model_type": other}}), key)
    flat = make(cls, **{LAYERS: 3, "num_attention_heads": 6})
    inner = read(flat, key) if key in ("text_config", "thinker_config") else None
    return Part(model_type, is_config(given) and type(given) is not part,
                is_config(inner) and read(inner, LAYERS) == 3 and read(inner, "num_attention_heads") == 6)


def part_members(cls: type, key: str) -> List[Row]:
    """Members in which the part of a default instance differs from its class: they hold only when the file
    has no such part at all."""
    specification = getattr(cls, "sub_configs_defaults", {}).get(key)
    members = specification.init_kwargs if specification is not None else {}
    return [Row(key + "." + k, False, v) for k, v in sorted(members.items()) if k in KEYS and plain(v)]


def plain(value: Any) -> bool:
    if isinstance(value, (list, tuple)):
        return len(value) <= 64 and any(all(isinstance(v, kind) for v in value) for kind in (int, str))
    return value is None or isinstance(value, (bool, int, float, str))


def rope_rows(instance: Any) -> List[Row]:
    """rope_theta, rope_type and partial_rotary_factor as they end up; per kind of layer where they are."""
    rope = read(instance, "rope_parameters")
    if not isinstance(rope, dict):
        return []
    usual = {"rope_theta": 10000.0, "rope_type": "default"}
    rows = []
    for name, value in sorted(rope.items()):
        inner = value if isinstance(value, dict) else {name: value}
        prefix = "rope_parameters." + name + "." if isinstance(value, dict) else ""
        rows += [Row(prefix + k, False, float(v) if k == "rope_theta" else v)
                 for k, v in sorted(inner.items())
                 if k in ("rope_theta", "rope_type", "partial_rotary_factor") and usual.get(k) != v]
    return rows


def class_rows(cls: type) -> Tuple[List[Row], Dict[str, str]]:
    known, popped = declared(cls), taken_from_kwargs(cls)
    instance, rows = make(cls), []
    other = aliases(cls, known, popped)
    for name, value in popped.items():
        if value is not None and (name not in known or read(instance, name) == value):
            known[name] = value  # kwargs.setdefault() of a subclass wins over the field
    known = {other.get(k, k): v for k, v in known.items() if k not in popped or k not in other}
    parts = parts_of(cls)
    for key, part in parts.items():
        row = part_row(cls, key, part)
        rows.append(Row(key, False, row))
        if is_config(read(make(cls, **{key: None}), key)):
            rows.append(Row(key, True, row))
        rows += part_members(cls, key)
    rope = rope_rows(instance)
    taken = set(parts).union(r.key for r in rope).union(k for k, v in common().items() if known[k] == v)
    for key in sorted(k for k in known if k in KEYS and k not in taken):
        value = float(known[key]) if key == "rope_theta" else known[key]
        null = filled(cls, key, known) if instance is not None else None
        if value is None and null is not None:
            value = null
        if plain(value) or isinstance(value, (Every, Head, Member, Computed)):
            rows.append(Row(key, False, value))
        inner = read(instance, key)
        if isinstance(inner, dict):
            rows += [Row(key + "." + k, False, v) for k, v in sorted(inner.items()) if plain(v)]
        if null is not None:
            rows.append(Row(key, True, null))
    return sorted(rows + rope, key=lambda r: (r.key, r.null)), other
