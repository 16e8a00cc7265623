import { exp } from '../elementary/exponential.ts';
import { createSequenceTruth, type KnownSequences } from '../ground-truth/sequence-truth.ts';
import type { Engine } from '../network/network.ts';
import { heads } from '../policy/heads.ts';
import type { SequenceModel } from '../rollout/environment.ts';
import type { LoadedPolicy } from '../run/policy-file.ts';
import { logProbsOfStored } from './sequence-truth.ts';

/** Where a policy is on the plane of reward against drift, exact, means over the prompts. */
export interface Place {
  /** KL(π‖π_ref) of whole answers, nats. */
  readonly klPolicyReference: number;
  /** E r */
  readonly reward: number;
  /** E of what answers are really worth; null where that is not known. */
  readonly trueReward: number | null;
}

/** Of a policy in training. */
export interface PolicyPlace extends Place {
  /** KL(π‖π*_β), nats; null without a β. */
  readonly klPolicyOptimum: number | null;
}

/** A place on the frontier: no policy that is as near to the reference has a greater E r. */
export interface FrontierPlace extends Place {
  readonly beta: number;
}

/** Where a token-level loss comes to rest. */
export interface TokenLevelPlace extends FrontierPlace {
  /** KL from it to π*_β. */
  readonly klPolicyOptimum: number;
  /** KL(π‖it). */
  from(policy: LoadedPolicy): number;
}

/** An answer, and how likely it is. */
export interface Answer {
  /** Numbers of its tokens. */
  readonly tokens: readonly number[];
  readonly probability: number;
}

/** All answers of a task, seen from a reference policy. */
export interface Answers {
  readonly prompts: number;
  /** Of a policy: numbers that it sees, and tokens that it writes. */
  readonly inputs: number;
  readonly outputs: number;
  /** Answers to each prompt. */
  readonly count: number;
  readonly reference: Place;
  /** @param beta of the optimum that the policy is held against; null: of none */
  place(policy: LoadedPolicy, beta: number | null): PolicyPlace;
  /** π*_β. */
  optimum(beta: number): FrontierPlace;
  /**
   * Where the exact KL of each token's own distribution in the loss, and no more, comes to rest; undefined where a
   * policy does not see enough to get there.
   */
  tokenLevel(beta: number): TokenLevelPlace | undefined;
  /** Optima of falling β, from the reference on until one is further from it than `reach`. */
  frontier(reach: number): FrontierPlace[];
  /** KL(π‖π_ref) of the answers to one prompt. */
  drift(policy: LoadedPolicy, prompt: number): number;
  /** Every answer to a prompt. */
  distribution(policy: LoadedPolicy, prompt: number): Answer[];
}

/** β of two neighbours on the frontier: a twelfth of an octave. */
const RATIO = 2 ** (1 / 12);
/** From twenty times what rewards differ by down to a thousandth of it. */
const BETAS = { first: 20, last: 1e-3 } as const;

/** @param task what a policy sees and writes @throws RangeError for too many answers */
export function createAnswers(
  { inputs, outputs }: Pick<Answers, 'inputs' | 'outputs'>,
  model: SequenceModel,
  reference: LoadedPolicy,
  engine: Engine,
): Answers {
  const truth = createSequenceTruth(model, inputs);
  const head = heads.categorical.create([outputs], engine.createTile);
  const read = ({ policy }: LoadedPolicy): Float64Array => logProbsOfStored(policy, head, engine, truth);
  const know = (policy: LoadedPolicy): KnownSequences => truth.know(read(policy));
  const nearLogProbs = read(reference);
  const near = truth.know(nearLogProbs);
  const placeOf = (known: KnownSequences): Place => ({
    klPolicyReference: truth.meanDrift(known, near),
    reward: truth.expectedReturn(known),
    trueReward: truth.expectedTrueReturn(known) ?? null,
  });
  const optimum = (beta: number): FrontierPlace => ({ beta, ...placeOf(truth.optimum(near, beta)) });
  return {
    ...{ prompts: model.prompts, inputs, outputs },
    count: truth.tree.sequences,
    reference: placeOf(near),
    place(policy, beta) {
      const known = know(policy);
      const klPolicyOptimum = beta === null ? null : truth.distances(known, near, beta).policyOptimum;
      return { ...placeOf(known), klPolicyOptimum };
    },
    optimum,
    tokenLevel(beta) {
      const rest = truth.tokenLevelOptimum(nearLogProbs, beta);
      if (rest === undefined) return undefined;
      return {
        ...{ beta, ...placeOf(rest) },
        klPolicyOptimum: truth.distances(rest, near, beta).policyOptimum,
        from: (policy) => truth.meanDrift(know(policy), rest),
      };
    },
    frontier(reach) {
      const spread = spreadOf(truth.rewards);
      const places: FrontierPlace[] = [];
      if (spread === 0) return places;
      for (let beta = BETAS.first * spread; beta > BETAS.last * spread; beta /= RATIO) {
        places.push(optimum(beta));
        if (places[places.length - 1].klPolicyReference > reach) break;
      }
      return places;
    },
    drift: (policy, prompt) => truth.drift(know(policy), near, prompt),
    distribution: (policy, prompt) =>
      Array.from(know(policy)[prompt], (logProb, y) => ({
        tokens: truth.tree.sequence(y),
        probability: exp(logProb),
      })),
  };
}

function spreadOf(rewards: readonly Float64Array[]): number {
  const least = rewards.map((each) => each.reduce((a, b) => Math.min(a, b)));
  const greatest = rewards.map((each) => each.reduce((a, b) => Math.max(a, b)));
  return greatest.reduce((most, value, prompt) => Math.max(most, value - least[prompt]), 0);
}
