import { readLayersModel, type StoredLayersModel } from '../exchange/read-layers-model.ts';
import type { Engine, Network, NetworkShape } from '../network/network.ts';
import { UserError } from '../user-error.ts';

/** A LayersModel, and where it came from. */
export interface ModelSource extends StoredLayersModel {
  /** `network.tfjs.policy: FILE`, for messages. */
  readonly place: string;
}

/** The LayersModel that `network.tfjs` names for that role. @throws UserError when it cannot be read */
export function readModel(path: string, role: 'policy' | 'value'): ModelSource {
  const place = `network.tfjs.${role}: ${path}`;
  try {
    return { ...readLayersModel(path), place };
  } catch (cause) {
    if (!(cause instanceof UserError)) throw cause;
    throw new UserError(`network.tfjs.${role}: ${cause.message}`);
  }
}

/** The model as a network of the engine. @throws UserError when it does not fit the environment's spaces */
export function createFromModel(
  engine: Engine,
  shape: NetworkShape,
  { topology, weights, place }: ModelSource,
  capacity: number,
): Network {
  const names = weights.map(({ name, shape: dimensions }) => ({ name, shape: dimensions }));
  try {
    return engine.create({ ...shape, hidden: [], model: { topology, weights: names } }, capacity);
  } catch (cause) {
    throw new UserError(`${place}: ${(cause as Error).message}`);
  }
}

/** The weights of the file, one after the other, then the log standard deviations. @param parameters written */
export function modelWeights({ weights }: ModelSource, logStd: number, parameters: Float32Array): void {
  parameters.fill(logStd);
  let offset = 0;
  for (const { data } of weights) {
    parameters.set(data, offset);
    offset += data.length;
  }
}
