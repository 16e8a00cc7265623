import { EnvironmentError } from '../rollout/environment.ts';
import { defineWrapper, shownAs } from './definition.ts';

/** A discrete observation as the n numbers that the networks see: 1 at its place, else 0. A box is flat already. */
export const flattenObservation = defineWrapper({
  kind: 'flattenObservation',
  meaning: 'makes a discrete observation a box of n numbers, 1 at its place, as the networks see it anyway',
  source: 'Gymnasium 1.3, FlattenObservation',
  settings: [],
  keeps: { bestReturn: true, returnBounds: true },
  // The networks see a discrete one so anyway.
  changesObservations: false,
  wrap({ environment }) {
    const space = environment.observationSpace;
    if (space.kind === 'box') return environment;
    const { n } = space;
    const index = new Float32Array(1);
    const show = (observation: Float32Array): void => {
      const [at] = index;
      if (!(Number.isInteger(at) && at >= 0 && at < n))
        throw new EnvironmentError(`observation must be an integer in [0, ${n - 1}], got ${at}`);
      observation.fill(0);
      observation[at] = 1;
    };
    const low = new Array<number>(n).fill(0);
    const high = new Array<number>(n).fill(1);
    return shownAs(
      environment,
      {
        kind: 'box',
        low,
        high,
        ...(space.names && { names: space.names }),
        ...(space.shape && { shape: space.shape }),
      },
      index,
      show,
    );
  },
});
