// SPDX-License-Identifier: Apache-2.0
// Where the server will answer, and whether it does.

import { once } from 'node:events';
import { createServer } from 'node:net';
import type { Plan } from 'vllmplan';

const PROBE_MS = 2000;
const EVERYWHERE = '0.0.0.0'; // vLLM listens on all addresses when no host is given

/** Taken from the plan alone: a port that is kept in two places will differ one day. */
export class Address {
    readonly host: string;
    readonly port: number;
    readonly url: string;
    readonly #health: string;

    constructor(plan: Plan) {
        this.host = String(plan.settings.host ?? EVERYWHERE);
        if (plan.health.port === null) throw new Error('the server would listen on no port that is known');
        this.port = plan.health.port;
        const near = this.host === EVERYWHERE ? '127.0.0.1' : this.host === '::' ? '::1' : this.host;
        this.url = `http://${near.includes(':') ? `[${near}]` : near}:${this.port}`;
        this.#health = this.url + plan.health.path;
    }

    /** Else the health of another server would be taken for that of ours. */
    async mustBeFree(): Promise<void> {
        const probe = createServer().listen(this.port, this.host);
        try {
            await once(probe, 'listening');
        } catch (error) {
            const { code, message } = error as NodeJS.ErrnoException;
            const reason = code === 'EADDRINUSE' ? 'it is in use' : message;
            throw new Error(`cannot use port ${this.port} of ${this.host}: ${reason}`);
        }
        probe.close();
        await once(probe, 'close');
    }

    async isHealthy(): Promise<boolean> {
        try {
            const answer = await fetch(this.#health, { signal: AbortSignal.timeout(PROBE_MS) });
            return answer.ok;
        } catch {
            return false; // not listening yet, or too busy to answer
        }
    }
}
