import { type ChildProcess, spawn } from 'node:child_process';
import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { describe, expect, it, test } from 'vitest';
import type { ReportData, SweepReport } from '../../src/experiment/report-data.ts';
import type { RunRecord } from '../../src/run/record.ts';
import { compareCommand } from '../../src/cli/commands/compare.ts';
import { sweepCommand } from '../../src/cli/commands/sweep.ts';
import { runCommand, type Said } from './run-command.ts';
import { built } from '../built.ts';

const folder = mkdtempSync(join(tmpdir(), 'leash-compare-'));

function file(name: string, content: unknown): string {
  const path = join(folder, name);
  writeFileSync(path, typeof content === 'string' ? content : JSON.stringify(content));
  return path;
}

// Long enough that a busy machine hears of the first run's end before the last one's.
const bandit = {
  steps: 72_000,
  environment: { id: 'BernoulliBandit', copies: 4 },
  rollout: { steps: 16 },
  network: { policy: { hidden: [] }, value: { hidden: [] } },
  ppo: { epochs: 4, minibatchSize: 32 },
};
const slow = file('slow.json', { ...bandit, optimizer: { learningRate: 0.003 } });
const fast = file('fast.json', { ...bandit, optimizer: { learningRate: 0.03 } });

interface Ended {
  code: number | null;
  stdout: string;
  stderr: string;
}

function leash(args: readonly string[]): { child: ChildProcess; ended: Promise<Ended> } {
  const root = new URL('../..', import.meta.url).pathname;
  const child = spawn(process.execPath, [built, ...args], { cwd: root });
  const output = { stdout: '', stderr: '' };
  child.stdout.on('data', (bytes) => {
    output.stdout += String(bytes);
  });
  child.stderr.on('data', (bytes) => {
    output.stderr += String(bytes);
  });
  const ended = new Promise<Ended>((resolve) => child.on('close', (code) => resolve({ code, ...output })));
  return { child, ended };
}

/** Path → `run.json` of every run of an experiment. */
function recordsOf(experiment: string): Map<string, RunRecord> {
  const records = new Map<string, RunRecord>();
  if (!existsSync(experiment)) return records;
  // Not recursively: while it is at work, folders in it get other names.
  for (const entry of readdirSync(experiment, { withFileTypes: true })) {
    if (!entry.isDirectory()) continue;
    for (const seed of readdirSync(join(experiment, entry.name))) {
      const path = join(entry.name, seed, 'run.json');
      if (/^seed-\d+$/.test(seed) && existsSync(join(experiment, path)))
        records.set(path, JSON.parse(readFileSync(join(experiment, path), 'utf8')) as RunRecord);
    }
  }
  return records;
}

const completed = (experiment: string): [string, RunRecord][] =>
  [...recordsOf(experiment)].filter(([, { status }]) => status === 'completed');

/** Ends the command by a signal once a run of it is complete. */
async function stopAfterOne(args: readonly string[], experiment: string, signal: NodeJS.Signals) {
  const { child, ended } = leash(args);
  while (completed(experiment).length === 0 && child.exitCode === null) await setTimeout(10);
  child.kill(signal);
  return await ended;
}

describe('an experiment that goes on', () => {
  const args = (place: string, workers: number): string[] => [
    ...['compare', slow, fast, '--seeds', '3', '--name', 'x'],
    ...['--runs', join(folder, place), '--workers', String(workers)],
  ];
  const report = (place: string): string => readFileSync(join(folder, place, 'x', 'report.json'), 'utf8');

  it('after kill -9 and after Ctrl-C has every run once and the bytes of one left alone, on any workers', async () => {
    const whole = await leash(args('whole', 2)).ended;
    expect(whole).toMatchObject({ code: 0, stderr: '' });
    expect(whole.stdout).toContain('P(improvement)');

    const killed = join(folder, 'killed', 'x');
    expect((await stopAfterOne(args('killed', 1), killed, 'SIGKILL')).code).toBeNull();
    const before = completed(killed);
    expect(before.length).toBeLessThan(6);
    const again = await leash(args('killed', 1)).ended;
    expect(again.code).toBe(0);
    expect(again.stdout).toContain(`${before.length} are there already`);
    const after = recordsOf(killed);
    expect([...after.values()].map(({ status }) => status)).toEqual(new Array(6).fill('completed'));
    for (const [path, { startedAt }] of before) expect(after.get(path)?.startedAt).toBe(startedAt);
    expect(report('killed')).toBe(report('whole'));

    const interrupted = join(folder, 'interrupted', 'x');
    const stopped = await stopAfterOne(args('interrupted', 2), interrupted, 'SIGINT');
    expect(stopped).toMatchObject({ code: 130 });
    expect(stopped.stderr).toContain('the same command goes on from here');
    expect([...recordsOf(interrupted).values()].map(({ status }) => status)).not.toContain('running');
    expect((await leash(args('interrupted', 2)).ended).code).toBe(0);
    expect(report('interrupted')).toBe(report('whole'));
    expect(readFileSync(join(killed, 'report.html'), 'utf8')).toBe(
      readFileSync(join(folder, 'whole', 'x', 'report.html'), 'utf8'),
    );
  });
});

