// SPDX-License-Identifier: Apache-2.0
// The command from outside.

import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import test from 'node:test';
import { fileURLToPath } from 'node:url';
import { dies, place, type Place, until } from './support.js';

const main = fileURLToPath(new URL('../src/main.js', import.meta.url));

interface Command {
    child: ChildProcess;
    out: () => string;
    /** The exit status. */
    end: Promise<number>;
}

function run(t: test.TestContext, args: string[], env: NodeJS.ProcessEnv): Command {
    const child = spawn(process.execPath, [main, ...args], { env, stdio: ['ignore', 'pipe', 'pipe'] });
    t.after(() => child.kill()); // one that a failed test leaves
    let text = '';
    for (const stream of [child.stdout, child.stderr])
        stream.setEncoding('utf8').on('data', (part) => text += part);
    return { child, out: () => text, end: once(child, 'close').then(([status]) => status as number) };
}

const usual = ({ model, port }: Place) =>
    [model, '--gpu', 'rtx_3090', '--vllm', '0.11.2', '--set', 'host=127.0.0.1', '--set', `port=${port}`];

for (const signal of ['SIGTERM', 'SIGINT', 'SIGHUP'] as const)
    test(`shows, starts, and stops on ${signal}`, async (t) => {
        const here = await place(t, 'a "14B" model');
        const tell = { RECORDER_WORKER: 'group', RECORDER_LOG: 'loading' };
        const { child, out, end } = run(t, usual(here), { ...here.env, ...tell });
        await until(() => out().includes('serving at') || undefined);
        const { pid, worker, argv } = here.recorded()!;
        assert.ok(out().startsWith((await here.manager().plan(here.request)).summary), out());
        assert.match(out(), /\n {2}chosen: quantization bitsandbytes: /);
        assert.ok(out().includes(`\n  arguments: ${JSON.stringify(argv)}\n`), out());
        assert.ok(out().includes(`\nserving at http://127.0.0.1:${here.port}, pid ${pid}\n`));
        assert.match(out(), /\nloading\n/);
        child.kill(signal);
        assert.equal(await end, 0, out());
        assert.match(out(), /\nvllm exited with status 0\n$/);
        assert.ok(await dies(pid) && await dies(worker!));
    });

test('a signal while it loads, and a daemon that keeps the output open', async (t) => {
    const here = await place(t);
    const tell = { RECORDER_HEALTH_MS: '60000', RECORDER_WORKER: 'daemon' };
    const { child, end, out } = run(t, usual(here), { ...here.env, ...tell });
    const { pid, worker } = await until(here.recorded);
    t.after(() => process.kill(worker!, 'SIGKILL'));
    child.kill('SIGTERM');
    assert.equal(await end, 0, out());
    assert.ok(await dies(pid));
});

test('the server ends by itself: status 1', async (t) => {
    const here = await place(t);
    const { out, end } = run(t, usual(here), here.env);
    await until(() => out().includes('serving at') || undefined);
    process.kill(here.recorded()!.pid, 'SIGKILL');
    assert.equal(await end, 1);
    assert.match(out(), /\nvllm was ended by SIGKILL\n$/);
});

test('it does not become healthy: status 1 and its last lines', async (t) => {
    const here = await place(t);
    const { out, end } = run(t, usual(here), { ...here.env, RECORDER_EXIT: '9', RECORDER_LOG: 'ValueError' });
    assert.equal(await end, 1);
    assert.match(out(), /\nvllm exited with status 9 before .*; its last lines:\n {2}ValueError\n$/);
});

test('it does not fit: status 1, nothing spawned', async (t) => {
    const here = await place(t);
    // 9.83 GiB of 4-bit weights leave too little of 11.12; in 16 bits 27.52 - 11.12 = 16.40 are missing
    const args = usual(here).map((word) => word === 'rtx_3090' ? 'rtx_3060' : word);
    const { out, end } = run(t, args, here.env);
    assert.equal(await end, 1);
    assert.match(out(), /\n {2}missing: 16\.40 GiB, at the step weights_create\n[^]*\nnot started\n$/);
    assert.equal(here.recorded(), undefined);
});

test('--plan-only spawns nothing', async (t) => {
    const here = await place(t);
    const { out, end } = run(t, [...usual(here), '--plan-only'], here.env);
    assert.equal(await end, 0);
    assert.match(out(), /\n {2}arguments: \["vllm","serve",.*,"--quantization","bitsandbytes"/);
    assert.equal(here.recorded(), undefined);
});

test('--set goes into the arguments, as a number or as a switch', async (t) => {
    const here = await place(t);
    const set = ['--set', 'enforce_eager=true', '--set', 'max_model_len=8192'];
    const { out, end } = run(t, [...usual(here), '--plan-only', ...set], here.env);
    assert.equal(await end, 0, out());
    assert.match(out(), /"--enforce-eager"/);
    assert.match(out(), /"--max-model-len","8192"/);
});

test('a wrong request: status 2', async (t) => {
    const here = await place(t);
    const ends = async (args: string[], message: RegExp) => {
        const { out, end } = run(t, args, here.env);
        assert.equal(await end, 2, out());
        assert.match(out(), message);
    };
    await ends([], /^one MODEL_DIR and --gpu are needed\nusage: /);
    await ends([...usual(here), '--set', 'port'], /^--set port is not NAME=VALUE\nusage: /);
    await ends([...usual(here), '--bogus'], /'--bogus'[^]*\nusage: /);
    await ends(['/nowhere', '--gpu', 'rtx_3090'], /^\/model\/path: /);
    await ends([...usual(here), '--set', 'quantization=none such'], /^\/settings\/quantization: /);
});
