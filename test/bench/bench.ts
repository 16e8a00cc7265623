/**
 * How fast leash is, where the time goes and how it scales:
 *   npm run bench                         everything, about eight minutes; the machine should be quiet
 *   npm run bench -- --quick              one repetition and the small sizes, about one minute
 *   npm run bench -- --only scaling       sections whose name has that in it
 *   npm run bench -- --out FILE           where the figures go as JSON (runs/bench.json)
 *   npm run bench -- --compare FILE       with the ratio to the figures of an earlier run
 */
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { dirname } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { findEnvironment } from '../../envs/registry.ts';
import { loadEngine } from '../../src/node/load-engine.ts';
import { randomStream } from '../../src/random/random.ts';
import { createCollector } from '../../src/rollout/collect.ts';
import { createRollout } from '../../src/rollout/rollout.ts';
import { createCopies } from '../../src/rollout/copies.ts';
import { createAgent } from '../../src/train/agent.ts';
import { benchNetwork, benchProducts, flopOf } from './kernels.ts';
import { type Figure, median, timeCall } from './measure.ts';
import { configWith, stepsPerSecond, timeUpdates, workload } from './training.ts';
import { startUp, trainOnce, WORKLOAD, type WholeRun } from './whole-run.ts';

const { values: flags } = orEnd(() =>
  parseArgs({
    options: {
      quick: { type: 'boolean', default: false },
      only: { type: 'string', default: '' },
      out: { type: 'string', default: 'runs/bench.json' },
      compare: { type: 'string' },
    },
  }),
);
const rounds = flags.quick ? 5 : 15;
const repetitions = flags.quick ? 1 : 5;

/**
 * Floating-point operations of products in one step of training CartPole: four epochs forward and backward of
 * 4-width-width-{2, 1} (the first layer's inputs need no derivative), and one forward of each to act and to judge.
 */
function flopPerStep(width: number): number {
  const shape = { inputs: 4, hidden: [width, width], activation: 'tanh', logStd: 0 } as const;
  const forward = flopOf({ ...shape, outputs: 2 }) + flopOf({ ...shape, outputs: 1 });
  return 4 * (3 * forward - 2 * 2 * 4 * width) + forward;
}

/** GFLOP/s of one core's best 64×64×128 product. */
function peak(fastMath: boolean): number {
  return (benchProducts(fastMath, 5).at(-1) as Figure).value;
}

/** The workload as a process, by threads and arithmetic; the ways take turns, so that drift hits all alike. */
async function wholeRuns(): Promise<Figure[]> {
  const ways = {
    '1 thread': ['--threads', '1'],
    '2 threads': ['--threads', '2'],
    'threads auto': ['--threads', 'auto'],
    '1 thread, fast math': ['--threads', '1', '--fast-math'],
    '2 threads, fast math': ['--threads', '2', '--fast-math'],
  };
  const steps = flags.quick ? ['--steps', '100000'] : [];
  const runs = Object.keys(ways).map((): WholeRun[] => []);
  // Of strict and relaxed products, measured beside the runs: a core's speed changes from minute to minute.
  const peaks: (readonly [number, number])[] = [];
  for (let i = 0; i < repetitions; i++) {
    peaks.push([peak(false), peak(true)]);
    for (const [w, way] of Object.values(ways).entries()) {
      runs[w].push(await trainOnce(WORKLOAD, ['--seed', String(i + 1), ...way, ...steps]));
    }
  }
  return Object.keys(ways).flatMap((name, w) => {
    const section = `whole run, ${name}`;
    const of = (pick: (run: WholeRun) => number): number => median(runs[w].map(pick));
    const speed = of((run) => run.stepsPerSecond);
    const kind = name.endsWith('fast math') ? 1 : 0;
    const shares = runs[w].map((run, i) => (run.stepsPerSecond * flopPerStep(64)) / 1e9 / peaks[i][kind]);
    return [
      { section, name: 'training', value: speed, unit: 'steps/s' },
      { section, name: 'process start to end', value: of((run) => run.seconds), unit: 's' },
      { section, name: 'process start to return 475', value: of((run) => run.secondsTo475), unit: 's' },
      { section, name: 'last 100 episodes', value: of((run) => run.last100Return), unit: 'return' },
      { section, name: 'peak memory', value: of((run) => run.megabytes), unit: 'MB' },
      { section, name: 'of one core’s best product', value: 100 * median(shares), unit: '%' },
    ];
  });
}

