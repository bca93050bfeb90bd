// SPDX-License-Identifier: Apache-2.0
// index.d.ts against the library: PlanRequest against its schema, Plan against the plans that it makes.
// Both ways: a member that the library has is declared, and a declared one is there.
'use strict';

const assert = require('node:assert/strict');
const path = require('node:path');
const test = require('node:test');
const ts = require('typescript');
const vllmplan = require('..');
const { allowOf, models, readVectors, requestText, usesFiles } = require('./support.js');

const file = path.join(__dirname, '..', 'index.d.ts');
const program = ts.createProgram([file], { strict: true, target: ts.ScriptTarget.ES2022, types: [] });
const checker = program.getTypeChecker();
const exported = checker.getExportsOfModule(checker.getSymbolAtLocation(program.getSourceFile(file)));
const declared = (name) => checker.getDeclaredTypeOfSymbol(exported.find((symbol) => symbol.name === name));

const has = (type, flag) => (type.flags & flag) !== 0;
const alternatives = (type) =>
    (type.isUnion() ? type.types : [type]).filter((each) => !has(each, ts.TypeFlags.Undefined));
const isMap = (type) => type.getStringIndexType() !== undefined;
const isInterface = (type) => has(type, ts.TypeFlags.Object) && !checker.isArrayType(type) && !isMap(type);
const members = (type) => checker.getPropertiesOfType(type);

/** What JSON schema calls a type that is no union. */
function jsonType(type) {
    if (has(type, ts.TypeFlags.StringLike)) return 'string';
    if (has(type, ts.TypeFlags.NumberLike)) return 'integer';
    if (has(type, ts.TypeFlags.BooleanLike)) return 'boolean';
    return checker.isArrayType(type) ? 'array' : 'object';
}

/** The parts of a JSON schema that a type says too. */
function schemaOf(type) {
    const all = alternatives(type);
    const schema = { type: [...new Set(all.map(jsonType))].sort() };
    const object = all.find(isInterface);
    if (object)
        schema.properties = Object.fromEntries(members(object).map((symbol) =>
            [symbol.name, schemaOf(checker.getTypeOfSymbol(symbol))]));
    const texts = all.filter((each) => each.isStringLiteral()).map((each) => each.value);
    if (texts.length > 0) schema.texts = texts.sort();
    return schema;
}

/** The same parts of the library's schema. */
function saidBy(row) {
    const schema = { type: [row.type].flat().sort() };
    if (row.properties)
        schema.properties = Object.fromEntries(
            Object.entries(row.properties).map(([key, member]) => [key, saidBy(member)]));
    const texts = row.enum ?? row.texts;
    if (texts) schema.texts = [...texts].sort();
    return schema;
}

/** Whether the outermost level of a value is of a type that is no union. */
function fits(value, type) {
    if (has(type, ts.TypeFlags.Any)) return true;
    if (type.isStringLiteral()) return value === type.value;
    if (has(type, ts.TypeFlags.BooleanLiteral)) return checker.typeToString(type) === String(value);
    if (has(type, ts.TypeFlags.Null)) return value === null;
    if (!has(type, ts.TypeFlags.Object)) return typeof value === checker.typeToString(type);
    return typeof value === 'object' && value !== null && Array.isArray(value) === checker.isArrayType(type);
}

/** Walks a value along its type; `met` collects the names of the interfaces on the way. */
function conforms(value, type, where, met) {
    const fitting = alternatives(type).find((each) => fits(value, each));
    assert.ok(fitting, `${where} is ${JSON.stringify(value)}, declared ${checker.typeToString(type)}`);
    if (!has(fitting, ts.TypeFlags.Object)) return;
    if (checker.isArrayType(fitting)) {
        const [element] = checker.getTypeArguments(fitting);
        for (const each of value) conforms(each, element, `${where}/*`, met);
    } else if (isMap(fitting)) {
        const member = fitting.getStringIndexType();
        for (const key of Object.keys(value)) conforms(value[key], member, `${where}/${key}`, met);
    } else {
        met.add(checker.typeToString(fitting));
        const names = members(fitting).map((symbol) => symbol.name);
        assert.deepEqual(Object.keys(value).sort(), names.sort(), where);
        for (const symbol of members(fitting))
            conforms(value[symbol.name], checker.getTypeOfSymbol(symbol), `${where}/${symbol.name}`, met);
    }
}

const vectors = readVectors().filter((vector) => !vector.error && (models || !usesFiles(vector)));

test('the request is that of the schema', () => {
    const schema = vllmplan.describe({ topic: 'schema' });
    assert.deepEqual(schemaOf(declared('PlanRequest')), saidBy(schema.request));
});

test('plans are what is declared', () => {
    const met = new Set();
    for (const vector of vectors)
        conforms(JSON.parse(vllmplan.planText(requestText(vector), allowOf(vector))), declared('Plan'),
            vector.name, met);
    for (const name of ['Chosen', 'Rank', 'KvGroup', 'Method', 'Remedy', 'Note'])
        assert.ok(met.has(name), name);
});

test('inspections are what is declared', () => {
    const met = new Set();
    for (const vector of vectors) {
        const { model } = JSON.parse(requestText(vector));
        if (model.facts) continue;
        conforms(vllmplan.inspect({ model }, allowOf(vector)), declared('Inspection'), vector.name, met);
    }
    assert.ok(met.has('Inspection'));
});

test('what is exported is what is declared', () => {
    const values = exported.filter((symbol) => has(symbol, ts.SymbolFlags.Value));
    assert.deepEqual(values.map((symbol) => symbol.name).sort(), Object.keys(vllmplan).sort());
    for (const name of ['ALLOW_FILES', 'ALLOW_PROBE', 'ALLOW_ENV']) {
        const type = checker.getTypeOfSymbol(exported.find((symbol) => symbol.name === name));
        assert.equal(type.value, vllmplan[name]);
    }
});
