import { layoutOf } from '../network/layout.ts';
import type { LoadedPolicy } from '../run/policy-file.ts';
import { UserError } from '../user-error.ts';
import type { PolicyMetadata } from './layers-model.ts';
import { layersModelOf, type ReadWeights, type StoredLayersModel } from './parse-layers-model.ts';
import { perceptronOf } from './perceptron-of-layers.ts';
import { classifierError, type ImportOptions } from './policy-bytes.ts';

/**
 * The policy that a LayersModel is.
 * @param written the JSON of `model.json` @param path how errors call it
 * @throws Error saying what is wrong with it, or naming the layer that a multilayer perceptron does not have
 */
export function policyOfLayersModel(
  written: unknown,
  path: string,
  { activation, logStd }: Pick<ImportOptions, 'activation' | 'logStd'>,
  read: ReadWeights,
): LoadedPolicy {
  const model = layersModelOf(written, path, read);
  const { metadata } = model;
  if (metadata?.classes !== undefined) throw classifierError(path);
  if (metadata && logStd !== undefined)
    throw new UserError(
      `--log-std is for the means of another tool's Gaussian, ${path} is a ${metadata.head} of leash`,
    );
  const policy = metadata?.model
    ? layersPolicyOf(model, { ...metadata, model: metadata.model })
    : perceptronOf(model, logStd);
  const { shape } = policy;
  if (activation !== undefined && activation !== shape.activation && shape.hidden.length > 0)
    throw new UserError(`its activation is ${shape.activation}, --activation says ${activation}`);
  return {
    head: metadata?.head ?? (shape.logStd > 0 ? 'diagonalGaussian' : 'categorical'),
    policy,
    observationMoments: metadata?.observationMoments,
    ...(metadata?.observationWrappers && { observationWrappers: metadata.observationWrappers }),
    ...(metadata?.actionBounds && { actionBounds: metadata.actionBounds }),
    ...(metadata?.choices && { choices: metadata.choices }),
    ...(metadata?.masked && { masked: true }),
    ...(metadata?.tokens && { tokens: metadata.tokens }),
  };
}

/** A policy that is itself a layers model, which leash wrote: all layers as they are. */
function layersPolicyOf(
  { topology, weights }: StoredLayersModel,
  { activation = 'tanh', model }: PolicyMetadata & { model: NonNullable<PolicyMetadata['model']> },
): LoadedPolicy['policy'] {
  const { inputs, outputs, logStd } = model;
  const arrays = weights.map(({ name, shape }) => ({ name, shape }));
  const shape = {
    inputs,
    hidden: [],
    outputs,
    activation,
    logStd: logStd.length,
    model: { topology, weights: arrays },
  };
  const parameters = new Float32Array(layoutOf(shape).size);
  let at = 0;
  for (const { data } of weights) {
    parameters.set(data, at);
    at += data.length;
  }
  parameters.set(logStd, at);
  return { shape, parameters };
}
