// SPDX-License-Identifier: Apache-2.0
'use strict';

const assert = require('node:assert/strict');
const test = require('node:test');
const vllmplan = require('..');
const { request } = require('./support.js');

const pure = { allow: 0 };
const syntax = { code: -10, codeName: 'VLLMPLAN_E_SYNTAX' };
const withName = (name) => request({ model: { ...request().model, serve_as: name } });

test('lengths are bytes of UTF-8', () => {
    const name = '/models/größe-模型-🙂';
    assert.ok(vllmplan.plan(withName(name), pure).argv.includes(name));
});

test('a lone surrogate is an error, in an object and in text', () => {
    assert.throws(() => vllmplan.plan(withName('a\ud800b'), pure), syntax);
    assert.throws(() => vllmplan.planText('{"model":"\udc00"}', pure), syntax);
});

test('an embedded NUL is an error, in an object and in text', () => {
    assert.throws(() => vllmplan.plan(withName('a\0b'), pure), syntax);
    assert.throws(() => vllmplan.planText(`${JSON.stringify(request())}\0`, pure), syntax);
});

test('integers are numbers, exact ones', () => {
    // Only a setting may be a decimal, such as gpu_memory_utilization.
    const decimal = /^\/(settings\/\w+|chosen\/\d+\/value)$/;
    const walk = (value, path) => {
        assert.notEqual(typeof value, 'bigint', path);
        if (typeof value === 'number' && !decimal.test(path))
            assert.ok(Number.isSafeInteger(value), `${path} is ${value}`);
        if (value && typeof value === 'object')
            for (const [key, member] of Object.entries(value)) walk(member, `${path}/${key}`);
    };
    const plan = vllmplan.plan(request(), pure);
    assert.equal(typeof plan.memory.ranks[0].weights_bytes, 'number');
    walk(plan, '');
});

test('an error has a code, its name and a path', () => {
    assert.throws(() => vllmplan.plan({ gpus: { name: 'rtx_3090' } }, pure), (error) => {
        assert.ok(error instanceof vllmplan.VllmplanError && error instanceof Error);
        assert.deepEqual([error.name, error.code, error.codeName, error.path],
            ['VllmplanError', -14, 'VLLMPLAN_E_MISSING', '/model']);
        return error.message !== '';
    });
});

test('allow: what is not allowed, an unknown bit, another type', () => {
    const files = request({ model: { path: '/nowhere' } });
    assert.throws(() => vllmplan.plan(files, pure), { codeName: 'VLLMPLAN_E_NOT_ALLOWED' });
    assert.throws(() => vllmplan.plan(files), { codeName: 'VLLMPLAN_E_NOT_FOUND' });
    assert.throws(() => vllmplan.plan(files, { allow: 1024 }), { codeName: 'VLLMPLAN_E_MISUSE' });
    for (const allow of ['files', -1, 1.5, 2 ** 32])
        assert.throws(() => vllmplan.plan(files, { allow }), TypeError);
});

test('what is not JSON is a TypeError', () => {
    assert.throws(() => vllmplan.plan(undefined), TypeError);
    assert.throws(() => vllmplan.planText(Buffer.from('{}')), TypeError);
});

test('promises give the same answers and errors', async () => {
    const want = vllmplan.plan(request(), pure);
    // more than may run at a time
    const calls = Array.from({ length: 500 }, () => vllmplan.planAsync(request(), pure));
    for (const plan of await Promise.all(calls)) assert.deepEqual(plan, want);
    const missing = { name: 'VllmplanError', codeName: 'VLLMPLAN_E_MISSING' };
    await assert.rejects(vllmplan.planAsync({}, pure), missing);
    await assert.rejects(vllmplan.planAsync(undefined), TypeError);
});

test('describe', async () => {
    const gpus = vllmplan.describe({ topic: 'gpus' }, pure);
    assert.ok(JSON.stringify(gpus).includes('rtx_3090'));
    assert.deepEqual(await vllmplan.describeAsync({ topic: 'gpus' }, pure), gpus);
    const unknown = { codeName: 'VLLMPLAN_E_UNKNOWN_NAME' };
    assert.throws(() => vllmplan.describe({ topic: 'nothing' }, pure), unknown);
});

test('inspect: a plan from facts equals a plan from the config', async () => {
    const { facts } = vllmplan.inspect({ model: request().model }, pure);
    assert.deepEqual((await vllmplan.inspectAsync({ model: request().model }, pure)).facts, facts);
    const fromFacts = request({ model: { facts, serve_as: 'M' } });
    assert.deepEqual(vllmplan.plan(fromFacts, pure), vllmplan.plan(request(), pure));
});
