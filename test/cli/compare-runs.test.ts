import {
  cpSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { compareCommand } from '../../src/cli/commands/compare.ts';
import { trainCommand } from '../../src/cli/commands/train.ts';
import { describeFailure } from '../../src/cli/failure.ts';
import { replaced } from '../../src/experiment/by-evaluations.ts';
import { verdictOf } from '../../src/dashboard/verdict.ts';
import { finalPerformance } from '../../src/experiment/learning-curve.ts';
import type { ReportData } from '../../src/experiment/report-data.ts';
import { curveOf } from '../../src/run/curve.ts';
import { ownerHere } from '../../src/run/owner.ts';
import { environmentOptions } from '../../envs/environment-options.ts';
import { rowsOf } from '../experiment/run-rows.ts';
import { writeRun } from '../plot/runs-on-disk.ts';
import { runCommand, type Said } from './run-command.ts';

const folder = mkdtempSync(join(tmpdir(), 'leash-compare-runs-'));
afterAll(() => rmSync(folder, { recursive: true }));
const runs = join(folder, 'runs');
const bandit = {
  steps: 640,
  environment: { id: 'BernoulliBandit', copies: 4 },
  rollout: { steps: 16 },
  network: { policy: { hidden: [] }, value: { hidden: [] } },
  ppo: { epochs: 2, minibatchSize: 32 },
  evaluation: { every: 3, episodes: 8, greedy: false },
};
function config(name: string, content: object): string {
  const file = join(folder, `${name}.json`);
  writeFileSync(file, JSON.stringify(content));
  return file;
}
const slow = config('slow', bandit);
const fast = config('fast', { ...bandit, optimizer: { learningRate: 0.03 } });

let printed = '';
beforeEach(() => {
  printed = '';
  vi.spyOn(process.stdout, 'write').mockImplementation((text) => {
    printed += String(text);
    return true;
  });
});
afterEach(() => vi.restoreAllMocks());

const train = (CONFIG: string, said: Partial<Said<typeof trainCommand>>): Promise<number> =>
  runCommand(trainCommand, { CONFIG, runs, quiet: true, ...said });
const compare = (CONFIG: string[], said: Partial<Said<typeof compareCommand>> = {}): Promise<number> =>
  runCommand(compareCommand, { CONFIG, runs, ...said });
const refusalOf = async (
  CONFIG: string[],
  said: Partial<Said<typeof compareCommand>> = {},
): Promise<string> => {
  const { text } = await compare(CONFIG, said).then(() => ({ text: 'done' }), describeFailure);
  return text.replaceAll(folder, 'FOLDER').replace('leash: ', '');
};
const reportAt = (name: string): ReportData =>
  JSON.parse(readFileSync(join(runs, name, 'report.json'), 'utf8')) as ReportData;
/** Every file below with its content and its time. */
function stateOf(name: string): string[] {
  const at = join(runs, name);
  return readdirSync(at, { recursive: true, encoding: 'utf8' })
    .sort()
    .map((file) => {
      const stat = statSync(join(at, file));
      return `${file} ${stat.mtimeMs} ${stat.isFile() ? readFileSync(join(at, file), 'latin1') : ''}`;
    });
}

beforeAll(async () => {
  await train(slow, { seeds: '3' });
  await train(fast, { seeds: '4' });
  await train(slow, { name: 'long', seeds: '2', steps: '1280' });
  await train(slow, { name: 'plain', seeds: '2', set: 'evaluation=null' });
});

describe('runs that are there', () => {
  it('are compared without training and without a byte written among them, as if they had been trained', async () => {
    const before = [...stateOf('slow'), ...stateOf('fast')];
    expect(await compare([join(runs, 'slow'), 'fast'])).toBe(0);
    expect([...stateOf('slow'), ...stateOf('fast')]).toEqual(before);
    expect(printed).not.toContain('to make');
    expect(printed).toContain(join(runs, 'slow-vs-fast', 'report.html'));
    const found = reportAt('slow-vs-fast');
    expect(found.seeds).toEqual([0, 1, 2]);
    expect(found.verdict[0]).toContain('fast has runs of seed 3 besides, which are left out');
    expect(found.configs[0]?.runs[0]?.path).toBe('../slow/seed-0');
    await compare([slow, fast], { name: 'trained', seeds: '3' });
    const trained = reportAt('trained');
    const figures = ({ configs, pairs }: ReportData) => [
      configs.map(({ runs: _, config: __, ...rest }) => rest),
      pairs,
    ];
    expect(figures(found)).toEqual(figures(trained));
    expect(found.command).toBe(`leash compare ${join(runs, 'slow')} fast --seeds 0,1,2 --name slow-vs-fast`);
  });

  it('of one seed are of that seed, whatever its number', async () => {
    await train(slow, { name: 'seven', seed: '7' });
    expect(await compare([join(runs, 'seven')], { name: 'only-seven' })).toBe(0);
    expect(reportAt('only-seven').seeds).toEqual([7]);
  });

  it('are mixed with configs, which are trained on the same seeds', async () => {
    const before = stateOf('fast');
    expect(await compare([slow, join(runs, 'fast')], { name: 'mixed', seeds: '1-2' })).toBe(0);
    expect(stateOf('fast')).toEqual(before);
    expect(readdirSync(join(runs, 'mixed', 'slow')).sort()).toEqual(['seed-1', 'seed-2']);
    expect(reportAt('mixed').configs.map(({ label }) => label)).toEqual(['slow', 'fast']);
  });

  it('whose seeds were added until all was decided are compared with a warning: their number was not planned', async () => {
    await compare([slow, fast], { name: 'grown', untilDecided: true, seeds: '2', maxSeeds: '4', json: true });
    await compare([join(runs, 'grown')], { name: 'of-grown' });
    const [warning] = reportAt('of-grown').verdict;
    expect(warning).toContain(`Seeds of ${join(runs, 'grown')} were added until its pairs were decided`);
    expect(warning).toContain(join(runs, 'grown', 'report.json'));
    expect(reportAt('grown').verdict.join()).not.toContain('more often than its error');
    expect(reportAt('slow-vs-fast').verdict.join()).not.toContain('more often than its error');
  });

  it('of an experiment are its configs, one by one, in its order and so in its colours', async () => {
    await compare([slow, fast], { name: 'both', seeds: '2', json: true });
    await compare([join(runs, 'both')]);
    expect(reportAt('compare-both').configs.map(({ label }) => label)).toEqual(['slow', 'fast']);
    await compare([join(runs, 'both', 'fast')]);
    const page = readFileSync(join(runs, 'compare-fast', 'report.html'), 'utf8');
    const hues = [...page.matchAll(/"label":"fast","remark":"[^"]*","hue":(\d+)/g)].map(([, hue]) => hue);
    expect(new Set(hues)).toEqual(new Set(['1']));
  });

  it('that differ in steps and versions are compared, and that is said', async () => {
    const record = join(runs, 'long', 'seed-0', 'run.json');
    writeFileSync(record, readFileSync(record, 'utf8').replace(/"leash": "[^"]+"/, '"leash": "0.1.0"'));
    await compare([join(runs, 'slow'), join(runs, 'long')]);
    const words = reportAt('slow-vs-long').verdict.join(' ');
    expect(words).toContain('trained for different numbers of steps');
    expect(words).toMatch(/different versions of leash \(slow by [\d.]+, long by 0\.1\.0 and [\d.]+\)/);
  });

  it('are refused where they cannot be compared, each in a line', async () => {
    const [a, b] = [join(runs, 'slow'), join(runs, 'fast')];
    expect(await refusalOf([a, b], { matchKl: '0.01' })).toBe(
      '--match-kl calibrates configs before they are trained; runs that are there cannot be',
    );
    expect(await refusalOf([a, b], { steps: '99' })).toBe(
      '--steps has no effect here: nothing is trained, all that is compared are runs that are there',
    );
    expect(await refusalOf([a, b], { seeds: '4' })).toBe(
      'slow has no run of seed 3; there are 0, 1, 2: say --seeds',
    );
    expect(await refusalOf([a, join(b, 'seed-3')])).toBe(
      'the runs have no seed in common (slow: 0, 1, 2; fast: 3); runs are compared over the same seeds',
    );
    expect(await refusalOf([a, b], { name: 'slow' })).toContain(
      '--name slow: FOLDER/runs/slow/seed-0 is in that folder',
    );
    expect(await refusalOf([a, join(runs, 'plain')], { byEvaluations: true })).toBe(
      '--by-evaluations: plain is not evaluated in its training; train with --set evaluation.every=10',
    );
    await train(config('pole', { environment: { id: 'CartPole-v1' }, steps: 512 }), {});
    expect(await refusalOf([a, join(runs, 'pole')])).toContain(
      "the configs' environments differ (slow: BernoulliBandit",
    );
    await train(fast, { name: 'slow-too', seed: '1' });
    await train(slow, { name: 'slow-too', seed: '0' });
    expect(await refusalOf([join(runs, 'slow-too')])).toBe(
      'FOLDER/runs/slow-too: its runs are not seeds of one config, they differ in optimizer.learningRate; name them one by one',
    );
    const alive = join(runs, 'alive', 'seed-0');
    mkdirSync(alive, { recursive: true });
    for (const file of ['config.json', 'run.json', 'metrics.jsonl'])
      writeFileSync(
        join(alive, file),
        readFileSync(join(a, 'seed-0', file), 'utf8').replace('"completed"', '"running"'),
      );
    writeFileSync(join(alive, 'owner.json'), JSON.stringify(ownerHere('leash-run-1')));
    expect(await refusalOf([join(runs, 'alive')])).toBe(
      'FOLDER/runs/alive/seed-0 is still going on; compare it when it has ended',
    );
  });

  it('that are branches have no curve from the first update on, and evaluations up to their last', async () => {
    await train(slow, { name: 'trunk', seeds: '2', set: 'checkpoint.everyUpdates=5' });
    for (const seed of [0, 1])
      await runCommand(trainCommand, {
        ...{ from: `${join(runs, 'trunk', `seed-${seed}`)}@5`, name: 'branch', runs, quiet: true },
        CONFIG: undefined,
      });
    const both = [join(runs, 'trunk'), join(runs, 'branch')];
    await compare(both);
    const { verdict, configs } = reportAt('trunk-vs-branch');
    const none = { withoutCurve: [], branches: [] };
    expect(configs).toMatchObject([none, { withoutCurve: [0, 1], branches: [0, 1] }]);
    expect(verdict).toEqual(
      expect.arrayContaining([
        'branch begins from trunk/seed-0@5, trunk/seed-1@5: its figures are of the updates after that.',
        'branch: no curve is known from the first update on of seed 0, 1, which begin with a checkpoint of another run; what is said of curves and steps to a threshold is of the others.',
      ]),
    );
    expect(verdict.join(' ')).not.toContain('0.1.0');
    await compare(both, { byEvaluations: true, name: 'branch-by-evaluations' });
    const [trunk, branch] = reportAt('branch-by-evaluations').configs;
    expect(branch?.final.perSeed).toEqual(trunk?.final.perSeed);
    const file = join(runs, 'branch', 'seed-1', 'evaluations.jsonl');
    writeFileSync(file, readFileSync(file, 'utf8').replace(/[^\n]*\n$/, ''));
    expect(await compare(both, { byEvaluations: true, name: 'cut' })).toBe(1);
    expect(reportAt('cut').verdict).toContainEqual(
      expect.stringMatching(
        /^branch: 1 of 2 runs failed \(seed 1: .*branch\/seed-1: evaluations\.jsonl has no evaluation after the last update 10\)/,
      ),
    );
  });

  it('of which some are damaged are compared: those are named, and failed', async () => {
    for (const seed of [0, 1, 2, 3])
      cpSync(join(runs, 'fast', `seed-${seed}`), join(runs, 'hurt', `seed-${seed}`), { recursive: true });
    const at = (seed: number, file: string): string => join(runs, 'hurt', `seed-${seed}`, file);
    const cut = (file: string): void => writeFileSync(file, readFileSync(file, 'utf8').slice(0, -40));
    // Its process is gone: this one, which made it, lives.
    const gone = JSON.stringify({ ...ownerHere('leash-run-1'), processStart: '1' });
    for (const seed of [0, 1, 2, 3]) writeFileSync(at(seed, 'owner.json'), gone);
    // Of the first all that is left of its seed is the name of its folder.
    for (const file of ['config.json', 'run.json']) cut(at(0, file));
    cut(at(1, 'config.json'));
    expect(await compare(['fast', 'hurt'])).toBe(1);
    const { verdict, configs } = reportAt('fast-vs-hurt');
    expect(verdict).toContainEqual(
      `hurt: 2 of 4 runs failed (seed 0, 1: ${configs[1]?.runs[0]?.failure}); its figures are of the other 2 and look better than they are.`,
    );
    expect(configs[1]?.runs).toMatchObject([
      { seed: 0, status: 'failed', failure: expect.stringContaining(`${at(0, 'config.json')}:`) },
      { seed: 1, status: 'failed', failure: expect.stringContaining(`${at(1, 'config.json')}:`) },
      { seed: 2, status: 'completed', failure: null },
      { seed: 3, status: 'completed', failure: null },
    ]);
    expect(configs[1]?.final.perSeed.slice(2)).toEqual(configs[0]?.final.perSeed.slice(2));
    expect(configs[1]?.config.optimizer).toEqual(configs[0]?.config.optimizer);
    rmSync(at(2, 'run.json'));
    const folders = ['fast', 'hurt'].map((name) => join(runs, name));
    expect((await verdictOf(folders, runs, environmentOptions)).sentences.join()).toContain(
      'hurt: 3 of 4 runs failed',
    );
    // The versions of those that nobody knows are no other versions.
    expect(verdict.join()).not.toContain('version');
    expect(await refusalOf(['fast', join(runs, 'hurt/seed-2')])).toBe(
      'FOLDER/runs/hurt/seed-2 has no run.json',
    );
    writeFileSync(at(3, 'run.json'), '[]');
    expect(await refusalOf(['fast', 'hurt'])).toContain('FOLDER/runs/hurt/seed-0/config.json:');
  });

  it('have the verdict on the dashboard that the command has which it names, intervals too', async () => {
    // Of eight seeds three are at the ceiling, beyond which no return of CartPole is.
    const final = {
      low: [100, 120, 140, 160, 180, 500, 500, 500],
      high: [300, 400, 420, 440, 460, 500, 500, 500],
    };
    for (const [name, returns] of Object.entries(final))
      for (const [seed, returnMean] of returns.entries())
        writeRun(runs, {
          name,
          seed,
          row: () => ({ returnMean, returnMin: returnMean, returnMax: returnMean }),
        });
    const folders = ['low', 'high'].map((name) => join(runs, name));
    const { sentences } = await verdictOf(folders, runs, environmentOptions);
    await compare(folders);
    expect(sentences).toEqual(reportAt('low-vs-high').verdict);
    expect(sentences[0]).toMatch(/ can't tell high and low apart: difference of final return [\d.]+ \[/);
  });

  it('one that is named by a word that names a config, too, is asked for by its path', async () => {
    await train('quickstart', { steps: '512' });
    expect(await refusalOf(['quickstart'])).toMatch(
      /^quickstart is the config .* and the runs .*: name one by its path$/,
    );
  });
});

describe('by evaluations', () => {
  it('the final return is that of the evaluations, and the verdict says so', async () => {
    await compare([join(runs, 'slow'), join(runs, 'fast')], { byEvaluations: true, name: 'by-evaluations' });
    const { verdict, configs, command } = reportAt('by-evaluations');
    expect(verdict[0]).toContain('Returns are those of the evaluations in the course of training');
    expect(command).toContain('--by-evaluations');
    // The last tenth of ten updates is the last.
    const last = (seed: number): number =>
      JSON.parse(
        readFileSync(join(runs, 'slow', `seed-${seed}`, 'evaluations.jsonl'), 'utf8')
          .trim()
          .split('\n')
          .at(-1) as string,
      ).returnMean;
    expect(configs[0]?.final.perSeed).toEqual([0, 1, 2].map(last));
  });

  it('by exact returns the final return is that of the policy, without chance, and the verdict says so', async () => {
    const config = { environment: { id: 'FrozenLake-v1' }, rollout: { steps: 64 }, steps: 256 * 10 };
    const file = (name: string, over: object): string => {
      const path = join(runs, `${name}.json`);
      writeFileSync(path, JSON.stringify({ ...config, ...over }));
      return path;
    };
    const [a, b, plain] = [
      file('exact-a', { groundTruth: true }),
      file('exact-b', { groundTruth: true, algorithm: 'trpo' }),
      file('exact-none', {}),
    ];
    expect(await refusalOf([a, plain], { byExactReturns: true })).toBe(
      '--by-exact-returns: exact-none does not log them; train with --set groundTruth=true',
    );
    await compare([a, b], { byExactReturns: true, seeds: '2', name: 'by-exact-returns' });
    const { verdict, configs, command } = reportAt('by-exact-returns');
    expect(verdict[0]).toContain('Returns are the exact expected returns of the policies');
    expect(command).toContain('--by-exact-returns');
    const last = (seed: number): number =>
      JSON.parse(
        readFileSync(join(runs, 'by-exact-returns', 'exact-a', `seed-${seed}`, 'metrics.jsonl'), 'utf8')
          .trim()
          .split('\n')
          .at(-1) as string,
      ).exactReturn;
    expect(configs[0]?.final.perSeed).toEqual([0, 1].map(last));
  });

  it('an evaluation stands for the updates since the one before', () => {
    const figures = { episodes: 2, returnStd: 0, returnMin: 0, returnMax: 9, lengthMean: 5, best: true };
    const rows = replaced(rowsOf([1, 1, 1, 1, 1]), [
      { update: 2, steps: 200, returnMean: 3, ...figures },
      { update: 5, steps: 500, returnMean: 7, ...figures },
    ]);
    expect([...(curveOf(rows) ?? [])]).toEqual([3, 3, 7, 7, 7]);
    expect(finalPerformance(rows)).toBe(7);
    expect(rows.map(({ returnMean }) => returnMean)).toEqual([null, 3, null, null, 7]);
  });
});
