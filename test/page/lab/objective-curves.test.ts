import { describe, expect, it } from 'vitest';
import { bernoulliKl } from '../../../src/divergence/bernoulli.ts';
import { objectives } from '../../../src/objective/objective.ts';
import { objectiveSettings } from '../../../src/objective/settings.ts';
import { isWithin } from '../../../src/page/lab/knob-range.ts';
import {
  drawnSettings,
  objectiveAt,
  objectiveCurve,
  objectiveFigure,
  objectiveKinds,
  objectiveWith,
  settingsOfKind,
} from '../../../src/page/lab/objective-curves.ts';

const P = 0.3;
/** Of these the loss is no function whose slope the pull is: through a part of it no gradient flows. */
const WITHOUT_OWN_SLOPE = ['cispo', 'samplePenalty', 'softGate'];

describe.each(objectiveKinds)('%s over the ratio', (kind) => {
  it.each([1, -1])('is a number everywhere, its pull where Â is %d the slope of its value', (advantage) => {
    const objective = objectiveWith(kind);
    for (const { value, pull } of objectiveCurve(objective, P, advantage)) {
      expect(Number.isFinite(value)).toBe(true);
      expect(Number.isFinite(pull)).toBe(true);
    }
    if (WITHOUT_OWN_SLOPE.includes(kind)) return;
    const at = (ratio: number) => objectiveAt(objective, P, advantage, ratio);
    for (const ratio of [0.313, 0.65, 0.93, 1.07, 1.43, 2.3, 3.1]) {
      const h = 1e-6 * ratio;
      const slope = (ratio * (at(ratio + h).value - at(ratio - h).value)) / (2 * h);
      expect(at(ratio).pull).toBeCloseTo(slope, 5);
    }
  });

  it('has all of its settings but adapt, each default within its slider', () => {
    const all = objectives.find((each) => each.kind === kind)?.settings ?? [];
    expect(settingsOfKind(kind)).toEqual(all.filter((name) => (name as string) !== 'adapt'));
    for (const name of settingsOfKind(kind)) {
      const range = drawnSettings[name];
      const { default: value } = objectiveSettings[name];
      if ('least' in range) expect(isWithin(range, value as number)).toBe(true);
      else expect(range).toContain(value);
    }
  });
});

describe('the regions of clip', () => {
  const at = (advantage: number, ratio: number) => {
    const { value, pull } = objectiveAt(objectiveWith('clip', { clipRange: 0.2 }), P, advantage, ratio);
    return [value, pull].map((each) => Number(each.toFixed(12)) + 0);
  };
  it('Â > 0: nothing is gained beyond 1 + ε, below 1 − ε all is as without', () => {
    expect(at(1, 1)).toEqual([1, 1]);
    expect(at(1, 1.5)).toEqual([1.2, 0]);
    expect(at(1, 0.5)).toEqual([0.5, 0.5]);
  });
  it('Â < 0: nothing is gained below 1 − ε, above 1 + ε all is as without', () => {
    expect(at(-1, 0.5)).toEqual([-0.8, 0]);
    expect(at(-1, 1.5)).toEqual([-1.5, -1.5]);
  });
});

it('the exact penalty is that of a state with two actions', () => {
  const { value } = objectiveAt(objectiveWith('klPenalty', { beta: 2 }), P, 1, 1.5);
  expect(value).toBeCloseTo(1.5 - 2 * bernoulliKl(0.3, 0.45), 12);
});

it('a bound on the state’s divergence acts where the state is beyond it', () => {
  const masked = objectiveWith('divergenceMask', { divergence: 'tv', divergenceBound: 0.1 });
  expect(objectiveAt(masked, P, 1, 1.3).pull).toBe(1.3);
  expect(objectiveAt(masked, P, 1, 1.4).pull + 0).toBe(0);
  expect(objectiveAt(masked, P, -1, 1.4).pull).toBe(-1.4);
});

it('the band of trustRegionClip is the wider the less likely the action is', () => {
  const objective = objectiveWith('trustRegionClip', { klRange: 0.03, clipRange: 0.1 });
  const clippedFrom = (p: number): number =>
    objectiveCurve(objective, p, 1).find(({ pull }) => pull === 0)?.ratio ?? Number.NaN;
  expect(clippedFrom(0.05)).toBeGreaterThan(1.5 * clippedFrom(0.5) - 0.5);
  expect(clippedFrom(0.5)).toBeLessThan(1.35);
});

it('a figure has four panels, a line each, and nothing far outside', () => {
  const shown = objectiveKinds.map((kind, hue) => ({ objective: objectiveWith(kind, { beta: 100 }), hue }));
  const { panels } = objectiveFigure(shown, 0.9);
  expect(panels.map(({ title }) => title)).toEqual([
    'objective, Â = 1',
    'pull on log π(a), Â = 1',
    'objective, Â = −1',
    'pull on log π(a), Â = −1',
  ]);
  for (const { lines } of panels) {
    expect(lines).toHaveLength(objectives.length);
    for (const { y } of lines) expect(y.every((each) => each === null || Math.abs(each) <= 8)).toBe(true);
  }
});
