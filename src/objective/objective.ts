import { isSchedule, type Schedule } from '../optimizer/schedule.ts';
import { cispo } from './cispo.ts';
import { type Band, clip } from './clip.ts';
import { clipHigher } from './clip-higher.ts';
import type { ObjectiveDefinition, Sample } from './definition.ts';
import { divergenceMask } from './divergence-mask.ts';
import { dualClip } from './dual-clip.ts';
import { penalisedClip, penalisedSurrogate } from './kl-penalty.ts';
import { rollbackClip } from './rollback-clip.ts';
import { samplePenalty } from './sample-penalty.ts';
import { sapo } from './sapo.ts';
import {
  type ConfiguredSettings,
  type Divergence,
  type SettingKnob,
  objectiveSettings,
  type SettingName,
  type Settings,
} from './settings.ts';
import { softClip } from './soft-clip.ts';
import { softGate } from './soft-gate.ts';
import { spo } from './spo.ts';
import { surrogate } from './surrogate.ts';
import { bandWithin, trustRegionClip } from './trust-region-clip.ts';

/** Every objective that a config can name. */
export const objectives = [
  clip,
  penalisedSurrogate,
  surrogate,
  penalisedClip,
  dualClip,
  softClip,
  samplePenalty,
  clipHigher,
  spo,
  cispo,
  rollbackClip,
  divergenceMask,
  sapo,
  softGate,
  trustRegionClip,
] as const;

type Definitions = (typeof objectives)[number];
export type ObjectiveKind = Definitions['kind'];
type With<Values> = {
  [D in Definitions as D['kind']]: { readonly kind: D['kind'] } & Pick<
    Values,
    D['settings'][number] & keyof Values
  >;
}[ObjectiveKind];

/** `objective` of a config, every setting of its kind there. */
export type ConfiguredObjective = With<ConfiguredSettings>;

/** What a policy is trained on in one update: schedules resolved, β as it stands. */
export type Objective = With<Omit<Settings, 'adapt'>>;

/** @throws Error for a kind that is none */
export function objectiveOf(kind: string): ObjectiveDefinition {
  const found = (objectives as readonly ObjectiveDefinition[]).find((definition) => definition.kind === kind);
  if (found === undefined) throw new Error(`no objective ${kind}`);
  return found;
}

/** What `--match-kl` turns: of an adaptive penalty the target, else the setting itself; undefined where there is none. */
export function knobOfObjective(configured: ConfiguredObjective): SettingKnob | undefined {
  const values = configured as unknown as Record<SettingName, unknown>;
  const name = objectiveOf(configured.kind).knobs.find((each) => values[each] !== null);
  return name && objectiveSettings[name].knob;
}

/** The objective of an update. @param at resolves a schedule @param beta as it stands, where there is one */
export function objectiveAt(
  configured: ConfiguredObjective,
  at: (schedule: Schedule) => number,
  beta: number,
): Objective {
  const values: Record<string, unknown> = { ...configured };
  for (const [name, value] of Object.entries(values)) if (isSchedule(value)) values[name] = at(value);
  if ('beta' in values) values.beta = beta;
  return values as unknown as Objective;
}

/** The one that every batch goes through. */
const sample: Sample = {
  ...{ ratio: 0, logRatio: 0, logProbability: 0, advantage: 0, stateDivergence: Number.NaN },
  ...{ leastRatio: 1, greatestRatio: 1 },
  ...{ loss: 0, slope: 0 },
};

/** Samples of a batch, a number of each. */
export interface SampledBatch {
  /** π_new(a_i|s_i)/π_old(a_i|s_i), and their logarithms. */
  readonly ratios: Float64Array;
  readonly logRatios: Float64Array;
  /** log π_new(a_i|s_i), nats. */
  readonly logProbs: Float64Array;
  readonly advantages: Float64Array;
  /** Read where `divergenceOf` the objective names one: that of π_old(·|s_i) and π_new(·|s_i). */
  readonly divergences: Float64Array;
  /** Read where the objective has `ratiosWithin`. */
  readonly ranges?: RatioRanges;
}

/** Of each sample of a batch the ratios that a KL in its state allows. */
export interface RatioRanges {
  readonly least: Float64Array;
  readonly greatest: Float64Array;
}

/**
 * The part of an objective that is a function of the sampled actions' probabilities: all but the exact KL
 * penalty.
 * @param weights written: ∂loss/∂log π_new(a_i|s_i), [count]
 * @returns the loss
 */
export function sampledLoss(
  objective: Objective,
  { ratios, logRatios, logProbs, advantages, divergences, ranges }: SampledBatch,
  count: number,
  weights: Float64Array,
): number {
  const { evaluate } = objectiveOf(objective.kind);
  const asks = divergenceOf(objective) !== undefined;
  const within = ratiosWithinOf(objective) === undefined ? undefined : ranges;
  let sum = 0;
  for (let i = 0; i < count; i++) {
    sample.ratio = ratios[i];
    sample.logRatio = logRatios[i];
    sample.logProbability = logProbs[i];
    sample.advantage = advantages[i];
    sample.stateDivergence = asks ? divergences[i] : Number.NaN;
    sample.leastRatio = within ? within.least[i] : 1;
    sample.greatestRatio = within ? within.greatest[i] : 1;
    evaluate(sample, objective as unknown as Settings);
    sum += sample.loss;
    weights[i] = sample.slope / count;
  }
  return sum / count;
}

/** β of the exact KL penalty; undefined where the objective has none. */
export function betaOf(objective: Objective): number | undefined {
  return 'beta' in objective ? objective.beta : undefined;
}

/** ε of the objective; undefined where it has none, or two. */
export function clipRangeOf(objective: Objective): number | undefined {
  return 'clipRange' in objective ? objective.clipRange : undefined;
}

/** The ratios that the objective takes for near; undefined where it has no band. */
export function bandOf(objective: Objective): Band | undefined {
  if ('clipRangeLow' in objective) return { low: objective.clipRangeLow, high: objective.clipRangeHigh };
  return 'clipRange' in objective ? { low: objective.clipRange, high: objective.clipRange } : undefined;
}

/** The same of each sample of a batch: of one kind each has its own. @param ranges see `SampledBatch` */
export function bandsOf(objective: Objective, ranges?: RatioRanges): ((i: number) => Band) | undefined {
  if (objective.kind === 'trustRegionClip' && ranges !== undefined)
    return (i) => bandWithin(ranges.least[i], ranges.greatest[i], objective.clipRange);
  const band = bandOf(objective);
  return band && (() => band);
}

/** Nats: within which KL in its state the objective wants to know the ratios that a sample can have, if it does. */
export function ratiosWithinOf(objective: Objective): number | undefined {
  return objectiveOf(objective.kind).ratiosWithin?.(objective as unknown as Settings);
}

/** In what the objective wants to know how far each state's distribution is from π_old's, if it does. */
export function divergenceOf(objective: Objective): Divergence | undefined {
  return objectiveOf(objective.kind).divergence?.(objective as unknown as Settings);
}
