import type { Config } from '../config/schema.ts';
import { stepsPerUpdate } from '../config/updates.ts';
import { activationBytes, estimateOf, type MemoryEstimate, parameterBytes } from '../network/memory.ts';
import type { Threads } from '../parallel/executor.ts';
import { randomStream } from '../random/random.ts';
import type { ActionSpace, EnvironmentDefinition, Space } from '../rollout/environment.ts';
import { featuresOf } from '../rollout/vector-environment.ts';
import { headFor, outputsFor, perceptronShape } from './agent.ts';
import { cloneCapacity } from './clone.ts';
import { COPIES } from './evaluate.ts';
import { forwardCapacity } from './settings.ts';

/** What one copy of an environment says that was made to ask. */
export interface Spaces {
  readonly observationSpace: Space;
  readonly actionSpace: ActionSpace;
  /** Absent where nothing is ever ruled out. */
  readonly actionMask?: (mask: Uint8Array) => void;
  /** Absent where there can be no checkpoints. */
  readonly snapshot?: unknown;
  readonly restore?: unknown;
}

/** Outputs of a value network. */
const ONE = { outputs: 1, logStd: 0 };

/** Streams, views and objects of a copy of an environment. */
const COPY = 1500;

/** One copy of the environment, for its spaces. */
export function spacesOf(definition: EnvironmentDefinition, { environment, seed }: Config): Spaces {
  return definition.create(
    definition.options.parse(environment.options),
    randomStream(seed, 'environment/task'),
  );
}

/**
 * The memory of a run, from its sizes alone: the arrays of `createRollout`, `createRegion`, `createPpo` and `createTrpo`,
 * the networks with their optimiser, and the second thread's copies. Checked against what runs take in
 * test/cli/memory.test.ts.
 * @param threads of this run: `auto` counts as 2
 */
export function estimateMemory(
  config: Config,
  definition: EnvironmentDefinition,
  { observationSpace, actionSpace, actionMask }: Spaces,
  threads: Threads,
): MemoryEstimate {
  const { copies, options } = config.environment;
  const D = featuresOf(observationSpace);
  const head = headFor(actionSpace, config.network.squash);
  const { width: K, actionWidth: A } = head;
  const M = actionMask ? head.maskWidth : 0;
  const count = stepsPerUpdate(config);
  const isPpo = config.algorithm === 'ppo';
  const two = threads !== 1;
  const limit = definition.timeLimit(definition.options.parse(options)) ?? Number.POSITIVE_INFINITY;
  // Rows of cut episodes are touched as they come, at most one a time limit in every copy.
  const cuts = Math.min(count, copies * Math.ceil(config.rollout.steps / limit));
  // Observations, actions, distributions (three: old, and two that are measured), and nine columns of numbers.
  const perSample = 4 * D + 4 * A + M + 3 * 8 * K + 94;
  const seen =
    (config.trustRegion.over === 'perState' ? 8 : 0) + (isPpo && 'klRange' in config.objective ? 16 : 0);
  // Policy and projection on the rollout, three columns, and the projector's normals.
  const { projection } = config.trustRegion;
  const projected = projection !== null ? 20 * K + 24 : 0;
  const seenByMeasure = two ? 4 * D + 4 * A + M + 16 * K + 16 : 0;
  const trpo = config.trpo.value.epochs * 4 + 28 * K + 32;
  const every = config.trpo.fisherSubsample;
  const fisher = (every > 1 ? 4 * D : 0) + 16 * K;
  // A checkpoint: the state as it was, and its file.
  const kept = config.checkpoint === null ? { vectors: 0, perSample: 0 } : { vectors: 6, perSample: 20 };
  // A reference: two more distributions, seven columns, and raw and standardised observations where it sees others.
  const reference =
    config.reference === null ? 0 : 16 * K + 56 + (config.environment.normalizeObservations ? 8 * D : 0);
  const own = isPpo ? projected : trpo + fisher / every;
  const rollout =
    count * (reference + perSample + seen + kept.perSample + seenByMeasure + own) + cuts * (4 * D + 4);

  const capacity = forwardCapacity(config);
  const batch = Math.min(count, isPpo ? config.ppo.minibatchSize : config.trpo.value.minibatchSize);
  const outputs = { policy: outputsFor(head, config.network), value: ONE };
  const networks = (['policy', 'value'] as const).map((role) => {
    const shape = perceptronShape(config.network[role], D, outputs[role]);
    // Parameters, gradient, two moments; two that the region returns to, the regression's three, and TRPO's vectors in float64.
    const ofPpo = 6 + (projection?.regression ? 3 : 0);
    const vectors = role === 'value' ? 4 : isPpo ? ofPpo : 20;
    // On its own thread the value network sees minibatches, and the policy is there twice.
    const samples = !two ? capacity : role === 'policy' ? 2 * capacity : batch;
    const parameters = parameterBytes(shape, vectors + kept.vectors + (two ? 4 : 0));
    return { role, shape, parameters, panels: activationBytes(shape, samples) };
  });
  const evaluationPart = (episodes: number): MemoryEstimate['parts'][number] => {
    const played = Math.min(COPIES, episodes);
    const { shape } = networks[0];
    const network = parameterBytes(shape, 1) + activationBytes(shape, played);
    return {
      what: `evaluation.episodes ${episodes}`,
      bytes: 16 * episodes + network + copiesBytes(definition, options, played, D, K),
    };
  };
  const parts = [
    {
      what: `rollout.steps ${config.rollout.steps} × environment.copies ${copies} = ${count} samples`,
      bytes: rollout,
    },
    {
      what: isPpo
        ? `ppo.minibatchSize ${config.ppo.minibatchSize}`
        : `the whole rollout as one batch of ${count}`,
      bytes: networks.reduce((sum, { panels }) => sum + panels, 0) + batch * (8 * D + 12 * K + 100),
    },
    ...networks.map(({ role, parameters }) => ({
      what: `network.${role}.hidden ${JSON.stringify(config.network[role].hidden)} on ${D} inputs`,
      bytes: parameters,
    })),
    { what: `environment.copies ${copies}`, bytes: copiesBytes(definition, options, copies, D, K) },
    ...(config.evaluation === null ? [] : [evaluationPart(config.evaluation.episodes)]),
  ];
  return estimateOf(parts, two ? 1 : 0);
}

