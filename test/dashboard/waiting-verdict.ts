import { appendFileSync, existsSync } from 'node:fs';
import { join } from 'node:path';
import { parentPort, workerData } from 'node:worker_threads';
import type { VerdictAnswer, VerdictQuestion } from '../../src/dashboard/verdicts.ts';

/*
 * In the place of a verdict that takes long: says that it was asked in a file, and waits until another is there.
 */

const { folders, root } = workerData as VerdictQuestion;
appendFileSync(join(root, 'asked'), `${folders.map((folder) => folder.slice(root.length + 1)).join()}\n`);
const cell = new Int32Array(new SharedArrayBuffer(4));
while (!existsSync(join(root, 'go'))) Atomics.wait(cell, 0, 0, 10);
if (folders[0].endsWith('broken')) throw new Error('broken on purpose');
if (folders[0].endsWith('gone')) process.exit(3);
const answer: VerdictAnswer = folders[0].endsWith('refused')
  ? { problem: 'it is refused' }
  : { verdict: { sentences: folders.map((folder) => folder.slice(root.length + 1)), command: '' } };
parentPort?.postMessage(answer);
