#!/usr/bin/env node
// SPDX-License-Identifier: Apache-2.0
// The manager as a command: shows the decision, starts the server, stops it on a signal.
// Exit status: 0 stopped as asked, 1 not started or ended by itself, 2 a wrong request.

import { parseArgs } from 'node:util';
import { type PlanRequest, VllmplanError } from 'vllmplan';
import { explain } from './explain.js';
import { Manager, PlanRefused } from './manager.js';

const USAGE = `usage: main.js MODEL_DIR --gpu NAME[:COUNT] [options]
  --vllm RELEASE      the vLLM that will run, such as 0.11.2; the newest known when not given
  --set NAME=VALUE    a server argument that stays as it is, such as port=8001; may be repeated
  --program FILE      run this in place of vllm, such as /opt/venv/bin/vllm
  --borderline        start also when the memory may just not be enough
  --plan-only         show the decision and end`;

const OPTIONS = {
    gpu: { type: 'string' }, vllm: { type: 'string' }, set: { type: 'string', multiple: true },
    program: { type: 'string' }, borderline: { type: 'boolean' }, 'plan-only': { type: 'boolean' },
} as const;

/** "port=8001". The library reads numbers from text; true and false are words of JSON. */
function setting(text: string): [string, string | boolean] {
    const [, name, value] = /^([^=]+)=(.*)$/s.exec(text) ?? [];
    if (name === undefined || value === undefined) throw new Error(`--set ${text} is not NAME=VALUE`);
    return [name, value === 'true' ? true : value === 'false' ? false : value];
}

function readCommand() {
    const { values, positionals: [model, ...more] } = parseArgs({ options: OPTIONS, allowPositionals: true });
    if (model === undefined || more.length > 0 || values.gpu === undefined)
        throw new Error('one MODEL_DIR and --gpu are needed');
    const [name, count = '1'] = values.gpu.split(':');
    const request: PlanRequest = {
        model: { path: model },
        gpus: { name, count: Number(count) },
        settings: Object.fromEntries((values.set ?? []).map(setting)),
    };
    if (values.vllm !== undefined) request.engine = { release: values.vllm };
    return { request, values };
}

async function serve({ request, values }: ReturnType<typeof readCommand>): Promise<number> {
    const manager = new Manager({
        program: values.program,
        accept: values.borderline ? ['fits', 'borderline'] : ['fits'],
        onLine: (line) => console.error(line),
    });
    const plan = await manager.plan(request);
    console.log(explain(plan));
    if (values['plan-only']) return plan.verdict === 'fits' ? 0 : 1;

    let asked = false;
    for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const)
        process.on(signal, () => {
            asked = true;
            void manager.stop();
        });
    try {
        const server = await manager.start(plan);
        console.log(`serving at ${server.url}, pid ${server.pid}`);
        console.log(await server.ended);
    } catch (error) {
        if (!asked) throw error;
    }
    return asked ? 0 : 1;
}

async function main(): Promise<number> {
    let command;
    try {
        command = readCommand();
    } catch (error) {
        console.error(`${(error as Error).message}\n${USAGE}`);
        return 2;
    }
    try {
        return await serve(command);
    } catch (error) {
        if (error instanceof VllmplanError) {
            console.error(`${error.path}: ${error.message}`);
            return 2;
        }
        console.error(error instanceof PlanRefused ? 'not started' : (error as Error).message);
        return 1;
    }
}

process.exitCode = await main();
