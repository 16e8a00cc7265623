import type { Config } from '../config/schema.ts';
import { layoutOf } from '../network/layout.ts';
import { randomStream } from '../random/random.ts';
import type { EnvironmentDefinition, Space } from '../rollout/environment.ts';
import { featuresOf } from '../rollout/vector-environment.ts';
import { headFor } from './agent.ts';
import { forwardCapacity, type Threads } from './training.ts';

/** What a run will hold in memory, in bytes, by what asks for it. */
export interface MemoryEstimate {
  /** The largest first. */
  readonly parts: readonly { readonly what: string; readonly bytes: number }[];
  /** Of one run in a process of its own. */
  readonly bytes: number;
  /** Of each further run in the same process, on a thread of its own. */
  readonly furtherBytes: number;
}

/** Sizes of an environment, of one copy that was made to ask. */
export interface Spaces {
  readonly observationSpace: Space;
  readonly actionSpace: Space;
}

/** Bytes of Node.js with leash and its kernels loaded, compiled and warm; of a thread that it starts. */
const PROCESS = 70e6;
const THREAD = 14e6;
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
 * test/train/memory-estimate.test.ts.
 * @param threads of this run: `auto` counts as 2
 */
export function estimateMemory(
  config: Config,
  definition: EnvironmentDefinition,
  { observationSpace, actionSpace }: Spaces,
  threads: Threads,
): MemoryEstimate {
  const { copies, options } = config.environment;
  const D = featuresOf(observationSpace);
  const { width: K, actionWidth: A, kind } = headFor(actionSpace);
  const count = config.rollout.steps * copies;
  const isPpo = config.algorithm === 'ppo';
  const two = threads !== 1;
  const limit = definition.timeLimit(definition.options.parse(options)) ?? Number.POSITIVE_INFINITY;
  // Rows of cut episodes are touched as they come, at most one a time limit in every copy.
  const cuts = Math.min(count, copies * Math.ceil(config.rollout.steps / limit));
  // Observations, actions, distributions (three: old, and two that are measured), and nine columns of numbers.
  const perSample = 4 * D + 4 * A + 3 * 8 * K + 94;
  const seenByMeasure = two ? 4 * D + 4 * A + 16 * K + 16 : 0;
  const trpo = config.trpo.value.epochs * 4 * (two ? 2 : 1) + 28 * K + 32;
  const every = config.trpo.fisherSubsample;
  const fisher = (every > 1 ? 4 * D : 0) + 16 * K;
  const rollout =
    count * (perSample + seenByMeasure + (isPpo ? 0 : trpo + fisher / every)) + cuts * (4 * D + 4);

  const capacity = forwardCapacity(config);
  const batch = Math.min(count, isPpo ? config.ppo.minibatchSize : config.trpo.value.minibatchSize);
  const outputs = { policy: K, value: 1 };
  const networks = (['policy', 'value'] as const).map((role) => {
    const { hidden, activation } = config.network[role];
    const logStd = role === 'policy' && kind !== 'categorical' ? A : 0;
    const shape = { inputs: D, hidden, outputs: outputs[role] - logStd, activation, logStd };
    const { size } = layoutOf(shape);
    const widths = D + hidden.reduce((sum, width) => sum + width, 0) + outputs[role];
    // Parameters, gradient, two moments; two that the region returns to, and TRPO's vectors in float64.
    const vectors = role === 'value' ? 4 : isPpo ? 6 : 20;
    // On its own thread the value network sees minibatches, and the policy is there twice.
    const samples = !two ? capacity : role === 'policy' ? 2 * capacity : batch;
    const panels = samples * 4 * (widths + D + 2 * outputs[role]);
    return { role, parameters: size * 4 * (vectors + (two ? 4 : 0)), panels };
  });
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
    {
      what: `environment.copies ${copies}`,
      bytes:
        copies *
        (COPY + 16 * D + 16 * K + (definition.bytesPerCopy?.(definition.options.parse(options)) ?? 0)),
    },
    { what: 'Node.js and leash', bytes: PROCESS + (two ? THREAD : 0) },
  ].sort((a, b) => b.bytes - a.bytes);
  const bytes = parts.reduce((sum, part) => sum + part.bytes, 0);
  return { parts, bytes, furtherBytes: bytes - PROCESS + 2 * THREAD };
}
