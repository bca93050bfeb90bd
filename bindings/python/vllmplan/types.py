# SPDX-License-Identifier: Apache-2.0
"""The members of a request and of a plan, for type checkers; at run time all of them are plain dicts.

The tests hold Request against the schema that the library prints, and Plan against the plans that it makes.
"""
from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from typing import Any, Literal, Optional, TypedDict, Union

Verdict = Literal["fits", "borderline", "does_not_fit", "refused", "unknown"]
Severity = Literal["info", "warning", "error"]


class Tensor(TypedDict):
    """A tensor of a safetensors file, as its header has it."""

    name: str
    dtype: str
    shape: Sequence[int]


class Model(TypedDict, total=False):
    """A model by one of path, id, config and facts."""

    path: Union[str, os.PathLike[str]]
    id: str
    revision: str
    serve_as: str
    config: Mapping[str, Any]
    quantization_config: Mapping[str, Any]
    tensors: Sequence[Tensor]
    checkpoint_bytes: int
    facts: Mapping[str, Any]


class Gpu(TypedDict, total=False):
    name: str
    count: int
    total_bytes: int
    driver_total_bytes: int
    free_bytes: int
    free_measured: Literal["before_context", "after_context"]
    compute_capability: str
    uuid: str
    index: int


class Engine(TypedDict, total=False):
    release: str
    entrypoint: Literal["serve", "module"]
    python: str
    plugins: Sequence[str]
    runner: Literal["v1", "v2"]
    extra_args: Sequence[str]


class Wishes(TypedDict, total=False):
    context_tokens: int
    concurrency: int


class Policy(TypedDict, total=False):
    quantization: Union[Literal["auto", "never"], Sequence[str]]
    objective: Literal["quality", "context", "concurrency"]
    risk: Literal["safe", "likely"]
    may_change: Sequence[str]
    reserve_bytes: int


class Host(TypedDict, total=False):
    compile_cache: Literal["cold", "warm", "unknown"]
    platform: Literal["linux", "wsl2", "windows"]
    ram_bytes: int
    shm_bytes: int
    env: Mapping[str, str]


class Measured(TypedDict, total=False):
    """Figures of a start log, in place of those that the library would estimate."""

    weights_bytes: int
    activation_bytes: int
    non_torch_bytes: int
    graphs_bytes: int
    source: str


class Mount(TypedDict, total=False):
    source: str
    target: str
    read_only: bool


class Port(TypedDict, total=False):
    host: int
    address: str


class SecretSources(TypedDict, total=False):
    kubernetes: str
    file: str


class Deploy(TypedDict, total=False):
    """Where the server will run. What it does not say is a placeholder in what is rendered."""

    format: Literal["shell", "fish", "powershell", "cmd", "docker", "compose", "k8s", "systemd"]
    name: str
    image: str
    mounts: Sequence[Mount]
    ports: Sequence[Port]
    shm_size: int
    namespace: str
    replicas: int
    secrets: SecretSources
    cache_volume: str
    head_address: str
    user: str
    startup_seconds: int


class Request(TypedDict, total=False):
    """The whole request; plan() takes its members as keywords. Sizes are bytes, lengths tokens."""

    schema: Literal[1]
    model: Model
    gpus: Union[Literal["auto"], Gpu, Sequence[Gpu]]
    nodes: int
    engine: Engine
    settings: Mapping[str, Any]
    wishes: Wishes
    policy: Policy
    host: Host
    deploy: Deploy
    measured: Measured
    calibration: Sequence[Mapping[str, Any]]
    catalog: Mapping[str, Any]
    limits: Mapping[str, Any]
    lenient: bool


class Interval(TypedDict):
    """What vLLM measures while it starts: between low and high, likely in between."""

    low: int
    likely: int
    high: int


class Asked(TypedDict):
    verdict: Verdict
    failing_step: Optional[str]
    missing_bytes: int


class PlannedEngine(TypedDict):
    release: str
    entrypoint: Literal["serve", "module"]
    runner: Optional[str]


class Stored(TypedDict):
    """How the files are quantized."""

    method: str
    bits: Optional[int]
    nested: bool
    from_config: bool


