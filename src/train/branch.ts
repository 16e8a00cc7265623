import type { Config } from '../config/schema.ts';
import type { Checkpoint } from '../run/checkpoint-file.ts';
import type { RateRule } from '../trust-region/adapt-rate.ts';
import { rateRuleOf } from './settings.ts';
import type { TrainingSnapshot } from './training-state.ts';

/**
 * The checkpoint of a run as that which another begins from: all of its state, and nothing of what the run had written.
 * @param config of the branch
 */
export function branchedOff(
  checkpoint: Checkpoint<TrainingSnapshot>,
  config: Config,
): Checkpoint<TrainingSnapshot> {
  return {
    ...checkpoint,
    config,
    ...{ sizes: {}, hashes: {} },
    startedAt: new Date().toISOString(),
    updatesOnTwo: 0,
    best: undefined,
    warnings: undefined,
    state: branchedState(checkpoint.state, checkpoint.config, config),
  };
}

/** The state of a training as one of another config goes on from it. @param before the config that it is of */
export function branchedState(snapshot: TrainingSnapshot, before: Config, config: Config): TrainingSnapshot {
  const { learningRate: rate, ...state } = snapshot;
  const learningRate = rateAt(rateRuleOf(config), rateRuleOf(before), rate);
  return {
    ...state,
    beta: betaAt(penaltyOf(config), penaltyOf(before), state.beta),
    referenceBeta: betaAt(config.reference, before.reference, state.referenceBeta),
    ...(learningRate !== undefined && { learningRate }),
  };
}

/** As β: it goes on as it stands, within its bounds, unless it begins anew. */
function rateAt(
  own: RateRule | undefined,
  before: RateRule | undefined,
  rate: number | undefined,
): number | undefined {
  if (own === undefined) return undefined;
  if (before === undefined || rate === undefined || before.from !== own.from) return own.from;
  return Math.min(Math.max(rate, own.min), own.max);
}

/** What of a config sets a β and how it follows a KL. */
type Leash = Pick<NonNullable<Config['reference']>, 'beta' | 'adapt'>;

function penaltyOf({ objective }: Config): Leash | null {
  return 'beta' in objective ? objective : null;
}

/** β goes on as it stands, within its bounds, unless it is set anew or there was none. */
function betaAt(own: Leash | null, before: Leash | null, beta: number): number {
  if (own === null) return 0;
  if (before === null || before.beta !== own.beta) return own.beta;
  if (own.adapt === null) return beta;
  const { min, max } = own.adapt;
  return Math.min(Math.max(beta, min), max);
}
