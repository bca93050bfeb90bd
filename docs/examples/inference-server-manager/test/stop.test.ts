// SPDX-License-Identifier: Apache-2.0
// However a server ends, nothing of it stays behind.

import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import test from 'node:test';
import { dies, isAlive, place } from './support.js';

test('SIGTERM is enough for one that listens', async (t) => {
    const { request, manager, recorded } = await place(t);
    const seen: string[] = [];
    const served = manager({}, { onLine: (line) => seen.push(line) });
    const server = await served.start(await served.plan(request));
    assert.ok(isAlive(recorded()!.pid));
    await served.stop();
    assert.equal(await server.ended, 'vllm exited with status 0');
    assert.deepEqual(seen, ['asked to stop']);
    assert.ok(!isAlive(recorded()!.pid));
    await served.stop(); // once more does nothing
});

test('SIGKILL comes after the grace, for its workers too', async (t) => {
    const { request, manager, recorded } = await place(t);
    const served = manager({ RECORDER_STUBBORN: '1', RECORDER_WORKER: 'group' }, { stopGraceMs: 300 });
    const server = await served.start(await served.plan(request));
    const { pid, worker } = recorded()!;
    assert.ok(isAlive(pid) && isAlive(worker!));
    const start = Date.now();
    await served.stop();
    assert.ok(Date.now() - start >= 300);
    assert.equal(await server.ended, 'vllm was ended by SIGKILL');
    assert.ok(!isAlive(pid));
    assert.ok(await dies(worker!));
});

test('a crash does not leave its workers', async (t) => {
    const { request, manager, recorded } = await place(t);
    const served = manager({ RECORDER_WORKER: 'group' });
    const server = await served.start(await served.plan(request));
    process.kill(server.pid, 'SIGSEGV');
    assert.equal(await server.ended, 'vllm was ended by SIGSEGV');
    assert.ok(await dies(recorded()!.worker!));
});

test('a program that ends without stop() does not leave its server', async (t) => {
    const { request, env, recorded } = await place(t);
    const code = `import { Manager } from ${JSON.stringify(new URL('../src/manager.js', import.meta.url))};
        const manager = new Manager();
        await manager.start(await manager.plan(${JSON.stringify(request)}));
        process.exit(3);`;
    const child = spawn(process.execPath, ['--input-type=module', '-e', code],
        { env: { ...env, RECORDER_WORKER: 'group' }, stdio: ['ignore', 'ignore', 'inherit'] });
    assert.deepEqual(await once(child, 'exit'), [3, null]);
    assert.ok(await dies(recorded()!.pid) && await dies(recorded()!.worker!));
});

test('a daemon that keeps the output open does not keep stop() waiting', async (t) => {
    const { request, manager, recorded } = await place(t);
    const served = manager({ RECORDER_WORKER: 'daemon' });
    await served.start(await served.plan(request));
    const { worker } = recorded()!;
    t.after(() => process.kill(worker!, 'SIGKILL'));
    const start = Date.now();
    await served.stop();
    assert.ok(Date.now() - start < 20_000, 'the grace is 30 s');
    assert.ok(isAlive(worker!), 'it left the process group');
});
