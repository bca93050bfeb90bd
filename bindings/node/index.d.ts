// SPDX-License-Identifier: Apache-2.0

/** Read model directories and the local hub cache. */
export const ALLOW_FILES: 1;
/** Ask the drivers of this machine for its GPUs. */
export const ALLOW_PROBE: 2;
/** Read environment variables, such as HF_HOME. */
export const ALLOW_ENV: 4;

export interface Options {
    /** A sum of ALLOW_*; 0 makes the call a pure function of its request. All three when not given. */
    allow?: number;
}

export type Json = null | boolean | number | string | Json[] | { [key: string]: Json };
/** What belongs to others: a config.json, the facts of a model. */
export type JsonObject = { [key: string]: any };

// The request. Sizes are bytes, lengths tokens. The tests hold it against describe({ topic: 'schema' }).

/** A tensor of a safetensors file, as its header has it. */
export interface Tensor {
    name: string;
    dtype: string;
    shape: number[];
}

/** A model by one of path, id, config and facts. */
export interface Model {
    /** A model directory, or one .safetensors file beside its config.json. */
    path?: string;
    /** ORG/NAME in the local hub cache. */
    id?: string;
    /** Of the id: a branch, tag or commit. */
    revision?: string;
    /** What stands in the arguments for the model. */
    serve_as?: string;
    config?: JsonObject;
    quantization_config?: JsonObject;
    tensors?: Tensor[];
    checkpoint_bytes?: number;
    /** As inspect() returned them. */
    facts?: JsonObject;
}

export interface Gpu {
    /** Any name of a known card. */
    name?: string;
    count?: number;
    /** What CUDA reports: torch's total_memory. */
    total_bytes?: number;
    /** What nvidia-smi reports. */
    driver_total_bytes?: number;
    free_bytes?: number;
    /** Whether free_bytes lacks a CUDA context already. */
    free_measured?: 'before_context' | 'after_context';
    /** Such as "8.6". */
    compute_capability?: string;
    uuid?: string;
    /** The driver's number, as nvidia-smi shows it. */
    index?: number;
}

export interface Engine {
    /** Of vLLM, such as "0.33.0". */
    release?: string;
    entrypoint?: Entrypoint;
    /** The interpreter for the module. */
    python?: string;
    plugins?: string[];
    runner?: 'v1' | 'v2';
    extra_args?: string[];
}

export interface Wishes {
    context_tokens?: number;
    concurrency?: number;
}

export interface Policy {
    quantization?: 'auto' | 'never' | string[];
    objective?: 'quality' | 'context' | 'concurrency';
    risk?: 'safe' | 'likely';
    /** Settings that the search may choose; [] judges exactly this request. */
    may_change?: string[];
    /** Of each card, kept for others. */
    reserve_bytes?: number;
}

export interface Host {
    compile_cache?: 'cold' | 'warm' | 'unknown';
    platform?: 'linux' | 'wsl2' | 'windows';
    ram_bytes?: number;
    shm_bytes?: number;
    env?: { [name: string]: string };
}

/** Figures of a start log, in place of those that the library would estimate. */
export interface Measured {
    weights_bytes?: number;
    activation_bytes?: number;
    non_torch_bytes?: number;
    graphs_bytes?: number;
    source?: string;
}

/** Where the server will run. What it does not say is a placeholder in what is rendered. */
export interface Deploy {
    /** What `rendered` of the plan holds; without it nothing is rendered. */
    format?: 'shell' | 'fish' | 'powershell' | 'cmd' | 'docker' | 'compose' | 'k8s' | 'systemd';
    name?: string;
    image?: string;
    mounts?: { source?: string; target?: string; read_only?: boolean }[];
    ports?: { host?: number; address?: string }[];
    /** Bytes. */
    shm_size?: number;
    namespace?: string;
    replicas?: number;
    secrets?: { kubernetes?: string; file?: string };
    cache_volume?: string;
    /** Of the first of several machines, as the others reach it. */
    head_address?: string;
    user?: string;
    startup_seconds?: number;
}

export interface ModelRequest {
    model: Model;
    limits?: JsonObject;
    /** Unknown keys become notes. */
    lenient?: boolean;
}

export interface PlanRequest extends ModelRequest {
    schema?: 1;
    gpus?: 'auto' | Gpu | Gpu[];
    /** Machines with that same set of cards. */
    nodes?: number;
    engine?: Engine;
    /** vLLM's server arguments by their snake_case names. */
    settings?: { [setting: string]: Json };
    wishes?: Wishes;
    policy?: Policy;
    host?: Host;
    deploy?: Deploy;
    measured?: Measured;
    /** What explain saved: the nearest entry that is valid stands in for the law. */
    calibration?: JsonObject[];
    catalog?: JsonObject;
}

// The plan. A figure that is not known is null; a note then says why.

export type Verdict = 'fits' | 'borderline' | 'does_not_fit' | 'refused' | 'unknown';
export type Severity = 'info' | 'warning' | 'error';
export type Entrypoint = 'serve' | 'module';

/** What vLLM measures while it starts: between low and high. */
export interface Interval {
    low: number;
    likely: number;
    high: number;
}

/** The verdict on the request as it was, before anything was changed. */
export interface Asked {
    verdict: Verdict;
    failing_step: string | null;
    missing_bytes: number;
}

export interface PlannedEngine {
    release: string;
    entrypoint: Entrypoint;
    runner: string | null;
}

