import { expect, it } from 'vitest';
import { calibratedOf, lastOf, nextOf, nextStep, searchFor } from '../../src/experiment/calibrate.ts';
import { type Knob, knobsOf, withKnob } from '../../src/experiment/knob.ts';
import { resolveConfig } from '../../src/config/load.ts';
import { environmentOptions } from '../../envs/environment-options.ts';

function configOf(objective: object, over: object = {}) {
  const written = { environment: { id: 'CartPole-v1' }, objective, ...over };
  const { loaded } = resolveConfig(written, 'test', [], environmentOptions);
  if (loaded === undefined) throw new Error('the config of this test is wrong');
  return loaded.config;
}

/** Searches where the KL is a known function of the knob. */
function search(knob: Knob, kl: (value: number) => number, target: number) {
  const tries: { value: number; klMean: number }[] = [];
  for (;;) {
    const step = nextStep(knob, tries, target);
    if ('reason' in step) return { tries, reason: step.reason };
    tries.push({ value: step.value, klMean: kl(step.value) });
  }
}

const epsilon: Knob = {
  path: 'objective.clipRange',
  value: 0.2,
  direction: 1,
  least: 1e-4,
  most: 10,
};

it.each([0.0005, 0.01, 0.3])('finds a KL of %d that grows with the square of ε', (target) => {
  const { tries, reason } = search(epsilon, (value) => 0.5 * value ** 2, target);
  expect(reason).toBe('near enough');
  expect(Math.abs((tries.at(-1)?.klMean ?? 0) / target - 1)).toBeLessThan(0.04);
});

it('finds a KL that falls with β', () => {
  const beta: Knob = { path: 'objective.beta', value: 1, direction: -1, least: 1e-6, most: 1e6 };
  const { tries, reason } = search(beta, (value) => 0.02 / (0.3 + value), 0.001);
  expect(reason).toBe('near enough');
  expect(tries.at(-1)?.value).toBeGreaterThan(10);
});

it('says that a KL no longer answers where it saturates below the target', () => {
  const { tries, reason } = search(epsilon, (value) => Math.min(0.005, value ** 2), 0.05);
  expect(reason).toMatch(/nearest of \d+ tries is KL 0.00500 .* no longer answers to objective.clipRange/);
  expect(tries.length).toBeLessThan(8);
});

it('gives up on a jump after twelve tries or when no value is between', () => {
  const { tries, reason } = search(epsilon, (value) => (value < 0.1 ? 0.001 : 0.1), 0.01);
  expect(tries.length).toBeLessThanOrEqual(12);
  expect(reason).toMatch(/^the nearest of/);
});

const pathsOf = (objective: object, over?: object): string[] =>
  knobsOf(configOf(objective, over)).map(({ path }) => path);

it('knows the knobs of every objective and of TRPO, the learning rate last', () => {
  const [epsilon] = knobsOf(configOf({ kind: 'clip', clipRange: 0.3 }));
  expect(epsilon).toMatchObject({ path: 'objective.clipRange', value: 0.3, direction: 1 });
  expect(knobsOf(configOf({ kind: 'klPenalty', beta: 2 }))[0]).toMatchObject({
    path: 'objective.beta',
    direction: -1,
  });
  expect(pathsOf({ kind: 'klPenalty', adapt: {} })).toEqual([
    'objective.adapt.target',
    'optimizer.learningRate',
  ]);
  expect(pathsOf({ kind: 'softClip' })).toEqual(['objective.temperature', 'optimizer.learningRate']);
  expect(pathsOf({ kind: 'surrogate' })).toEqual(['optimizer.learningRate']);
  expect(pathsOf({}, { algorithm: 'trpo' })).toEqual(['trustRegion.delta']);
  expect(pathsOf({ kind: 'clip' }, { trustRegion: { projection: {} } })).toEqual(['trustRegion.delta']);
  const follows = { optimizer: { learningRate: { schedule: 'klAdaptive', target: 0.008 } } };
  expect(pathsOf({ kind: 'clip' }, follows)).toEqual(['optimizer.learningRate.target']);
  expect(knobsOf(configOf({ kind: 'clip' }, follows))[0].value).toBe(0.008);
});

/** Searches where the KL is a known function of the config. */
function calibrated(objective: object, kl: (config: ReturnType<typeof configOf>) => number, target: number) {
  const config = configOf(objective);
  const search = searchFor({ label: 'a', config, path: '' } as Parameters<typeof searchFor>[0], target);
  for (let value = nextOf(search); value !== undefined; value = nextOf(search)) {
    const { knob, tries } = lastOf(search);
    tries.push({ value, klMean: kl(withKnob(config, knob.path, value)), seeds: 5 });
  }
  return calibratedOf(search);
}

