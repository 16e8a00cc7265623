import { layoutOf } from '../../src/network/layout.ts';
import type { NetworkShape } from '../../src/network/shape.ts';
import { initialize } from '../../src/network/orthogonal.ts';
import { randomStream } from '../../src/random/random.ts';
import type { ActorCritic } from '../../src/run/policy-file.ts';

/** Policies of every head, both activations, with and without normalised observations. */
export const policies: Readonly<Record<string, ActorCritic>> = {
  'a categorical tanh policy': policy({
    inputs: 4,
    hidden: [64, 64],
    outputs: 2,
    activation: 'tanh',
    logStd: 0,
  }),
  'a categorical relu policy on normalised observations': {
    ...policy({ inputs: 6, hidden: [32], outputs: 3, activation: 'relu', logStd: 0 }),
    observationMoments: {
      count: 1000,
      mean: [0.1, -2, 0.5, 0, 3, -1],
      squares: [1000, 500, 4000, 10, 2000, 900],
    },
  },
  'a linear categorical policy': policy({ inputs: 5, hidden: [], outputs: 4, activation: 'tanh', logStd: 0 }),
  'a Gaussian policy on normalised observations': {
    ...policy({ inputs: 3, hidden: [16, 8], outputs: 2, activation: 'tanh', logStd: 2 }),
    head: 'diagonalGaussian',
    observationMoments: { count: 500, mean: [0.5, -0.5, 0], squares: [250, 500, 1000] },
    actionBounds: { low: [-2, null], high: [0.1, 3] },
  },
  'a Gaussian policy with a deviation of each state': {
    ...policy({ inputs: 3, hidden: [16], outputs: 4, activation: 'tanh', logStd: 0 }),
    head: 'diagonalGaussian',
    actionBounds: { low: [-2, null], high: [0.5, 3] },
  },
  'a linear squashed policy with a deviation of each state, on normalised observations': {
    ...policy({ inputs: 3, hidden: [], outputs: 2, activation: 'tanh', logStd: 0 }),
    head: 'squashedGaussian',
    observationMoments: { count: 500, mean: [0.5, -0.5, 0], squares: [250, 500, 1000] },
    actionBounds: { low: [-2], high: [0.5] },
  },
  'a squashed Gaussian policy': {
    ...policy({ inputs: 3, hidden: [16], outputs: 2, activation: 'relu', logStd: 2 }),
    head: 'squashedGaussian',
    actionBounds: { low: [-2, 1], high: [0.5, 3] },
  },
  'a multi-discrete policy on normalised observations': {
    ...policy({ inputs: 3, hidden: [16, 8], outputs: 6, activation: 'tanh', logStd: 0 }),
    head: 'multiDiscrete',
    choices: [3, 1, 2],
    observationMoments: { count: 500, mean: [0.5, -0.5, 0], squares: [250, 500, 1000] },
  },
  'a linear multi-discrete policy': {
    ...policy({ inputs: 5, hidden: [], outputs: 4, activation: 'relu', logStd: 0 }),
    head: 'multiDiscrete',
    choices: [2, 2],
  },
  'a masked categorical policy': {
    ...policy({ inputs: 4, hidden: [8], outputs: 5, activation: 'tanh', logStd: 0 }),
    masked: true,
  },
  'a masked multi-discrete policy': {
    ...policy({ inputs: 4, hidden: [8], outputs: 5, activation: 'tanh', logStd: 0 }),
    head: 'multiDiscrete',
    choices: [2, 3],
    masked: true,
  },
  'a masked multi-binary policy': {
    ...policy({ inputs: 4, hidden: [], outputs: 3, activation: 'tanh', logStd: 0 }),
    head: 'multiBinary',
    masked: true,
  },
  'a policy behind wrappers': {
    ...policy({ inputs: 4, hidden: [8], outputs: 3, activation: 'tanh', logStd: 0 }),
    observationWrappers: [
      { kind: 'rescaleObservation', low: -1, high: 0.1 },
      { kind: 'stackObservations', frames: 2 },
    ],
  },
  'a policy that writes tokens': {
    ...policy({ inputs: 4, hidden: [8], outputs: 3, activation: 'tanh', logStd: 0 }),
    tokens: ['the', '', 'caf\u00e9 \ud83c\udf4e "'],
  },
  'a multi-binary policy': {
    ...policy({ inputs: 4, hidden: [8], outputs: 3, activation: 'relu', logStd: 0 }),
    head: 'multiBinary',
  },
};

/** Formats have layers with a bias: it is exported with biases of 0, and comes back with them. */
export const withoutBiases: ActorCritic = {
  ...policy({ inputs: 3, hidden: [4], outputs: 2, activation: 'tanh', logStd: 2, bias: false }),
  head: 'diagonalGaussian',
};

function policy(shape: NetworkShape): ActorCritic {
  const network = (s: NetworkShape): ActorCritic['policy'] => {
    const parameters = new Float32Array(layoutOf(s).size);
    const random = randomStream(7, 'init');
    initialize(layoutOf(s), s, { hiddenGain: 1.4, headGain: 1, logStd: -0.5 }, random, parameters);
    for (let i = 0; i < parameters.length; i++)
      parameters[i] = (parameters[i] as number) + 0.1 * random.normal();
    return { shape: s, parameters };
  };
  return { head: 'categorical', policy: network(shape), value: network({ ...shape, outputs: 1, logStd: 0 }) };
}

/** [count, width] rows of normal numbers, three of them far out. */
export function observationsFor(width: number, count: number): Float32Array {
  const random = randomStream(3, 'observations');
  return Float32Array.from({ length: count * width }, (_, i) => random.normal() * (i < 3 * width ? 100 : 1));
}
