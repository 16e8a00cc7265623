import { layersOf, layoutOf } from '../network/layout.ts';
import type { NetworkShape } from '../network/shape.ts';
import { heads } from '../policy/heads.ts';
import type { MomentsState } from '../rollout/normalize.ts';
import type { LoadedPolicy } from '../run/policy-file.ts';
import {
  besideEachOther,
  bothSigns,
  type ModelWeight,
  ruleOut,
  selector,
  withNegative,
} from './layers-model.ts';
import { chainOf, hiddenActivation, type KerasLayer, requireChain } from './layers-chain.ts';
import type { StoredLayersModel } from './parse-layers-model.ts';
import { normalizationOf } from './policy-graph.ts';

/**
 * A chain of Dense layers as a network of leash: all hidden ones tanh, or all relu, the last one linear. A
 * softmax at the end is left out (leash keeps logits), and so is what leash itself writes around a policy.
 * @param logStd log standard deviation of each output, where the outputs are means of a Gaussian
 * @throws Error naming the layer that a multilayer perceptron does not have
 */
export function perceptronOf(
  { topology, weights, metadata }: StoredLayersModel,
  logStd?: number,
): LoadedPolicy['policy'] {
  const own = metadata === undefined ? () => false : isOwn;
  const chain = chainOf(topology, own);
  const layers = chain.layers.filter(({ config }) => !own(config.name ?? ''));
  requireChain(chain, layers, metadata !== undefined);
  const moments = metadata?.observationMoments;
  const dense = layers.filter(({ class_name }) => class_name === 'Dense');
  const activation = hiddenActivation(layers, dense.length) ?? metadata?.activation ?? 'tanh';
  if (metadata?.activation !== undefined && metadata.activation !== activation)
    throw new Error(`its layers are ${activation}, its userDefinedMetadata says ${metadata.activation}`);
  const arrayOf = (name: string): ModelWeight => {
    const array = weights.find((each) => each.name === name);
    if (array) return array;
    throw new Error(`it has no weight ${name}`);
  };
  const perState = metadata?.stateDependentStd === true;
  const kernels = dense.map(({ config }) => arrayOf(`${config.name}/kernel`));
  const means = kernels.at(-1);
  if (perState && means) kernels[kernels.length - 1] = withStds(means, arrayOf('logStd/kernel'));
  const widths = kernels.map(({ shape }) => shape.at(-1) ?? 0);
  const outputs = widths.at(-1) ?? 0;
  const spread =
    metadata && heads[metadata.head].isGaussian && !perState ? arrayOf('logStd/bias') : undefined;
  const rows = kernels[0]?.shape[0] ?? 0;
  const shape: NetworkShape = {
    inputs: moments ? rows / 2 : rows,
    hidden: widths.slice(0, -1),
    outputs,
    activation,
    logStd: spread || logStd !== undefined ? outputs : 0,
  };
  if (!Number.isInteger(shape.inputs) || rows === 0 || widths.includes(0))
    throw new Error(`its Dense layers are ${[rows, ...widths].join('-')}: not widths ≥ 1`);
  if (moments) requireStandardized(moments, shape.inputs, arrayOf);
  if (metadata?.masked) {
    const { kernel, bias } = ruleOut(metadata.head, outputs);
    const isSameRule =
      isSame(dataOf(arrayOf(kernel.name), kernel.shape), kernel.data) &&
      isSame(dataOf(arrayOf('ruleOut/bias'), [outputs]), bias);
    if (!isSameRule) throw new Error('its layer ruleOut was changed since leash wrote it');
  }
  metadata?.choices?.forEach((_, c) => {
    const { name, shape: wanted, data } = selector(metadata.choices ?? [], c);
    if (!isSame(dataOf(arrayOf(name), wanted), data))
      throw new Error(`its weight ${name} picks no choice: it was changed since leash wrote it`);
  });
  const parameters = new Float32Array(layoutOf(shape).size);
  layersOf(shape).forEach(({ inputs, weight, outputs: columns }, l) => {
    const bias = weight + inputs * columns;
    const isDouble = l === 0 && moments !== undefined;
    const kernel = dataOf(kernels[l] as ModelWeight, [isDouble ? 2 * inputs : inputs, columns]);
    parameters.set(isDouble ? firstHalf(kernel, (kernels[l] as ModelWeight).name) : kernel, weight);
    const { use_bias, name } = (dense[l] as KerasLayer).config;
    const own = l === dense.length - 1 && perState ? columns / 2 : columns;
    parameters.set(use_bias === false ? new Float32Array(own) : dataOf(arrayOf(`${name}/bias`), [own]), bias);
    if (own < columns) parameters.set(dataOf(arrayOf('logStd/bias'), [own]), bias + own);
  });
  if (shape.logStd > 0) {
    if (spread) requireZero(arrayOf('logStd/kernel'));
    const logStds = spread ? dataOf(spread, [outputs]) : new Float32Array(outputs).fill(logStd ?? 0);
    parameters.set(logStds, parameters.length - outputs);
  }
  return { shape, parameters };
}

/** Whether leash writes a layer of that name around a policy. */
function isOwn(name: string): boolean {
  return /^(standardize|clip|logStd|squash|action|mask|ruleOut|allowed|choice\.\d+|probabilities(\.\d+)?)$/.test(
    name,
  );
}

/**
 * What leash writes around a policy must still be what the moments beside it give: a model that was trained or edited
 * since is another policy.
 */
function requireStandardized(
  moments: MomentsState,
  inputs: number,
  arrayOf: (name: string) => ModelWeight,
): void {
  if (moments.mean.length !== inputs || moments.squares.length !== inputs)
    throw new Error(`its observationMoments must be of ${inputs} numbers, the inputs of the network`);
  const { kernel, bias } = bothSigns(normalizationOf(moments));
  for (const [name, shape, wanted] of [
    ['standardize/kernel', [inputs, 2 * inputs], kernel],
    ['standardize/bias', [2 * inputs], bias],
  ] as const) {
    if (!isSame(dataOf(arrayOf(name), shape), wanted))
      throw new Error(
        `its weight ${name} is not what its observationMoments give: it was changed since leash wrote it`,
      );
  }
}

/** W of [W; −W]. */
function firstHalf(kernel: Float32Array, name: string): Float32Array {
  const half = kernel.slice(0, kernel.length / 2);
  if (isSame(kernel, withNegative(half))) return half;
  throw new Error(
    `its weight ${name} is not one matrix above its negative: it was changed since leash wrote it`,
  );
}

/** The last layer with that of the log standard deviations behind it. @throws Error where that is of another shape */
function withStds(means: ModelWeight, stds: ModelWeight): ModelWeight {
  dataOf(stds, means.shape);
  return besideEachOther(means, stds);
}

/** Without deviations of their own for each state they depend on no observation. */
function requireZero({ name, data }: ModelWeight): void {
  if (data.some((value) => value !== 0))
    throw new Error(`its weight ${name} is not zero: it was changed since leash wrote it`);
}

function isSame(a: Float32Array, b: Float32Array): boolean {
  return a.length === b.length && a.every((value, i) => Object.is(value, b[i]));
}

/** @throws Error unless the array has that shape */
function dataOf({ name, shape, data }: ModelWeight, expected: readonly number[]): Float32Array {
  if (shape.join() === expected.join()) return data;
  throw new Error(`weight ${name} must have shape [${expected.join(', ')}], has [${shape.join(', ')}]`);
}