/** The file's bytes, the same as numbers, and the engine's copy of the policy or another of a layer at a time. */
const COPIES_OF_FILE = 3;

/**
 * The memory of `leash evaluate`, known before the policy is read. Checked in test/cli/memory.test.ts.
 * @param policy its file
 */
export function estimateEvaluation(
  definition: EnvironmentDefinition,
  options: Record<string, unknown>,
  { observationSpace, actionSpace }: Spaces,
  policy: { readonly path: string; readonly bytes: number },
  episodes: number,
): MemoryEstimate {
  const [D, K] = [featuresOf(observationSpace), headFor(actionSpace, false).width];
  const copies = Math.min(COPIES, episodes);
  return estimateOf(
    [
      { what: `${policy.path} of ${policy.bytes} bytes`, bytes: COPIES_OF_FILE * policy.bytes },
      { what: `--episodes ${episodes}`, bytes: 16 * episodes },
      {
        what: `environment ${definition.id}`,
        bytes: copiesBytes(definition, options, copies, D, K),
      },
    ],
    0,
  );
}

/**
 * The memory of `leash clone`, known before its lessons are collected: the arrays of `lessonsOf` and `createClone`, and the
 * networks with their optimiser. Checked in test/cli/memory.test.ts.
 * @param lessons how many states, and what says so
 */
export function estimateClone(
  config: Config,
  definition: EnvironmentDefinition,
  { observationSpace, actionSpace, actionMask }: Spaces,
  lessons: { readonly count: number; readonly what: string },
  batchSize: number,
): MemoryEstimate {
  const D = featuresOf(observationSpace);
  const head = headFor(actionSpace, config.network.squash);
  const { width: K } = head;
  const M = actionMask ? head.maskWidth : 0;
  const outputs = { policy: outputsFor(head, config.network), value: ONE };
  const { count, what } = lessons;
  const batch = Math.min(count, batchSize);
  const networks = (['policy', 'value'] as const).map((role) => {
    const shape = perceptronShape(config.network[role], D, outputs[role]);
    return { role, shape };
  });
  return estimateOf(
    [
      // Observations, masks, two distributions, and six columns of numbers.
      { what: `${what}: ${count} states × ${D} inputs`, bytes: count * (4 * D + M + 16 * K + 52) },
      {
        what: `--batch-size ${batchSize}`,
        bytes: activationBytes(networks[0].shape, cloneCapacity(count, batchSize)) + batch * (4 * D + 12 * K),
      },
      ...networks.map(({ role, shape }) => ({
        what: `network.${role}.hidden ${JSON.stringify(shape.hidden)} on ${D} inputs`,
        bytes: parameterBytes(shape, 4),
      })),
      {
        what: `environment ${definition.id}`,
        bytes: copiesBytes(definition, config.environment.options, COPIES, D, K),
      },
    ],
    0,
  );
}

/** Bytes of copies of an environment. @param features D @param outputs K */
export function copiesBytes(
  definition: EnvironmentDefinition,
  options: Record<string, unknown>,
  copies: number,
  features: number,
  outputs: number,
): number {
  const own = definition.bytesPerCopy?.(definition.options.parse(options)) ?? 0;
  return copies * (COPY + 16 * features + 16 * outputs + own);
}
