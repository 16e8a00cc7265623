import { layersOf, layoutOf } from '../network/layout.ts';
import type { NetworkShape } from '../network/shape.ts';
import type { HeadKind } from '../policy/head.ts';
import { CLIP, type MomentsState, ObservationNormalizer } from '../rollout/normalize.ts';
import { type ActionBounds, requireActionBounds } from '../run/action-bounds.ts';
import { hasStatesStd, headShapeOf, requireHeadShape } from '../run/head-shape.ts';
import { type LoadedPolicy, requireFinite } from '../run/policy-file.ts';
import { shortLine, UserError } from '../user-error.ts';

/** One affine map: y = xW + b. */
export interface DenseLayer {
  readonly inputs: number;
  readonly outputs: number;
  /** [inputs, outputs] row-major. */
  readonly weight: Float32Array;
  /** [outputs]; zeros where the network has none. */
  readonly bias: Float32Array;
}

/** A network as every exported format says it: first to last, the activation between the layers. */
export interface NetworkGraph {
  readonly activation: NetworkShape['activation'];
  readonly layers: readonly DenseLayer[];
}

/** What is exported: observation → standardised → layers → distribution parameters. */
export interface ExportedGraph extends NetworkGraph {
  readonly head: HeadKind;
  /** clip((x − mean)/deviation, ±clip) before the first layer, where observations were normalised. */
  readonly normalization?: {
    readonly mean: Float64Array;
    readonly deviation: Float64Array;
    readonly clip: number;
    /** What mean and deviation were taken from. */
    readonly moments: MomentsState;
  };
  /** Log standard deviations of a Gaussian, the same for every observation; absent where the last layer gives them, behind the means. */
  readonly logStd?: Float32Array;
  /** What observations go through before it takes them. */
  readonly observationWrappers?: LoadedPolicy['observationWrappers'];
  /** What its action, the mean, is clipped to. */
  readonly actionBounds?: ActionBounds | undefined;
  /** How many values each choice of a multi-discrete has: its outputs are their logits, one after the other. */
  readonly choices?: readonly number[] | undefined;
  /** Whether its environment says what may be done in a state: the model takes that as `mask`. */
  readonly masked?: boolean | undefined;
  /** What each action writes, where actions are tokens. */
  readonly tokens?: readonly string[] | undefined;
  /** The value network, which takes the same standardised observations. */
  readonly value?: NetworkGraph;
  /** Of a classifier: what its inputs and its classes are called. */
  readonly names?: { readonly inputs: readonly string[]; readonly classes: readonly string[] };
}

/** A policy as every exported format says it. */
export interface PolicyGraph extends ExportedGraph {
  readonly names?: never;
}

/** A stored policy written out. @throws UserError where it is itself a layers model (`network.tfjs`) */
export function policyGraphOf(stored: LoadedPolicy): PolicyGraph {
  const { head, policy, value, observationMoments, observationWrappers } = stored;
  const { actionBounds, choices, masked, tokens } = stored;
  const { shape, parameters } = policy;
  const { logStd } = shape;
  return {
    head,
    ...networkGraphOf(policy),
    ...(value && { value: networkGraphOf(value) }),
    ...(observationMoments && { normalization: normalizationOf(observationMoments) }),
    ...(observationWrappers?.length && { observationWrappers }),
    ...(logStd > 0 && { logStd: parameters.slice(layoutOf(shape).size - logStd) }),
    ...(actionBounds && { actionBounds }),
    ...(choices && { choices }),
    ...(masked && { masked }),
    ...(tokens && { tokens }),
  };
}

/**
 * A classifier written out: the first layer takes what is seen, W·scale and b − Σ mean·scale·W in the place of W and b.
 * @param inputs of each (x − mean)·scale is what the network was fitted on
 * @throws UserError where an input varies so little, or so much, that float32 does not hold W·scale or b
 */
export function classifierGraphOf(
  network: LoadedPolicy['policy'],
  inputs: readonly { readonly name: string; readonly mean: number; readonly scale: number }[],
  classes: readonly string[],
): ExportedGraph {
  const { activation, layers } = networkGraphOf(network);
  const [first, ...others] = layers as [DenseLayer, ...DenseLayer[]];
  const { outputs } = first;
  const weight = first.weight.map((w, at) => w * (inputs[Math.floor(at / outputs)]?.scale ?? 1));
  const bias = first.bias.map((b, o) =>
    inputs.reduce((sum, { mean, scale }, i) => sum - mean * scale * (first.weight[i * outputs + o] ?? 0), b),
  );
  if (!weight.every(Number.isFinite) || !bias.every(Number.isFinite)) {
    const reach = (input: (typeof inputs)[number]): number => input.scale * Math.max(1, Math.abs(input.mean));
    const { name, mean, scale } = inputs.reduce((a, b) => (reach(b) > reach(a) ? b : a));
    throw new UserError(
      `column ${shortLine(name)} has mean ${mean} and standard deviation ${1 / scale}: float32 does not hold the weights that take it as it stands; bring it to another unit and fit again`,
    );
  }
  return {
    head: 'categorical',
    activation,
    layers: [{ ...first, weight, bias }, ...others],
    names: { inputs: inputs.map(({ name }) => name), classes },
  };
}

/** @throws UserError where the network is a layers model, whose layers leash doesn't know */
function networkGraphOf({ shape, parameters }: LoadedPolicy['policy']): NetworkGraph {
  if (shape.model !== undefined)
    throw new UserError('a policy that is itself a layers model (network.tfjs) is exported as tfjs alone');
  const layers = layersOf(shape).map(({ inputs, outputs, weight, bias }) => ({
    inputs,
    outputs,
    weight: parameters.slice(weight, weight + inputs * outputs),
    bias: bias === undefined ? new Float32Array(outputs) : parameters.slice(bias, bias + outputs),
  }));
  return { activation: shape.activation, layers };
}

