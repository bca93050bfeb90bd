// SPDX-License-Identifier: Apache-2.0
// What can go wrong between a plan and a healthy server.

import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer } from 'node:net';
import test from 'node:test';
import type { Plan } from 'vllmplan';
import { PlanRefused, StartFailed } from '../src/manager.js';
import { isAlive, place, until } from './support.js';

test('start() ends when /health answers 200, not before', async (t) => {
    const { request, port, manager, recorded } = await place(t);
    const served = manager({ RECORDER_HEALTH_MS: '400' });
    const plan = await served.plan(request);
    const start = Date.now();
    const server = await served.start(plan);
    assert.ok(Date.now() - start >= 400);
    assert.equal(server.url, `http://127.0.0.1:${port}`);
    assert.equal(server.pid, recorded()!.pid);
    assert.equal((await fetch(`${server.url}/health`)).status, 200);
    await assert.rejects(served.start(plan), /there is a server already/);
});

test('an early exit: the error holds the last 20 lines', async (t) => {
    const { request, manager } = await place(t);
    const log = Array.from({ length: 30 }, (_, i) => `line ${i + 1}`).join('\n');
    const seen: string[] = [];
    const served = manager({ RECORDER_LOG: log, RECORDER_EXIT: '7' }, { onLine: (line) => seen.push(line) });
    await assert.rejects(served.start(await served.plan(request)), (error) => {
        assert.ok(error instanceof StartFailed);
        assert.match(error.message, /^vllm exited with status 7 before it was healthy; .*:\n {2}line 11\n/);
        assert.deepEqual(error.lastLines, log.split('\n').slice(-20));
        return error.message.endsWith('\n  line 30');
    });
    assert.deepEqual(seen, log.split('\n'));
});

test('after a failure the next start works', async (t) => {
    const { request, manager, env } = await place(t);
    const told: NodeJS.ProcessEnv = { ...env, RECORDER_EXIT: '1' };
    const served = manager({}, { env: told });
    const plan = await served.plan(request);
    await assert.rejects(served.start(plan), StartFailed);
    delete told.RECORDER_EXIT;
    assert.ok(isAlive((await served.start(plan)).pid));
});

test('a program that is not there', async (t) => {
    const { request, manager } = await place(t);
    const served = manager({}, { program: '/nowhere/vllm' });
    await assert.rejects(served.start(await served.plan(request)),
        /could not be started: spawn \/nowhere\/vllm ENOENT/);
});

test('not healthy in time: stopped, and an error', async (t) => {
    const { request, manager, recorded } = await place(t);
    const tell = { RECORDER_HEALTH_MS: '60000', RECORDER_LOG: 'loading' };
    const served = manager(tell, { startTimeoutMs: 5000 });
    await assert.rejects(served.start(await served.plan(request)), (error) => {
        assert.ok(error instanceof StartFailed);
        assert.match(error.message, /^not healthy after 5 s; its last lines:\n {2}loading$/);
        return true;
    });
    assert.ok(!isAlive(recorded()!.pid));
});

test('the port is in use: nothing is spawned, though another server answers there', async (t) => {
    const { request, port, manager, recorded } = await place(t);
    const other = createServer().listen(port, '127.0.0.1');
    await once(other, 'listening');
    t.after(() => other.close());
    const served = manager();
    await assert.rejects(served.start(await served.plan(request)),
        { message: `cannot use port ${port} of 127.0.0.1: it is in use` });
    assert.equal(recorded(), undefined);
});

test('a plan that does not fit: nothing is spawned, and the error says what is missing', async (t) => {
    const { request, manager, recorded } = await place(t);
    // 16-bit weights as they are: the README's case, 27.52 GiB where 23.05 GiB are free
    request.policy = { may_change: [] };
    const served = manager();
    const plan = await served.plan(request);
    assert.equal(plan.verdict, 'does_not_fit');
    await assert.rejects(served.start(plan), (error) => {
        assert.ok(error instanceof PlanRefused);
        assert.equal(error.plan, plan);
        assert.ok(error.message.startsWith(plan.summary));
        assert.match(error.message, /\n {2}missing: 4\.47 GiB, at the step weights_create\n/);
        assert.match(error.message, /\n {2}would help: .*bitsandbytes/);
        return true;
    });
    assert.equal(recorded(), undefined);
});

test('a split that vLLM would refuse: nothing is spawned', async (t) => {
    const { request, manager, recorded } = await place(t);
    request.gpus = { name: 'rtx_3090', count: 3 };
    request.settings = { ...request.settings, tensor_parallel_size: 3 }; // 40 heads
    const served = manager();
    const plan = await served.plan(request);
    assert.equal(plan.verdict, 'refused');
    await assert.rejects(served.start(plan), PlanRefused);
    assert.equal(recorded(), undefined);
});

test('a borderline plan is started only where that was accepted', async (t) => {
    const { request, manager, recorded } = await place(t);
    const plan: Plan = { ...await manager().plan(request), verdict: 'borderline' };
    await assert.rejects(manager().start(plan), PlanRefused);
    assert.equal(recorded(), undefined);
    await manager({}, { accept: ['fits', 'borderline'] }).start(plan);
    assert.deepEqual(recorded()!.argv, plan.launch[0]!.argv);
});

test('a plan for two machines is not for this manager', async (t) => {
    const { request, manager } = await place(t);
    const plan = await manager().plan(request);
    plan.launch.push(...plan.launch);
    await assert.rejects(manager().start(plan), /is for 2 machines/);
});

test('stop() during start(): start fails, and nothing stays', async (t) => {
    const { request, manager, recorded } = await place(t);
    const served = manager({ RECORDER_HEALTH_MS: '60000' });
    const starting = served.start(await served.plan(request));
    const failed = assert.rejects(starting, /before it was (started|healthy)/);
    const { pid } = await until(recorded);
    await served.stop();
    await failed;
    assert.ok(!isAlive(pid));
});

test('stop() before the process is there', async (t) => {
    const { request, manager, recorded } = await place(t);
    const served = manager();
    const starting = served.start(await served.plan(request));
    await Promise.all([assert.rejects(starting, /stopped before it was started/), served.stop()]);
    assert.equal(recorded(), undefined);
});
