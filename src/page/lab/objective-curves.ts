import type { Sample } from '../../objective/definition.ts';
import {
  betaOf,
  divergenceOf,
  type Objective,
  type ObjectiveKind,
  objectiveOf,
  objectives,
  ratiosWithinOf,
} from '../../objective/objective.ts';
import { objectiveSettings, type SettingName, type Settings } from '../../objective/settings.ts';
import type { Figure, Line } from '../../plot/figure.ts';
import { categoricalHead } from '../../policy/categorical.ts';
import type { KnobRange } from './knob-range.ts';

/*
 * Objectives over the ratio, in a state with two actions of which one, with probability π_old(a), was sampled: there the ratio
 * says all of the new policy, so that the exact KL, and what the objectives make of it, is a function of the ratio, too.
 */

/** The settings of objectives that are drawn, and how each is turned; `adapt` changes β between updates alone. */
export const drawnSettings: Readonly<Record<Exclude<SettingName, 'adapt'>, KnobRange | readonly string[]>> = {
  clipRange: { least: 0.01, most: 1 },
  beta: { least: 0.01, most: 100, isLogarithmic: true },
  dualClip: { least: 1.05, most: 10 },
  clipRangeLow: { least: 0.01, most: 1 },
  clipRangeHigh: { least: 0.01, most: 2 },
  rollbackSlope: { least: 0.01, most: 3 },
  divergence: ['kl', 'tv'] satisfies readonly Settings['divergence'][],
  divergenceBound: { least: 0.001, most: 1, isLogarithmic: true },
  klRange: { least: 0.001, most: 1, isLogarithmic: true },
  gate: ['linearRamp', 'sigmoid', 'softMinimum'] satisfies readonly Settings['gate'][],
  softness: { least: 0.005, most: 1, isLogarithmic: true },
  temperaturePositive: { least: 0.1, most: 20, isLogarithmic: true },
  temperatureNegative: { least: 0.1, most: 20, isLogarithmic: true },
  temperature: { least: 0.1, most: 20, isLogarithmic: true },
};
export type DrawnSetting = keyof typeof drawnSettings;

/** Of π_old(a). */
export const PROBABILITY: KnobRange = { least: 0.01, most: 0.99 };

export const objectiveKinds: readonly ObjectiveKind[] = objectives.map(({ kind }) => kind);

/** Those of an objective's settings that are drawn. */
export function settingsOfKind(kind: ObjectiveKind): DrawnSetting[] {
  return objectiveOf(kind).settings.filter((name): name is DrawnSetting => name in drawnSettings);
}

/** An objective with every setting as its default, but for those given. */
export function objectiveWith(
  kind: ObjectiveKind,
  given: Partial<Record<DrawnSetting, string | number>> = {},
): Objective {
  const values = settingsOfKind(kind).map((name) => [name, given[name] ?? objectiveSettings[name].default]);
  return { kind, ...Object.fromEntries(values) } as Objective;
}

/** One place of an objective's curve. */
export interface Place {
  readonly ratio: number;
  /** What is to be made large: the loss with its sign turned. */
  readonly value: number;
  /** What log π(a) is pulled by, as the gradient step has it: minus the loss's slope in it, with that of an exact KL penalty. */
  readonly pull: number;
}

const POINTS = 300;
const MOST_RATIO = 3;

/** An objective over all ratios that a probability allows, up to 3. @param advantage Â */
export function objectiveCurve(objective: Objective, probability: number, advantage: number): Place[] {
  const most = Math.min(MOST_RATIO, (1 - 1e-6) / probability);
  return Array.from({ length: POINTS }, (_, i) =>
    objectiveAt(objective, probability, advantage, ((i + 1) / POINTS) * most),
  );
}

export function objectiveAt(
  objective: Objective,
  probability: number,
  advantage: number,
  ratio: number,
): Place {
  const { evaluate } = objectiveOf(objective.kind);
  const q = probability * ratio;
  const kl = divergenceTo(probability, q, 'kl');
  const divergence = divergenceOf(objective);
  const [leastRatio, greatestRatio] = ratiosWithin(objective, probability);
  const sample: Sample = {
    ...{
      ratio,
      logRatio: Math.log(ratio),
      logProbability: Math.log(q),
      advantage,
      leastRatio,
      greatestRatio,
    },
    stateDivergence: divergence === undefined ? Number.NaN : divergenceTo(probability, q, divergence),
    ...{ loss: 0, slope: 0 },
  };
  evaluate(sample, objective as unknown as Settings);
  const beta = betaOf(objective) ?? 0;
  // ∂KL/∂log π(a) = −p + (1 − p)·q/(1 − q): what a gains the other action loses.
  const slopeOfKl = (q - probability) / (1 - q);
  return { ratio, value: -sample.loss - beta * kl, pull: -sample.slope - beta * slopeOfKl };
}

const head = categoricalHead(2);
const distributionOf = (p: number): Float64Array => Float64Array.of(Math.log(p), Math.log1p(-p));

function divergenceTo(p: number, q: number, divergence: Settings['divergence']): number {
  const out = new Float64Array(1);
  if (divergence === 'kl') head.kl(distributionOf(p), distributionOf(q), 1, out);
  else head.totalVariation?.(distributionOf(p), distributionOf(q), 1, out);
  return out[0];
}

function ratiosWithin(objective: Objective, p: number): readonly [least: number, greatest: number] {
  const within = ratiosWithinOf(objective);
  if (within === undefined) return [1, 1];
  const [least, greatest] = [new Float64Array(1), new Float64Array(1)];
  head.ratioRange(distributionOf(p), Float32Array.of(0), 1, within, least, greatest);
  return [least[0], greatest[0]];
}

/** Value and pull of some objectives where Â is 1 and where it is −1. @param hues which colour each has */
export function objectiveFigure(
  shown: readonly { readonly objective: Objective; readonly hue: number }[],
  probability: number,
): Figure {
  const panels = ([1, -1] as const).flatMap((advantage) => {
    const curves = shown.map(({ objective }) => objectiveCurve(objective, probability, advantage));
    const panel = (title: string, of: (place: Place) => number) => ({
      ...{ title, unit: '', columns: [], bounds: [], violations: [], reasons: [] },
      lines: curves.map((places, group) => lineOf(group, places, of)),
    });
    const sign = advantage > 0 ? 'Â = 1' : 'Â = −1';
    return [
      panel(`objective, ${sign}`, ({ value }) => value),
      panel(`pull on log π(a), ${sign}`, ({ pull }) => pull),
    ];
  });
  return {
    ...{ title: 'objectives over the ratio', subtitle: '', xLabel: 'ratio π(a)/π_old(a)', logY: false },
    groups: shown.map(({ objective: { kind }, hue }) => ({ label: kind, remark: '', hue })),
    ...{ panels, notes: [] },
  };
}

/** What is far outside, near the edge of what is possible, would flatten all else. */
const HIGHEST = 8;

function lineOf(group: number, places: readonly Place[], of: (place: Place) => number): Line {
  const y = places.map((place) => (Math.abs(of(place)) <= HIGHEST ? of(place) : null));
  return {
    ...{ group, column: 0, role: 'middle', x: places.map(({ ratio }) => ratio), y, low: [], high: [] },
    ...{ gaps: [], completeUntil: places.length, isGrowing: false },
  };
}
