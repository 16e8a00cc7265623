import { show } from '../config/problem.ts';
import { type Layer, layersOf, layoutOf } from '../network/layout.ts';
import type { NetworkShape } from '../network/shape.ts';
import { CLIP, type MomentsState } from '../rollout/normalize.ts';
import { type LoadedPolicy, requireFinite } from '../run/policy-file.ts';
import { UserError } from '../user-error.ts';
import { float32Of, type Npz, type NumpyArray } from './npz.ts';

/** What makes an npz of Stable-Baselines3's own archive, in one line; docs/exchange.md has all of it. */
export const SB3_RECIPE =
  'in Python: p = PPO.load("model.zip").policy; numpy.savez("sb3.npz", activation_fn=p.activation_fn.__name__, use_sde=p.use_sde, **{k: v.cpu().numpy() for k, v in p.state_dict().items()}) (docs/exchange.md)';

/** Names that only a state dict of Stable-Baselines3 has. */
export function isStateDict({ arrays }: Npz): boolean {
  return [...arrays.keys()].some((name) => /^(action_net|value_net|mlp_extractor)\./.test(name));
}

/**
 * A Stable-Baselines3 `MlpPolicy` from its state dict saved by `numpy.savez`. PyTorch's weights are [out, in]. Beside
 * it may stand what it does not say: `activation_fn`, `use_sde`, `squash_output`, `policy_class`, `action_space`, `nvec` of a
 * MultiDiscrete, and of a `VecNormalize` `obs_rms.mean`, `obs_rms.var`, `obs_rms.count`, `clip_obs`, `epsilon`.
 * @param given the activation, where the file does not say it
 * @throws UserError naming the array that is missing, unknown, of another shape or not finite, what leash has not, or two
 *   that contradict each other
 */
export function readSb3Policy({ arrays, words }: Npz, given?: NetworkShape['activation']): LoadedPolicy {
  requireMlpPolicy(words);
  requireKnown([...arrays.keys()]);
  const text = [...words].find(([name]) => KNOWN.test(name));
  if (text !== undefined) throw new UserError(`${text[0]} must be numbers, got the text ${show(text[1])}`);
  const actions = arrayOf(arrays, 'action_net.bias').data.length;
  const head = headOf(arrays, words, actions);
  const logStd = arrays.get('log_std');
  const names = {
    policy: hiddenNames(arrays, 'mlp_extractor.policy_net'),
    value: hiddenNames(arrays, 'mlp_extractor.value_net'),
  };
  const isLinear = names.policy.length + names.value.length === 0;
  const activation = activationOf(words.get('activation_fn'), given) ?? (isLinear ? 'tanh' : undefined);
  if (activation === undefined)
    throw new UserError(
      'a state dict does not say its activation: --activation tanh or --activation relu must, or in the laboratory the choice beside the file, or activation_fn=model.policy.activation_fn.__name__ in numpy.savez (docs/exchange.md)',
    );
  const network = (role: 'policy' | 'value', head: string): LoadedPolicy['policy'] => {
    const hidden = names[role];
    const first = arrayOf(arrays, `${hidden[0] ?? head}.weight`);
    const shape: NetworkShape = {
      inputs: first.shape[1] ?? 0,
      hidden: hidden.map((name) => arrayOf(arrays, `${name}.bias`).data.length),
      outputs: role === 'policy' ? actions : 1,
      activation,
      logStd: role === 'policy' && logStd ? actions : 0,
    };
    if ([shape.inputs, ...shape.hidden, shape.outputs].includes(0))
      throw new UserError(
        `its ${role} network is ${[shape.inputs, ...shape.hidden, shape.outputs].join('-')}: widths must be ≥ 1`,
      );
    const parameters = new Float32Array(layoutOf(shape).size);
    layersOf(shape).forEach((layer, l) => {
      copyLinear(arrays, hidden[l] ?? head, layer, parameters);
    });
    if (shape.logStd > 0) {
      requireOneSpread(logStd as NumpyArray);
      parameters.set(
        float32Of('log_std', withShape('log_std', logStd as NumpyArray, [actions])),
        parameters.length - actions,
      );
    }
    return { shape, parameters };
  };
  const policy = network('policy', 'action_net');
  const value = network('value', 'value_net');
  if (value.shape.inputs !== policy.shape.inputs)
    throw new UserError(
      `its value network takes ${value.shape.inputs} numbers, its policy ${policy.shape.inputs}`,
    );
  return {
    ...head,
    ...(words.get('policy_class') === MASKABLE && { masked: true }),
    policy,
    value,
    observationMoments: momentsOf(arrays, policy.shape.inputs),
  };
}

