import { layersOf, layoutOf } from '../network/layout.ts';
import type { NetworkShape } from '../network/network.ts';
import { CLIP, type MomentsState, ObservationNormalizer } from '../rollout/normalize.ts';
import type { LoadedPolicy } from '../run/policy-file.ts';

/** One affine map: y = xW + b. */
export interface DenseLayer {
  readonly inputs: number;
  readonly outputs: number;
  /** [inputs, outputs] row-major. */
  readonly weight: Float32Array;
  /** [outputs] */
  readonly bias: Float32Array;
}

/** A policy as every exported format says it: observation → standardised → layers → distribution parameters. */
export interface PolicyGraph {
  readonly head: 'categorical' | 'diagonalGaussian';
  readonly activation: NetworkShape['activation'];
  /** clip((x − mean)/deviation, ±clip) before the first layer, where observations were normalised. */
  readonly normalization?: {
    readonly mean: Float64Array;
    readonly deviation: Float64Array;
    readonly clip: number;
    /** What mean and deviation were taken from. */
    readonly moments: MomentsState;
  };
  /** First to last; the activation stands between them. */
  readonly layers: readonly DenseLayer[];
  /** Log standard deviations of a Gaussian, the same for every observation. */
  readonly logStd?: Float32Array;
}

/** What of a stored policy acting needs. */
export function policyGraphOf({ head, policy, observationMoments }: LoadedPolicy): PolicyGraph {
  const { shape, parameters } = policy;
  const layers = layersOf(shape).map(({ inputs, outputs, weight, bias }) => ({
    inputs,
    outputs,
    weight: parameters.slice(weight, bias),
    bias: parameters.slice(bias, bias + outputs),
  }));
  const { logStd } = shape;
  return {
    head,
    activation: shape.activation,
    layers,
    ...(observationMoments && {
      normalization: {
        ...new ObservationNormalizer(shape.inputs, observationMoments).scale(),
        clip: CLIP,
        moments: observationMoments,
      },
    }),
    ...(logStd > 0 && { logStd: parameters.slice(layoutOf(shape).size - logStd) }),
  };
}
