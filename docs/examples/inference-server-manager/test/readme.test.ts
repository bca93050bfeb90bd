// SPDX-License-Identifier: Apache-2.0
// The README's code before and after, run as it stands there.

import assert from 'node:assert/strict';
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import test from 'node:test';
import ts from 'typescript';
import type { Running } from '../src/manager.js';
import { dies, place, type Place, until } from './support.js';

const readme = readFileSync(new URL('../../README.md', import.meta.url), 'utf8');
const blocks = [...readme.matchAll(/^```ts\n([^]*?)^```$/gm)].map(([, code]) => code!);

/** The block as a module beside manager.js, with the `vllm` of this test on its PATH. */
async function load<Server>(t: test.TestContext, name: string, code: string, { env }: Place) {
    const file = new URL(`../src/readme-${name}.js`, import.meta.url);
    const compilerOptions = { module: ts.ModuleKind.ES2022, target: ts.ScriptTarget.ES2022 };
    writeFileSync(file, ts.transpileModule(code, { compilerOptions }).outputText);
    const { PATH } = process.env;
    Object.assign(process.env, { PATH: env.PATH, RECORDER_FILE: env.RECORDER_FILE });
    t.after(() => {
        process.env.PATH = PATH;
        delete process.env.RECORDER_FILE;
        rmSync(file);
    });
    return await import(file.href) as { serve(model: string, port: number): Server };
}

test('before: the three flags', async (t) => {
    const here = await place(t);
    const { serve } = await load<ChildProcess>(t, 'before', blocks[0]!, here);
    const server = serve(here.model, here.port);
    t.after(async () => {
        server.kill('SIGKILL');
        await once(server, 'exit');
    });
    const { argv } = await until(here.recorded);
    assert.deepEqual(argv, ['vllm', 'serve', here.model, '--port', String(here.port),
        '--quantization', 'bitsandbytes', '--load-format', 'bitsandbytes',
        '--gpu-memory-utilization', '0.95']);
});

test('after: the plan', async (t) => {
    const here = await place(t);
    const { serve } = await load<Promise<Running>>(t, 'after', blocks[1]!, here);
    const server = await serve(here.model, here.port);
    process.kill(server.pid, 'SIGTERM');
    assert.equal(await server.ended, 'vllm exited with status 0');
    assert.ok(await dies(server.pid));
    const { argv } = here.recorded()!;
    assert.deepEqual(argv.slice(0, 3), ['vllm', 'serve', here.model]);
    assert.deepEqual(argv.slice(3).sort(),
        ['--quantization', 'bitsandbytes', '--port', String(here.port)].sort());
});

test('the table: what the other requests get', async (t) => {
    const { request, manager } = await place(t);
    const served = manager();
    const newer = { ...request, engine: { release: '0.33.0' } };
    assert.ok(!(await served.plan(newer)).argv.includes('bitsandbytes'));
    const byHand = { quantization: 'bitsandbytes', load_format: 'bitsandbytes' };
    await assert.rejects(served.plan({ ...newer, settings: byHand }), /last in 0\.27\.1/);
    const smaller = await served.plan({ ...request, gpus: { name: 'rtx_3060' } });
    assert.equal(smaller.verdict, 'does_not_fit');
});