/** What Stable-Baselines3 has for actions of each space: the head, and the array that a policy of no other space has. */
const SPACES = {
  Discrete: { head: 'categorical', own: undefined },
  MultiDiscrete: { head: 'multiDiscrete', own: 'nvec' },
  MultiBinary: { head: 'multiBinary', own: undefined },
  Box: { head: 'diagonalGaussian', own: 'log_std' },
} as const;

/**
 * The head that its action space has; without a word of that one choice, or what its arrays are of.
 * @throws UserError naming two fields that are of different spaces
 */
function headOf(
  arrays: Npz['arrays'],
  words: Npz['words'],
  actions: number,
): Pick<LoadedPolicy, 'head' | 'choices'> {
  const spaces = Object.entries(SPACES);
  const shown = (name: string): string => `${name} is ${show([...arrayOf(arrays, name).data])}`;
  const said = words.get('action_space');
  const sign = spaces.find(([, { own }]) => own !== undefined && arrays.has(own))?.[1].own;
  const space = said ?? spaces.find(([, { own }]) => own === sign)?.[0];
  const first = said === undefined && sign !== undefined ? shown(sign) : `action_space is ${space}`;
  for (const [name, { own }] of spaces) {
    if (own === undefined || arrays.has(own) === (name === space)) continue;
    if (name === space) throw new UserError(`${first}, but there is no ${own}, which every ${name} has`);
    throw new UserError(`${first}, but ${shown(own)}, which only a ${name} has`);
  }
  const { head } = SPACES[space as keyof typeof SPACES];
  const policyClass = words.get('policy_class');
  if (head === 'diagonalGaussian' && policyClass === MASKABLE)
    throw new UserError(`${first}, but policy_class is ${policyClass}, whose actions are never a Box`);
  if (head !== 'multiDiscrete') return { head };
  const choices = [...arrayOf(arrays, 'nvec').data];
  const sum = choices.reduce((total, n) => total + n, 0);
  if (!choices.every((n) => Number.isInteger(n) && n >= 1) || sum !== actions)
    throw new UserError(
      `nvec must be whole numbers ≥ 1 that sum to ${actions}, the outputs of its action_net, got ${show(choices)}`,
    );
  return { head, choices };
}

/** sb3-contrib's, with action masks. */
const MASKABLE = 'MaskableActorCriticPolicy';

/** Refuses by what stands beside the state dict what is not plain: a class, a space, a distribution. */
function requireMlpPolicy(words: Npz['words']): void {
  const only = (name: string, allowed: readonly string[], what: string): void => {
    const word = words.get(name);
    if (word !== undefined && !allowed.includes(word)) throw new UserError(`${name} is ${word}: ${what}`);
  };
  only(
    'policy_class',
    ['ActorCriticPolicy', 'MlpPolicy', MASKABLE],
    'only an MlpPolicy (ActorCriticPolicy) can be imported',
  );
  only(
    'action_space',
    Object.keys(SPACES),
    'leash has the action spaces Discrete, MultiDiscrete, MultiBinary and Box',
  );
  only(
    'use_sde',
    ['False'],
    'its noise depends on what its last layer sees (gSDE), which that of no policy of leash does',
  );
  only(
    'squash_output',
    ['False'],
    'its actions go through a tanh, which Stable-Baselines3 has with gSDE alone',
  );
}

/** Every array that a plain MlpPolicy has. */
const KNOWN =
  /^((action_net|value_net|mlp_extractor\.(policy|value)_net\.(0|[1-9]\d*))\.(weight|bias)|log_std|nvec|obs_rms\.(mean|var|count)|clip_obs|epsilon)$/;

/** What other names are a sign of. */
const OTHERS: readonly [RegExp, string][] = [
  [
    /features_extractor\./,
    'its observations go through a network of their own (a CnnPolicy, a MultiInputPolicy)',
  ],
  [/^lstm_/, 'it is recurrent'],
  [/^mlp_extractor\.shared_net\./, 'its policy and value network share layers; in leash they share nothing'],
  [/^sde_net\./, 'its noise depends on what its last layer sees (gSDE)'],
];

function requireKnown(names: readonly string[]): void {
  const other = names.find((name) => !KNOWN.test(name));
  if (other === undefined) return;
  const why = OTHERS.find(([pattern]) => pattern.test(other))?.[1] ?? 'an MlpPolicy has no such array';
  throw new UserError(`it has the array ${other}: ${why}; only a plain MlpPolicy can be imported`);
}

/** `Tanh`, `ReLU`, `torch.nn.ReLU`. @throws UserError when it is another, or not the one given */
function activationOf(
  written: string | undefined,
  given: NetworkShape['activation'] | undefined,
): NetworkShape['activation'] | undefined {
  const found = written?.split('.').at(-1)?.toLowerCase();
  if (found !== undefined && found !== 'tanh' && found !== 'relu')
    throw new UserError(`its activation is ${written}; leash has tanh and relu`);
  if (found !== undefined && given !== undefined && found !== given)
    throw new UserError(`its activation is ${written}, --activation says ${given}`);
  return found ?? given;
}

