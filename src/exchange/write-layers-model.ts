import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { encodeModel, type LayersModelFiles, WEIGHTS_FILE } from './layers-model.ts';

/** What of a TensorFlow.js `LayersModel` writing it needs; `tf.sequential` and `tf.model` make one. */
export interface BuiltModel {
  readonly weights: readonly { readonly originalName: string }[];
  getWeights(): readonly { readonly shape: number[]; dataSync(): ArrayLike<number> }[];
  toJSON(unused: null, asText: false): unknown;
}

/** What `model.save` would write. */
export function filesOf(model: BuiltModel): LayersModelFiles {
  const weights = model.getWeights().map((tensor, i) => ({
    name: (model.weights[i] as BuiltModel['weights'][number]).originalName,
    shape: tensor.shape,
    data: Float32Array.from(tensor.dataSync()),
  }));
  return encodeModel(model.toJSON(null, false) as object, weights);
}

/**
 * Writes a model made by TensorFlow.js's typed constructors for `network.tfjs` of a config: without tfjs-node
 * its own `save` has nowhere to write to.
 * @param folder made where it is missing
 * @returns the path of model.json
 */
export function writeLayersModel(model: BuiltModel, folder: string): string {
  return writeModelFiles(filesOf(model), folder);
}

/** @returns the path of model.json */
export function writeModelFiles({ json, weights }: LayersModelFiles, folder: string): string {
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, WEIGHTS_FILE), weights);
  writeFileSync(join(folder, 'model.json'), json);
  return join(folder, 'model.json');
}
