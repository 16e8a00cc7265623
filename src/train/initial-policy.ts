import type { Config } from '../config/schema.ts';
import type { Network } from '../network/network.ts';
import type { NetworkShape } from '../network/shape.ts';
import type { LoadedPolicy } from '../run/policy-file.ts';
import type { ActionSpace } from '../rollout/environment.ts';
import { UserError } from '../user-error.ts';
import type { ModelSource } from './model-network.ts';

/** What stands in the files that a config names; who makes a training has read them. */
export interface TrainingInputs {
  /** Of `network.initialWeights`. */
  readonly initialPolicy?: LoadedPolicy | undefined;
  /** Of `reference.policy`, where that names one; of a run that goes on what it began with. */
  readonly referencePolicy?: LoadedPolicy | undefined;
  /** Of `network.tfjs`. */
  readonly models?: { readonly policy: ModelSource; readonly value: ModelSource } | undefined;
}

/** The policy that `network.initialWeights` names, if it names one. @throws UserError when it does not fit the config */
export function initialPolicy(
  { network, environment }: Config,
  inputs: TrainingInputs,
): LoadedPolicy | undefined {
  const path = network.initialWeights;
  if (path === null) return undefined;
  const stored = inputs.initialPolicy;
  if (stored === undefined) throw new Error(`network.initialWeights: ${path} was not read`);
  if (stored.observationMoments && !environment.normalizeObservations) {
    throw new UserError(
      `network.initialWeights: ${path} was trained on normalised observations: environment.normalizeObservations must be true`,
    );
  }
  return stored;
}

/**
 * That an action of a stored policy writes another token than here; undefined where each writes the same, or what they
 * write is not known.
 */
export function otherToken(
  stored: LoadedPolicy['tokens'],
  { names }: Pick<ActionSpace, 'names'>,
): string | undefined {
  const at = stored?.findIndex((token, i) => token !== names?.[i]) ?? -1;
  return at < 0 ? undefined : `token ${at} is ${stored?.[at]}, and ${names?.[at] ?? 'no token'} is that`;
}

/** Puts the stored weights in place. @throws UserError when the network has another shape */
export function takeWeights(
  stored: LoadedPolicy['policy'],
  role: 'policy' | 'value',
  network: Pick<Network, 'shape'>,
  parameters: Float32Array,
): void {
  const [has, needs] = [describe(stored.shape), describe(network.shape)];
  if (has !== needs)
    throw new UserError(`network.initialWeights: its ${role} network is ${has}, the config's ${needs}`);
  parameters.set(stored.parameters);
}

/** `4-64-64-2 tanh`, what else it has or has not, or that it is a layers model. */
function describe({ inputs, hidden, outputs, activation, logStd, bias, model }: NetworkShape): string {
  if (model)
    return `a layers model of ${model.weights.map((each) => `${each.name} [${each.shape.join(', ')}]`).join(', ')}`;
  const widths = [inputs, ...hidden, outputs].join('-');
  return `${widths} ${activation}${bias === false ? ' without biases' : ''}${logStd > 0 ? ` with ${logStd} logStd` : ''}`;
}
