// SPDX-License-Identifier: Apache-2.0
// What concerns the process: threads, memory, and a library that cannot be used.
'use strict';

const assert = require('node:assert/strict');
const { spawnSync } = require('node:child_process');
const path = require('node:path');
const test = require('node:test');
const { Worker } = require('node:worker_threads');
const { checkVersion } = require('../ffi.js');
const vllmplan = require('..');
const { request } = require('./support.js');

const pure = { allow: 0 };
const package_ = path.join(__dirname, '..');

test('eight worker threads', async () => {
    const text = JSON.stringify(request());
    const code = `const { parentPort, workerData } = require('node:worker_threads');
        const { planText } = require(workerData.package_);
        const texts = new Set();
        for (let i = 0; i < 20; i++) texts.add(planText(workerData.text, { allow: 0 }));
        parentPort.postMessage([...texts]);`;
    const run = () => new Promise((resolve, reject) => {
        const worker = new Worker(code, { eval: true, workerData: { package_, text } });
        worker.once('message', resolve).once('error', reject);
    });
    const answers = await Promise.all(Array.from({ length: 8 }, run));
    for (const answer of answers) assert.deepEqual(answer, [vllmplan.planText(text, pure)]);
});

// VLLMPLAN_CALLS: how many; the slow run asks for 100000.
const calls = Number(process.env.VLLMPLAN_CALLS ?? 3000);

test(`memory is flat over ${calls} calls`, () => {
    // In a process of its own, so that the other tests' garbage is not counted. V8 settles some 3 MB above
    // the warm-up, after 20000 calls as after 100000. The limit is between that and what one forgotten block
    // of 64 bytes a call would be in 100000 calls; whole answers, of some 10 KB, would be 30 MB in 3000.
    const limit = 6 << 20;
    const code = `const vllmplan = require(${JSON.stringify(package_)});
        const request = ${JSON.stringify(request())};
        const text = JSON.stringify(request);
        let length = 0;
        const run = async (count) => {
            for (let i = 0; i < count; i++) {
                length = vllmplan.planText(text, { allow: 0 }).length;
                if (i % 10) continue;
                await vllmplan.planAsync(request, { allow: 0 });
                vllmplan.inspect({ model: request.model }, { allow: 0 });
                vllmplan.describe({ topic: 'codes' }, { allow: 0 });
                try { vllmplan.planText('{}', { allow: 0 }); } catch {}
            }
            gc();
        };
        (async () => {
            await run(2000);
            const before = process.memoryUsage.rss();
            await run(${calls});
            console.log(JSON.stringify({ growth: process.memoryUsage.rss() - before, length }));
        })();`;
    const flags = ['--expose-gc', '--max-semi-space-size=1'];
    const { stdout, stderr } = spawnSync(process.execPath, [...flags, '-e', code], { encoding: 'utf8' });
    assert.equal(stderr, '');
    const { growth, length } = JSON.parse(stdout);
    console.log(`${calls} plans: memory grew by ${growth >> 10} KiB`);
    assert.ok(calls * length > 2 * limit, `answers of ${length} bytes would not show a leak`);
    assert.ok(growth < limit, `grew by ${growth} bytes`);
});

/** The message with which require() fails when VLLMPLAN_LIBRARY is this. */
function failure(library) {
    const { stdout } = spawnSync(process.execPath, ['-e',
        `try { require(${JSON.stringify(package_)}); } catch (error) { console.log(error.message); }`],
    { encoding: 'utf8', env: { ...process.env, VLLMPLAN_LIBRARY: library } });
    return stdout;
}

test('a library that is missing, or is another one, is named with what to do', () => {
    for (const library of ['/nowhere/libvllmplan.so.0', 'libc.so.6']) {
        const message = failure(library);
        assert.ok(message.includes(`cannot use ${library}`), message);
        assert.match(message, /Install libvllmplan, or set VLLMPLAN_LIBRARY/);
    }
});

test('a library that is too old is named with what to do', () => {
    checkVersion(100, 'x');
    checkVersion(20304, 'x');
    assert.throws(() => checkVersion(99, '/old/libvllmplan.so.0'),
        /\/old\/libvllmplan\.so\.0 is libvllmplan 0\.0\.99.*needs 0\.1\.0 or newer.*set VLLMPLAN_LIBRARY/);
});