async function start(): Promise<Figure[]> {
  const times: number[] = [];
  for (let i = 0; i < 2 * repetitions; i++) times.push(await startUp('--version'));
  return [{ section: 'start-up', name: 'leash --version', value: median(times), unit: 'ms' }];
}

/** Wide networks and large minibatches, where products are nearly all there is. */
async function wide(): Promise<Figure[]> {
  const config = workload(
    'network.policy.hidden=[256,256]',
    'network.value.hidden=[256,256]',
    'environment.copies=8',
    'rollout.steps=512',
    'ppo.minibatchSize=1024',
  );
  const speed = await stepsPerSecond(config, 3, flags.quick ? 3 : 10);
  const gigaflops = (speed * flopPerStep(256)) / 1e9;
  const section = '256-256 networks, minibatches of 1024, 1 thread';
  return [
    { section, name: 'training', value: speed, unit: 'steps/s' },
    { section, name: 'products end to end', value: gigaflops, unit: 'GFLOP/s' },
    { section, name: 'of one core’s best product', value: (100 * gigaflops) / peak(false), unit: '%' },
  ];
}

/** Bytes that `run` leaves on V8's heap, once compiled: so few calls that no collection takes place meanwhile. */
function garbage(run: () => void): number {
  setFlagsFromString('--expose-gc');
  const collect = runInNewContext('gc') as () => void;
  const each = Array.from({ length: 15 }, () => {
    collect();
    const before = process.memoryUsage().heapUsed;
    for (let i = 0; i < 4; i++) run();
    return (process.memoryUsage().heapUsed - before) / 4;
  });
  return median(each);
}

/** Acting alone: environment, policy forward, sampling. */
async function rollouts(): Promise<Figure[]> {
  const figures: Figure[] = [];
  for (const copies of [1, 4, 64, 1024]) {
    const config = workload(`environment.copies=${copies}`);
    const definition = findEnvironment(config.environment.id as string);
    const environment = createCopies(definition, config.environment.options, copies, 1);
    const engine = await loadEngine('wasm');
    const agent = createAgent(config, environment.observationSpace, environment.actionSpace, engine, copies);
    const { head } = agent;
    const rollout = createRollout(128, copies, environment.features, head.width, head.actionWidth);
    const { collect } = createCollector(environment, agent.policy, head, rollout, {});
    const random = randomStream(1, 'action');
    const nanoseconds = timeCall(() => collect(random), Math.min(5, rounds));
    const value = (rollout.count * 1e9) / nanoseconds;
    const section = 'rollout only';
    figures.push({ section, name: `${copies} copies`, value, unit: 'steps/s' });
    const bytes = garbage(() => collect(random)) / rollout.count;
    figures.push({ section, name: `${copies} copies, garbage`, value: bytes, unit: 'bytes/step' });
  }
  return figures;
}

/** The workload with one setting changed, on one thread. */
async function scaling(): Promise<Figure[]> {
  const axes: Record<string, { setting: (n: number) => string[]; sizes: number[]; small: number[] }> = {
    'hidden width': {
      setting: (n) => [`network.policy.hidden=[${n},${n}]`, `network.value.hidden=[${n},${n}]`],
      sizes: [16, 32, 64, 128, 256, 512],
      small: [16, 64, 256],
    },
    'minibatch of a rollout of 8192': {
      setting: (n) => ['rollout.steps=2048', `ppo.minibatchSize=${n}`],
      sizes: [64, 256, 1024, 8192],
      small: [64, 1024],
    },
    copies: {
      setting: (n) => [
        `environment.copies=${n}`,
        `rollout.steps=${Math.max(4, 512 / n)}`,
        ...(n > 128 ? [`ppo.minibatchSize=${n}`] : []),
      ],
      sizes: [1, 4, 16, 64, 256, 1024, 4096],
      small: [1, 16, 1024],
    },
  };
  const figures: Figure[] = [];
  for (const [axis, { setting, sizes, small }] of Object.entries(axes)) {
    for (const n of flags.quick ? small : sizes) {
      const value = await stepsPerSecond(workload(...setting(n)), 5, flags.quick ? 5 : 15);
      figures.push({ section: `scaling, ${axis}`, name: String(n), value, unit: 'steps/s' });
    }
  }
  return figures;
}

