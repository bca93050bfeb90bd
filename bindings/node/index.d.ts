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
export type JsonObject = { [key: string]: any };

export interface ModelRequest {
    model: JsonObject;
    limits?: JsonObject;
    lenient?: boolean;
}

/** The whole request, as describe({ topic: 'schema' }) has it. */
export interface PlanRequest extends ModelRequest {
    gpus?: 'auto' | JsonObject | JsonObject[];
    nodes?: number;
    engine?: JsonObject;
    settings?: { [setting: string]: Json };
    wishes?: { context_tokens?: number; concurrency?: number };
    policy?: JsonObject;
    host?: JsonObject;
    deploy?: JsonObject;
    measured?: JsonObject;
    catalog?: JsonObject;
}

export interface Note {
    code: string;
    severity: 'info' | 'warning' | 'error';
    path: string;
    text: string;
}

export type Verdict = 'fits' | 'borderline' | 'does_not_fit' | 'refused' | 'unknown';

/** The members that every plan has; a figure that is not known is null. */
export interface Plan {
    schema: number;
    library: string;
    verdict: Verdict;
    summary: string;
    failing_step: string | null;
    missing_bytes: number | null;
    asked: { verdict: Verdict; failing_step: string | null; missing_bytes: number | null };
    settings: { [setting: string]: Json };
    argv: string[];
    env: JsonObject;
    notes: Note[];
    [key: string]: any;
}

export interface DescribeRequest {
    topic: 'schema' | 'gpus' | 'methods' | 'architectures' | 'releases' | 'flags' | 'codes';
    release?: string;
}

export interface Inspection {
    facts: JsonObject;
    findings: JsonObject[];
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
