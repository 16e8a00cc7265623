import { type Layer, layersOf, layoutOf } from '../network/layout.ts';
import type { NetworkShape } from '../network/network.ts';
import type { MomentsState } from '../rollout/normalize.ts';
import type { LoadedPolicy } from '../run/policy-file.ts';
import { type NumpyArray, readNpz } from './npz.ts';

/**
 * A Stable-Baselines3 `MlpPolicy` from its state dict saved by `numpy.savez`. PyTorch's weights are
 * [out, in]. `obs_rms.mean`, `obs_rms.var` and `obs_rms.count` of a `VecNormalize` may stand beside it.
 * @param activation the policy's, which a state dict does not say (SB3's default is tanh)
 * @throws Error naming the array that is missing or has another shape
 */
export function readSb3Policy(bytes: Buffer, activation: NetworkShape['activation']): LoadedPolicy {
  const arrays = readNpz(bytes);
  const actions = arrayOf(arrays, 'action_net.bias').data.length;
  const logStd = arrays.get('log_std');
  const network = (role: 'policy' | 'value', head: string): LoadedPolicy['policy'] => {
    const names = hiddenNames(arrays, `mlp_extractor.${role}_net`);
    const first = arrayOf(arrays, `${names[0] ?? head}.weight`);
    const shape: NetworkShape = {
      inputs: first.shape[1] ?? 0,
      hidden: names.map((name) => arrayOf(arrays, `${name}.bias`).data.length),
      outputs: role === 'policy' ? actions : 1,
      activation,
      logStd: role === 'policy' && logStd ? actions : 0,
    };
    const parameters = new Float32Array(layoutOf(shape).size);
    layersOf(shape).forEach((layer, l) => {
      copyLinear(arrays, names[l] ?? head, layer, parameters);
    });
    if (shape.logStd > 0)
      parameters.set(expectShape('log_std', logStd as NumpyArray, [actions]), parameters.length - actions);
    return { shape, parameters };
  };
  return {
    head: logStd ? 'diagonalGaussian' : 'categorical',
    policy: network('policy', 'action_net'),
    value: network('value', 'value_net'),
    observationMoments: momentsOf(arrays),
  };
}

/** `…policy_net.0`, `…policy_net.2`, … in order: between them stand the activations. */
function hiddenNames(arrays: ReadonlyMap<string, NumpyArray>, prefix: string): string[] {
  const indices = [...arrays.keys()].flatMap((key) => {
    const index = key.startsWith(`${prefix}.`)
      ? /^\.(\d+)\.weight$/.exec(key.slice(prefix.length))?.[1]
      : undefined;
    return index === undefined ? [] : [Number(index)];
  });
  return indices.sort((a, b) => a - b).map((index) => `${prefix}.${index}`);
}

/** Transposes [out, in] into the layer's [in, out]. */
function copyLinear(
  arrays: ReadonlyMap<string, NumpyArray>,
  name: string,
  { inputs, outputs, weight, bias }: Layer,
  parameters: Float32Array,
): void {
  const data = expectShape(`${name}.weight`, arrayOf(arrays, `${name}.weight`), [outputs, inputs]);
  for (let o = 0; o < outputs; o++) {
    for (let i = 0; i < inputs; i++) parameters[weight + i * outputs + o] = data[o * inputs + i] as number;
  }
  parameters.set(expectShape(`${name}.bias`, arrayOf(arrays, `${name}.bias`), [outputs]), bias);
}

function momentsOf(arrays: ReadonlyMap<string, NumpyArray>): MomentsState | undefined {
  if (!arrays.has('obs_rms.mean')) return undefined;
  const mean = arrayOf(arrays, 'obs_rms.mean').data;
  const variance = expectShape('obs_rms.var', arrayOf(arrays, 'obs_rms.var'), [mean.length]);
  const counts = arrayOf(arrays, 'obs_rms.count');
  const [count] = counts.data;
  if (count === undefined || counts.data.length > 1)
    throw new Error(`obs_rms.count must be one number, has shape [${counts.shape.join(', ')}]`);
  return { count, mean: [...mean], squares: Array.from(variance, (v) => v * count) };
}

function arrayOf(arrays: ReadonlyMap<string, NumpyArray>, name: string): NumpyArray {
  const array = arrays.get(name);
  if (array) return array;
  throw new Error(`it has no array ${name}; there are ${[...arrays.keys()].join(', ') || 'none'}`);
}

function expectShape(
  name: string,
  { shape, data }: NumpyArray,
  expected: readonly number[],
): NumpyArray['data'] {
  if (shape.join() === expected.join()) return data;
  throw new Error(`${name} must have shape [${expected.join(', ')}], has [${shape.join(', ')}]`);
}