/** Whether the last layer gives log standard deviations behind the means. */
export function isStdPerState({ head, logStd }: ExportedGraph): boolean {
  return hasStatesStd(head, { logStd: logStd?.length ?? 0 });
}

/** Of a squashed action tanh(u) is stretched by `half` and moved to `middle`, [A] each. */
export function scaleOf({ actionBounds }: Pick<ExportedGraph, 'actionBounds'>): {
  readonly half: Float32Array;
  readonly middle: Float32Array;
} {
  if (actionBounds === undefined) throw new UserError('a squashed policy has actionBounds, this has none');
  const { low, high } = actionBounds;
  const bounds = low.map((least, a) => [least, high[a]] as [number, number]);
  return {
    half: Float32Array.from(bounds, ([least, most]) => (most - least) / 2),
    middle: Float32Array.from(bounds, ([least, most]) => (most + least) / 2),
  };
}

export function normalizationOf(moments: MomentsState): NonNullable<PolicyGraph['normalization']> {
  return { ...new ObservationNormalizer(moments.mean.length, moments).scale(), clip: CLIP, moments };
}

/**
 * The stored policy that `policyGraphOf` writes out so.
 * @throws UserError when widths do not fit each other, a number is not finite, or the normalisation is another than
 *   leash's of these moments
 */
export function policyOfGraph(graph: PolicyGraph): LoadedPolicy {
  const { head, logStd, normalization, value, observationWrappers } = graph;
  const { actionBounds, choices, masked, tokens, ...policy } = graph;
  const { layers } = policy;
  const outputs = layers.at(-1)?.outputs ?? 0;
  const shape = { outputs, logStd: logStd?.length ?? 0 };
  requireHeadShape({ head, choices, actionBounds }, shape, 'length of logStd', 'the policy');
  const stored = {
    head,
    policy: networkOf(policy, 'layers', logStd),
    ...(value && { value: networkOf(value, 'value.layers') }),
    observationMoments: normalization?.moments,
    ...(observationWrappers && { observationWrappers }),
    ...(actionBounds && { actionBounds }),
    ...(choices && { choices }),
    ...(masked && { masked }),
    ...(tokens && { tokens }),
  };
  requireActionBounds(actionBounds, headShapeOf({ head, choices }, shape), 'the policy');
  const { inputs } = stored.policy.shape;
  const widths = {
    'value.layers.0': stored.value?.shape.inputs ?? inputs,
    'the mean': normalization?.mean.length ?? inputs,
  };
  for (const [name, width] of Object.entries(widths))
    if (width !== inputs) throw new UserError(`${name} must have ${inputs} inputs as layers.0, has ${width}`);
  if (stored.value !== undefined && stored.value.shape.outputs !== 1)
    throw new UserError(`the value network must have 1 output, has ${stored.value.shape.outputs}`);
  if (normalization) requireOurs(normalization);
  return stored;
}

/** @param place how errors name the layers */
function networkOf(
  { activation, layers }: NetworkGraph,
  place: string,
  logStd: Float32Array = new Float32Array(0),
): LoadedPolicy['policy'] {
  layers.forEach(({ inputs, outputs, weight, bias }, l) => {
    const before = layers[l - 1]?.outputs ?? inputs;
    if (inputs !== before)
      throw new UserError(`${place}.${l} has ${inputs} inputs, the layer before it ${before} outputs`);
    if (inputs < 1 || outputs < 1)
      throw new UserError(`${place}.${l} is ${inputs} × ${outputs}: widths must be ≥ 1`);
    requireFinite(`${place}.${l}.weight`, { shape: [inputs, outputs], data: weight });
    requireFinite(`${place}.${l}.bias`, { shape: [outputs], data: bias });
  });
  requireFinite('logStd', { shape: [logStd.length], data: logStd });
  const [first] = layers;
  if (first === undefined) throw new UserError(`${place} must hold at least one layer`);
  const widths = layers.map(({ outputs }) => outputs);
  const outputs = widths.pop() as number;
  const shape = { inputs: first.inputs, hidden: widths, outputs, activation, logStd: logStd.length };
  const parameters = new Float32Array(layoutOf(shape).size);
  layersOf(shape).forEach(({ weight, bias }, l) => {
    const layer = layers[l] as DenseLayer;
    parameters.set(layer.weight, weight);
    parameters.set(layer.bias, bias);
  });
  parameters.set(logStd, parameters.length - logStd.length);
  return { shape, parameters };
}

/** Mean, deviation and clip say what a reader computes, the moments what training goes on from: they must agree. */
function requireOurs({ mean, deviation, clip, moments }: NonNullable<PolicyGraph['normalization']>): void {
  if (clip !== CLIP)
    throw new UserError(`observations must be clipped at ${CLIP}, as leash does, got ${clip}`);
  const wanted = normalizationOf(moments);
  for (const [name, values, own] of [
    ['mean', mean, wanted.mean],
    ['deviation', deviation, wanted.deviation],
  ] as const) {
    const at = own.findIndex((value, d) => !Object.is(value, values[d]));
    if (at >= 0 || own.length !== values.length)
      throw new UserError(
        `the ${name} of observation ${at} is ${values[at]}, by its count and squares it is ${own[at]}`,
      );
  }
}
