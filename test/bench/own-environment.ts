import { openEnvironments } from '../../src/node/environments.ts';
import { loadConfig } from '../../src/node/load-config.ts';
import { loadEngine } from '../../src/node/load-engine.ts';
import { createCopies } from '../../src/rollout/copies.ts';
import { createTraining } from '../../src/train/training.ts';

/*
 * npm run bench:own     half a minute
 *
 * What it costs to train in a file of one's own: CartPole loaded as one against the built-in, in one
 * process, A B B A …: medians of pairs of whole updates, and of pairs of a thousand steps of eight copies alone.
 */

const environments = openEnvironments();
const { config } = await environments.reading((options) =>
  loadConfig('configs/cart-pole-clip.json', [], options),
);
const builtIn = await environments.resolve(config.environment);
const own = await environments.resolve({ module: 'test/bench/cart-pole-module.ts' });

const median = (values: number[]): number =>
  values.sort((a, b) => a - b)[Math.floor(values.length / 2)] as number;

/** Median of B / A − 1 over pairs of neighbours, the first quarter left out. */
function compare(what: string, a: () => void, b: () => void, pairs: number): void {
  const timed = (action: () => void): number => {
    const begun = performance.now();
    action();
    return performance.now() - begun;
  };
  const ratios: number[] = [];
  const times: [number[], number[]] = [[], []];
  for (let i = 0; i < pairs; i++) {
    const isFirst = i % 2 === 0;
    const first = timed(isFirst ? a : b);
    const second = timed(isFirst ? b : a);
    if (i < pairs / 4) continue;
    const [ofA, ofB] = isFirst ? [first, second] : [second, first];
    ratios.push(ofB / ofA);
    times[0].push(ofA);
    times[1].push(ofB);
  }
  const [ofA, ofB] = times.map(median) as [number, number];
  console.log(
    `${what}: built-in ${ofA.toFixed(3)} ms, file ${ofB.toFixed(3)} ms; the file takes ${(100 * (median(ratios) - 1)).toFixed(1)}% more (median of ${ratios.length} pairs)`,
  );
}

const engine = await loadEngine(config.engine, {});
const trainings = [builtIn, own].map((definition) =>
  createTraining({ ...config, steps: 1e9 }, definition, engine, undefined, undefined),
);
compare(
  'an update',
  () => void trainings[0]?.update(),
  () => void trainings[1]?.update(),
  200,
);

const actions = Float32Array.from({ length: 8 }, (_, i) => i % 2);
const copies = [builtIn, own].map((definition) => createCopies(definition, {}, 8, 0));
const steps = (which: number) => (): void => {
  for (let t = 0; t < 1000; t++) copies[which]?.step(actions);
};
compare('8,000 steps alone', steps(0), steps(1), 400);
