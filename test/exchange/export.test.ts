import { execFileSync, spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as tf from '@tensorflow/tfjs-core';
import { loadLayersModel } from '@tensorflow/tfjs-layers';
import * as ort from 'onnxruntime-web';
import { afterAll, describe, expect, test } from 'vitest';
import { policyJson } from '../../src/exchange/json.ts';
import { policyLayersModel } from '../../src/exchange/layers-model.ts';
import { policyNpz } from '../../src/exchange/policy-npz.ts';
import { policyOnnx } from '../../src/exchange/onnx.ts';
import { type ExportedGraph, policyGraphOf } from '../../src/exchange/policy-graph.ts';
import { loadEngine } from '../../src/node/load-engine.ts';
import { ObservationNormalizer } from '../../src/rollout/normalize.ts';
import { hasStatesStd } from '../../src/run/head-shape.ts';
import type { LoadedPolicy } from '../../src/run/policy-file.ts';
import { observationsFor, policies, withoutBiases } from './policies.ts';

const COUNT = 1000;
const engine = await loadEngine('reference');
await loadEngine('tfjs', { tfjsBackend: 'cpu' });
const folder = mkdtempSync(join(tmpdir(), 'leash-export-'));
afterAll(() => {
  rmSync(folder, { recursive: true });
});

/** Logits or means of the policy as training computes them, [COUNT, A]. */
function outputsOf({ policy, observationMoments }: LoadedPolicy, observations: Float32Array): Float32Array {
  const { shape, parameters } = policy;
  const inputs = observations.slice();
  if (observationMoments)
    new ObservationNormalizer(shape.inputs, observationMoments).apply(observations, COUNT, inputs);
  const network = engine.create(shape, COUNT);
  const rows = network.forward(parameters, inputs, COUNT).outputs;
  const width = shape.outputs + shape.logStd;
  return rows.filter((_, i) => i % width < shape.outputs);
}

/** Largest |a − b| / (1 + |b|). */
function distance(a: ArrayLike<number>, b: ArrayLike<number>): number {
  expect(a.length).toBe(b.length);
  return Math.max(...Array.from(b, (y, i) => Math.abs((a[i] as number) - y) / (1 + Math.abs(y))));
}

function greedy(rows: ArrayLike<number>, width: number): number[] {
  return Array.from({ length: rows.length / width }, (_, s) => {
    const row = Array.from({ length: width }, (_, a) => rows[s * width + a] as number);
    return row.indexOf(Math.max(...row));
  });
}

/** The action of a squashed Gaussian without noise. */
function squashed({ actionBounds }: LoadedPolicy, means: Float32Array): number[] {
  const { low = [], high = [] } = actionBounds ?? {};
  return Array.from(means, (mean, i) => {
    const [least, most] = [low[i % low.length] as number, high[i % low.length] as number];
    return least + ((most - least) * (1 + Math.tanh(mean))) / 2;
  });
}

/** A mask for each observation, where the policy has them; something of each choice or bit is left. */
function masksFor({ head, choices, masked, policy: { shape } }: LoadedPolicy): Uint8Array | undefined {
  if (!masked) return undefined;
  const values =
    head === 'multiBinary' ? new Array<number>(shape.outputs).fill(2) : (choices ?? [shape.outputs]);
  const rows = Array.from({ length: COUNT }, (_, s) =>
    values.flatMap((n, c) =>
      Array.from({ length: n }, (_, k) => Number((s + c) % n === k || (s * 7 + c * 3 + k) % 3 === 0)),
    ),
  );
  return Uint8Array.from(rows.flat());
}

/** Logits with −∞ for what is ruled out, of a bit that must be 1 with +∞. */
function allowed({ head }: LoadedPolicy, logits: Float32Array, masks: Uint8Array | undefined): Float32Array {
  if (masks === undefined) return logits;
  return logits.map((z, at) => {
    if (head !== 'multiBinary') return masks[at] === 1 ? z : -Infinity;
    return masks[2 * at] === 0 ? Infinity : masks[2 * at + 1] === 0 ? -Infinity : z;
  });
}

/** What a head makes of logits: probabilities, and the likeliest action of each row. */
function chosen({ head, choices }: LoadedPolicy, logits: Float32Array, width: number) {
  if (head === 'multiBinary')
    return {
      probabilities: Array.from(logits, (z) => 1 / (1 + Math.exp(-z))),
      actions: Array.from(logits, (z) => Number(z > 0)),
    };
  const parts = choices ?? [width];
  const rows = Array.from({ length: logits.length / width }, (_, s) => {
    let from = s * width;
    return parts.map((n) => {
      const own = logits.subarray(from, from + n);
      from += n;
      return { probabilities: softmax(own, n), action: greedy(own, n) };
    });
  }).flat();
  return {
    probabilities: rows.flatMap(({ probabilities }) => probabilities),
    actions: rows.flatMap(({ action }) => action),
  };
}

function softmax(rows: ArrayLike<number>, width: number): number[] {
  return Array.from(rows, (x, i) => {
    const start = i - (i % width);
    let sum = 0;
    for (let a = 0; a < width; a++) sum += Math.exp((rows[start + a] as number) - x);
    return x === -Infinity ? 0 : 1 / sum;
  });
}

test('a LayersModel of more than 1 GB is refused before any of it is made, with what takes it', () => {
  /** Of weights the lengths alone are looked at. */
  const graphOf = (inputs: number, outputs: number, over: object): ExportedGraph => {
    const data = (length: number): Float32Array => ({ length }) as Float32Array;
    const layer = { inputs, outputs, weight: data(inputs * outputs), bias: data(outputs) };
    return { head: 'categorical', activation: 'tanh', layers: [layer], ...over };
  };
  const normalization = {} as ExportedGraph['normalization'];
  for (const [graph, message] of [
    [
      graphOf(28_224, 4, { normalization }),
      'as a LayersModel the policy would take 6,079 MB, most of them for its 28224 normalised observations, of which it makes dense layers; at most 1,024 MB are written: export it as onnx, npz or json',
    ],
    [graphOf(11_586, 1, { normalization }), 'for its 11586 normalised observations'],
    [graphOf(2, 20_000, { masked: true }), 'for its masks of 20000 actions'],
    [graphOf(2, 12_000, { head: 'multiBinary', masked: true }), 'for its masks of 12000 actions'],
    [graphOf(2, 20_000, { choices: [19_999, 1] }), 'for its choices of 20000 values'],
    [
      graphOf(2, 12_000, { head: 'squashedGaussian', logStd: new Float32Array(1) }),
      'for its 12000 dimensions of an action',
    ],
  ] as const)
    expect(() => policyLayersModel(graph)).toThrow(
      expect.objectContaining({ name: 'UserError', message: expect.stringContaining(message) }),
    );
});

test('JSON of more weights than a text has room for is refused before any of it is made', () => {
  const lengths = (length: number): Float32Array => ({ length }) as Float32Array;
  const layer = { inputs: 4096, outputs: 4096, weight: lengths(4096 ** 2), bias: lengths(4096) };
  const network = { activation: 'tanh', layers: [layer] } as const;
  expect(() => policyJson({ head: 'categorical', ...network, value: network })).toThrow(
    expect.objectContaining({
      name: 'UserError',
      message:
        'it has 33,562,624 weights, of which JSON takes at most 20,000,000: export it as npz, onnx or tfjs',
    }),
  );
});

describe.each(Object.entries({ ...policies, 'a policy without biases': withoutBiases }))(
  '%s',
  (_, stored) => {
    const { inputs, outputs } = stored.policy.shape;
    const graph = policyGraphOf(stored);
    const observations = observationsFor(inputs, COUNT);
    const all = outputsOf(stored, observations);
    const isStdPerState = hasStatesStd(stored.head, stored.policy.shape);
    const width = isStdPerState ? outputs / 2 : outputs;
    /** Logits, or means; and where each state has its own the log standard deviations. */
    const expected = all.filter((_, i) => i % outputs < width);
    const stds = all.filter((_, i) => i % outputs >= width);
    const masks = masksFor(stored);
    const left = chosen(stored, allowed(stored, expected, masks), width);
    const logStd = [...(graph.logStd ?? [])];

    test('says in ONNX what it says here: outputs to 1e-6, the same actions', async () => {
      const session = await ort.InferenceSession.create(policyOnnx(graph));
      const input = new ort.Tensor('float32', observations, [COUNT, inputs]);
      const {
        logits,
        mean,
        probabilities,
        action,
        logStd: spread,
      } = await session.run({
        observation: input,
        ...(masks && { mask: new ort.Tensor('bool', masks, [COUNT, masks.length / COUNT]) }),
      });
      const main = (logits ?? mean)?.data as Float32Array;
      expect(distance(main, expected)).toBeLessThan(1e-6);
      expect(greedy(main, width)).toEqual(greedy(expected, width));
      if (logits) {
        expect(distance(probabilities?.data as Float32Array, left.probabilities)).toBeLessThan(1e-6);
        expect(Array.from(action?.data as BigInt64Array, Number)).toEqual(left.actions);
        // Not nearly: of what is ruled out there is nothing.
        const never = left.probabilities.flatMap((p, at) => (p === 0 ? [at] : []));
        const got = probabilities?.data as Float32Array;
        for (const at of never) expect(got[at]).toBe(0);
        expect(never.length > 0).toBe(masks !== undefined);
      } else if (isStdPerState) expect(distance(spread?.data as Float32Array, stds)).toBeLessThan(1e-6);
      else expect(Array.from(spread?.data as Float32Array)).toEqual(logStd);
      if (stored.head === 'squashedGaussian')
        expect(distance(action?.data as Float32Array, squashed(stored, expected))).toBeLessThan(1e-6);
    });

    test('says in TensorFlow.js what it says here: outputs to 1e-6, the same actions', async () => {
      const { json, weights } = policyLayersModel(graph);
      const { modelTopology, weightsManifest } = JSON.parse(json);
      const model = await loadLayersModel({
        load: async () => ({
          modelTopology,
          weightSpecs: weightsManifest[0].weights,
          weightData: new Uint8Array(weights).buffer,
        }),
      });
      const given = [
        tf.tensor2d(observations, [COUNT, inputs]),
        ...(masks ? [tf.tensor2d(Float32Array.from(masks), [COUNT, masks.length / COUNT])] : []),
      ];
      const [main, second, action] = model.predict(given) as tf.Tensor[];
      const rows = await (main as tf.Tensor).data();
      expect(distance(rows, expected)).toBeLessThan(1e-6);
      expect(greedy(rows, width)).toEqual(greedy(expected, width));
      const other = await (second as tf.Tensor).data();
      if (isStdPerState) expect(distance(other, stds)).toBeLessThan(1e-6);
      else if (graph.logStd === undefined) expect(distance(other, left.probabilities)).toBeLessThan(1e-6);
      else expect([...other.slice(0, width)]).toEqual(logStd);
      if (stored.head === 'squashedGaussian')
        expect(distance(await (action as tf.Tensor).data(), squashed(stored, expected))).toBeLessThan(1e-6);
    });

    test('says in JSON what it says here, by a few lines that read it', () => {
      const { normalization, layers, activation, logStd: spread } = JSON.parse(policyJson(graph));
      const outputs = Array.from({ length: COUNT }, (_, s) => {
        let x: number[] = [...observations.subarray(s * inputs, (s + 1) * inputs)];
        if (normalization) {
          const { mean, deviation, clip } = normalization;
          x = x.map((v, d) => Math.min(Math.max((v - mean[d]) / deviation[d], -clip), clip));
        }
        layers.forEach(({ weight, bias }: { weight: number[][]; bias: number[] }, l: number) => {
          const z = bias.map((b, o) => x.reduce((sum, v, i) => sum + v * (weight[i]?.[o] as number), b));
          x =
            l === layers.length - 1
              ? z
              : z.map((v) => (activation === 'tanh' ? Math.tanh(v) : Math.max(v, 0)));
        });
        return x;
      }).flat();
      expect(distance(outputs, all)).toBeLessThan(1e-6);
      expect(spread ?? []).toEqual(logStd);
    });

    const numpy = spawnSync('python3', ['-c', 'import numpy']).status === 0;
    test.skipIf(!numpy)('says in NumPy what it says here (python3 with numpy)', () => {
      const file = join(folder, 'policy.npz');
      writeFileSync(file, policyNpz(graph));
      writeFileSync(join(folder, 'x.bin'), observations);
      const program = `
import json, numpy, sys
p = numpy.load(sys.argv[1])
x = numpy.fromfile(sys.argv[2], 'float32').reshape(${COUNT}, -1).astype('float64')
if 'observation.mean' in p:
    x = numpy.clip((x - p['observation.mean']) / p['observation.deviation'], -p['observation.clip'], p['observation.clip'])
l = 0
while f'hidden.{l}.weight' in p:
    z = x @ p[f'hidden.{l}.weight'] + p[f'hidden.{l}.bias']
    x = numpy.tanh(z) if sys.argv[3] == 'tanh' else numpy.maximum(z, 0)
    l += 1
x = x @ p['output.weight'] + p['output.bias']
print(json.dumps([x.ravel().tolist(), p['logStd'].tolist() if 'logStd' in p else []]))`;
      const args = ['-c', program, file, join(folder, 'x.bin'), graph.activation];
      const [rows, spread] = JSON.parse(
        execFileSync('python3', args, { encoding: 'utf8', maxBuffer: 1 << 26 }),
      );
      expect(distance(rows, all)).toBeLessThan(1e-6);
      expect(spread).toEqual(logStd);
    });
  },
);