/** How the files are quantized. */
export interface Stored {
    method: string;
    bits: number | null;
    nested: boolean;
    from_config: boolean;
}

export interface PlannedModel {
    architecture: string;
    structure: string | null;
    parameters: number | null;
    checkpoint_bytes: number | null;
    stored: Stored | null;
    layers: number | null;
    max_position_embeddings: number | null;
}

export interface Chosen {
    setting: string;
    value: Json;
    from: string;
    why: string;
}

/** The memory of one GPU; `ranks` of them are equal. */
export interface Rank {
    dp: number;
    pp: number;
    tp: number;
    node: number;
    gpu: number;
    ranks: number;
    total_bytes: number;
    free_bytes: number;
    requested_bytes: number;
    weights_bytes: number | null;
    weights_allocated_bytes: number | null;
    /** `weights_bytes` by what they are for: embedding, attention, experts... */
    weights_by_role: Record<string, number> | null;
    attention_layers: number;
    load_peak_bytes: number | null;
    offloaded_bytes: number | null;
    weights_created_bytes: number | null;
    weights_proved: boolean | null;
    activation_bytes: Interval;
    non_torch_bytes: Interval;
    graphs_bytes: Interval;
    graphs_late_bytes: number;
    available_kv_bytes: Interval | null;
}

/** What one machine needs beside its GPUs. */
export interface HostMemory {
    files_bytes: number | null;
    pinned_bytes: number | null;
    swap_bytes: number;
    shm_bytes: number;
}

export interface Memory {
    /** Index of the rank that decides. */
    tightest: number | null;
    ranks: Rank[];
    host: HostMemory;
}

export interface KvGroup {
    kind: string;
    /** Equal groups in a row. */
    times: number;
    layers: number;
    page_bytes: number;
    block_size: number;
    blocks_per_request: number;
}

export interface KvCache {
    groups: KvGroup[];
    bytes_per_block: number;
    blocks: number | null;
    tokens: number | null;
    max_concurrency_permille: number | null;
    max_concurrency_text: string | null;
    needed_bytes: number;
    min_start_bytes: number;
    longest_len: number | null;
}

/** A row of the decision table of quantization methods. */
export interface Method {
    method: string;
    status: 'chosen' | 'possible' | 'rejected';
    verdict: Verdict;
    weights_bytes: number | null;
    tokens: number | null;
    load_peak_bytes: number | null;
    max_model_len: number | null;
    reason: string | null;
    text: string;
    needs: string | null;
}

export interface Remedy {
    change: { [setting: string]: Json };
    verdict: Verdict;
    cost: string;
    text: string;
}

/** Stands for a value that is never printed: the name of the variable that has to hold it. */
export interface Secret {
    secret: string;
}

export type Env = { [name: string]: string | Secret };

export interface Launch {
    node: number;
    role: 'serve' | 'headless' | 'ray_head' | 'ray_worker';
    argv: string[];
    env: Env;
}

export interface Health {
    path: string;
    /** null: a Unix socket, or a port that the system chooses. */
    port: number | null;
    startup_seconds: Interval | null;
}

/** A word of a rendered text that somebody has to replace. */
export interface Placeholder {
    word: string;
    path: string;
    text: string;
}

export interface Rendered {
    format: string;
    text: string;
    /** Of docker: the words of each machine's command. */
    commands: string[][];
    placeholders: Placeholder[];
}

export interface Note {
    code: string;
    severity: Severity;
    path: string;
    text: string;
}

export interface Plan {
    schema: number;
    library: string;
    verdict: Verdict;
    summary: string;
    failing_step: string | null;
    missing_bytes: number;
    asked: Asked;
    engine: PlannedEngine;
    model: PlannedModel;
    settings: { [setting: string]: Json };
    chosen: Chosen[];
    memory: Memory;
    kv_cache: KvCache | null;
    methods: Method[];
    remedies: Remedy[];
    launch: Launch[];
    argv: string[];
    env: Env;
    health: Health;
    rendered: Rendered | null;
    notes: Note[];
}

export interface DescribeRequest {
    topic: 'schema' | 'gpus' | 'methods' | 'architectures' | 'releases' | 'flags' | 'codes';
    release?: string;
}

/** What was odd about a checkpoint, and what to do about it. */
export interface Finding {
    code: string;
    severity: Severity;
    text: string;
    fix: string;
}

/** `facts` is for a request's model; what is in it belongs to the library. */
export interface Inspection {
    facts: JsonObject;
    findings: Finding[];
}

/** A request that could not be answered. "Does not fit" is an answer, not an error. */
export class VllmplanError extends Error {
    readonly name: 'VllmplanError';
    /** The negative status, such as -13. */
    readonly code: number;
    /** Its name, such as "VLLMPLAN_E_RANGE". */
    readonly codeName: string;
    /** JSON pointer into the request; "" is the whole. */
    readonly path: string;
    constructor(code: number, codeName: string, path: string, message: string);
}

export function plan(request: PlanRequest, options?: Options): Plan;
export function inspect(request: ModelRequest, options?: Options): Inspection;
export function describe(request: DescribeRequest, options?: Options): any;

export function planAsync(request: PlanRequest, options?: Options): Promise<Plan>;
export function inspectAsync(request: ModelRequest, options?: Options): Promise<Inspection>;
export function describeAsync(request: DescribeRequest, options?: Options): Promise<any>;

/** JSON text in, the library's own text out, byte for byte. */
export function planText(request: string, options?: Options): string;
