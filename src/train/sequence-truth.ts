import type { Config } from '../config/schema.ts';
import {
  createSequenceTruth,
  type KnownSequences,
  type SequenceTruth,
} from '../ground-truth/sequence-truth.ts';
import type { Engine } from '../network/network.ts';
import type { Head } from '../policy/head.ts';
import { type Evaluable, readDistributions } from '../rollout/collect.ts';
import type { SequenceModel } from '../rollout/environment.ts';
import type { VectorEnvironment } from '../rollout/vector-environment.ts';
import type { LoadedPolicy, StoredPolicy } from '../run/policy-file.ts';
import { UserError } from '../user-error.ts';
import type { Agent } from './agent.ts';
import type { ExactFigures } from './exact-figures.ts';

/** The policy that a training holds its own near. */
export interface HeldNear {
  readonly stored: StoredPolicy;
  /** β of the update. */
  beta(): number;
}

/** Most prefixes that one forward holds. */
const BATCH = 256;

/** What is exact where episodes are sequences of tokens: every answer's probability is known. */
export function createSequenceFigures(
  config: Config,
  { features }: VectorEnvironment,
  { head, policy }: Agent,
  engine: Engine,
  model: SequenceModel,
  reference: HeldNear | undefined,
): ExactFigures {
  if (config.environment.normalizeObservations)
    throw new UserError(
      'groundTruth must be false, got true: environment.normalizeObservations changes what a policy sees of a prefix with every rollout',
    );
  const truth = createSequenceTruth(model, features);
  const network = engine.create(policy.network.shape, Math.min(BATCH, truth.count));
  const own: Evaluable = { network, parameters: network.allocate() };
  const near = reference && readOnce(reference.stored, head, engine, truth);
  let last: number | undefined;
  const know = (): KnownSequences => {
    own.parameters.set(policy.parameters);
    return truth.know(logProbsOf(own, head, truth));
  };
  return {
    begin() {
      last ??= truth.expectedReturn(know());
    },
    figures() {
      if (last === undefined) throw new Error('begin was not called');
      const known = know();
      const exactReturn = truth.expectedReturn(known);
      const exactImprovement = exactReturn - last;
      last = exactReturn;
      const exactTrueReturn = truth.expectedTrueReturn(known);
      const exact = {
        ...{ exactReturn, exactImprovement, exactGap: truth.bestReturn - exactReturn },
        ...(exactTrueReturn !== undefined && { exactTrueReturn }),
      };
      if (reference === undefined || near === undefined) return exact;
      const found = truth.distances(known, near, reference.beta());
      return {
        ...exact,
        sequenceKlPolicyReference: found.policyReference,
        sequenceKlReferencePolicy: found.referencePolicy,
        sequenceObjective: found.objective,
        optimumObjective: found.optimum,
        klPolicyOptimum: found.policyOptimum,
        klOptimumPolicy: found.optimumPolicy,
      };
    },
    reset() {
      last = undefined;
    },
    dispose: () => network.dispose(),
  };
}

function logProbsOf(policy: Evaluable, head: Head, truth: SequenceTruth): Float64Array {
  const logProbs = new Float64Array(truth.count * head.width);
  readDistributions(policy, head, truth.observations, truth.count, logProbs);
  return logProbs;
}

/** @throws UserError where it standardises its observations, which moments of another training would have to be */
function readOnce(
  { policy, observationMoments }: StoredPolicy,
  head: Head,
  engine: Engine,
  truth: SequenceTruth,
): KnownSequences {
  if (observationMoments)
    throw new UserError(
      'groundTruth must be false, got true: reference.policy standardises its observations',
    );
  return truth.know(logProbsOfStored(policy, head, engine, truth));
}

/** log π(v|x, prefix) [X·P·V] of a policy that a file has. @throws UserError where its weights are too large */
export function logProbsOfStored(
  { shape, parameters: stored }: LoadedPolicy['policy'],
  head: Head,
  engine: Engine,
  truth: SequenceTruth,
): Float64Array {
  const network = engine.create(shape, Math.min(BATCH, truth.count));
  const parameters = network.allocate();
  parameters.set(stored);
  const logProbs = logProbsOf({ network, parameters }, head, truth);
  network.dispose();
  if (logProbs.some(Number.isNaN))
    throw new UserError('the policy gives NaN for a prefix of an answer: its weights are too large', 1);
  return logProbs;
}
