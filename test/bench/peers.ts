/**
 * The same workload in turn with leash and with what Python has, ratios pair by pair:
 *   npm run bench:peers                          five rounds
 *   npm run bench:peers -- --rounds 1            fewer
 *   npm run bench:peers -- --python PATH         a Python that has jax and optax, torch and gymnasium, stable_baselines3
 */
import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { median } from './measure.ts';
import { trainOnce, WORKLOAD } from './whole-run.ts';

const { values: flags } = parseArgs({
  options: { rounds: { type: 'string', default: '5' }, python: { type: 'string', default: 'python3' } },
});

interface Outcome {
  readonly stepsPerSecond: number;
  readonly secondsTo475: number | null;
  readonly last100Return: number;
  readonly megabytes: number;
}

/** A peer: its modules, and how many steps it gets (the slow ones few, their speed is steady). */
const peers = [
  { name: 'JAX, whole loop compiled', file: 'jax_ppo.py', modules: ['jax', 'optax'], steps: 500_000 },
  { name: 'PyTorch, CleanRL’s manner', file: 'torch_ppo.py', modules: ['torch', 'gymnasium'], steps: 50_000 },
  { name: 'Stable-Baselines3', file: 'sb3_ppo.py', modules: ['stable_baselines3'], steps: 50_000 },
];
const ways = {
  '1 thread': ['--threads', '1'],
  '2 threads': ['--threads', '2'],
  '2 threads, fast math': ['--threads', '2', '--fast-math'],
};

function isThere(modules: readonly string[]): boolean {
  return spawnSync(flags.python, ['-c', `import ${modules.join(', ')}`]).status === 0;
}

function runPeer(file: string, steps: number, seed: number): Outcome {
  const script = fileURLToPath(new URL(`peers/${file}`, import.meta.url));
  const { stdout, stderr, status } = spawnSync(flags.python, ['-B', script, String(steps), String(seed)], {
    encoding: 'utf8',
  });
  if (status !== 0) throw new Error(`${file} ended with ${status}: ${stderr}`);
  return JSON.parse(stdout.trim().split('\n').at(-1) ?? '') as Outcome;
}

function show(name: string, outcomes: readonly Outcome[]): void {
  const of = (pick: (outcome: Outcome) => number): number => median(outcomes.map(pick));
  const trained = of((o) => o.secondsTo475 ?? Number.NaN);
  const figures = [
    `${Math.round(of((o) => o.stepsPerSecond))} steps/s`,
    Number.isNaN(trained) ? 'not to 475' : `${trained.toFixed(1)} s to 475`,
    `return ${of((o) => o.last100Return).toFixed(0)}`,
    `${of((o) => o.megabytes).toFixed(0)} MB`,
  ];
  console.log(`${name.padEnd(32)}${figures.map((figure) => figure.padStart(18)).join('')}`);
}

const present = peers.filter(({ name, modules }) => {
  if (isThere(modules)) return true;
  console.log(`${name}: missing (${flags.python} cannot import ${modules.join(', ')})`);
  return false;
});
const ours = Object.keys(ways).map((): Outcome[] => []);
const theirs = present.map((): Outcome[] => []);
for (let round = 1; round <= Number(flags.rounds); round++) {
  for (const [w, way] of Object.values(ways).entries()) {
    ours[w].push(await trainOnce(WORKLOAD, ['--seed', String(round), ...way]));
  }
  for (const [p, { file, steps }] of present.entries()) theirs[p].push(runPeer(file, steps, round));
  process.stderr.write(`round ${round} of ${flags.rounds}\n`);
}
for (const [w, way] of Object.keys(ways).entries()) show(`leash, ${way}`, ours[w]);
for (const [p, { name }] of present.entries()) show(name, theirs[p]);
console.log('\nleash / peer, pair by pair: median (least to most)');
for (const [p, { name, steps }] of present.entries()) {
  for (const [w, way] of Object.keys(ways).entries()) {
    const ratios = (pick: (outcome: Outcome) => number): string => {
      const each = ours[w].map((own, i) => pick(own) / pick(theirs[p][i])).sort((a, b) => a - b);
      return `${median(each).toFixed(2)} (${each[0].toFixed(2)} to ${(each.at(-1) ?? Number.NaN).toFixed(2)})`;
    };
    const sooner = ours[w].map(
      (own, i) => (theirs[p][i].secondsTo475 ?? Number.NaN) / (own.secondsTo475 ?? 1),
    );
    const trained = steps < 500_000 ? '' : `, trained ${median(sooner).toFixed(2)} times sooner`;
    console.log(`${name}, ${way}: ${ratios((o) => o.stepsPerSecond)} × the steps/s${trained}`);
  }
}
