import {
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
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { cloneCommand } from '../../src/cli/commands/clone.ts';
import { compareCommand } from '../../src/cli/commands/compare.ts';
import { resumeCommand } from '../../src/cli/commands/resume.ts';
import { sweepCommand } from '../../src/cli/commands/sweep.ts';
import { trainCommand } from '../../src/cli/commands/train.ts';
import { describeFailure } from '../../src/cli/failure.ts';
import { runCommand, type Said } from './run-command.ts';

/* What is made in the folder of an experiment, or of a run, that is not its own. */

const folder = mkdtempSync(join(tmpdir(), 'leash-other-experiment-'));
afterAll(() => rmSync(folder, { recursive: true }));
const runs = join(folder, 'runs');
const bandit = {
  steps: 128,
  environment: { id: 'BernoulliBandit', copies: 2 },
  rollout: { steps: 16 },
  network: { policy: { hidden: [] }, value: { hidden: [] } },
  ppo: { epochs: 1, minibatchSize: 32 },
};
function file(name: string, content: object): string {
  const path = join(folder, `${name}.json`);
  writeFileSync(path, JSON.stringify(content));
  return path;
}
const [a, b, c] = [0.01, 0.02, 0.03].map((learningRate, i) =>
  file('abc'.charAt(i), { ...bandit, optimizer: { learningRate } }),
);
const rates = file('rates', {
  base: 'a.json',
  seeds: 1,
  parameters: { 'optimizer.learningRate': [0.1, 0.2] },
});

beforeEach(() => void vi.spyOn(process.stdout, 'write').mockReturnValue(true));
afterEach(() => vi.restoreAllMocks());

const train = (CONFIG: string, said: Partial<Said<typeof trainCommand>>): Promise<number> =>
  runCommand(trainCommand, { CONFIG, runs, quiet: true, ...said });
const compare = (CONFIG: string[], said: Partial<Said<typeof compareCommand>> = {}): Promise<number> =>
  runCommand(compareCommand, { CONFIG, runs, json: true, seeds: '1', ...said });
const sweep = (name: string): Promise<number> =>
  runCommand(sweepCommand, { FILE: rates, runs, json: true, name });
const refusalOf = async (made: Promise<number>): Promise<string> => {
  const { text } = await made.then(() => ({ text: 'done' }), describeFailure);
  return text.replaceAll(folder, 'FOLDER').replace('leash: ', '');
};
const filesIn = (name: string): string[] =>
  readdirSync(join(runs, name), { recursive: true, encoding: 'utf8' })
    .filter((each) => !each.includes('.lock.'))
    .sort();
const reportOf = (name: string): string => readFileSync(join(runs, name, 'report.json'), 'utf8');

beforeAll(async () => {
  vi.spyOn(process.stdout, 'write').mockReturnValue(true);
  await compare([a, b], { name: 'both' });
  await train(a, { name: 'alone' });
});

describe('no run is made in the folder', () => {
  const inBoth = (place: string): string =>
    `${place} is in the folder of the experiment FOLDER/runs/both, in which leash compare and leash sweep alone make runs; choose another --name or --runs`;

  it.each([
    ['train', () => train(c, { name: 'both' }), ''],
    ['train --seeds', () => train(c, { name: 'both', seeds: '2' }), ''],
    ['train --resume', () => train(c, { name: 'both', resume: true }), ''],
    ['train --runs', () => train(c, { name: 'c', runs: join(runs, 'both') }), '/c'],
    ['train --replace', () => train(c, { name: 'a', runs: join(runs, 'both'), replace: true }), '/a'],
    ['compare --runs', () => compare([a, b], { name: 'x', runs: join(runs, 'both') }), ''],
    [
      'clone',
      () =>
        runCommand(cloneCommand, {
          ...{ EXPERT: join(runs, 'alone', 'seed-0'), runs, name: 'both', quiet: true, epochs: '1' },
        }),
      '',
    ],
  ])('of an experiment by %s', async (_, make, below) => {
    const before = filesIn('both');
    expect(await refusalOf(make())).toBe(inBoth(`FOLDER/runs/both${below}`));
    expect(filesIn('both')).toEqual(before);
  });

  it('of a run', async () => {
    const before = filesIn('alone');
    const inside = join(runs, 'alone', 'seed-0');
    const words = 'is in the folder of the run FOLDER/runs/alone/seed-0, where only';
    expect(await refusalOf(train(a, { name: 'x', runs: inside }))).toContain(words);
    expect(await refusalOf(train(a, { name: 'seed-0', runs: join(runs, 'alone') }))).toContain(words);
    expect(await refusalOf(compare([a, b], { name: 'x', runs: inside }))).toContain(words);
    expect(filesIn('alone')).toEqual(before);
  });
});

describe('an experiment', () => {
  it('takes more seeds and further configs, and keeps its report from those of others', async () => {
    expect(await compare([a, b, c], { name: 'grows', seeds: '1' })).toBe(0);
    expect(await compare([a, b], { name: 'grows', seeds: '2' })).toBe(0);
    const before = reportOf('both');
    const other =
      'FOLDER/runs/both is a comparison of a, b, none of which is asked for here, and its report would be replaced; choose another --name';
    expect(await refusalOf(compare([c], { name: 'both' }))).toBe(other);
    expect(await refusalOf(compare([join(runs, 'alone')], { name: 'both' }))).toBe(other);
    expect(await refusalOf(sweep('both'))).toBe(
      'FOLDER/runs/both is a comparison, not a sweep; choose another --name',
    );
    expect(reportOf('both')).toBe(before);
    expect(existsSync(join(runs, 'both', 'c'))).toBe(false);
    expect(await sweep('rates')).toBe(0);
    expect(await sweep('rates')).toBe(0);
    expect(await refusalOf(compare([a, b], { name: 'rates' }))).toBe(
      'FOLDER/runs/rates is a sweep, not a comparison; choose another --name',
    );
  });

  it('has no run made longer than the others', async () => {
    const path = join(runs, 'both', 'a', 'seed-0');
    const resume = (steps: string): Promise<number> =>
      runCommand(resumeCommand, { RUN: path, runs, quiet: true, steps });
    const before = filesIn('both');
    expect(await refusalOf(resume('256'))).toBe(
      '--steps 256: FOLDER/runs/both/a/seed-0 is a run of the experiment FOLDER/runs/both, planned with 128 steps; leash train --from FOLDER/runs/both/a/seed-0@4 --steps 256 goes on from it elsewhere',
    );
    expect(await refusalOf(resume('128'))).toContain('is completed: 4 updates, 128 steps');
    expect(filesIn('both')).toEqual(before);
    expect(await compare([a, b], { name: 'both' })).toBe(0);
    const from = { from: `${path}@4`, steps: '256', name: 'longer', runs, quiet: true };
    expect(await runCommand(trainCommand, from)).toBe(0);
  });

  it('of runs that are there alone may be of others, and keeps its report from configs that are trained', async () => {
    await train(b, { name: 'other' });
    expect(await compare([join(runs, 'alone')], { name: 'read' })).toBe(0);
    expect(await compare([join(runs, 'other')], { name: 'read' })).toBe(0);
    const before = reportOf('read');
    expect(await refusalOf(compare([a], { name: 'read' }))).toBe(
      'FOLDER/runs/read is a comparison of runs made elsewhere, other, none of which is asked for here, and its report would be replaced; choose another --name',
    );
    // Of the same name, but other runs.
    const other = file('other', { ...bandit, optimizer: { learningRate: 0.04 } });
    expect(await refusalOf(compare([other], { name: 'read' }))).toContain('its report would be replaced');
    expect(reportOf('read')).toBe(before);
    expect(existsSync(join(runs, 'read', 'a'))).toBe(false);
    expect(await compare([join(runs, 'other'), a], { name: 'read' })).toBe(0);
    expect(await compare([a, b], { name: 'read' })).toBe(0);
  });

  it('is brought to one KL alone, which is decided before a value is tried', async () => {
    expect(await refusalOf(compare([a, b], { name: 'both', matchKl: '0.001' }))).toBe(
      'FOLDER/runs/both/a/seed-0 was made without --match-kl; choose another --name',
    );
    expect(existsSync(join(runs, 'both', 'calibration'))).toBe(false);
    expect(await compare([a], { name: 'matched', matchKl: '0.001' })).toBe(0);
    expect(await compare([a], { name: 'matched', matchKl: '0.001' })).toBe(0);
    const before = filesIn('matched');
    expect(await refusalOf(compare([a], { name: 'matched', matchKl: '0.002' }))).toBe(
      'FOLDER/runs/matched was begun with --match-kl 0.001, not 0.002; choose another --name',
    );
    const longer = compare([a], { name: 'matched', matchKl: '0.001', steps: '256' });
    expect(await refusalOf(longer)).toBe(
      'FOLDER/runs/matched/a/seed-0 holds a run of another config (it differs in steps); choose another --name',
    );
    expect(filesIn('matched')).toEqual(before);
  });
});

describe('what is refused leaves no trace', () => {
  // Of the same name as another, as in a folder of its own.
  mkdirSync(join(folder, 'changed'));
  const changed = file('changed/b', { ...bandit, optimizer: { learningRate: 0.3 } });
  const marker = join(runs, 'traced', 'experiment.json');
  const remembered = (): string => readFileSync(marker, 'utf8');
  const otherConfig =
    'FOLDER/runs/traced/b/seed-0 holds a run of another config (it differs in optimizer.learningRate); choose another --name';
  beforeEach(async () => {
    rmSync(join(runs, 'traced'), { recursive: true, force: true });
    await compare([a, b], { name: 'traced' });
  });

  it('in what an experiment remembers', async () => {
    const before = remembered();
    const said = { name: 'traced', tag: 'new', note: 'of it' };
    expect(await refusalOf(compare([a, changed], said))).toBe(otherConfig);
    expect(remembered()).toBe(before);
    expect(await compare([a, b], said)).toBe(0);
    expect(JSON.parse(remembered())).toEqual({ ...JSON.parse(before), tags: ['new'], note: 'of it' });
  });

  it('in its plan: as it was begun it goes on', async () => {
    rmSync(join(runs, 'traced', 'report.json'));
    const decided = { name: 'traced', untilDecided: true, seeds: '2', maxSeeds: '4' };
    expect(await refusalOf(compare([a, changed], decided))).toBe(otherConfig);
    expect(await compare([a, b], { name: 'traced' })).toBe(0);
  });

  it('in runs that would have been made again', async () => {
    rmSync(join(runs, 'traced', 'a', 'seed-0', 'metrics.jsonl'));
    const before = filesIn('traced');
    expect(await refusalOf(compare([a, changed], { name: 'traced' }))).toBe(otherConfig);
    expect(filesIn('traced')).toEqual(before);
  });

  it.each(['{"a":', 'null', '[1', '[1]'])('in a damaged marker: %s', async (text) => {
    rmSync(join(runs, 'traced', 'report.json'));
    writeFileSync(marker, text);
    const isDamaged = (what: string): string =>
      `FOLDER/runs/traced/experiment.json is damaged, ${what} cannot be kept in it; choose another --name`;
    expect(await refusalOf(compare([a, b], { name: 'traced', tag: 'new' }))).toBe(
      isDamaged('--tag and --note'),
    );
    const decided = { name: 'traced', untilDecided: true, seeds: '2', maxSeeds: '4' };
    expect(await refusalOf(compare([a, b], decided))).toBe(isDamaged('the plan of --until-decided'));
    expect(await compare([a, b], { name: 'traced' })).toBe(0);
    expect(remembered()).toBe(text);
  });
});
