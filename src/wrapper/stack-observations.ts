import { around, defineWrapper, keptNumbers, requireBox } from './definition.ts';

/** The last k observations in a row, the oldest first; an episode begins with k times its first. */
export const stackObservations = defineWrapper({
  kind: 'stackObservations',
  meaning:
    'shows the last `frames` box observations in a row, the oldest first; an episode begins with its first, repeated',
  source:
    'Mnih et al. 2015, Human-level control, Methods; Gymnasium 1.3, FrameStackObservation (padding "reset")',
  settings: ['frames'],
  keeps: { bestReturn: true, returnBounds: true },
  changesObservations: true,
  wrap({ environment }, { frames }) {
    const space = requireBox(environment);
    const width = space.low.length;
    const stacked = new Float32Array(frames * width);
    const newest = stacked.subarray((frames - 1) * width);
    const repeated = (bound: readonly number[]): number[] =>
      Array.from({ length: frames * width }, (_, d) => bound[d % width]);
    return around(environment, {
      observationSpace: {
        kind: 'box',
        low: repeated(space.low),
        high: repeated(space.high),
        ...(space.shape && { shape: [frames, ...space.shape] }),
        ...(space.image !== undefined && { image: `${frames} × ${space.image}` }),
      },
      reset(random, observation) {
        environment.reset(random, newest);
        for (let frame = 0; frame < frames - 1; frame++) stacked.set(newest, frame * width);
        observation.set(stacked);
      },
      step(action, random, observation, transition) {
        stacked.copyWithin(0, width);
        environment.step(action, random, newest, transition);
        observation.set(stacked);
      },
      state: keptNumbers(stacked),
    });
  },
});
