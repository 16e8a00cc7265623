import { expect, it } from 'vitest';
import { tabularPolicyOf } from '../../src/train/tabular-policy.ts';
import { loadEngine } from '../../src/node/load-engine.ts';
import { layoutOf } from '../../src/network/layout.ts';
import type { NetworkShape } from '../../src/network/shape.ts';
import { randomStream } from '../../src/random/random.ts';

const random = randomStream(1, 'test');

function stored(inputs: number, hidden: number[], outputs: number) {
  const shape: NetworkShape = { inputs, hidden, outputs, activation: 'tanh', logStd: 0 };
  const layout = layoutOf(shape);
  return { shape, layout, parameters: Float32Array.from({ length: layout.size }, () => random.normal()) };
}

it.each(
  (['wasm', 'reference'] as const).flatMap((name) =>
    [5, 64, 65, 200].flatMap((states) => [[], [16], [8, 8]].map((hidden) => [name, states, hidden] as const)),
  ),
)(
  '%s, %i states, hidden %j: the same bits as of all states one-hot at once',
  async (name, states, hidden) => {
    const engine = await loadEngine(name);
    const [policy, value] = [stored(states, [...hidden], 4), stored(states, [...hidden], 1)];
    const tabulated = tabularPolicyOf(
      { states },
      { id: 'any', observationSpace: { kind: 'discrete', n: states } },
      { head: 'categorical', policy, value, observationMoments: undefined },
      engine,
      'sampled',
    );
    const oneHot = new Float32Array(states * states);
    for (let state = 0; state < states; state++) oneHot[state * states + state] = 1;
    const network = engine.create(value.shape, states);
    expect(tabulated.values).toEqual(network.infer(value.parameters, oneHot, states));
    network.dispose();
  },
);
