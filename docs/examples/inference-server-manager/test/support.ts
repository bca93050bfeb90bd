// SPDX-License-Identifier: Apache-2.0
import { once } from 'node:events';
import fs from 'node:fs';
import { type AddressInfo, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import type { TestContext } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import type { PlanRequest } from 'vllmplan';
import { Manager, type ManagerOptions } from '../src/manager.js';

export const recorder = fileURLToPath(new URL('../../test/recorder.mjs', import.meta.url));

/** The 14B of the README's case, by its config alone: 28 GB of 16-bit weights. */
const CONFIG = {
    architectures: ['Qwen2ForCausalLM'], model_type: 'qwen2', torch_dtype: 'bfloat16',
    hidden_size: 5120, intermediate_size: 13824, num_hidden_layers: 48, num_attention_heads: 40,
    num_key_value_heads: 8, vocab_size: 152064, max_position_embeddings: 32768, tie_word_embeddings: false,
};

export interface Recorded {
    argv: string[];
    env: Record<string, string>;
    pid: number;
    worker?: number;
}

export interface Place {
    /** A PATH on which `vllm` is the recorder. */
    env: NodeJS.ProcessEnv;
    model: string;
    port: number;
    request: PlanRequest;
    manager(tell?: Record<string, string>, options?: ManagerOptions): Manager;
    /** Undefined when nothing was spawned. */
    recorded(): Recorded | undefined;
}

export async function freePort(): Promise<number> {
    const server = createServer().listen(0, '127.0.0.1');
    await once(server, 'listening');
    const { port } = server.address() as AddressInfo;
    server.close();
    await once(server, 'close');
    return port;
}

/** A model directory, a `vllm` and a free port, for one test. No process of it is alive afterwards. */
export async function place(t: TestContext, modelName = 'model'): Promise<Place> {
    const folder = fs.mkdtempSync(path.join(tmpdir(), 'manager-'));
    const model = path.join(folder, 'models', modelName);
    fs.mkdirSync(model, { recursive: true });
    fs.writeFileSync(path.join(model, 'config.json'), JSON.stringify(CONFIG));
    const bin = path.join(folder, 'bin');
    fs.mkdirSync(bin);
    fs.symlinkSync(recorder, path.join(bin, 'vllm'));

    const file = path.join(folder, 'recorded.json');
    const env = { ...process.env, PATH: `${bin}:${process.env.PATH}`, RECORDER_FILE: file };
    const recorded = (): Recorded | undefined =>
        fs.existsSync(file) ? JSON.parse(fs.readFileSync(file, 'utf8')) : undefined;
    const port = await freePort();
    const managers: Manager[] = [];
    t.after(async () => {
        for (const manager of managers) await manager.stop();
        fs.rmSync(folder, { recursive: true });
    });
    return {
        env, model, port, recorded,
        request: {
            model: { path: model }, gpus: { name: 'rtx_3090' }, engine: { release: '0.11.2' },
            settings: { host: '127.0.0.1', port },
        },
        manager(tell = {}, options = {}) {
            const usual = { env: { ...env, ...tell }, pollMs: 20, startTimeoutMs: 60_000 };
            const manager = new Manager({ ...usual, ...options });
            managers.push(manager);
            return manager;
        },
    };
}

/** A process that has ended may stay in the table until its parent looks; that one is not alive. */
export function isAlive(pid: number): boolean {
    try {
        process.kill(pid, 0);
    } catch {
        return false;
    }
    const stat = `/proc/${pid}/stat`;
    return !fs.existsSync(stat) || !/\) [ZX] /.test(fs.readFileSync(stat, 'utf8'));
}

/** SIGKILL is sent at once and takes effect a little later. */
export async function dies(pid: number): Promise<boolean> {
    for (let waited = 0; waited < 10_000; waited += 20) {
        if (!isAlive(pid)) return true;
        await sleep(20);
    }
    return false;
}

/** Waits for what another process is about to do. */
export async function until<T>(look: () => T | undefined): Promise<T> {
    for (let waited = 0; waited < 60_000; waited += 20) {
        const seen = look();
        if (seen !== undefined) return seen;
        await sleep(20);
    }
    throw new Error('waited 60 s in vain');
}
