// SPDX-License-Identifier: Apache-2.0
// Text in, object out, a negative status to an exception. Every decision about a plan is made in C.
'use strict';

const ffi = require('./ffi.js');

const ALLOW_FILES = 1;
const ALLOW_PROBE = 2;
const ALLOW_ENV = 4;
const ALLOW_ALL = ALLOW_FILES | ALLOW_PROBE | ALLOW_ENV;

/** code: the negative status; codeName: its name; path: JSON pointer into the request. */
class VllmplanError extends Error {
    constructor(code, codeName, path, message) {
        super(message);
        this.name = 'VllmplanError';
        this.code = code;
        this.codeName = codeName;
        this.path = path;
    }
}

/** UTF-8 has no lone surrogates; the conversion would quietly put U+FFFD in their place. */
function checkText(text) {
    if (typeof text !== 'string') throw new TypeError('the request must be a string of JSON');
    if (/\p{Surrogate}/u.test(text))
        throw new VllmplanError(-10, 'VLLMPLAN_E_SYNTAX', '', 'a lone surrogate is not Unicode text');
    return text;
}

function checkAllow(options) {
    const allow = options?.allow ?? ALLOW_ALL;
    if (!Number.isInteger(allow) || allow < 0 || allow > 0xffffffff)
        throw new TypeError('allow must be a sum of ALLOW_FILES, ALLOW_PROBE and ALLOW_ENV');
    return allow;
}

function answer({ status, text }) {
    if (status === 0) return text;
    if (text === null) throw new VllmplanError(-1, 'VLLMPLAN_E_NO_MEMORY', '', 'there is not enough memory');
    const { code, name, path, message } = JSON.parse(text).error;
    throw new VllmplanError(code, name, path, message);
}

function callText(call, text, options) {
    return answer(call.sync(checkText(text), checkAllow(options)));
}

async function callTextAsync(call, text, options) {
    return answer(await call.async(checkText(text), checkAllow(options)));
}

const planText = (text, options) => callText(ffi.plan, text, options);
const plan = (request, options) => JSON.parse(callText(ffi.plan, JSON.stringify(request), options));
const inspect = (request, options) => JSON.parse(callText(ffi.inspect, JSON.stringify(request), options));
const describe = (request, options) => JSON.parse(callText(ffi.describe, JSON.stringify(request), options));

const planAsync = async (request, options) =>
    JSON.parse(await callTextAsync(ffi.plan, JSON.stringify(request), options));
const inspectAsync = async (request, options) =>
    JSON.parse(await callTextAsync(ffi.inspect, JSON.stringify(request), options));
const describeAsync = async (request, options) =>
    JSON.parse(await callTextAsync(ffi.describe, JSON.stringify(request), options));

module.exports = {
    ALLOW_FILES, ALLOW_PROBE, ALLOW_ENV, VllmplanError,
    plan, inspect, describe, planAsync, inspectAsync, describeAsync, planText,
};
