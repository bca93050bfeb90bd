// SPDX-License-Identifier: Apache-2.0
// Plans, starts and stops one vLLM server. What fits, and with which arguments, is decided by libvllmplan.

import { setTimeout as sleep } from 'node:timers/promises';
import { type Plan, type PlanRequest, planAsync, type Verdict } from 'vllmplan';
import { explain } from './explain.js';
import { Address } from './health.js';
import { ServerProcess } from './process.js';

export interface ManagerOptions {
    /** Runs in place of the plan's `vllm`, such as /opt/venv/bin/vllm. It gets the same arguments. */
    program?: string;
    /** The server's environment, to which the plan's is added; a secret is looked up here by its name. */
    env?: NodeJS.ProcessEnv;
    /** Verdicts that are started. A borderline plan may start, and may run out of memory. */
    accept?: Verdict[];
    /** Loading 30 GB and compiling take minutes. */
    startTimeoutMs?: number;
    /** Between SIGTERM and SIGKILL. */
    stopGraceMs?: number;
    pollMs?: number;
    /** Each line that the server prints. */
    onLine?: (line: string) => void;
}

export interface Running {
    url: string;
    pid: number;
    /** How the server ended, in words, whoever ended it. */
    ended: Promise<string>;
}

/** The plan does not start; nothing was spawned. The message has what is missing and what would help. */
export class PlanRefused extends Error {
    constructor(readonly plan: Plan) {
        super(explain(plan));
    }
}

/** The server was spawned and did not become healthy. It is gone; its last lines say why. */
export class StartFailed extends Error {
    constructor(what: string, readonly lastLines: readonly string[]) {
        super([`${what}; its last lines:`, ...lastLines].join('\n  '));
    }
}

export class Manager {
    readonly #options: Required<Omit<ManagerOptions, 'program'>> & { program?: string };
    #server: ServerProcess | undefined;
    #starting = false;
    #stopAsked = false;

    constructor(options: ManagerOptions = {}) {
        this.#options = {
            env: process.env, accept: ['fits'], startTimeoutMs: 15 * 60_000, stopGraceMs: 30_000, pollMs: 500,
            onLine: () => {}, ...options,
        };
    }

    async plan(request: PlanRequest): Promise<Plan> {
        return planAsync(request);
    }

    /** Resolves when the server answers /health. After an error nothing is left running. */
    async start(plan: Plan): Promise<Running> {
        if (this.#starting || this.#server) throw new Error('there is a server already; stop it first');
        this.#starting = true;
        this.#stopAsked = false;
        try {
            return await this.#start(plan);
        } finally {
            this.#starting = false;
        }
    }

    /** Does nothing when there is no server. */
    async stop(): Promise<void> {
        this.#stopAsked = true;
        await this.#server?.stop(this.#options.stopGraceMs);
    }

    async #start(plan: Plan): Promise<Running> {
        const launch = this.#launch(plan);
        const address = new Address(plan);
        await address.mustBeFree();
        if (this.#stopAsked) throw new Error('stopped before it was started');

        const server = new ServerProcess(launch.program, launch.args, launch.env, this.#options.onLine);
        this.#server = server;
        void server.ended.then(() => {
            if (this.#server === server) this.#server = undefined;
        });
        try {
            await this.#untilHealthy(server, address);
        } catch (error) {
            await server.stop(this.#options.stopGraceMs);
            throw error;
        }
        return { url: address.url, pid: server.pid!, ended: server.ended };
    }

    /** The one process to start here: the plan's argument list, and the environment that goes with it. */
    #launch(plan: Plan): { program: string; args: string[]; env: NodeJS.ProcessEnv } {
        const { accept, env, program } = this.#options;
        if (!accept.includes(plan.verdict)) throw new PlanRefused(plan);
        const [launch, ...others] = plan.launch;
        const [planned, ...args] = launch?.argv ?? [];
        if (!launch || !planned || others.length > 0)
            throw new Error(`the plan is for ${plan.launch.length} machines; this manager serves one`);

        const whole = { ...env };
        for (const [name, value] of Object.entries(launch.env)) {
            const text = typeof value === 'string' ? value : env[value.secret];
            if (text === undefined) throw new Error(`the plan needs a secret: ${name} is not set`);
            whole[name] = text;
        }
        return { program: program ?? planned, args, env: whole };
    }

    async #untilHealthy(server: ServerProcess, address: Address): Promise<void> {
        const { startTimeoutMs, pollMs } = this.#options;
        const deadline = Date.now() + startTimeoutMs;
        while (server.outcome === undefined) {
            if (await address.isHealthy()) return;
            if (Date.now() >= deadline)
                throw new StartFailed(`not healthy after ${startTimeoutMs / 1000} s`, server.lastLines);
            await Promise.race([server.ended, sleep(pollMs)]);
        }
        throw new StartFailed(`${server.outcome} before it was healthy`, server.lastLines);
    }
}
