// SPDX-License-Identifier: Apache-2.0
'use strict';

const fs = require('node:fs');
const path = require('node:path');
const { ALLOW_FILES } = require('..');

/** A small dense model by its config alone: no file is read for it. */
const request = (more = {}) => ({
    model: {
        config: {
            architectures: ['Qwen3ForCausalLM'], hidden_size: 1024, intermediate_size: 3072,
            num_hidden_layers: 28, num_attention_heads: 16, num_key_value_heads: 8, head_dim: 128,
            vocab_size: 151936,
            max_position_embeddings: 40960, tie_word_embeddings: true, torch_dtype: 'bfloat16',
        },
        serve_as: 'M',
    },
    gpus: { name: 'rtx_3090' },
    engine: { release: '0.33.0' },
    ...more,
});

const vectorFolder = path.join(__dirname, '..', '..', '..', 'tests', 'vectors');
const models = process.env.VLLMPLAN_MODELS;

function readVectors() {
    const names = fs.readdirSync(vectorFolder).filter((name) => name.endsWith('.jsonl'));
    return names.flatMap((name) => fs.readFileSync(path.join(vectorFolder, name), 'utf8').split('\n'))
        .filter((line) => line !== '')
        .map((line) => JSON.parse(line))
        .map((vector) => ({ ...vector, text: JSON.stringify(vector.request) }));
}

const usesFiles = (vector) => vector.text.includes('{models}');
const requestText = (vector) => vector.text.replace('{models}', () => models);
const allowOf = (vector) => ({ allow: usesFiles(vector) ? ALLOW_FILES : 0 });

module.exports = { allowOf, models, readVectors, request, requestText, usesFiles };