describe('seeds that are added until pairs are decided', () => {
  const short = { ...bandit, steps: 640 };
  const quick = (name: string, learningRate: number): string =>
    file(name, { ...short, optimizer: { learningRate } });
  const configs = [quick('low.json', 0.003), quick('same.json', 0.0031), quick('high.json', 0.03)];
  const args = (place: string, workers: number, ...over: string[]): string[] => [
    ...['compare', ...configs, '--until-decided', '--seeds', '4', '--max-seeds', '12', '--name', 'x'],
    ...['--runs', join(folder, place), '--workers', String(workers), ...over],
  ];
  const report = (place: string): string => readFileSync(join(folder, place, 'x', 'report.json'), 'utf8');

  it('are the same, and the report too, on any workers and after kill -9; a call again makes none', async () => {
    const { code, stdout } = await leash(args('added', 2)).ended;
    expect(code).toBe(0);
    expect(stdout).toContain('Seeds were added, 4 at a time up to 12');
    const killed = join(folder, 'added-killed', 'x');
    expect((await stopAfterOne(args('added-killed', 1), killed, 'SIGKILL')).code).toBeNull();
    expect((await leash(args('added-killed', 1)).ended).code).toBe(0);
    expect(report('added-killed')).toBe(report('added'));
    const { untilDecided, configs: made, command } = JSON.parse(report('added')) as ReportData;
    expect(untilDecided?.looks).toEqual([4, 8, 12]);
    expect(made.reduce((sum, { runs }) => sum + runs.length, 0)).toBe(untilDecided?.runs);
    expect(command).toContain('--seeds 4 --until-decided --max-seeds 12');
    expect((await leash(args('added', 2)).ended).stdout).not.toMatch(/runs? to make/);
  });

  it('are not added by another plan to runs that were seen', async () => {
    const other = await leash(args('added', 2).map((word) => (word === '12' ? '16' : word))).ended;
    expect(other.code).toBe(2);
    expect(other.stderr).toContain('choose another --name');
    const planned = await leash([
      'compare',
      ...configs,
      '--seeds',
      '4',
      '--name',
      'x',
      '--runs',
      join(folder, 'added'),
    ]).ended;
    expect(planned.code).toBe(2);
    expect(planned.stderr).toContain(
      'x was begun with --until-decided --seeds 4 --max-seeds 12 from seed 0 of low, same, high: ',
    );
  });
});

