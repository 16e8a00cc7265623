import { exp } from '../elementary/exponential.ts';
import type { Engine } from '../network/network.ts';
import { categoricalHead } from '../policy/categorical.ts';
import type { TabularModel } from '../rollout/environment.ts';
import type { LoadedPolicy } from '../run/policy-file.ts';
import { requireFiniteOutputs } from './finite-outputs.ts';
import { requireArrangement, type Shown } from './input-shape.ts';

/** A policy and its value network written out over all states. */
export interface TabularPolicy {
  /** [states, actions], π(a|s); 1 for one action a state when greedy. */
  readonly probabilities: Float64Array;
  /** [states], the value network's V(s), where there is one. */
  readonly values?: Float32Array;
}

/** States of which all can be held one-hot at once: 64 MB. */
export const MOST_STATES = 4096;

/** All states as the networks see them. @returns [states, states] */
export function oneHotStates(states: number): Float32Array {
  const rows = new Float32Array(states * states);
  for (let state = 0; state < states; state++) rows[state * states + state] = 1;
  return rows;
}

/** States asked about at once. */
const BATCH = 64;

/**
 * Asks both networks about every state of a table, one-hot as in training.
 * @param world of that table
 * @throws UserError where a network arranges its observations otherwise, or the policy's weights are too large
 */
export function tabularPolicyOf(
  { states, masks }: Pick<TabularModel, 'states' | 'masks'>,
  world: Shown,
  stored: LoadedPolicy,
  engine: Engine,
  mode: 'greedy' | 'sampled',
): TabularPolicy {
  const outputsOf = ({ shape, parameters }: LoadedPolicy['policy']): Float32Array => {
    const reader = createStateReader(states, world, shape, engine);
    const outputs = reader.outputs(parameters);
    reader.dispose();
    return outputs;
  };
  const actions = stored.policy.shape.outputs;
  const outputs = outputsOf(stored.policy);
  requireFiniteOutputs(outputs, world.id);
  const head = categoricalHead(actions);
  const logProbs = new Float64Array(states * actions);
  head.read(outputs, states, logProbs, masks);
  const probabilities = mode === 'sampled' ? logProbs.map(exp) : new Float64Array(states * actions);
  const chosen = new Float32Array(states);
  for (let state = 0; state < states && mode === 'greedy'; state++) {
    head.mode(logProbs, state, chosen);
    probabilities[state * actions + (chosen[state] as number)] = 1;
  }
  return { probabilities, ...(stored.value && { values: outputsOf(stored.value) }) };
}

/** @throws UserError where the policy's weights are too large for a state, or it arranges its observations otherwise */
export function requireFiniteEverywhere(
  states: number,
  world: Shown,
  { policy: { shape, parameters } }: LoadedPolicy,
  engine: Engine,
): void {
  const reader = createStateReader(states, world, shape, engine);
  try {
    requireFiniteOutputs(reader.outputs(parameters), world.id);
  } finally {
    reader.dispose();
  }
}

/** Asks a network of one shape about every state, one-hot. */
export interface StateReader {
  /** [states, K], overwritten by the next call. */
  outputs(parameters: Float32Array): Float32Array;
  dispose(): void;
}

/**
 * A batch of states goes to a network that has their rows of the first weights alone: of 40,000 one-hot inputs all others are
 * multiplied by 0, hours for a map of 200 × 200. The sums are the same bits without these zeros.
 * @throws UserError where the network arranges them otherwise
 */
export function createStateReader(
  states: number,
  world: Shown,
  shape: LoadedPolicy['policy']['shape'],
  engine: Engine,
): StateReader {
  const batch = Math.min(states, BATCH);
  // A LayersModel's first weights may be anything.
  const inputs = shape.model === undefined ? batch : states;
  const firstWidth = shape.hidden[0] ?? shape.outputs;
  const network = engine.create({ ...shape, inputs }, batch);
  requireArrangement(network, world);
  const own = network.allocate();
  const width = shape.outputs + shape.logStd;
  const outputs = new Float32Array(states * width);
  const oneHot = new Float32Array(batch * inputs);
  return {
    outputs(parameters) {
      own.set(parameters.subarray(parameters.length - own.length));
      for (let start = 0; start < states; start += batch) {
        const count = Math.min(batch, states - start);
        const first = inputs === states ? 0 : start;
        if (inputs < states) own.set(parameters.subarray(start * firstWidth, (start + count) * firstWidth));
        for (let i = 0; i < count; i++) oneHot[i * inputs + start - first + i] = 1;
        outputs.set(network.infer(own, oneHot, count).subarray(0, count * width), start * width);
        for (let i = 0; i < count; i++) oneHot[i * inputs + start - first + i] = 0;
      }
      return outputs;
    },
    dispose: () => network.dispose(),
  };
}
