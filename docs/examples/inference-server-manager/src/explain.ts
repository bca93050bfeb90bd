// SPDX-License-Identifier: Apache-2.0
// A plan in plain words. The sentences are the library's; here they are only chosen and put in order.

import type { Plan } from 'vllmplan';

const gib = (bytes: number): string => `${(bytes / 2 ** 30).toFixed(2)} GiB`;

/** What was decided and why; for a plan that does not start, what is missing and what would help. */
export function explain(plan: Plan): string {
    const starts = plan.verdict === 'fits' || plan.verdict === 'borderline';
    const lines = [plan.summary];
    if (plan.missing_bytes > 0)
        lines.push(`missing: ${gib(plan.missing_bytes)}, at the step ${plan.failing_step}`);
    for (const choice of plan.chosen)
        if (choice.from === 'search') lines.push(`chosen: ${choice.setting} ${choice.value}: ${choice.why}`);
    // as a list: what a shell would make of it does not matter, none is used
    if (starts) lines.push(`arguments: ${JSON.stringify(plan.argv)}`);
    for (const remedy of plan.remedies)
        lines.push(`${starts ? 'also possible' : 'would help'}: ${remedy.text} (${remedy.cost})`);
    for (const note of plan.notes)
        if (note.severity !== 'info') lines.push(`${note.severity}: ${note.text}`);
    return lines.join('\n  ');
}
