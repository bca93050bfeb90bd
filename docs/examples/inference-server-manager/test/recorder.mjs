#!/usr/bin/env node
// SPDX-License-Identifier: Apache-2.0
// Stands in for vLLM: writes down the arguments and the environment that arrived, then serves /health at the
// --host and --port among them. What it is told is in its environment, so that the arguments stay untouched.
//
//   RECORDER_FILE       where the record goes
//   RECORDER_LOG        printed first, on standard error
//   RECORDER_EXIT       ends at once with this status
//   RECORDER_HEALTH_MS  answers /health with 503 for so long, then with 200
//   RECORDER_STUBBORN   does not end on SIGTERM
//   RECORDER_WORKER     starts a worker that does not end by itself: "group", or "daemon" for one that leaves
//                       the process group and keeps the standard output

import { spawn } from 'node:child_process';
import { renameSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { basename } from 'node:path';

const {
    RECORDER_FILE, RECORDER_LOG, RECORDER_EXIT, RECORDER_HEALTH_MS, RECORDER_STUBBORN, RECORDER_WORKER,
} = process.env;
const after = (option, otherwise) => {
    const place = process.argv.indexOf(option);
    return place < 0 ? otherwise : process.argv[place + 1];
};

const worker = RECORDER_WORKER && spawn(process.execPath, ['-e', 'setInterval(() => {}, 1000)'], {
    detached: RECORDER_WORKER === 'daemon', stdio: ['ignore', 'inherit', 'inherit'],
});
const record = {
    argv: [basename(process.argv[1]), ...process.argv.slice(2)], // without node itself
    env: process.env,
    pid: process.pid,
    worker: worker?.pid,
};
writeFileSync(`${RECORDER_FILE}.part`, JSON.stringify(record));
renameSync(`${RECORDER_FILE}.part`, RECORDER_FILE); // a reader finds all of it or nothing

if (RECORDER_LOG) console.error(RECORDER_LOG);
if (RECORDER_EXIT) process.exit(Number(RECORDER_EXIT));

process.on('SIGTERM', () => {
    console.error('asked to stop');
    if (!RECORDER_STUBBORN) process.exit(0);
});
const start = Date.now();
createServer((request, response) => {
    const ready = request.url === '/health' && Date.now() - start >= Number(RECORDER_HEALTH_MS ?? 0);
    response.writeHead(ready ? 200 : 503).end();
}).listen(Number(after('--port', 8000)), after('--host', '0.0.0.0'));
