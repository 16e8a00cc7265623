/**
 * Does an update cost the same after a million of them, and does memory stay flat? One run of 10 million steps:
 *   npm run bench:constant                  a million updates of ten steps, about a minute
 *   npm run bench:constant -- --updates N
 * Ends with an error when the last updates take over 1.2 times what the first took, or the memory grows by over
 * 10 MB after the first tenth.
 */
import { parseArgs } from 'node:util';
import { findEnvironment } from '../../envs/registry.ts';
import { loadEngine } from '../../src/node/load-engine.ts';
import { createTraining } from '../../src/train/training.ts';
import { median } from './measure.ts';
import { workload } from './training.ts';

const { values: flags } = parseArgs({ options: { updates: { type: 'string', default: '1000000' } } });
const updates = Number(flags.updates);
const STEPS = 10;
const BLOCKS = 100;
const config = workload(
  'environment.copies=1',
  `rollout.steps=${STEPS}`,
  'ppo.epochs=1',
  `ppo.minibatchSize=${STEPS}`,
  'network.policy.hidden=[16]',
  'network.value.hidden=[16]',
  `steps=${updates * STEPS}`,
);
const training = createTraining(
  config,
  findEnvironment(config.environment.id as string),
  await loadEngine('wasm'),
);
const microseconds: number[] = [];
const megabytes: number[] = [];
for (let block = 1; block <= BLOCKS; block++) {
  const start = performance.now();
  for (let i = 0; i < updates / BLOCKS; i++) training.update();
  microseconds.push(((performance.now() - start) * 1000) / (updates / BLOCKS));
  megabytes.push(process.memoryUsage().rss / 2 ** 20);
  if (block % 10 > 0) continue;
  const [time, memory] = [median(microseconds.slice(-10)), megabytes.at(-1) ?? Number.NaN];
  console.log(
    `${((block * updates) / BLOCKS).toLocaleString('en')} updates: ${time.toFixed(1)} µs, ${memory.toFixed(0)} MB`,
  );
}
training.dispose();
const slower = median(microseconds.slice(-10)) / median(microseconds.slice(0, 10));
const grown = Math.max(...megabytes.slice(10)) - megabytes[9];
console.log(
  `last tenth / first tenth: ${slower.toFixed(2)}; memory grown after the first tenth: ${grown.toFixed(1)} MB`,
);
if (slower > 1.2 || grown > 10) process.exitCode = 1;
