import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { findEnvironment } from '../../envs/registry.ts';
import { layoutOf } from '../../src/network/layout.ts';
import { loadEngine } from '../../src/node/load-engine.ts';
import { decodePolicy, encodePolicy, type LoadedPolicy, parameterBytes } from '../../src/run/policy-file.ts';
import { evaluate } from '../../src/train/evaluate.ts';
import { join, type Parts, partsOf } from '../formats/rewrite.ts';

const fixture = (name: string): Buffer =>
  readFileSync(new URL(`../fixtures/policies-0.1.0/${name}.safetensors`, import.meta.url));

const lake = {
  bytes: fixture('frozen-lake'),
  sha256: '6d2344370b6dd13f7975edf10ff91f8827a2b33b7471dde394b47204ab0e8fdf',
  environment: 'FrozenLake-v1',
  options: { slippery: false },
  returnMean: 1,
};
const pendulum = {
  bytes: fixture('pendulum'),
  sha256: 'ae5413299ccc26b6311f6311100c8942df7f669934d439e59e38e01aafdc260e',
  environment: 'Pendulum-v1',
  options: {},
  returnMean: -1227.3890092153827,
};

/** As the format's Python and Rust writers have it: sorted by name. */
function sorted(bytes: Buffer): Buffer {
  const parts = partsOf(bytes);
  return join({ ...parts, arrays: parts.arrays.toSorted((a, b) => (a.name < b.name ? -1 : 1)) });
}

/** The header's keys the other way round, the data as it was. */
function reversed(bytes: Buffer): Buffer {
  const parts = partsOf(bytes);
  return join(parts, parts.arrays.map((_, i) => i).reverse());
}

function backwards(bytes: Buffer): Buffer {
  const parts = partsOf(bytes);
  return join({ ...parts, arrays: parts.arrays.toReversed() }, undefined, 1);
}

function again({ policy, value, ...rest }: LoadedPolicy): Buffer {
  const stored = (network: LoadedPolicy['policy']) => ({ ...network, layout: layoutOf(network.shape) });
  return Buffer.from(encodePolicy({ ...rest, policy: stored(policy), value: value && stored(value) }));
}

describe.each([
  ['of the frozen lake', lake],
  ['of the pendulum', pendulum],
])('a policy of 0.1.0, %s', (_, { bytes, sha256, environment, options, returnMean }) => {
  test('is read as it was trained, and written again as the same bytes', () => {
    const stored = decodePolicy(bytes, 'it');
    const hash = createHash('sha256').update(parameterBytes(stored));
    expect(hash.digest('hex')).toBe(sha256);
    expect(again(stored)).toEqual(bytes);
  });

  test.each([
    ['sorted by name', sorted],
    ['with its header reversed', reversed],
    ['with its data reversed and no alignment', backwards],
  ])('is the same policy %s, and earns the same', async (__, rewrite) => {
    expect(rewrite(bytes)).not.toEqual(bytes);
    const stored = decodePolicy(rewrite(bytes), 'it');
    expect(stored).toEqual(decodePolicy(bytes, 'it'));
    const { returns } = evaluate({
      definition: findEnvironment(environment),
      options: findEnvironment(environment).options.parse(options) as Record<string, unknown>,
      engine: await loadEngine('auto'),
      stored,
      episodes: 100,
      mode: 'greedy',
      seed: 0,
      taskSeed: 0,
    });
    expect(returns.reduce((sum, each) => sum + each, 0) / 100).toBeCloseTo(returnMean, 9);
  });
});

