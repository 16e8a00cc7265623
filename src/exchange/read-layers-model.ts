import { existsSync, realpathSync } from 'node:fs';
import { dirname, isAbsolute, resolve, sep } from 'node:path';
import { show } from '../config/problem.ts';
import { readFile, readJsonFile } from '../node/text-file.ts';
import { UserError } from '../user-error.ts';
import { layersModelOf, type ReadWeights, type StoredLayersModel } from './parse-layers-model.ts';

/** `model.json` and the files of weights beside it. @throws Error saying what is wrong with them */
export function readLayersModel(path: string): StoredLayersModel {
  return layersModelOf(readJsonFile(path, 'file'), path, weightsBeside(path));
}

/** The files of weights beside a `model.json`. */
export function weightsBeside(path: string): ReadWeights {
  return (name, most) => readFile(insideOf(dirname(path), name, path), 'file of weights', most);
}

/** A file of a model, which may come from anywhere, stands beside it or below. @throws UserError */
function insideOf(folder: string, name: string, path: string): string {
  const inside = (from: string, to: string): boolean => to.startsWith(from.endsWith(sep) ? from : from + sep);
  const file = resolve(folder, name);
  if (isAbsolute(name) || !inside(resolve(folder), file))
    throw new UserError(
      `weightsManifest paths must stay in the folder of the model, got ${show(name)} (${path})`,
    );
  if (!existsSync(file) || inside(realpathSync(folder), realpathSync(file))) return file;
  throw new UserError(
    `weightsManifest path ${show(name)} is a link out of the folder of the model (${path})`,
  );
}
