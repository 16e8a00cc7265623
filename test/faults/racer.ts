/**
 * A process of a race: `racer.ts run|experiment FOLDER` takes the folder of a run or of an experiment once for every
 * line `INSTANT NAME` on its stdin, at that instant (ms since 1970), and answers with a line: `got`, or what it was
 * told. What it got it keeps until the next line.
 */
import { createInterface } from 'node:readline';
import { openExperiment } from '../../src/experiment/experiment-directory.ts';
import { createRun } from '../../src/run/run-directory.ts';

const [what, folder] = process.argv.slice(2) as [string, string];

/** @returns how to give it back */
function enter(name: string): () => void {
  if (what === 'experiment') {
    const experiment = openExperiment(folder, name);
    return () => experiment.release();
  }
  const run = createRun(folder, name, { seed: 0 });
  return () => run.close();
}

let giveBack = (): void => {};
for await (const line of createInterface({ input: process.stdin })) {
  giveBack();
  giveBack = () => {};
  const [at, name] = line.split(' ') as [string, string];
  // Spins: a timer would be a millisecond late, and not the same one.
  while (performance.timeOrigin + performance.now() < Number(at)) {}
  let answer = 'got';
  try {
    giveBack = enter(name);
  } catch (cause) {
    const { name: kind, message } = cause as Error;
    answer = `${kind}: ${message}`;
  }
  process.stdout.write(`${answer.replaceAll('\n', ' ')}\n`);
}
giveBack();