describe('a policy file is refused in one line that says why:', () => {
  const parts = (): Parts => partsOf(pendulum.bytes);
  const meta = (change: Record<string, string | undefined>): Buffer => {
    const metadata = Object.entries({ ...parts().metadata, ...change }).filter(
      ([, value]) => value !== undefined,
    );
    return join({ ...parts(), metadata: Object.fromEntries(metadata) as Record<string, string> });
  };
  const shape = (change: object, name = 'policyShape'): Buffer =>
    meta({ [name]: JSON.stringify({ ...JSON.parse(parts().metadata?.[name] as string), ...change }) });
  const moments = (change: object): Buffer => shape(change, 'observationMoments');
  const array = (name: string, change: object): Buffer =>
    join({
      ...parts(),
      arrays: parts().arrays.map((each) => (each.name === name ? { ...each, ...change } : each)),
    });
  const number = (name: string, at: number, value: number): Buffer => {
    const bytes = Buffer.from(parts().arrays.find((each) => each.name === name)?.bytes as Buffer);
    bytes.writeFloatLE(value, 4 * at);
    return array(name, { bytes });
  };
  const topology = { class_name: 'Sequential', config: {} };

  test.each<[string, Buffer, string]>([
    [
      'no metadata',
      join({ ...parts(), metadata: undefined }),
      'format in its __metadata__ must be leash-policy-1, there is none; a program that saves it again must keep the metadata',
    ],
    ['another format', meta({ format: 'pt' }), 'must be leash-policy-1, got "pt"'],
    [
      'no head',
      meta({ head: undefined }),
      'head must be "categorical", "diagonalGaussian", "squashedGaussian", "multiDiscrete" or "multiBinary", but is missing (it)',
    ],
    [
      'another head',
      meta({ head: 'beta' }),
      'head must be "categorical", "diagonalGaussian", "squashedGaussian", "multiDiscrete" or "multiBinary", got "beta" (it)',
    ],
    [
      'the other head',
      meta({ head: 'categorical' }),
      'policyShape.logStd must be 0, of 1 outputs of a categorical, got 1 (it)',
    ],
    [
      'choices of another head',
      meta({ choices: '[1]' }),
      'choices are of a multiDiscrete, the head is diagonalGaussian (it)',
    ],
    ['a choice of nothing', meta({ choices: '[0, 1]' }), 'choices.0 must be an integer ≥ 1, got 0 (it)'],
    [
      'choices that are missing',
      join({
        ...parts(),
        metadata: {
          ...parts().metadata,
          head: 'multiDiscrete',
          policyShape: JSON.stringify({ ...JSON.parse(parts().metadata?.policyShape as string), logStd: 0 }),
        },
      }),
      'choices must be numbers that sum to 1, the outputs of a multiDiscrete, but are missing (it)',
    ],
    ['a shape that is no JSON', meta({ policyShape: '{' }), 'it: its policyShape:1:2: not valid JSON'],
    ['a shape that is no object', meta({ policyShape: '[]' }), 'policyShape must be'],
    ['no shape', meta({ valueShape: undefined }), 'valueShape must be'],
    [
      'an activation that is not ours',
      shape({ activation: 'elu' }),
      'policyShape.activation must be "tanh" or "relu", got "elu"; did you mean "relu"? (it)',
    ],
    ['a fractional width', shape({ hidden: [1.5] }), 'policyShape.hidden.0 must be an integer'],
    ['no inputs', shape({ inputs: 0 }), 'policyShape.inputs must be an integer ≥ 1, got 0 (it)'],
    ['an unknown field', shape({ residual: true }), 'policyShape.residual is not a setting'],
    [
      'other inputs of the value',
      shape({ inputs: 4 }, 'valueShape'),
      'valueShape.inputs must be 3, the inputs of the policy, got 4 (it)',
    ],
    ['two values', shape({ outputs: 2 }, 'valueShape'), 'valueShape.outputs must be 1, a value, got 2 (it)'],
    ['a layers model without weights', shape({ model: { topology } }), 'policyShape.model.weights must be'],
    [
      'a weight of a model twice',
      shape({
        model: {
          topology,
          weights: [
            { name: 'w', shape: [1] },
            { name: 'w', shape: [1] },
          ],
        },
      }),
      'names the array policy.w twice',
    ],
    [
      'too few moments',
      moments({ mean: [0, 0] }),
      'observationMoments.mean.length must be 3, the inputs of the policy, got 2 (it)',
    ],
    [
      'a moment that is none',
      moments({ mean: [0, null, 0] }),
      'observationMoments.mean.1 must be a number, got null (it)',
    ],
    [
      'an infinite moment',
      meta({ observationMoments: '{"count":1,"mean":[0,1e999,0],"squares":[1,1,1]}' }),
      'observationMoments.mean.1 must be',
    ],
    [
      'a negative square',
      moments({ squares: [1, -1, 1] }),
      'observationMoments.squares.1 must be ≥ 0, got -1 (it)',
    ],
    ['a negative count', moments({ count: -1 }), 'observationMoments.count must be ≥ 0, got -1 (it)'],
    [
      'an array less',
      join({ ...parts(), arrays: parts().arrays.filter(({ name }) => name !== 'policy.output.bias') }),
      'it has no array policy.output.bias; there are policy.hidden.0.weight, ',
    ],
    [
      'an array more',
      join({
        ...parts(),
        arrays: [
          ...parts().arrays,
          { name: 'policy.hidden.2.bias', dtype: 'F32', shape: [0], bytes: Buffer.alloc(0) },
        ],
      }),
      'it has the array policy.hidden.2.bias, which its policyShape and valueShape do not have',
    ],
    [
      'a transposed array',
      array('policy.hidden.0.weight', { shape: [8, 3] }),
      'it: policy.hidden.0.weight must have shape [3, 8], as policyShape says, has [8, 3]',
    ],
    [
      'a wider architecture',
      shape({ hidden: [1e9, 4] }),
      'must have shape [3, 1000000000], as policyShape says, has [3, 8]',
    ],
    [
      'NaN',
      number('policy.hidden.1.weight', 6, Number.NaN),
      'it: policy.hidden.1.weight[1, 2] is NaN: every weight must be finite',
    ],
    [
      'Infinity',
      number('value.output.bias', 0, Number.POSITIVE_INFINITY),
      'it: value.output.bias[0] is Infinity: every weight must be finite',
    ],
    [
      '-Infinity',
      number('policy.logStd', 0, Number.NEGATIVE_INFINITY),
      'it: policy.logStd[0] is -Infinity: every weight must be finite',
    ],
  ])('%s', (_, bytes, message) => {
    expect(() => decodePolicy(bytes, 'it')).toThrow(
      expect.objectContaining({ name: 'UserError', message: expect.stringContaining(message) }),
    );
  });
});

