// SPDX-License-Identifier: Apache-2.0
// The border to C: finds libvllmplan and declares its JSON calls. Nothing else in this package knows koffi.
'use strict';

const fs = require('node:fs');
const path = require('node:path');
const koffi = require('koffi');

const SONAME = 'libvllmplan.so.0';
const OLDEST = 100; // 0.1.0, in the form of VLLMPLAN_VERSION: major * 10000 + minor * 100 + patch

/** The caller's choice, then a file bundled beside this one, then whatever the system's loader finds. */
function locate() {
    const bundled = path.join(__dirname, SONAME);
    return process.env.VLLMPLAN_LIBRARY || (fs.existsSync(bundled) ? bundled : SONAME);
}

function checkVersion(version, where) {
    if (version >= OLDEST) return;
    const text = `${Math.floor(version / 10000)}.${Math.floor(version / 100) % 100}.${version % 100}`;
    throw new Error(`vllmplan: ${where} is libvllmplan ${text}, and this package needs 0.1.0 or newer. ` +
        'Install a newer libvllmplan, or set VLLMPLAN_LIBRARY to the path of one.');
}

// koffi refuses a call while too many are under way (256); Node's own threads work on a few at a time anyway.
const MOST_RUNNING = 64;
const waiting = [];
let running = 0;

/** Starts an asynchronous call now, or when one of those under way has ended. */
async function inTurn(start) {
    if (running === MOST_RUNNING) await new Promise((go) => waiting.push(go));
    else running++;
    try {
        return await start();
    } finally {
        const next = waiting.shift();
        if (next) next(); // takes over this call's place
        else running--;
    }
}

/** One JSON call. `out` is a text of the library's: koffi copies it, then hands it to vllmplan_free(). */
function declare(library, name, owned) {
    const call = library.func(name, 'int32_t',
        ['str', 'size_t', 'uint32_t', koffi.out(koffi.pointer(owned)), koffi.pointer('size_t')]);
    return {
        sync(text, allow) {
            const out = [null];
            const status = call(text, Buffer.byteLength(text), allow, out, null);
            return { status, text: out[0] };
        },
        async(text, allow) {
            return inTurn(() => new Promise((resolve, reject) => {
                const out = [null];
                call.async(text, Buffer.byteLength(text), allow, out, null, (error, status) => {
                    if (error) reject(error);
                    else resolve({ status, text: out[0] });
                });
            }));
        },
    };
}

function open(where) {
    try {
        const library = koffi.load(where);
        // Types stay anonymous: a named one can be made only once in a process.
        const owned = koffi.disposable('str', library.func('vllmplan_free', 'void', [koffi.pointer('void')]));
        return {
            version: library.func('vllmplan_version', 'uint32_t', [])(),
            plan: declare(library, 'vllmplan_plan_json', owned),
            inspect: declare(library, 'vllmplan_inspect_json', owned),
            describe: declare(library, 'vllmplan_describe_json', owned),
        };
    } catch (error) {
        throw new Error(`vllmplan: cannot use ${where} as libvllmplan (${error.message}). ` +
            `Install libvllmplan, or set VLLMPLAN_LIBRARY to the path of ${SONAME}.`, { cause: error });
    }
}

const where = locate();
const calls = open(where);
checkVersion(calls.version, where);

module.exports = { ...calls, checkVersion };
