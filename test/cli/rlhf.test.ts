import {
  cpSync,
  existsSync,
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
import { frontierCommand } from '../../src/cli/commands/frontier.ts';
import { rlhfCommand } from '../../src/cli/commands/rlhf.ts';
import { trainCommand } from '../../src/cli/commands/train.ts';
import { describeFailure } from '../../src/cli/failure.ts';
import type { TokenFrontier } from '../../src/cli/policy/token-frontier.ts';
import type { RlhfStory } from '../../src/cli/rlhf/story.ts';
import { runCommand, type Said } from './run-command.ts';

const folder = mkdtempSync(join(tmpdir(), 'leash-rlhf-'));
afterAll(() => rmSync(folder, { recursive: true }));
const runs = join(folder, 'runs');
const options = {
  vocabulary: ['a', 'b', 'c'],
  prompts: ['', 'c'],
  length: 2,
  reward: { rule: { kind: 'count', token: 'a' } },
  trueReward: { rule: { kind: 'distinct' } },
};
const base = {
  environment: { id: 'TokenTask', copies: 16, options },
  rollout: { steps: 8 },
  network: { policy: { hidden: [] }, value: { hidden: [4] } },
  ppo: { minibatchSize: 64 },
  steps: 128 * 4,
  snapshots: { everyUpdates: 2 },
  reference: { policy: 'initial', beta: 0.5 },
  optimizer: { learningRate: 0.05 },
};
const file = (name: string, content: object): string => {
  const path = join(folder, `${name}.json`);
  writeFileSync(path, JSON.stringify(content));
  return path;
};

let printed = '';
beforeEach(() => {
  printed = '';
  vi.spyOn(process.stdout, 'write').mockImplementation((text) => {
    printed += String(text);
    return true;
  });
});
afterEach(() => vi.restoreAllMocks());

const train = (name: string, config: object): Promise<number> =>
  runCommand(trainCommand, { CONFIG: file(name, { ...base, ...config }), runs, quiet: true });
const frontier = (RUN: string[], said: Partial<Said<typeof frontierCommand>> = {}): Promise<number> =>
  runCommand(frontierCommand, { RUN, runs, ...said });
const story = (said: Partial<Said<typeof rlhfCommand>> = {}): Promise<number> =>
  runCommand(rlhfCommand, { ...said });
const refused = async (running: Promise<number>): Promise<string> => {
  const { text } = await running.then(() => ({ text: 'done' }), describeFailure);
  return text.replaceAll(folder, 'FOLDER').replace('leash: ', '');
};

beforeAll(async () => {
  await train('near', {});
  await train('far', { reference: { policy: 'initial', beta: 0.05 } });
  await train('free', { reference: null });
  await train('seed', { seed: 7 });
  await train('other', { environment: { ...base.environment, options: { ...options, length: 3 } } });
  await train('lake', { environment: { id: 'FrozenLake-v1', copies: 16 }, reference: null });
  const many = { ...options, length: 12 };
  await train('many', { environment: { ...base.environment, options: many }, rollout: { steps: 12 } });
});

describe('leash frontier', () => {
  it('has every policy that the runs kept, the β that falls, and draws them', async () => {
    const out = join(folder, 'frontier.svg');
    await frontier(['far', 'near'], { json: true, out });
    const found = JSON.parse(printed) as TokenFrontier;
    expect(found.runs.map(({ label }) => label)).toEqual(['β = 0.5', 'β = 0.05']);
    for (const { places } of found.runs) expect(places.map(({ update }) => update)).toEqual([0, 2, 4]);
    expect(found.answers).toBe(9);
    const svg = readFileSync(out, 'utf8');
    // Three dots of two runs in two panels.
    expect(svg.split('<circle').length - 1).toBe(12);
    expect(svg).toContain('true reward');
  });

  it('of runs without groundTruth, and from another reference', async () => {
    await frontier(['free'], { json: true, reference: 'near' });
    const { runs: found } = JSON.parse(printed) as TokenFrontier;
    expect(found[0]?.beta).toBeNull();
    expect(found[0]?.places[0].klPolicyReference).toBeGreaterThan(0);
    expect(found[0]?.optimum).toBeNull();
  });

  it('prints where each run ended', async () => {
    await frontier(['near']);
    expect(printed).toMatch(/^TokenTask, 9 answers to each of 2 prompts, everything exact\npolicy +kept/);
    expect(printed).toMatch(/\nβ = 0.5 +3 /);
    expect(printed).toMatch(/\n {2}π\* of β 0.5 /);
  });

  it('leaves out a damaged run, and one with a damaged policy, names both and ends with 1', async () => {
    await frontier(['near'], { json: true });
    const alone = JSON.parse(printed) as TokenFrontier;
    for (const name of ['cut', 'flipped'])
      cpSync(join(runs, 'far'), join(runs, 'hurt', name), { recursive: true });
    const record = join(runs, 'hurt/cut/seed-0/run.json');
    writeFileSync(record, readFileSync(record, 'utf8').slice(0, -40));
    const policy = join(runs, 'hurt/flipped/seed-0/policy.safetensors');
    const bytes = readFileSync(policy);
    bytes[bytes.length - 6] ^= 1;
    writeFileSync(policy, bytes);
    let warned = '';
    vi.spyOn(process.stderr, 'write').mockImplementation((text) => {
      warned += String(text);
      return true;
    });
    printed = '';
    expect(await frontier(['near', 'hurt'], { json: true })).toBe(1);
    const found = JSON.parse(printed) as TokenFrontier;
    expect(found).toMatchObject({
      frontier: alone.frontier,
      problems: [
        expect.stringContaining(`${record}:`),
        expect.stringContaining(`${policy} is not the policy`),
      ],
    });
    expect(found.runs.map(({ places }) => places)).toEqual(alone.runs.map(({ places }) => places));
    expect(warned.trimEnd().split('\n')).toEqual(found.problems.map((problem) => `leash: ${problem}`));
    expect(await refused(frontier(['hurt']))).toContain('FOLDER/runs/hurt/');
  });

  it.each([
    [
      ['free'],
      {},
      /^FOLDER\/runs\/free\/seed-0 was held near no policy; --reference RUN or --reference FILE names one$/,
    ],
    [
      ['near', 'other'],
      {},
      /^FOLDER\/runs\/other\/seed-0 is of another task than FOLDER\/runs\/near\/seed-0: /,
    ],
    [['near', 'seed'], {}, /seed\/seed-7\/reference\.safetensors is another policy than /],
    [['lake'], {}, /lake\/seed-0: FrozenLake-v1 is no task whose episodes are sequences of tokens$/],
    [
      ['many'],
      {},
      /many\/seed-0: TokenTask has 1,062,882 answers to all its prompts, of which at most 100,000/,
    ],
    [
      ['near'],
      { reference: 'lake' },
      /lake.*: the policy is a categorical of 16 inputs and 4 outputs, the task needs a categorical of 12 and 3$/,
    ],
    [['near'], { reference: 'nowhere' }, /^no run at nowhere/],
    [['near'], { out: 'x.gif' }, /^--out must end in \.svg/],
  ])('%j with %j is refused in one line', async (names, said, message) => {
    const text = await refused(frontier(names, said));
    expect(text).toMatch(message);
    expect(text.trim()).not.toContain('\n');
  });
});

describe('leash rlhf', () => {
  const config = file('story', { ...base, snapshots: null });
  const out = join(folder, 'story');

  it('makes a run a β, the figures and the page, and goes on from what is there', async () => {
    await story({ CONFIG: config, out, betas: '0.05,1', workers: '1', json: true });
    const told = JSON.parse(printed) as RlhfStory & { page: string };
    expect(told.frontier.runs.map(({ beta }) => beta)).toEqual([1, 0.05]);
    expect(told.overTuned.beta).toBe(0.05);
    expect(told.frontier.runs[0]?.places).toHaveLength(5);
    for (const { probabilities } of told.distributions)
      expect(probabilities.reduce((a, b) => a + b, 0)).toBeLessThan(1 + 1e-9);
    expect(readdirSync(out).sort()).toEqual([
      ...['answers-dark.svg', 'answers.svg', 'frontier-dark.svg', 'frontier.svg', 'index.html'],
      ...['runs', 'training-dark.svg', 'training.svg'],
    ]);
    const page = readFileSync(join(out, 'index.html'), 'utf8');
    expect(page).toContain('leash rlhf');
    expect(page).toContain('var(--series-1)');
    const rows = join(out, 'runs', 'beta-1', 'seed-0', 'metrics.jsonl');
    const before = statSync(rows).mtimeMs;
    printed = '';
    await story({ CONFIG: config, out, betas: '1,0.05,2', workers: '1' });
    expect(statSync(rows).mtimeMs).toBe(before);
    expect(existsSync(join(out, 'runs', 'beta-2'))).toBe(true);
    expect(printed).toContain('over-tuned');
  });

  const without = (key: 'trueReward'): object => ({
    ...base.environment,
    options: { ...options, [key]: null },
  });
  it.each([
    [{ betas: '0' }, /^--betas must be a number in \(0, 1000000\], got 0$/],
    [{ betas: '1,x' }, /^--betas must be a number in \(0, 1000000\], got x$/],
    [{ betas: '1,' }, /^--betas must be a number in \(0, 1000000\], got $/],
    [{ betas: '1,1.0' }, /^--betas names 1 twice, got 1,1\.0$/],
    [{ betas: '1,2,3,4,5,6,7,8,9,10,11,12,13' }, /^--betas must be at most 12 numbers, got 13$/],
    [{ workers: '0' }, /^--workers must be an integer in/],
    [{ set: 'groundTruth=false' }, /story\.json: groundTruth must be true, got false: /],
    [{ set: 'snapshots=null' }, /story\.json: snapshots must not be null: /],
    [{ set: 'reference=null' }, /story\.json: reference must name the base model, got null$/],
    [
      { CONFIG: file('no-truth', { ...base, environment: without('trueReward') }) },
      /no-truth\.json: environment must be a token task whose options\.trueReward says .*, got TokenTask: /,
    ],
    [{ CONFIG: 'quickstart' }, /quickstart\.json: environment must be a token task .*, got FrozenLake-v1: /],
    [
      { CONFIG: 'cart-pole-clip' },
      /cart-pole-clip\.json: environment must be a token task .*, got CartPole-v1: /,
    ],
    [{ CONFIG: 'fit-capitals' }, /fit-capitals/],
    [{ out: join(runs, 'near', 'seed-0') }, /is in the folder of the run/],
    [{ out: join(config, 'below') }, /^--out .*below\/index\.html is below what is no folder$/],
  ])('%j is refused in one line', async (said, message) => {
    const text = await refused(story({ CONFIG: config, out: join(folder, 'refused'), betas: '1', ...said }));
    expect(text).toMatch(message);
    expect(text.trim()).not.toContain('\n');
    expect(existsSync(join(folder, 'refused'))).toBe(false);
  });
});