test('a network without biases is kept without them', () => {
  const shape = { inputs: 2, hidden: [3], outputs: 1, activation: 'tanh', logStd: 1, bias: false } as const;
  const layout = layoutOf(shape);
  expect(layout.blocks.map(({ name }) => name)).toEqual(['hidden.0.weight', 'output.weight', 'logStd']);
  const parameters = Float32Array.from({ length: layout.size }, (_, i) => i);
  const bytes = encodePolicy({ head: 'diagonalGaussian', policy: { shape, layout, parameters } });
  expect(decodePolicy(bytes, 'it').policy).toEqual({ shape, parameters });
});

test('a Gaussian that lost its logStd is none whose deviations are of each state', () => {
  const shape = { inputs: 2, hidden: [], outputs: 2, activation: 'tanh', logStd: 0 } as const;
  const layout = layoutOf(shape);
  const policy = { shape, layout, parameters: new Float32Array(layout.size) };
  expect(() => decodePolicy(encodePolicy({ head: 'diagonalGaussian', policy }), 'it')).toThrow(
    'policyShape.logStd must be 2, of 2 outputs of a diagonalGaussian, got 0 (it)',
  );
  const actionBounds = { low: [null], high: [1] };
  expect(
    decodePolicy(encodePolicy({ head: 'diagonalGaussian', policy, actionBounds }), 'it').policy.shape,
  ).toEqual(shape);
});
