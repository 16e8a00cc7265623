import { execFileSync, spawn, spawnSync } from 'node:child_process';
import { closeSync, mkdtempSync, openSync, readSync, rmSync, writeSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { HEADER_BYTES } from '../../src/node/frames.ts';
import { gymnasiumEnvironment } from '../../src/node/gymnasium.ts';
import { randomStream } from '../../src/random/random.ts';
import { createVector } from '../../src/rollout/copies.ts';
import { quantile } from '../../src/statistics/quantile.ts';
import { pythonWithGymnasium } from '../node/python.ts';

/*
 * What the bridge to Gymnasium costs: 8 CartPoles over it, over two pipes with nothing else, and inside Python, in turn. `npm run bench:gymnasium`, with
 * LEASH_PYTHON where python3 has no Gymnasium.
 */

const ROUNDS = 7;
const STEPS = 10_000;
const COPIES = 8;

const python = pythonWithGymnasium();
if (python === undefined) {
  console.log('no Python that has Gymnasium: LEASH_PYTHON names one');
  process.exit(0);
}
const file = (path: string): string => fileURLToPath(new URL(path, import.meta.url));

function inside(): { readonly server: number; readonly gymnasium: number } {
  const args = [file('gymnasium-inside.py'), file('../../src/node/gymnasium-server.py'), String(STEPS)];
  const { stdout, stderr } = spawnSync(python as string, args, { encoding: 'utf8' });
  if (stdout === '') throw new Error(stderr);
  return JSON.parse(stdout);
}

/** Frames of a step, written and read as they are, with the same copies behind them: less than this no bridge takes. */
function bare(): number {
  const folder = mkdtempSync(join(tmpdir(), 'leash-bench-'));
  const [requests, answers] = ['requests', 'answers'].map((name) => join(folder, name));
  execFileSync('mkfifo', [requests, answers]);
  const words = [
    file('gymnasium-inside.py'),
    file('../../src/node/gymnasium-server.py'),
    String(STEPS),
    folder,
  ];
  spawn(python as string, words, { stdio: ['ignore', 'inherit', 'inherit'] });
  const [to, from] = [openSync(requests, 'w'), openSync(answers, 'r')];
  const frame = new Uint8Array(HEADER_BYTES + 8 * COPIES);
  const step = new Float32Array(frame.buffer, HEADER_BYTES, COPIES);
  const answer = new Uint8Array(1 << 12);
  const start = performance.now();
  for (let t = 0; t < STEPS; t++) {
    step.set(actions.subarray(t * COPIES, (t + 1) * COPIES));
    writeSync(to, frame);
    readSync(from, answer);
  }
  const seconds = (performance.now() - start) / 1000;
  for (const pipe of [to, from]) closeSync(pipe);
  rmSync(folder, { recursive: true });
  return seconds;
}

const definition = await gymnasiumEnvironment('gym:CartPole-v1', 'bench');
const actions = new Float32Array(STEPS * COPIES);
const random = randomStream(0, 'actions');
for (let i = 0; i < actions.length; i++) actions[i] = random.integer(2);

function bridged(): number {
  const vector = createVector(definition, {}, COPIES, 0);
  const start = performance.now();
  for (let t = 0; t < STEPS; t++) vector.step(actions.subarray(t * COPIES, (t + 1) * COPIES));
  const seconds = (performance.now() - start) / 1000;
  vector.dispose?.();
  return seconds;
}

const rounds = Array.from({ length: ROUNDS }, () => ({ bridge: bridged(), bare: bare(), ...inside() }));
const median = (key: keyof (typeof rounds)[number]): number =>
  quantile(Float64Array.from(rounds, (round) => round[key]).sort(), 0.5);
const rate = (seconds: number): string =>
  `${Math.round((STEPS * COPIES) / seconds).toLocaleString('en')} steps/s`;
/** µs a message, beyond the steps themselves. */
const overhead = (over: 'bridge' | 'bare'): string =>
  quantile(
    Float64Array.from(rounds, (round) => ((round[over] - round.server) / STEPS) * 1e6).sort(),
    0.5,
  ).toFixed(1);
console.log(`over the bridge                       ${rate(median('bridge'))}`);
console.log(`the same copies inside Python         ${rate(median('server'))}`);
console.log(`Gymnasium's SyncVectorEnv, masked     ${rate(median('gymnasium'))}`);
console.log(`overhead of a message, both ways      ${overhead('bridge')} µs (at most 20)`);
console.log(`that of two pipes, nothing else       ${overhead('bare')} µs`);
console.log(
  `speed of the bridge                   ${(median('server') / median('bridge')).toFixed(2)} of Python's own (at least 0.5)`,
);
