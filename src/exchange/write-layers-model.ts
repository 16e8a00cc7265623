import { renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { newDraft } from '../run/durable-file.ts';
import { makeFolders, removeEmpty } from '../run/folders.ts';
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

/**
 * Writes both files beside their places and renames them: where the disk is full, nothing half stays, nor a folder that
 * was not there.
 * @returns the path of model.json
 */
export function writeModelFiles({ json, weights }: LayersModelFiles, folder: string): string {
  const made = makeFolders(folder);
  const model = join(folder, 'model.json');
  // model.json last: where it is, its weights are.
  const files = [
    { path: join(folder, WEIGHTS_FILE), draft: newDraft(folder), content: weights },
    { path: model, draft: newDraft(folder), content: json },
  ];
  try {
    for (const { draft, content } of files) writeFileSync(draft, content, { flag: 'wx' });
    for (const { path, draft } of files) renameSync(draft, path);
  } catch (error) {
    for (const { draft } of files) rmSync(draft, { force: true });
    for (const { path } of files) if (made.length > 0) rmSync(path, { force: true });
    removeEmpty(made);
    throw error;
  }
  return model;
}