/** One TRPO update of CartPole, 2 copies × 512 steps and 15 conjugate-gradient iterations as rl-zoo has it. */
async function trpo(): Promise<Figure[]> {
  const file = fileURLToPath(new URL('../../configs/cart-pole-trpo.json', import.meta.url));
  const config = configWith(file, 'trpo.cgIterations=15');
  const milliseconds = median(await timeUpdates(config, 10, flags.quick ? 20 : 100));
  const section = 'TRPO update, 2 × 512 steps, 15 CG iterations';
  return [
    { section, name: 'rollout and update', value: milliseconds, unit: 'ms' },
    { section, name: 'rollout and update', value: 1024 / (milliseconds / 1000), unit: 'steps/s' },
  ];
}

/** Runs of several seeds, as many at once as there are cores, a thread each. */
async function seeds(): Promise<Figure[]> {
  const figures: Figure[] = [];
  const steps = flags.quick ? 200_000 : 1_000_000;
  for (const n of flags.quick ? [1, 2] : [1, 2, 4, 8, 16]) {
    const waiting = Array.from({ length: n }, (_, seed) => String(seed));
    const begun = performance.now();
    const work = async (): Promise<void> => {
      for (let seed = waiting.pop(); seed !== undefined; seed = waiting.pop()) {
        await trainOnce(WORKLOAD, ['--seed', seed, '--threads', '1', '--steps', String(steps)]);
      }
    };
    await Promise.all(Array.from({ length: availableParallelism() }, work));
    const value = (n * steps) / ((performance.now() - begun) / 1000);
    figures.push({ section: 'scaling, seeds', name: String(n), value, unit: 'steps/s' });
  }
  return figures;
}

const sections: Record<string, () => Figure[] | Promise<Figure[]>> = {
  'start-up': start,
  kernels: () => [...benchProducts(false, rounds), ...benchProducts(true, rounds)],
  network: () => [
    ...[false, true].flatMap((fast) => benchNetwork(64, 128, fast, rounds)),
    ...[false, true].flatMap((fast) => benchNetwork(256, 1024, fast, Math.min(5, rounds))),
  ],
  rollout: rollouts,
  trpo,
  wide,
  'whole run': wholeRuns,
  'scaling, in one process': scaling,
  'scaling, seeds': seeds,
};

const { compare } = flags;
const earlier = compare === undefined ? undefined : orEnd(() => readFigures(compare));

/** Figures of an earlier run by their keys. */
function readFigures(file: string): ReadonlyMap<string, number> {
  const { figures } = JSON.parse(readFileSync(file, 'utf8')) as { figures?: Figure[] };
  if (!Array.isArray(figures)) throw new Error(`${file} holds no figures of npm run bench`);
  return new Map(figures.map((figure) => [keyOf(figure), figure.value]));
}

/** What `read` gives; ends with one line and code 1 where it can't: what the user gave is wrong. */
function orEnd<T>(read: () => T): T {
  try {
    return read();
  } catch (error) {
    console.error(`bench: ${(error as Error).message}`);
    process.exit(1);
  }
}

function keyOf({ section, name, unit }: Figure): string {
  return `${section}/${name}/${unit}`;
}

function print(figure: Figure): void {
  const before = earlier?.get(keyOf(figure));
  const ratio = before === undefined ? '' : `  × ${(figure.value / before).toFixed(2)}`;
  const value = figure.value.toLocaleString('en', { maximumSignificantDigits: 4 });
  console.log(`  ${figure.name.padEnd(32)}${value.padStart(12)} ${figure.unit}${ratio}`);
}

if (!Object.keys(sections).some((key) => key.includes(flags.only))) {
  console.error(`bench: --only must be part of ${Object.keys(sections).join(', ')}, got "${flags.only}"`);
  process.exit(1);
}
const figures: Figure[] = [];
let title = '';
for (const [name, run] of Object.entries(sections).filter(([key]) => key.includes(flags.only))) {
  process.stderr.write(`${name} …\n`);
  for (const figure of await run()) {
    if (figure.section !== title) console.log(`\n${figure.section}`);
    title = figure.section;
    print(figure);
    figures.push(figure);
  }
}
mkdirSync(dirname(flags.out), { recursive: true });
const machine = { cores: availableParallelism(), node: process.version };
writeFileSync(flags.out, `${JSON.stringify({ machine, quick: flags.quick, figures }, null, 2)}\n`);
console.log(`\n${flags.out}`);
