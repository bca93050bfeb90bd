// SPDX-License-Identifier: Apache-2.0
// One server and its workers: what it prints last, how it ends, and that nothing of it stays behind.

import { type ChildProcess, spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import { setTimeout as sleep } from 'node:timers/promises';

const LINES_KEPT = 20;
const DRAIN_MS = 1000;

export class ServerProcess {
    /** How it ended, in words; undefined while it runs. */
    outcome: string | undefined;
    /** The outcome, when there is one. Never rejects. */
    readonly ended: Promise<string>;
    readonly lastLines: string[] = [];
    readonly #child: ChildProcess;

    /** No shell: arguments arrive as they are. Detached: in a process group of its own, for #killAll(). */
    constructor(program: string, args: string[], env: NodeJS.ProcessEnv, onLine: (line: string) => void) {
        const child = spawn(program, args, {
            env, shell: false, detached: true, stdio: ['ignore', 'pipe', 'pipe'],
        });
        for (const input of [child.stdout, child.stderr])
            createInterface({ input }).on('line', (line) => {
                this.lastLines.push(line);
                if (this.lastLines.length > LINES_KEPT) this.lastLines.shift();
                onLine(line);
            });
        this.#child = child;
        this.ended = this.#watch(program);
    }

    get pid(): number | undefined {
        return this.#child.pid;
    }

    /** Asks it to stop, and ends it by force when it is still there after the grace. */
    async stop(graceMs: number): Promise<void> {
        if (this.outcome !== undefined) return;
        this.#child.kill('SIGTERM');
        const timer = setTimeout(this.#killAll, graceMs);
        await this.ended;
        clearTimeout(timer);
    }

    async #watch(program: string): Promise<string> {
        process.once('exit', this.#killAll); // also when this program ends without calling stop()
        const drained = new Promise((resolve) => this.#child.once('close', resolve));
        const how = await new Promise<string>((resolve) => {
            this.#child.once('error', (error) => resolve(`could not be started: ${error.message}`));
            this.#child.once('exit', (code, signal) =>
                resolve(signal ? `was ended by ${signal}` : `exited with status ${code}`));
        });
        process.off('exit', this.#killAll);
        this.#killAll(); // workers outlive a server that crashed, and hold the GPU's memory
        await Promise.race([drained, sleep(DRAIN_MS, undefined, { ref: false })]); // for its last lines
        this.#child.stdout?.destroy(); // a daemon that left the group may keep them open for ever
        this.#child.stderr?.destroy();
        this.outcome = `${program} ${how}`;
        return this.outcome;
    }

    readonly #killAll = (): void => {
        if (this.#child.pid === undefined) return;
        try {
            process.kill(-this.#child.pid, 'SIGKILL');
        } catch {
            // the whole group is gone already
        }
    };
}
