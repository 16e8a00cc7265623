import { expect, it } from 'vitest';
import { type Knob, knobOf, nextStep, withKnob } from '../../src/experiment/calibrate.ts';
import { resolveConfig } from '../../src/config/load.ts';
import { environmentOptions } from '../../envs/environment-options.ts';
import { UserError } from '../../src/user-error.ts';

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

it('knows the knob of every objective and of TRPO', () => {
  expect(knobOf(configOf({ kind: 'clip', clipRange: 0.3 }), 'a')).toMatchObject({
    path: 'objective.clipRange',
    value: 0.3,
    direction: 1,
  });
  expect(knobOf(configOf({ kind: 'klPenalty', beta: 2 }), 'a')).toMatchObject({
    path: 'objective.beta',
    direction: -1,
  });
  expect(knobOf(configOf({ kind: 'klPenalty', adapt: {} }), 'a').path).toBe('objective.adapt.target');
  expect(knobOf(configOf({ kind: 'softClip' }), 'a').path).toBe('objective.temperature');
  expect(knobOf(configOf({}, { algorithm: 'trpo' }), 'a').path).toBe('trustRegion.delta');
  const projected = configOf({ kind: 'clip' }, { trustRegion: { projection: {} } });
  expect(knobOf(projected, 'a').path).toBe('trustRegion.delta');
  expect(() => knobOf(configOf({ kind: 'surrogate' }), 'bare')).toThrow(UserError);
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
