import type { Engine } from '../network/network.ts';
import type { Head } from '../policy/head.ts';
import { randomStream } from '../random/random.ts';
import { type Environment, widthOf } from '../rollout/environment.ts';
import { ObservationNormalizer } from '../rollout/normalize.ts';
import { createPlayed } from '../rollout/played-actions.ts';
import type { LoadedPolicy } from '../run/policy-file.ts';
import { headOfPolicy } from './evaluate.ts';

/** What playing one episode needs. */
export interface PlayOptions {
  readonly environment: Environment;
  readonly stored: LoadedPolicy;
  /** Another policy of the same run, which is asked in each state what it would choose from. */
  readonly before?: LoadedPolicy | undefined;
  readonly engine: Engine;
  readonly mode: 'greedy' | 'sampled';
  readonly seed: number;
  readonly timeLimit: number | undefined;
}

/** A step of an episode, the 0th its start. */
export interface PlayedStep {
  readonly step: number;
  /** What was done, where its action has a name. */
  readonly name: string | undefined;
  /** As the environment got it; overwritten by the next step. Undefined at the start. */
  readonly action: Float32Array | undefined;
  /** What the policy chose from, [width of its head]; overwritten likewise. */
  readonly distribution: Float64Array | undefined;
  /** The same of `PlayOptions.before`. */
  readonly before: Float64Array | undefined;
  /** The return until then. */
  readonly earned: number;
}

/** One episode, step by step: the environment is in the state after it. */
export function* playSteps(options: PlayOptions): Generator<PlayedStep> {
  const { environment, stored, before: earlier, engine, mode, seed, timeLimit } = options;
  const { observationSpace, actionSpace } = environment;
  const random = randomStream(seed, 'play/environment');
  const actionRandom = randomStream(seed, 'play/action');
  const chooser = chooserOf(stored, engine, observationSpace);
  const other = earlier && chooserOf(earlier, engine, observationSpace);
  const { head } = chooser;
  const observation = new Float32Array(widthOf(observationSpace));
  const action = new Float32Array(head.actionWidth);
  const played = createPlayed(head, actionSpace, 1);
  const mask = new Uint8Array(head.maskWidth);
  const masks = environment.actionMask && mask;
  const transition = { reward: 0, terminated: false };
  try {
    let earned = 0;
    environment.reset(random, observation);
    const start = { name: undefined, action: undefined, distribution: undefined, before: undefined };
    yield { step: 0, ...start, earned };
    for (let step = 1; step <= (timeLimit ?? Number.POSITIVE_INFINITY) && !transition.terminated; step++) {
      environment.actionMask?.(mask.fill(1));
      const distribution = chooser.choose(observation, masks);
      const before = other?.choose(observation, masks);
      if (mode === 'greedy') head.mode(distribution, 0, action);
      else head.sample(distribution, 0, actionRandom, action);
      const taken = played(action);
      environment.step(taken, random, observation, transition);
      earned += environment.rawReward ?? transition.reward;
      const name = actionSpace.kind === 'discrete' ? actionSpace.names?.[action[0] as number] : undefined;
      yield { step, name, action: taken, distribution, before, earned };
    }
  } finally {
    chooser.dispose();
    other?.dispose();
  }
}

/** A policy that is asked in one state after the other. */
interface Chooser {
  readonly head: Head;
  /** @returns what it chooses from, [width of its head]; overwritten by the next */
  choose(observation: Float32Array, masks: Uint8Array | undefined): Float64Array;
  dispose(): void;
}

function chooserOf(stored: LoadedPolicy, engine: Engine, { kind }: Environment['observationSpace']): Chooser {
  const { shape, parameters } = stored.policy;
  const head = headOfPolicy(stored);
  const network = engine.create(shape, 1);
  const normalizer =
    stored.observationMoments && new ObservationNormalizer(shape.inputs, stored.observationMoments);
  const features = new Float32Array(shape.inputs);
  const distribution = new Float64Array(head.width);
  return {
    head,
    choose(observation, masks) {
      features.fill(0);
      if (kind === 'discrete') features[observation[0] as number] = 1;
      else features.set(observation);
      normalizer?.apply(features, 1, features);
      head.read(network.infer(parameters, features, 1), 1, distribution, masks);
      return distribution;
    },
    dispose: () => network.dispose(),
  };
}
