import { MOST_BYTES } from '../../exchange/model-file.ts';
import type { ReadWeights } from '../../exchange/parse-layers-model.ts';
import { UserError } from '../../user-error.ts';

/** A policy in a file, and files of weights that came with it. */
export interface GivenFiles {
  readonly name: string;
  readonly bytes: Uint8Array;
  readonly weights: ReadonlyMap<string, Uint8Array>;
}

/** What files of weights are called, by TensorFlow.js. */
const WEIGHTS = /\.bin$/i;

/** Of files that were given together. @throws UserError where they are no policy, or too much */
export async function readGiven(files: readonly File[]): Promise<GivenFiles> {
  const names = files.map(({ name }) => name).join(', ');
  const total = files.reduce((sum, { size }) => sum + size, 0);
  if (total > MOST_BYTES)
    throw new UserError(`${names} has ${total.toLocaleString('en')} bytes, no policy so many`);
  const [policy, ...others] = files.filter(({ name }) => !WEIGHTS.test(name));
  if (policy === undefined)
    throw new UserError(`${names} is weights alone: give them together with their model.json`);
  if (others.length > 0) throw new UserError(`one policy at a time, got ${names}`);
  const weights = files.filter(({ name }) => WEIGHTS.test(name));
  return {
    name: policy.name,
    bytes: await bytesOf(policy),
    weights: new Map(
      await Promise.all(weights.map(async (file) => [file.name, await bytesOf(file)] as const)),
    ),
  };
}

async function bytesOf(file: File): Promise<Uint8Array> {
  try {
    return new Uint8Array(await file.arrayBuffer());
  } catch {
    throw new UserError(`${file.name} cannot be read; of a folder give the files in it`);
  }
}

/** Weights by the last part of their path: files that are given together have no folders. */
export function weightsGiven({ name, weights }: GivenFiles): ReadWeights {
  return (path) => {
    const file = path.slice(path.lastIndexOf('/') + 1);
    const found = weights.get(file);
    if (found !== undefined) return found;
    throw new UserError(`${name} has its weights in ${file}: give both files together`);
  };
}
