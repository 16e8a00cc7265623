import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { trainCommand } from '../../src/cli/commands/train.ts';
import { truthCommand } from '../../src/cli/commands/truth.ts';
import { describeFailure } from '../../src/cli/failure.ts';
import type { TrueSteps } from '../../src/cli/policy/true-steps.ts';
import { runCommand, type Said } from './run-command.ts';

const folder = mkdtempSync(join(tmpdir(), 'leash-truth-'));
afterAll(() => rmSync(folder, { recursive: true }));
const runs = join(folder, 'runs');
const base = {
  steps: 256 * 3,
  rollout: { steps: 64 },
  network: { policy: { hidden: [8] }, value: { hidden: [8] } },
  groundTruth: true,
  snapshots: { everyUpdates: 1 },
  optimizer: { learningRate: 0.02 },
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
beforeAll(async () => {
  await train('cliff', { environment: { id: 'CliffWalking-v1' } });
  await train('lake', { environment: { id: 'FrozenLake-v1' }, advantage: { gamma: 1 } });
  await train('masked', {
    environment: { id: 'GridWorld', options: { map: ['SHG', '...'], maskWalls: true } },
  });
  await train('pole', { environment: { id: 'CartPole-v1' }, groundTruth: false });
});
const truth = (RUN: string, said: Partial<Said<typeof truthCommand>> = {}): Promise<number> =>
  runCommand(truthCommand, { RUN, runs, ...said });
const found = async (RUN: string, said: Partial<Said<typeof truthCommand>> = {}): Promise<TrueSteps> => {
  printed = '';
  await truth(RUN, { json: true, ...said });
  return JSON.parse(printed) as TrueSteps;
};
const refusal = async (RUN: string, said: Partial<Said<typeof truthCommand>> = {}): Promise<string> => {
  const { text } = await truth(RUN, said).then(() => ({ text: 'done' }), describeFailure);
  return text.replaceAll(folder, 'FOLDER').replace('leash: ', '');
};
const rowOf = (name: string, update: number): Record<string, number> =>
  JSON.parse(
    readFileSync(join(runs, name, 'seed-0', 'metrics.jsonl'), 'utf8')
      .trim()
      .split('\n')[update - 1] as string,
  );

describe('leash truth', () => {
  it('from a policy to the next: a step of 1 is what the run logged of the update between', async () => {
    const { points, klOfOne } = await found('cliff@1', { towards: 'cliff@2', reach: '2' });
    const row = rowOf('cliff', 2);
    const one = points.find(({ size }) => size === 1);
    for (const name of ['trueImprovement', 'surrogateImprovement', 'boundMeanKl', 'exactPromise'] as const)
      expect((one?.[name] as number) / (row[name] as number)).toBeCloseTo(1, 5);
    expect(klOfOne).toBeCloseTo(row.klOldNewVisited as number, 9);
    expect(points[0]).toMatchObject({ size: 0, trueImprovement: 0, klOldNewVisited: 0 });
    expect(points.at(-1)?.size).toBe(2);
  });

  it('along the gradient: 1 has a mean KL of δ, and short steps keep their promise', async () => {
    const { points, klOfOne, delta, trust } = await found('cliff');
    expect(klOfOne).toBeCloseTo(delta, 6);
    const short = points.find(({ size }) => size > 1e-3);
    expect(short?.surrogateImprovement).toBeGreaterThan(0);
    const kept = (short?.trueImprovement as number) / (short?.surrogateImprovement as number);
    expect(kept).toBeCloseTo(1, 2);
    expect(trust.guaranteed).toBeGreaterThan(0);
    expect(trust.guaranteed).toBeLessThan(trust.best);
    for (const { boundMeanKl, trueImprovement } of points)
      expect(boundMeanKl as number).toBeLessThanOrEqual((trueImprovement as number) + 1e-9);
  });

  it('prints where the surrogate stops being trustworthy, and draws it', async () => {
    const svg = join(folder, 'step.svg');
    await truth('cliff@1', { towards: 'cliff@2', reach: '30', out: svg });
    expect(printed).toMatch(
      /^CliffWalking-v1, .*cliff\/seed-0@1: steps along the way to .*@2; a step of 1 has/,
    );
    expect(printed).toMatch(/\nbound {4}promises an improvement up to a step of /);
    expect(printed).toMatch(/\nhalf {5}of the promise is not kept from a step of /);
    expect(printed).toMatch(/\nbest {5}step /);
    expect(printed).toMatch(/\nworse {4}/);
    const text = readFileSync(svg, 'utf8');
    for (const title of ['improvement', 'kept of the promise', 'where a bound guarantees an improvement'])
      expect(text).toContain(title);
  });

  it('where actions are ruled out, what is exact is of the moves that are left', async () => {
    const { points, klOfOne } = await found('masked@1', { towards: 'masked@2', reach: '2' });
    const row = rowOf('masked', 2);
    const one = points.find(({ size }) => size === 1);
    for (const name of ['trueImprovement', 'exactPromise'] as const)
      expect((one?.[name] as number) / (row[name] as number)).toBeCloseTo(1, 4);
    expect(klOfOne).toBeCloseTo(row.klOldNewVisited as number, 9);
  });

  it('with γ = 1 there is no bound, and a direction has to be named', async () => {
    expect(await refusal('lake')).toBe(
      'advantage.gamma is 1: there is no discounted gradient; name a policy --towards',
    );
    const { points, trust } = await found('lake@1', { towards: 'lake@2' });
    expect(trust.guaranteed).toBeNull();
    expect(points.at(-1)?.exactImprovement).not.toBe(0);
    printed = '';
    await truth('lake@1', { towards: 'lake@2' });
    expect(printed).toContain('γ is 1: there is none; all is undiscounted, within the time limit');
  });

  it('says in one line what does not fit', async () => {
    expect(await refusal('pole')).toMatch(
      /^.*pole\/seed-0: CartPole-v1 cannot be written out; those that can are BernoulliBandit, /,
    );
    expect(await refusal('cliff', { towards: 'lake' })).toMatch(
      /^--towards: .*lake\/seed-0 is not of the shape of .*cliff\/seed-0: there is no line between them$/,
    );
    expect(await refusal('cliff', { reach: '0' })).toMatch(
      /^--reach must be an integer in \[1, 1000\], got 0$/,
    );
    expect(await refusal('nothing')).toMatch(/^no run at nothing/);
    const policy = join(runs, 'cliff', 'seed-0', 'policy.safetensors');
    expect(await refusal(policy, { env: 'FrozenLake-v1' })).toMatch(
      /the policy is a categorical of 48 inputs and 4 outputs, FrozenLake-v1 needs a categorical of 16 and 4$/,
    );
  });
});
