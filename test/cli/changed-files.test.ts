import { copyFileSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { compareCommand } from '../../src/cli/commands/compare.ts';
import { plotCommand } from '../../src/cli/commands/plot.ts';
import { resumeCommand } from '../../src/cli/commands/resume.ts';
import { trainCommand } from '../../src/cli/commands/train.ts';
import { verifyCommand } from '../../src/cli/commands/verify.ts';
import { describeFailure } from '../../src/cli/failure.ts';
import type { RunRecord } from '../../src/run/record.ts';
import { runCommand, type Said } from './run-command.ts';

/* A config names a file, and another file is put in its place. */

const folder = mkdtempSync(join(tmpdir(), 'leash-changed-files-'));
afterAll(() => rmSync(folder, { recursive: true }));
const runs = join(folder, 'runs');
const start = join(folder, 'start.safetensors');
const bandit = {
  steps: 192,
  environment: { id: 'BernoulliBandit', copies: 2 },
  rollout: { steps: 16 },
  network: { policy: { hidden: [] }, value: { hidden: [] } },
  ppo: { epochs: 1, minibatchSize: 32 },
  checkpoint: { everyUpdates: 2 },
};
function config(name: string, content: object): string {
  const file = join(folder, `${name}.json`);
  writeFileSync(file, JSON.stringify(content));
  return file;
}
const plain = config('plain', bandit);
const begun = config('begun', { ...bandit, network: { ...bandit.network, initialWeights: start } });
const held = config('held', { ...bandit, reference: { policy: start, beta: 0.1 } });

let [printed, told] = ['', ''];
beforeEach(() => {
  [printed, told] = ['', ''];
  vi.spyOn(process.stdout, 'write').mockImplementation((text) => {
    printed += String(text);
    return true;
  });
  vi.spyOn(process.stderr, 'write').mockImplementation((text) => {
    told += String(text);
    return true;
  });
});
afterEach(() => vi.restoreAllMocks());

const train = (CONFIG: string, said: Partial<Said<typeof trainCommand>>): Promise<number> =>
  runCommand(trainCommand, { CONFIG, runs, quiet: true, ...said });
const compare = (CONFIG: string[], said: Partial<Said<typeof compareCommand>> = {}): Promise<number> =>
  runCommand(compareCommand, { CONFIG, runs, json: true, ...said });
const refusalOf = async (made: Promise<number>): Promise<string> => {
  const { text } = await made.then(() => ({ text: 'done' }), describeFailure);
  return text.replaceAll(folder, 'FOLDER').replace('leash: ', '');
};
const recordOf = (run: string): RunRecord =>
  JSON.parse(readFileSync(join(runs, run, 'run.json'), 'utf8')) as RunRecord;
const policyOf = (seed: number): string => join(runs, 'plain', `seed-${seed}`, 'policy.safetensors');
const put = (seed: number): void => copyFileSync(policyOf(seed), start);
const hash = (setting: string): string => `FOLDER/start.safetensors (${setting}) is not what FOLDER/runs/`;

beforeAll(async () => {
  await train(plain, { seeds: '2' });
});

describe.each([
  ['network.initialWeights', begun, 'begun'],
  ['reference.policy', held, 'held'],
])('%s', (setting, file, label) => {
  it('an experiment goes on with the same file, refuses another, and does without one that is gone', async () => {
    put(0);
    expect(await compare([file], { name: `on-${label}`, seeds: '1' })).toBe(0);
    expect(await compare([file], { name: `on-${label}`, seeds: '2' })).toBe(0);
    put(1);
    const [now, then] = [1, 0].map((seed) => recordOf(`plain/seed-${seed}`).parametersSha256?.slice(0, 12));
    expect(await refusalOf(compare([file], { name: `on-${label}`, seeds: '3' }))).toBe(
      `${hash(setting)}on-${label}/${label}/seed-0 was made with: SHA-256 ${now}… now, ${then}… then; bring it back, or choose another --name`,
    );
    rmSync(start);
    expect(await compare([file], { name: `on-${label}`, seeds: '2' })).toBe(0);
  });

  it('runs of one config that began with two files are not pooled, nor drawn as one curve', async () => {
    for (const seed of [0, 1]) {
      put(seed);
      await train(file, { name: `mixed-${label}`, seed: String(seed) });
    }
    const [first, second] = [0, 1].map((seed) =>
      recordOf(`plain/seed-${seed}`).parametersSha256?.slice(0, 12),
    );
    expect(await refusalOf(compare([join(runs, `mixed-${label}`)]))).toBe(
      `FOLDER/runs/mixed-${label}: its runs are not seeds of one config: FOLDER/start.safetensors (${setting}) was another, SHA-256 ${first}… of seed 0, ${second}… of seed 1; make those of one file again`,
    );
    await runCommand(plotCommand, { RUN: [join(runs, `mixed-${label}`)], runs });
    expect(printed).toContain(`mixed-${label}, ${setting} by SHA-256 ${second}…`);
  });

  it('two configs may begin with two files', async () => {
    for (const seed of [0, 1]) {
      put(seed);
      await train(file, { name: `by-${seed}-${label}` });
    }
    const both = [0, 1].map((seed) => join(runs, `by-${seed}-${label}`));
    expect(await compare(both, { name: `both-${label}` })).toBe(0);
  });
});

describe('a run that began with a file', () => {
  it('is of that when it is gone on with from a checkpoint', async () => {
    put(0);
    await train(begun, { name: 'longer', steps: '128' });
    const { files } = recordOf('longer/seed-0');
    expect(files).toEqual({ 'network.initialWeights': recordOf('plain/seed-0').parametersSha256 });
    put(1);
    await runCommand(resumeCommand, { RUN: join(runs, 'longer', 'seed-0'), runs, steps: '192', quiet: true });
    expect(recordOf('longer/seed-0')).toMatchObject({ updates: 6, files });
    expect(recordOf('plain/seed-0').files).toBeUndefined();
  });

  it('that is another now is verified with a word of that', async () => {
    put(0);
    await train(begun, { name: 'verified' });
    put(1);
    expect(await runCommand(verifyCommand, { RUN: join(runs, 'verified'), runs })).toBe(1);
    expect(printed).toMatch(/^different /);
    expect(told.replaceAll(folder, 'FOLDER')).toContain(
      `leash: ${hash('network.initialWeights')}verified/seed-0 was made with`,
    );
  });

  it('of a leash that kept no hash is gone on with', async () => {
    put(0);
    await compare([begun], { name: 'old', seeds: '1' });
    const file = join(runs, 'old', 'begun', 'seed-0', 'run.json');
    const { files: _, ...record } = recordOf('old/begun/seed-0');
    writeFileSync(file, JSON.stringify(record));
    put(1);
    expect(await compare([begun], { name: 'old', seeds: '2' })).toBe(0);
  });
});
