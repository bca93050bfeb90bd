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

test('memory is flat over 2000 calls', () => {
    // In a process of its own, so that the other tests' garbage is not counted. 2000 answers of some 10 KB
    // would be 20 MB if none were freed; error answers are owned texts too.
    const code = `const { planText } = require(${JSON.stringify(package_)});
        const text = ${JSON.stringify(JSON.stringify(request()))};
        let length = 0;
        const calls = (n) => {
            for (let i = 0; i < n; i++) {
                length = planText(text, { allow: 0 }).length;
                try { planText('{}', { allow: 0 }); } catch {}
            }
            gc();
        };
        calls(300);
        const before = process.memoryUsage.rss();
        calls(2000);
        console.log(JSON.stringify({ growth: process.memoryUsage.rss() - before, answers: 2000 * length }));`;
    const { stdout, stderr } = spawnSync(process.execPath, ['--expose-gc', '-e', code], { encoding: 'utf8' });
    assert.equal(stderr, '');
    const { growth, answers } = JSON.parse(stdout);
    assert.ok(answers > 16 << 20, `answers of ${answers} bytes would not show a leak`);
    assert.ok(growth < 16 << 20, `grew by ${growth} bytes`);
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
