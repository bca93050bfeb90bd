// SPDX-License-Identifier: Apache-2.0
// What the plan says is what arrives: arguments and environment.

import assert from 'node:assert/strict';
import { symlinkSync } from 'node:fs';
import path from 'node:path';
import test from 'node:test';
import { place, recorder } from './support.js';

const NAMES = [
    'plain',
    'with  two spaces and one at the end ',
    `it's "quoted" twice ''""`,
    '$(touch pwned) `touch pwned` $HOME %PATH% ; touch pwned & | < > * ? [a] {b,c} ~ ! # \\',
    '--port=1 --quantization fp8',
    'größe-模型-модель-نموذج-🙂',
    'tab\tand e\u0301 not composed',
];

for (const name of NAMES)
    test(`a model named ${JSON.stringify(name)}`, async (t) => {
        const { model, request, port, manager, recorded } = await place(t, name);
        const served = manager();
        const plan = await served.plan(request);
        await served.start(plan);
        const { argv } = recorded()!;
        assert.deepEqual(argv, plan.launch[0]!.argv);
        // and the plan is the remedy of the README's case, with the path as one argument
        assert.deepEqual(argv.slice(0, 3), ['vllm', 'serve', model]);
        assert.deepEqual(argv.slice(3).sort(), ['--quantization', 'bitsandbytes',
            '--host', '127.0.0.1', '--port', String(port)].sort());
    });

test('another program gets the same arguments', async (t) => {
    const { model, request, manager, recorded } = await place(t);
    const program = path.join(path.dirname(model), 'an other vllm');
    symlinkSync(recorder, program);
    const served = manager({}, { program });
    const plan = await served.plan(request);
    await served.start(plan);
    const [name, ...args] = recorded()!.argv;
    assert.equal(name, 'an other vllm');
    assert.deepEqual(args, plan.launch[0]!.argv.slice(1));
});

test('the environment: its own, the plan\'s, and a secret that no plan holds', async (t) => {
    const { request, manager, recorded } = await place(t);
    request.settings = { ...request.settings, api_key: { secret: 'VLLM_API_KEY' } };
    const served = manager({ VLLM_API_KEY: 'sesame 1\'2"3', OWN: 'kept', GIVEN: 'replaced' });
    const plan = await served.plan(request);
    Object.assign(plan.launch[0]!.env, { GIVEN: 'größe = $x' });
    await served.start(plan);
    const { argv, env } = recorded()!;
    assert.deepEqual([env.OWN, env.GIVEN, env.VLLM_API_KEY], ['kept', 'größe = $x', 'sesame 1\'2"3']);
    assert.ok(!JSON.stringify([plan, argv]).includes('sesame'));
});

test('a secret that is not there: nothing is spawned', async (t) => {
    const { request, manager, recorded } = await place(t);
    request.settings = { ...request.settings, api_key: { secret: 'VLLM_API_KEY' } };
    const served = manager();
    await assert.rejects(served.start(await served.plan(request)), /VLLM_API_KEY is not set/);
    assert.equal(recorded(), undefined);
});
