import type { Engine, Network } from '../network/network.ts';
import type { LayersTopology, NetworkShape } from '../network/shape.ts';
import type { Space } from '../rollout/environment.ts';
import { UserError } from '../user-error.ts';
import { otherArrangement } from './input-shape.ts';

/** A LayersModel, and where it came from. */
export interface ModelSource {
  readonly topology: LayersTopology['topology'];
  readonly weights: readonly {
    readonly name: string;
    readonly shape: readonly number[];
    readonly data: Float32Array;
  }[];
  /** `network.tfjs.policy: FILE`, for messages. */
  readonly place: string;
}

/** The model as a network of the engine. @throws UserError when it does not fit the environment's spaces */
export function createFromModel(
  engine: Engine,
  shape: NetworkShape,
  { topology, weights, place }: ModelSource,
  capacity: number,
  observationSpace: Space,
): Network {
  const names = weights.map(({ name, shape: dimensions }) => ({ name, shape: dimensions }));
  let network: Network;
  try {
    network = engine.create({ ...shape, hidden: [], model: { topology, weights: names } }, capacity);
  } catch (cause) {
    throw new UserError(`${place}: ${(cause as Error).message}`);
  }
  const other = otherArrangement(network, observationSpace);
  if (other === undefined) return network;
  network.dispose();
  throw new UserError(`${place}: it ${other}`);
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
