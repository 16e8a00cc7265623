import type { Divergence, KnobName, SettingName, Settings } from './settings.ts';

/** One sample of a batch as an objective sees it, and what it makes of it; the same object for all samples of a batch. */
export interface Sample {
  /** π_new(a|s)/π_old(a|s), and its logarithm. */
  ratio: number;
  logRatio: number;
  /** log π_new(a|s), nats. */
  logProbability: number;
  /** Â, as learned from. */
  advantage: number;
  /** How far π_new(·|s) is from π_old(·|s), in what the objective's `divergence` names; NaN where it names none. */
  stateDivergence: number;
  /** What KL ≤ `ratiosWithin` in the sample's state leaves of ratios: from this to that; both 1 where the objective names none. */
  leastRatio: number;
  greatestRatio: number;
  /** Written: the sample's loss; a batch's is the mean. */
  loss: number;
  /** Written: ∂loss/∂log π_new(a|s). */
  slope: number;
}

/** What a policy can be trained on. `objectives` lists them. */
export interface ObjectiveDefinition<Name extends SettingName = SettingName> {
  /** As in configs: `objective.kind`. */
  readonly kind: string;
  /** Equation and source, one line: what the documentation and the schema say of it. */
  readonly equation: string;
  /** Its keys in the config beside `kind`. With `beta` the exact KL penalty is added to the sampled part. */
  readonly settings: readonly Name[];
  /** What `--match-kl` turns to let an update go further, or less far: the first that is not null. */
  readonly knobs: readonly (Name & KnobName)[];
  /** In what it wants to know how far the policy is from π_old in a sample's state, if it does. */
  divergence?(settings: Pick<Settings, Name>): Divergence;
  /** Nats: it wants to know which ratios a sample can have while KL(π_old‖π) in its state is at most that. */
  ratiosWithin?(settings: Pick<Settings, Name>): number;
  /** The sampled part, for one sample: writes `loss` and `slope`. @param settings resolved for this update */
  evaluate(sample: Sample, settings: Pick<Settings, Name>): void;
}

/** A definition as it is, with the type of its settings. */
export function defineObjective<const Kind extends string, const Name extends SettingName>(
  definition: ObjectiveDefinition<Name> & { readonly kind: Kind },
): ObjectiveDefinition<Name> & { readonly kind: Kind } {
  return definition;
}
