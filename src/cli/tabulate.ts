import { exp } from '../elementary/exponential.ts';
import type { Engine } from '../network/network.ts';
import { categoricalHead } from '../policy/categorical.ts';
import type { LoadedPolicy } from '../run/policy-file.ts';

/** A policy and its value network written out over all states. */
export interface TabularPolicy {
  /** [states, actions], π(a|s); 1 for one action a state when greedy. */
  readonly probabilities: Float64Array;
  /** [states], the value network's V(s). */
  readonly values: Float32Array;
}

/** Asks both networks about every state of a discrete observation space, one-hot as in training. */
export function tabulate(
  states: number,
  stored: LoadedPolicy,
  engine: Engine,
  mode: 'greedy' | 'sampled',
): TabularPolicy {
  const oneHot = new Float32Array(states * states);
  for (let state = 0; state < states; state++) oneHot[state * states + state] = 1;
  const outputsOf = ({ shape, parameters }: LoadedPolicy['policy']): Float32Array => {
    const network = engine.create(shape, states);
    const outputs = network.infer(parameters, oneHot, states).slice();
    network.dispose();
    return outputs;
  };
  const actions = stored.policy.shape.outputs;
  const head = categoricalHead(actions);
  const logProbs = new Float64Array(states * actions);
  head.read(outputsOf(stored.policy), states, logProbs);
  const probabilities = mode === 'sampled' ? logProbs.map(exp) : new Float64Array(states * actions);
  const chosen = new Float32Array(states);
  for (let state = 0; state < states && mode === 'greedy'; state++) {
    head.mode(logProbs, state, chosen);
    probabilities[state * actions + (chosen[state] as number)] = 1;
  }
  return { probabilities, values: outputsOf(stored.value) };
}
