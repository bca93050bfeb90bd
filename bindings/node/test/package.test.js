// SPDX-License-Identifier: Apache-2.0
// The package as npm sees it, and the example that comes with it.
'use strict';

const assert = require('node:assert/strict');
const { spawnSync } = require('node:child_process');
const fs = require('node:fs');
const os = require('node:os');
const path = require('node:path');
const test = require('node:test');
const ts = require('typescript');
const ffi = require('../ffi.js');
const { models } = require('./support.js');

const folder = path.join(__dirname, '..');
const read = (name) => fs.readFileSync(path.join(folder, name), 'utf8');
const manifest = JSON.parse(read('package.json'));

test('the lock file has checksums and no addresses', () => {
    const { packages } = JSON.parse(read('package-lock.json'));
    const { '': own, ...others } = packages;
    assert.deepEqual(own.dependencies, manifest.dependencies);
    assert.deepEqual(own.devDependencies, manifest.devDependencies);
    assert.ok(Object.keys(others).length > 0);
    for (const [name, { resolved, integrity }] of Object.entries(others)) {
        assert.equal(resolved, undefined, name);
        assert.match(integrity, /^sha512-/, name);
    }
});

test('the version is that of the library', () => {
    const [major, minor, patch] = manifest.version.split('.').map(Number);
    assert.equal(major * 10000 + minor * 100 + patch, ffi.version);
});

test('what is packed is what is needed', () => {
    for (const name of manifest.files) assert.ok(fs.existsSync(path.join(folder, name)), name);
    for (const [, name] of (read('index.js') + read('ffi.js')).matchAll(/require\('\.\/([^']+)'\)/g))
        assert.ok(manifest.files.includes(name), name);
});

test('the example plans', { skip: !models && 'VLLMPLAN_MODELS is not set' }, (t) => {
    const place = fs.mkdtempSync(path.join(os.tmpdir(), 'vllmplan-'));
    t.after(() => fs.rmSync(place, { recursive: true }));
    fs.mkdirSync(path.join(place, 'node_modules'));
    fs.symlinkSync(folder, path.join(place, 'node_modules', 'vllmplan'));
    const source = fs.readFileSync(path.join(folder, '..', '..', 'docs', 'examples', 'plan.ts'), 'utf8');
    const compilerOptions = { module: ts.ModuleKind.CommonJS, target: ts.ScriptTarget.ES2022 };
    const script = path.join(place, 'plan.js');
    fs.writeFileSync(script, ts.transpileModule(source, { compilerOptions }).outputText);
    const run = (...args) => spawnSync(process.execPath, [script, ...args], { encoding: 'utf8' });

    // the published model fits once quantized, the 4-bit one as it is
    for (const kind of ['bf16', 'bnb4-merged']) {
        const { status, stdout } = run(path.join(models, kind), 'rtx_3090');
        assert.match(stdout, /^verdict {2}fits\nsummary [^]*\nargv {5}vllm serve /);
        assert.equal(status, 0);
    }
    const missing = run('not-there', 'rtx_3090');
    assert.match(missing.stderr, /^VLLMPLAN_E_NOT_FOUND at "\/model\/path"/);
    assert.equal(missing.status, 2);
    assert.equal(run().status, 2);
});
