// SPDX-License-Identifier: Apache-2.0
// The vector files that the C tests run, by the same rules.
'use strict';

const assert = require('node:assert/strict');
const { spawnSync } = require('node:child_process');
const test = require('node:test');
const vllmplan = require('..');
const { allowOf, models, readVectors, requestText, usesFiles } = require('./support.js');

const command = process.env.VLLMPLAN_COMMAND;

/** A segment is a key, an index, or [key=text] for an element of a list. */
function at(root, pointer) {
    return pointer.split('/').filter((segment) => segment !== '').reduce((value, segment) => {
        const match = Array.isArray(value) && /^\[([^=]+)=([^\]]+)\]$/.exec(segment);
        return match ? value.find((element) => element?.[match[1]] === match[2]) : value?.[segment];
    }, root);
}

function checkError(vector) {
    const want = vector.error;
    assert.throws(() => vllmplan.planText(requestText(vector), allowOf(vector)), (error) => {
        assert.ok(error instanceof vllmplan.VllmplanError);
        assert.equal(error.codeName, want.code);
        assert.equal(error.path, want.path);
        assert.ok(error.code < 0);
        if (want.contains) assert.ok(error.message.includes(want.contains), error.message);
        return true;
    });
}

function checkPlan(vector) {
    const plan = vllmplan.plan(JSON.parse(requestText(vector)), allowOf(vector));
    for (const [pointer, want] of Object.entries(vector.expect ?? {}))
        assert.deepEqual(at(plan, pointer), want, pointer);
    for (const [pointer, part] of Object.entries(vector.contains ?? {}))
        assert.ok(String(at(plan, pointer)).includes(part), `${pointer} is ${at(plan, pointer)}`);
}

const vectors = readVectors();
const runnable = vectors.filter((vector) => models || !usesFiles(vector));

test('there are vectors', () => assert.ok(vectors.length > 100));

for (const vector of vectors) {
    const skip = !runnable.includes(vector) && 'VLLMPLAN_MODELS is not set';
    test(vector.name, { skip }, () => (vector.error ? checkError(vector) : checkPlan(vector)));
}

test('the text is that of `vllmplan batch`', { skip: !command && 'VLLMPLAN_COMMAND is not set' }, () => {
    const good = runnable.filter((vector) => !vector.error);
    const input = good.map((vector) => `${requestText(vector)}\n`).join('');
    const { stdout, stderr, status } = spawnSync(command, ['batch'], { input, maxBuffer: 1 << 28 });
    assert.equal(status, 0, String(stderr));
    const line = (vector) => `${vllmplan.planText(requestText(vector)).replace(/[\r\n]/g, '')}\n`;
    const ours = good.map(line).join('');
    assert.ok(stdout.equals(Buffer.from(ours)), 'some byte differs');
});
