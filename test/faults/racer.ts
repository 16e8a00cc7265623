/**
 * A process of a race: `racer.ts run ROOT NAME` makes a run's folder once for every line on its stdin, at the instant that
 * the line names (ms since 1970), and answers with a line: `got`, or what it was told.
 */
import { createInterface } from 'node:readline';
import { createRun } from '../../src/run/run-directory.ts';

const [, , , folder] = process.argv as [string, string, string, string];

function enter(name: string): string {
  createRun(folder, name, { seed: 0 });
  return 'got';
}

for await (const line of createInterface({ input: process.stdin })) {
  const [at, name] = line.split(' ') as [string, string];
  // Spins: a timer would be a millisecond late, and not the same one.
  while (performance.timeOrigin + performance.now() < Number(at)) {}
  let answer: string;
  try {
    answer = enter(name);
  } catch (cause) {
    const { name: kind, message } = cause as Error;
    answer = `${kind}: ${message}`;
  }
  process.stdout.write(`${answer.replaceAll('\n', ' ')}\n`);
}