it('turns the learning rate where no value of the own setting is at the target, and says why', () => {
  // Whatever ε, the KL goes with the square of the learning rate: 0.09 at 3e-4.
  const kl = ({ optimizer }: ReturnType<typeof configOf>): number =>
    1e6 * (optimizer.learningRate as number) ** 2;
  const found = calibrated({ kind: 'cispo' }, kl, 0.01);
  expect(found).toMatchObject({ path: 'optimizer.learningRate', reached: true, reason: null });
  expect(found.value).toBeCloseTo(1e-4, 5);
  expect(found.instead?.path).toBe('objective.clipRangeHigh');
  expect(found.instead?.reason).toContain('KL 0.0900');
  // The first try of the rate is the config as it stands, which was made already.
  expect(found.tries[0]).toEqual({ value: 3e-4, klMean: expect.closeTo(0.09, 10), seeds: 5 });
});

it('a value that two seeds show near, or not far where none is nearer, is wanted on all five; no other', () => {
  const search = searchFor(
    { label: 'a', config: configOf({ kind: 'clip', clipRange: 0.2 }) } as Parameters<typeof searchFor>[0],
    0.01,
  );
  const { tries } = lastOf(search);
  const came = (value: number, klMean: number, seeds: number): unknown =>
    (tries[
      Math.max(
        0,
        tries.findIndex((each) => each.value === value),
      )
    ] = { value, klMean, seeds });
  expect(nextOf(search)).toBe(0.2);
  for (const near of [0.0114, 0.0088]) {
    came(0.2, near, 2);
    expect(nextOf(search)).toBe(0.2);
  }
  // On all seeds it is farther than it seemed, and the search goes on.
  came(0.2, 0.013, 5);
  expect(nextOf(search)).not.toBe(0.2);
  // Whatever ε the KL is 1.2 of the target: before it is given up the nearest is looked at again.
  tries.splice(0);
  for (const value of [0.2, 0.13, 0.08]) tries.push({ value, klMean: 0.012 + value / 1e5, seeds: 2 });
  expect(nextOf(search)).toBe(0.08);
  tries[2] = { value: 0.08, klMean: 0.0104, seeds: 5 };
  expect(nextOf(search)).toBeUndefined();
  expect(calibratedOf(search)).toMatchObject({ value: 0.08, reached: true });
});

it('leaves the learning rate alone where the own setting does, and names the nearest where neither does', () => {
  const own = calibrated(
    { kind: 'clip' },
    ({ objective }) => 0.5 * (objective as { clipRange: number }).clipRange ** 2,
    0.01,
  );
  expect(own).toMatchObject({ path: 'objective.clipRange', reached: true, instead: null });
  const never = calibrated({ kind: 'clip' }, () => 0.5, 0.01);
  expect(never).toMatchObject({ path: 'objective.clipRange', reached: false, instead: null });
  expect(never.reason).toContain('the nearest of');
});

it('a policy that moves by another learning rate has a value network that keeps its own', () => {
  const schedule = { schedule: 'linear', from: 0.001, to: 0.0002 };
  const config = configOf({ kind: 'surrogate' }, { optimizer: { learningRate: schedule } });
  const { optimizer } = withKnob(config, 'optimizer.learningRate', 1e-4);
  expect(optimizer.learningRate).toEqual({ schedule: 'linear', from: 1e-4, to: 2e-5 });
  expect(optimizer.valueLearningRate).toEqual(schedule);
  const apart = configOf({ kind: 'surrogate' }, { optimizer: { valueLearningRate: 0.01 } });
  expect(withKnob(apart, 'optimizer.learningRate', 1e-4).optimizer.valueLearningRate).toBe(0.01);
  const tokens = {
    vocabulary: ['a', 'b'],
    length: 2,
    context: 2,
    reward: { table: { answers: [{ answer: 'a b', reward: 1 }] } },
  };
  const group = {
    environment: { id: 'TokenTask', copies: 8, options: tokens },
    rollout: { steps: 16 },
    advantage: { estimator: 'grpo', gamma: 1 },
  };
  const critical = configOf({ kind: 'surrogate' }, group);
  expect(withKnob(critical, 'optimizer.learningRate', 1e-4).optimizer.valueLearningRate).toBeNull();
});

it('turns the knob of a copy, and scales a schedule as a whole', () => {
  const config = configOf({ kind: 'clip', clipRange: { schedule: 'linear', from: 0.2, to: 0.1 } });
  const turned = withKnob(config, 'objective.clipRange', 0.4);
  expect(turned.objective).toEqual({
    kind: 'clip',
    clipRange: { schedule: 'linear', from: 0.4, to: 0.2 },
  });
  expect(config.objective).toMatchObject({ clipRange: { from: 0.2 } });
});