/** `…policy_net.0`, `…policy_net.2`, … in order: between them stand the activations, which have no arrays. */
function hiddenNames(arrays: Npz['arrays'], prefix: string): string[] {
  const found = [...arrays.keys()].flatMap((key) => {
    const index = key.startsWith(`${prefix}.`)
      ? /^\.(\d+)\.(?:weight|bias)$/.exec(key.slice(prefix.length))?.[1]
      : undefined;
    return index === undefined ? [] : [Number(index)];
  });
  const indices = [...new Set(found)].sort((a, b) => a - b);
  const wrong = indices.find((index, l) => index !== 2 * l);
  if (wrong !== undefined)
    throw new UserError(
      `${prefix}.${wrong}: between its Linear layers must stand one activation without weights each`,
    );
  return indices.map((index) => `${prefix}.${index}`);
}

/** Transposes [out, in] into the layer's [in, out]. */
function copyLinear(
  arrays: Npz['arrays'],
  name: string,
  { inputs, outputs, weight, bias }: Layer,
  parameters: Float32Array,
): void {
  const read = (part: string, shape: readonly number[]): Float32Array =>
    float32Of(`${name}.${part}`, withShape(`${name}.${part}`, arrayOf(arrays, `${name}.${part}`), shape));
  const data = read('weight', [outputs, inputs]);
  for (let o = 0; o < outputs; o++) {
    for (let i = 0; i < inputs; i++) parameters[weight + i * outputs + o] = data[o * inputs + i] as number;
  }
  parameters.set(read('bias', [outputs]), bias);
}

/** gSDE has a matrix there. */
function requireOneSpread({ shape }: NumpyArray): void {
  if (shape.length === 2)
    throw new UserError(
      `log_std has shape [${shape.join(', ')}]: its noise depends on what its last layer sees (gSDE), which that of no policy of leash does`,
    );
}

/** The ε of `normalize.ts` and of VecNormalize by default. */
const EPSILON = 1e-8;

/** What there is of a `VecNormalize`. */
const VEC_NORMALIZE = ['obs_rms.mean', 'obs_rms.var', 'obs_rms.count', 'clip_obs', 'epsilon'];

function momentsOf(arrays: Npz['arrays'], inputs: number): MomentsState | undefined {
  const [of] = VEC_NORMALIZE.filter((name) => arrays.has(name));
  if (of === undefined) return undefined;
  const lost = VEC_NORMALIZE.find((name) => name.startsWith('obs_rms.') && !arrays.has(name));
  if (lost !== undefined)
    throw new UserError(
      `${of} is ${show([...arrayOf(arrays, of).data])}, of a VecNormalize, but there is no ${lost}: without its moments it is another policy`,
    );
  const vector = (name: string): NumpyArray['data'] => {
    const array = withShape(name, arrayOf(arrays, name), [inputs]);
    requireFinite(name, array);
    return array.data;
  };
  const single = (name: string, array: NumpyArray): number => {
    const [number] = array.data;
    if (number !== undefined && array.data.length === 1) return number;
    throw new UserError(`${name} must be one number, has shape [${array.shape.join(', ')}]`);
  };
  for (const [name, own] of [
    ['clip_obs', CLIP],
    ['epsilon', EPSILON],
  ] as const) {
    const array = arrays.get(name);
    const number = array && single(name, array);
    if (number !== undefined && number !== own)
      throw new UserError(`${name} of its VecNormalize is ${number}, that of leash is ${own}`);
  }
  const mean = vector('obs_rms.mean');
  const variance = vector('obs_rms.var');
  const count = single('obs_rms.count', arrayOf(arrays, 'obs_rms.count'));
  if (!(count >= 2 && count < Number.POSITIVE_INFINITY))
    throw new UserError(`obs_rms.count must be ≥ 2, the observations seen, got ${count}`);
  const negative = variance.find((v) => v < 0);
  if (negative !== undefined) throw new UserError(`obs_rms.var must be ≥ 0, got ${negative}`);
  return { count, mean: [...mean], squares: Array.from(variance, (v) => v * count) };
}

function arrayOf(arrays: Npz['arrays'], name: string): NumpyArray {
  const array = arrays.get(name);
  if (array) return array;
  throw new UserError(`it has no array ${name}; there are ${[...arrays.keys()].join(', ') || 'none'}`);
}

function withShape(name: string, array: NumpyArray, expected: readonly number[]): NumpyArray {
  if (array.shape.join() === expected.join()) return array;
  throw new UserError(`${name} must have shape [${expected.join(', ')}], has [${array.shape.join(', ')}]`);
}