class PlannedModel(TypedDict):
    architecture: str
    structure: Optional[str]
    parameters: Optional[int]
    checkpoint_bytes: Optional[int]
    stored: Optional[Stored]
    layers: Optional[int]
    max_position_embeddings: Optional[int]


# the functional form, because of the member "from"
Chosen = TypedDict("Chosen", {"setting": str, "value": Any, "from": str, "why": str})


class Rank(TypedDict):
    """The memory of one GPU; ``ranks`` of them are equal."""

    dp: int
    pp: int
    tp: int
    node: int
    gpu: int
    ranks: int
    total_bytes: int
    free_bytes: int
    requested_bytes: int
    weights_bytes: Optional[int]
    weights_allocated_bytes: Optional[int]
    weights_by_role: Optional[dict[str, int]]
    attention_layers: int
    load_peak_bytes: Optional[int]
    offloaded_bytes: Optional[int]
    weights_created_bytes: Optional[int]
    weights_proved: Optional[bool]
    activation_bytes: Interval
    non_torch_bytes: Interval
    graphs_bytes: Interval
    graphs_late_bytes: int
    available_kv_bytes: Optional[Interval]


class HostMemory(TypedDict):
    """What one machine needs beside its GPUs."""

    files_bytes: Optional[int]
    pinned_bytes: Optional[int]
    swap_bytes: int
    shm_bytes: int


class Memory(TypedDict):
    tightest: Optional[int]
    ranks: list[Rank]
    host: HostMemory


class KvGroup(TypedDict):
    kind: str
    times: int
    layers: int
    page_bytes: int
    block_size: int
    blocks_per_request: int


class KvCache(TypedDict):
    groups: list[KvGroup]
    bytes_per_block: int
    blocks: Optional[int]
    tokens: Optional[int]
    max_concurrency_permille: Optional[int]
    max_concurrency_text: Optional[str]
    needed_bytes: int
    min_start_bytes: int
    longest_len: Optional[int]


class Method(TypedDict):
    """A row of the decision table of quantization methods."""

    method: str
    status: Literal["chosen", "possible", "rejected"]
    verdict: Verdict
    weights_bytes: Optional[int]
    tokens: Optional[int]
    load_peak_bytes: Optional[int]
    max_model_len: Optional[int]
    reason: Optional[str]
    text: str
    needs: Optional[str]


class Remedy(TypedDict):
    change: dict[str, Any]
    verdict: Verdict
    cost: str
    text: str


class Secret(TypedDict):
    """Stands for a value that is never printed: the name of the variable that has to hold it."""

    secret: str


class Launch(TypedDict):
    node: int
    role: Literal["serve", "headless", "ray_head", "ray_worker"]
    argv: list[str]
    env: dict[str, Union[str, Secret]]


class Health(TypedDict):
    path: str
    port: Optional[int]
    startup_seconds: Optional[Interval]


class Placeholder(TypedDict):
    """A word of a rendered text that somebody has to replace."""

    word: str
    path: str
    text: str


class Rendered(TypedDict):
    format: str
    text: str
    commands: list[list[str]]
    placeholders: list[Placeholder]


class Note(TypedDict):
    code: str
    severity: Severity
    path: str
    text: str


class Plan(TypedDict):
    """An answer of plan(). A figure that is not known is None; a note then says why."""

    schema: int
    library: str
    verdict: Verdict
    summary: str
    failing_step: Optional[str]
    missing_bytes: int
    asked: Asked
    engine: PlannedEngine
    model: PlannedModel
    settings: dict[str, Any]
    chosen: list[Chosen]
    memory: Memory
    kv_cache: Optional[KvCache]
    methods: list[Method]
    remedies: list[Remedy]
    launch: list[Launch]
    argv: list[str]
    env: dict[str, Union[str, Secret]]
    health: Health
    rendered: Optional[Rendered]
    notes: list[Note]


class Finding(TypedDict):
    """What was odd about a checkpoint, and what to do about it."""

    code: str
    severity: Severity
    text: str
    fix: str


class Inspection(TypedDict):
    """An answer of inspect(). ``facts`` is for a request's model; what is in it belongs to the library."""

    facts: dict[str, Any]
    findings: list[Finding]