it('a run that fails does not stop the others, and is told in the verdict and by the exit code', async () => {
  const pendulum = { environment: { id: 'Pendulum-v1', copies: 8 }, rollout: { steps: 64 }, steps: 5120 };
  // A learning rate of 10 without gradient clipping sends the networks to infinity.
  const wild = file('wild.json', {
    ...pendulum,
    ppo: { epochs: 10, minibatchSize: 64 },
    network: { policy: { activation: 'relu' }, value: { activation: 'relu' } },
    optimizer: { learningRate: 10, maxGradientNorm: null },
    trustRegion: { stop: null },
  });
  const tame = file('tame.json', pendulum);
  const args = ['compare', wild, tame, '--seeds', '2', '--runs', folder, '--name', 'failing', '--json'];
  const { code, stdout } = await leash(args).ended;
  expect(code).toBe(1);
  const { configs, verdict } = JSON.parse(stdout) as ReportData;
  const failed = configs[0]?.runs.filter(({ status }) => status === 'failed') ?? [];
  expect(failed.length).toBeGreaterThan(0);
  expect(failed[0]?.failure).toMatch(/^update \d+: .* is (NaN|Infinity|-Infinity)/);
  expect(configs[1]?.runs.map(({ status }) => status)).toEqual(['completed', 'completed']);
  expect(verdict[0]).toMatch(/^wild: \d of 2 runs failed \(seed/);
});

it('a study with worlds runs every config in each and compares over all of them', async () => {
  const tiny = { ...bandit, steps: 256 };
  file('even.json', {
    ...tiny,
    environment: { id: 'BernoulliBandit', copies: 4, options: { means: [0.4, 0.6] } },
  });
  file('wide.json', {
    ...tiny,
    environment: { id: 'BernoulliBandit', copies: 4, options: { means: [0.1, 0.9] } },
  });
  const study = file('worlds.json', {
    configs: { clip: {}, penalty: { base: '{world}.json', 'objective.kind': 'klPenalty' } },
    worlds: { even: { base: 'even.json' }, wide: { base: 'wide.json', 'advantage.gamma': 0.9 } },
  });
  const args = ['compare', study, '--seeds', '2', '--runs', folder, '--name', 'worlds', '--json'];
  const { code, stdout, stderr } = await leash(args).ended;
  expect(stderr).toBe('');
  expect(code).toBe(0);
  const { configs, across, pairs } = JSON.parse(stdout) as ReportData;
  expect(configs.map(({ label }) => label)).toEqual([
    'clip.even',
    'penalty.even',
    'clip.wide',
    'penalty.wide',
  ]);
  expect(configs.map(({ config }) => config.advantage.gamma)).toEqual([0.99, 0.99, 0.9, 0.9]);
  expect(configs.map(({ config }) => config.environment.options)).toEqual(
    [0.4, 0.4, 0.1, 0.1].map((low) => expect.objectContaining({ means: [low, 1 - low] })),
  );
  expect(pairs.final).toHaveLength(2);
  expect(across?.methods.map(({ method }) => method)).toEqual(['clip', 'penalty']);
});

it('matches the KL of two objectives, and shows how', async () => {
  const fewer = { ...bandit, steps: 2560, optimizer: { learningRate: 0.02 } };
  const penalty = file('penalty.json', { ...fewer, objective: { kind: 'klPenalty', beta: 1 } });
  const clip = file('clip.json', { ...fewer, objective: { kind: 'clip' } });
  const args = ['compare', penalty, clip, '--seeds', '2', '--runs', folder, '--name', 'matched'];
  const { code, stdout } = await leash([...args, '--match-kl', '0.002', '--json']).ended;
  expect(code).toBe(0);
  const { calibration } = JSON.parse(stdout) as ReportData;
  expect(calibration?.configs.map(({ path }) => path)).toEqual(['objective.beta', 'objective.clipRange']);
  for (const { reached, klMean, tries, reason } of calibration?.configs ?? []) {
    expect(reached || reason !== null).toBe(true);
    if (reached) expect(Math.abs(klMean / 0.002 - 1)).toBeLessThanOrEqual(0.1);
    expect(tries.length).toBeGreaterThan(0);
  }
  expect(calibration?.configs.some(({ reached }) => reached)).toBe(true);
});

it('brings the configs of each world to its own KL', async () => {
  for (const low of [0.4, 0.1])
    file(`bandit-${low}.json`, {
      ...{ steps: 1280, network: bandit.network, rollout: { steps: 16 }, ppo: { minibatchSize: 32 } },
      environment: { id: 'BernoulliBandit', copies: 4, options: { means: [low, 1 - low] } },
      objective: { kind: 'clip' },
    });
  const study = file('equal.json', {
    configs: { clip: {} },
    worlds: { even: { base: 'bandit-0.4.json' }, wide: { base: 'bandit-0.1.json' } },
    matchKl: { even: 0.0005, wide: 0.001 },
  });
  const args = ['compare', study, '--seeds', '2', '--runs', folder, '--name', 'equal', '--json'];
  const { code, stdout } = await leash(args).ended;
  expect(code).toBe(0);
  const { calibration } = JSON.parse(stdout) as ReportData;
  expect(calibration?.target).toEqual({ even: 0.0005, wide: 0.001 });
  expect(calibration?.configs.map(({ label, target }) => [label, target])).toEqual([
    ['clip.even', 0.0005],
    ['clip.wide', 0.001],
  ]);
  for (const { klMean, target, tries } of calibration?.configs ?? []) {
    // The value that was taken is the nearest to its own target of all that were tried.
    const off = (kl: number): number => Math.abs(Math.log(kl / target));
    expect(off(klMean)).toBe(Math.min(...tries.map((each) => off(each.klMean))));
  }
});

const flags = (over: Partial<Said<typeof compareCommand>>): Said<typeof compareCommand> => ({
  runs: join(folder, 'refused'),
  CONFIG: [slow],
  ...over,
});
mkdirSync(join(folder, 'refused', 'mine', 'seed-0'), { recursive: true });
const three = file('three.json', { base: 'slow.json', configs: { a: {} }, seeds: 3 });
const four = file('four.json', { base: 'slow.json', configs: { b: {} }, seeds: 4 });
const eleven = Object.fromEntries(Array.from({ length: 11 }, (_, i) => [`c${i}`, {}]));
const many = file('many.json', { base: 'slow.json', configs: eleven });
const otherPlace = file('cart-pole.json', { environment: { id: 'CartPole-v1' } });

test.each<[string, Partial<Said<typeof compareCommand>>, string]>([
  ['a file that is not there', { CONFIG: ['nowhere.json'] }, 'there is no config or run nowhere.json'],
  ['the same name twice', { CONFIG: [slow, slow] }, 'two configs are called slow; give one of the files'],
  [
    'no seeds',
    { seeds: '0' },
    '--seeds must be a count (10), a range (0-9) or a list (1,4,7): 1 to 10000 seeds',
  ],
  ['no workers', { workers: '0' }, '--workers must be an integer in [1, 1024], got 0'],
  [
    'more runs than an experiment has',
    { CONFIG: [many], seeds: '10000' },
    'an experiment has at most 100000 runs, got 11 configs × 10000 seeds = 110000',
  ],
  [
    'studies that disagree',
    { CONFIG: [three, four] },
    `seeds is 3 in ${three} and 4 in ${four}: say --seeds`,
  ],
  ['a seed among the settings', { set: 'seed=5' }, 'seed has no effect here: --seeds (or'],
  ['no KL', { matchKl: '0' }, '--match-kl must be a mean KL per update in nats, > 0, got 0'],
  ['a margin of nothing', { margin: '0' }, '--margin must be a difference of returns > 0, got 0'],
  ['a margin below 0', { margin: '-3' }, '--margin must be a difference of returns > 0, got -3'],
  ['a margin that is missing', { margin: '' }, '--margin must be a difference of returns > 0, got none'],
  [
    'seeds for one config',
    { untilDecided: true },
    '--until-decided adds seeds until pairs of configs are decided; there is one config',
  ],
  [
    'fewer seeds at most than at first',
    { CONFIG: [slow, fast], untilDecided: true, seeds: '10', maxSeeds: '10' },
    '--max-seeds must be a whole number above the 10 of --seeds, got 10',
  ],
  [
    'most seeds in words',
    { CONFIG: [slow, fast], untilDecided: true, maxSeeds: 'many' },
    '--max-seeds must be a whole number above the 5 of --seeds, got many',
  ],
  ['no threshold', { threshold: 'high' }, '--threshold must be a number, got high'],
  ['a name with a slash', { name: 'a/b' }, '--name must be a folder name without slashes, got "a/b"'],
  ['a folder of single runs', { name: 'mine' }, 'mine is there already and is no experiment’s'],
  [
    'different environments',
    { CONFIG: [slow, otherPlace] },
    "the configs' environments differ (slow: BernoulliBandit",
  ],
])('leash compare refuses %s', async (_, over, message) => {
  await expect(runCommand(compareCommand, flags(over))).rejects.toThrow(message.replaceAll('’', "'"));
});

test.each<[string, unknown, string]>([
  ['no configs', { configs: {} }, 'configs must have at least one config, got {} (FILE)'],
  [
    'no base',
    { configs: { a: {} } },
    "base or configs.a.base must be a config file's name, but both are missing (FILE)",
  ],
  [
    'no worlds',
    { base: 'slow.json', configs: { a: {} }, worlds: {} },
    'worlds must have at least one world, got {} (FILE)',
  ],
  [
    'a KL of no world',
    { base: 'slow.json', configs: { a: {} }, worlds: { w: {} }, matchKl: { w: 0.1, v: 0.1 } },
    'matchKl.v is of no world; the worlds are w (FILE)',
  ],
  [
    'a world without a KL',
    { base: 'slow.json', configs: { a: {} }, worlds: { w: {}, v: {} }, matchKl: { w: 0.1 } },
    'matchKl.v must be a mean KL per update in nats, > 0, but it is missing (FILE)',
  ],
  [
    'a base by world without worlds',
    { configs: { a: { base: '{world}-clip.json' } } },
    'base {world}-clip.json: {world} stands for the name of a world, and there are no worlds (FILE)',
  ],
  [
    'a margin of nothing',
    { base: 'slow.json', configs: { a: {} }, margin: 0 },
    'margin must be > 0, got 0 (FILE)',
  ],
  [
    'a wrong setting of a world',
    { base: 'slow.json', configs: { a: {} }, worlds: { b: { 'ppo.epoch': 3 } } },
    'ppo.epoch is not a setting; did you mean ppo.epochs? (FILE worlds.b ppo.epoch)',
  ],
  [
    'a label that is no folder',
    { base: 'slow.json', configs: { '../a': {} } },
    'a config\'s label names the folder of its runs: letters, digits and _ . + = - but not "calibration" or "lock", got "../a" (FILE)',
  ],
  [
    'an unknown setting',
    { base: 'slow.json', configs: { a: { 'ppo.epoch': 3 } } },
    'ppo.epoch is not a setting; did you mean ppo.epochs? (FILE configs.a ppo.epoch)',
  ],
  [
    'an unknown key',
    { base: 'slow.json', seed: 3, configs: { a: {} } },
    'seed is not a setting; did you mean seeds? (FILE)',
  ],
])('a study with %s is refused', async (name, content, message) => {
  const path = file(`study ${name}.json`, content);
  const call = runCommand(compareCommand, flags({ CONFIG: [path] }));
  await expect(call).rejects.toThrow(message.replaceAll('FILE', path));
});

test.each<[string, unknown, string]>([
  ['no parameters', { base: 'slow.json', parameters: {} }, 'parameters must name a setting at least, got {}'],
  ['no base', { parameters: { 'ppo.epochs': [1] } }, 'base must be a text that is not empty, but is missing'],
  [
    'a range upside down',
    { base: 'slow.json', parameters: { 'ppo.epochs': { min: 3, max: 1 } } },
    'parameters.ppo.epochs.max must be > 3, its min, got 1',
  ],
  [
    'a log scale from 0',
    { base: 'slow.json', parameters: { 'trustRegion.delta': { min: 0, max: 1, scale: 'log' } } },
    'parameters.trustRegion.delta.min must be > 0 on a log scale, got 0',
  ],
  [
    'a value out of range',
    { base: 'slow.json', parameters: { 'ppo.epochs': [0] } },
    'ppo.epochs must be an integer in [1, 1000], got 0 (FILE parameters ppo.epochs)',
  ],
  [
    'an unknown setting',
    { base: 'slow.json', parameters: { 'trustRegion.delte': [1] } },
    'trustRegion.delte is not a setting; did you mean trustRegion.delta? (FILE parameters trustRegion.delte)',
  ],
])('a sweep with %s is refused', async (name, content, message) => {
  const path = file(`sweep ${name}.json`, content);
  const call = runCommand(sweepCommand, { FILE: path, runs: join(folder, 'refused') });
  await expect(call).rejects.toThrow(message.replaceAll('FILE', path));
});

it('a sweep halves its points from rung to rung and names the best', async () => {
  const path = file('sweep.json', {
    base: 'slow.json',
    set: { steps: 2560 },
    seeds: 2,
    parameters: { 'optimizer.learningRate': [1e-5, 0.003, 0.03], 'ppo.epochs': [1, 4, 8] },
    halving: { leastSteps: 640, factor: 2 },
  });
  const { code, stdout } = await leash(['sweep', path, '--runs', folder, '--name', 'sweep', '--json']).ended;
  expect(code).toBe(0);
  const { sweep, configs } = JSON.parse(stdout) as ReportData;
  expect(sweep?.points).toHaveLength(9);
  expect(sweep?.rungs.map(({ steps, labels }) => [steps, labels.length])).toEqual([
    [640, 9],
    [1280, 5],
    [2560, 3],
  ]);
  expect(configs.map(({ label }) => label)).toEqual(sweep?.rungs.at(-1)?.labels);
  expect(configs.map(({ label }) => label)).toContain(sweep?.best);
});

it('a sweep takes all points that tie at a cut along, in whatever order the file has them, also where one was left', async () => {
  // Learning rates of which none changes a policy.
  const rates = [1e-20, 2e-20, 3e-20, 4e-20];
  const swept = async (name: string, values: readonly number[]): Promise<SweepReport> => {
    const path = file(`${name}.json`, {
      ...{ base: 'slow.json', set: { steps: 256 }, seeds: 2, halving: { leastSteps: 64, factor: 2 } },
      parameters: { 'optimizer.learningRate': values },
    });
    const { code, stdout } = await leash(['sweep', path, '--runs', folder, '--name', name, '--json']).ended;
    expect(code).toBe(0);
    return (JSON.parse(stdout) as ReportData).sweep as SweepReport;
  };
  const labels = rates.map((rate) => `learningRate=${rate}`);
  const sweep = await swept('tied', rates);
  expect(sweep.best).toBe(labels[0]);
  expect(sweep.tiedWithBest).toEqual(labels.slice(1));
  expect(sweep.rungs.map(({ steps, labels: own, tie }) => [steps, own, tie?.toGoOn])).toEqual([
    [64, labels, 2],
    [128, labels, 1],
    [256, labels, undefined],
  ]);
  const turned = await swept('turned', [...rates].reverse());
  expect({ ...turned, points: [...turned.points].reverse() }).toMatchObject({
    ...{ best: sweep.best, tiedWithBest: sweep.tiedWithBest, points: sweep.points },
  });
  // As an earlier leash left it, which took the first ones alone.
  const before = readFileSync(join(folder, 'tied', 'report.json'), 'utf8');
  for (const place of ['rung-2', 'rung-3'])
    for (const label of labels.slice(2))
      rmSync(join(folder, 'tied', place, label), { recursive: true, force: true });
  expect(await swept('tied', rates)).toEqual(sweep);
  expect(readFileSync(join(folder, 'tied', 'report.json'), 'utf8')).toBe(before);
});

it('a sweep whose equal points an earlier leash made again goes on without them', async () => {
  const path = file('equal-points.json', {
    ...{ base: 'slow.json', set: { steps: 128 }, seeds: 2, method: 'random', samples: 5 },
    parameters: { 'ppo.epochs': { min: 1, max: 2 } },
  });
  const swept = () => leash(['sweep', path, '--runs', folder, '--name', 'equal-points']).ended;
  expect((await swept()).stdout).toContain(
    '2 of 5 points are distinct; configs that are equal were trained once.',
  );
  const own = join(folder, 'equal-points');
  expect(readdirSync(own).filter((name) => name.startsWith('epochs'))).toEqual(['epochs=1', 'epochs=2']);
  const before = readFileSync(join(own, 'report.json'), 'utf8');
  cpSync(join(own, 'epochs=2'), join(own, 'epochs=2.2'), { recursive: true });
  const marker = JSON.parse(readFileSync(join(own, 'experiment.json'), 'utf8'));
  const configs = ['epochs=2', 'epochs=2.2', 'epochs=1'];
  writeFileSync(join(own, 'experiment.json'), JSON.stringify({ ...marker, configs }));
  const again = await swept();
  expect([again.code, again.stdout.includes('to make')]).toEqual([0, false]);
  expect(readFileSync(join(own, 'report.json'), 'utf8')).toBe(before);
});

it('a sweep over steps trains each point for as long as it says', async () => {
  const path = file('steps.json', { base: 'slow.json', seeds: 2, parameters: { steps: [640, 1280] } });
  const { code, stdout } = await leash(['sweep', path, '--runs', folder, '--name', 'steps', '--json']).ended;
  expect(code).toBe(0);
  const { configs } = JSON.parse(stdout) as ReportData;
  const perUpdate = 1280 / (configs[1]?.runs[0]?.updates as number);
  expect(configs.map(({ label, config, runs }) => [label, config.steps, runs[0]?.updates])).toEqual([
    ['steps=640', 640, 640 / perUpdate],
    ['steps=1280', 1280, 1280 / perUpdate],
  ]);
});

it('a sweep over tasks names no best point, and says why in terminal, report and page', async () => {
  const path = file('tasks.json', {
    base: 'slow.json',
    seeds: 6,
    parameters: {
      'environment.options.means': [
        [0.1, 0.2],
        [0.8, 0.9],
      ],
    },
  });
  const { code, stdout } = await leash(['sweep', path, '--runs', folder, '--name', 'tasks']).ended;
  expect(code).toBe(0);
  const why = 'the points are not all of one environment, and returns of different ones are not compared';
  expect(stdout).toContain(`best point: none; ${why}`);
  expect(stdout).toContain(`No best point: ${why}.`);
  const { sweep, verdict } = JSON.parse(
    readFileSync(join(folder, 'tasks', 'report.json'), 'utf8'),
  ) as ReportData;
  expect(sweep).toMatchObject({ best: null, withoutBest: why, tiedWithBest: [] });
  expect(verdict.join(' ')).not.toContain('Best point');
  const page = readFileSync(join(folder, 'tasks', 'report.html'), 'utf8');
  expect(page).toContain(`<p>No best point: ${why}.</p>`);
});
