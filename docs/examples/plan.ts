// SPDX-License-Identifier: Apache-2.0
// Will this model start in vLLM on this card, and with which arguments?
//
//   node plan.ts ./Qwen2.5-14B "RTX 3090"       Node 22.18 or newer; older ones need tsc first
//
// Exit status: 0 when there is a command that starts, 1 when there is none, 2 for a request that cannot
// be answered.
import { ALLOW_FILES, plan, VllmplanError } from 'vllmplan';

function main([model, gpu]: string[]): number {
    if (model === undefined || gpu === undefined) {
        console.error('usage: plan MODEL GPU');
        return 2;
    }
    try {
        const request = { model: { path: model }, gpus: { name: gpu, count: 1 }, engine: { release: '0.11.2' } };
        // only what is allowed here is touched: the model's files, no device, no environment
        const answer = plan(request, { allow: ALLOW_FILES });
        console.log(`verdict  ${answer.verdict}\nsummary  ${answer.summary}`);
        // a figure that is not known is null, never 0
        const weights = answer.memory.ranks[0]?.weights_bytes ?? null;
        const tokens = answer.kv_cache?.tokens ?? null;
        if (weights !== null) console.log(`weights  ${weights}`);
        if (tokens !== null) console.log(`tokens   ${tokens}`);
        console.log(`argv     ${answer.argv.join(' ')}`); // spawn(argv[0], argv.slice(1)) would start it
        return answer.verdict === 'fits' ? 0 : 1;
    } catch (error) {
        if (!(error instanceof VllmplanError)) throw error;
        console.error(`${error.codeName} at "${error.path}": ${error.message}`);
        return 2;
    }
}

process.exitCode = main(process.argv.slice(2));
