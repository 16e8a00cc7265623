/**
 * The same workloads in turn with leash and with what Python has, ratios pair by pair:
 *   npm run bench:peers                          PPO and TRPO, five rounds of each
 *   npm run bench:peers -- --only trpo           one of the two (ppo, trpo)
 *   npm run bench:peers -- --rounds 1            fewer
 *   npm run bench:peers -- --python PATH         a Python that has jax and optax, torch and gymnasium,
 *                                                stable_baselines3 and sb3_contrib
 *   npm run bench:peers -- --node PATH           leash with that Node.js too; may be given several times
 */
import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { median } from './measure.ts';
import { TRPO_WORKLOAD, trainOnce, WORKLOAD } from './whole-run.ts';

interface Outcome {
  readonly stepsPerSecond: number;
  /** Once all is compiled; a peer's speed leaves its compilation out anyhow. */
  readonly steadyStepsPerSecond?: number;
  /** null or NaN: never. */
  readonly secondsTo475: number | null;
  readonly last100Return: number;
  readonly megabytes: number;
}

interface Peer {
  readonly name: string;
  readonly file: string;
  readonly modules: readonly string[];
  /** Fewer steps than the workload's, for the slow ones; their speed is steady. */
  readonly steps?: number;
}

interface Workload {
  readonly config: string;
  readonly steps: number;
  /** Flags of leash. */
  readonly ways: Readonly<Record<string, readonly string[]>>;
  readonly peers: readonly Peer[];
}

const workloads: Readonly<Record<string, Workload>> = {
  ppo: {
    config: WORKLOAD,
    steps: 500_000,
    ways: {
      '1 thread': ['--threads', '1'],
      '2 threads': ['--threads', '2'],
      '2 threads, fast math': ['--threads', '2', '--fast-math'],
    },
    peers: [
      { name: 'JAX, whole loop compiled', file: 'jax_ppo.py', modules: ['jax', 'optax'] },
      {
        name: 'PyTorch, CleanRL’s manner',
        file: 'torch_ppo.py',
        modules: ['torch', 'gymnasium'],
        steps: 50_000,
      },
      { name: 'Stable-Baselines3', file: 'sb3_ppo.py', modules: ['stable_baselines3'], steps: 50_000 },
    ],
  },
  trpo: {
    config: TRPO_WORKLOAD,
    steps: 100_000,
    ways: { '1 thread': ['--threads', '1'], '2 threads': ['--threads', '2'] },
    peers: [
      { name: 'PyTorch, sb3-contrib’s manner', file: 'torch_trpo.py', modules: ['torch', 'gymnasium'] },
      { name: 'sb3-contrib', file: 'sb3_trpo.py', modules: ['sb3_contrib'] },
    ],
  },
};

interface Flags {
  readonly rounds: number;
  readonly python: string;
  readonly only: string | undefined;
  /** Paths of the Node.js that leash runs with, this one first. */
  readonly nodes: readonly string[];
}

function readFlags(): Flags {
  const { values } = parseArgs({
    options: {
      rounds: { type: 'string', default: '5' },
      python: { type: 'string', default: 'python3' },
      only: { type: 'string' },
      node: { type: 'string', multiple: true, default: [] },
    },
  });
  const { rounds, python, only, node } = values;
  if (!/^[1-9]\d*$/.test(rounds)) throw new Error(`--rounds must be a whole number from 1, got "${rounds}"`);
  if (only !== undefined && !Object.hasOwn(workloads, only)) {
    throw new Error(`--only must be one of ${Object.keys(workloads).join(', ')}, got "${only}"`);
  }
  return { rounds: Number(rounds), python, only, nodes: [process.execPath, ...node] };
}

function isThere(python: string, modules: readonly string[]): boolean {
  return spawnSync(python, ['-c', `import ${modules.join(', ')}`]).status === 0;
}

function runPeer(python: string, file: string, steps: number, seed: number): Outcome {
  const script = fileURLToPath(new URL(`peers/${file}`, import.meta.url));
  const { stdout, stderr, status } = spawnSync(python, ['-B', script, String(steps), String(seed)], {
    encoding: 'utf8',
  });
  if (status !== 0) throw new Error(`${file} ended with ${status}: ${stderr}`);
  return JSON.parse(stdout.trim().split('\n').at(-1) ?? '') as Outcome;
}

/** `v24.21.0`, say. @throws Error when there is no Node.js at that path */
function versionOf(node: string): string {
  const { stdout, status } = spawnSync(node, ['--version'], { encoding: 'utf8' });
  if (status !== 0) throw new Error(`--node ${node} is no Node.js that runs here`);
  return stdout.trim();
}

/** Seconds until 475; Infinity: never. */
function secondsTo475({ secondsTo475: seconds }: Outcome): number {
  return seconds === null || Number.isNaN(seconds) ? Number.POSITIVE_INFINITY : seconds;
}

function steadySpeed({ stepsPerSecond, steadyStepsPerSecond }: Outcome): number {
  return steadyStepsPerSecond ?? stepsPerSecond;
}

function show(name: string, outcomes: readonly Outcome[]): void {
  const of = (pick: (outcome: Outcome) => number): number => median(outcomes.map(pick));
  const trained = of(secondsTo475);
  const figures = [
    `${Math.round(of((o) => o.stepsPerSecond))} steps/s`,
    `${Math.round(of(steadySpeed))} compiled`,
    Number.isFinite(trained) ? `${trained.toFixed(1)} s to 475` : 'not to 475',
    `return ${of((o) => o.last100Return).toFixed(0)}`,
    `${of((o) => o.megabytes).toFixed(0)} MB`,
  ];
  console.log(`${name.padEnd(40)}${figures.map((figure) => figure.padStart(18)).join('')}`);
}

/** What leash has over a peer, round by round, V8's compilation in and out; `whole`: the peer had all the steps. */
function showRatios(name: string, own: readonly Outcome[], theirs: readonly Outcome[], whole: boolean): void {
  const ratios = (of: (outcome: Outcome) => number): string => {
    const each = own.map((o, i) => of(o) / theirs[i].stepsPerSecond);
    return `${median(each).toFixed(2)} (${Math.min(...each).toFixed(2)} to ${Math.max(...each).toFixed(2)})`;
  };
  const sooner = own.map((o, i) => secondsTo475(theirs[i]) / secondsTo475(o));
  const all = whole && [...own, ...theirs].every((o) => Number.isFinite(secondsTo475(o)));
  const trained = all ? `, trained ${median(sooner).toFixed(2)} times sooner` : '';
  const speeds = `${ratios((o) => o.stepsPerSecond)} × the steps/s, ${ratios(steadySpeed)} once compiled`;
  console.log(`${name}: ${speeds}${trained}`);
}

async function compare(name: string, workload: Workload, { python, rounds, nodes }: Flags): Promise<void> {
  const { config, steps: all } = workload;
  const ways = nodes.flatMap((node) =>
    Object.entries(workload.ways).map(([way, flags]) => ({
      node,
      flags,
      label: nodes.length > 1 ? `${versionOf(node)}, ${way}` : way,
    })),
  );
  console.log(`\n${name.toUpperCase()}, ${all.toLocaleString('en')} steps`);
  const peers = workload.peers.filter(({ name, modules }) => {
    if (isThere(python, modules)) return true;
    console.log(`${name}: missing (${python} cannot import ${modules.join(', ')})`);
    return false;
  });
  const ours = ways.map((): Outcome[] => []);
  const theirs = peers.map((): Outcome[] => []);
  for (let round = 1; round <= rounds; round++) {
    for (const [w, { node, flags }] of ways.entries()) {
      ours[w].push(await trainOnce(config, ['--seed', String(round), ...flags], node));
    }
    for (const [p, { file, steps }] of peers.entries()) {
      theirs[p].push(runPeer(python, file, steps ?? all, round));
    }
    process.stderr.write(`${name}: round ${round} of ${rounds}\n`);
  }
  for (const [w, { label }] of ways.entries()) show(`leash, ${label}`, ours[w]);
  for (const [p, peer] of peers.entries()) show(peer.name, theirs[p]);
  if (peers.length > 0) console.log('leash / peer, pair by pair: median (least to most)');
  for (const [p, peer] of peers.entries()) {
    for (const [w, { label }] of ways.entries()) {
      showRatios(`${peer.name}, ${label}`, ours[w], theirs[p], peer.steps === undefined);
    }
  }
}

try {
  const flags = readFlags();
  for (const [name, workload] of Object.entries(workloads)) {
    if (flags.only === undefined || flags.only === name) await compare(name, workload, flags);
  }
} catch (error) {
  console.error(`bench:peers: ${(error as Error).message}`);
  process.exitCode = 1;
}
