import { defineWrapper, Mismatch, requireBox, shownAs } from './definition.ts';

/** o ← low + (high − low)·(o − o_least)/(o_greatest − o_least), by the bounds of the space: the same numbers always. */
export const rescaleObservation = defineWrapper({
  kind: 'rescaleObservation',
  meaning: 'maps box observations from the bounds of their space to [`low`, `high`]',
  source: 'Gymnasium 1.3, RescaleObservation',
  settings: ['low', 'high'],
  keeps: { bestReturn: true, returnBounds: true },
  changesObservations: true,
  wrap({ environment }, { low, high }) {
    const space = requireBox(environment);
    const wrong = space.low.findIndex(
      (least, d) => !(Number.isFinite(space.high[d] - least) && least < space.high[d]),
    );
    if (wrong >= 0)
      throw new Mismatch(
        `needs finite bounds, observation[${wrong}] has [${space.low[wrong]}, ${space.high[wrong]}]; normalizeObservations needs none`,
      );
    const raw = new Float32Array(space.low.length);
    const show = (observation: Float32Array): void => {
      for (let d = 0; d < raw.length; d++)
        observation[d] = low + ((high - low) * (raw[d] - space.low[d])) / (space.high[d] - space.low[d]);
    };
    const bounds = { low: space.low.map(() => low), high: space.high.map(() => high) };
    return shownAs(environment, { ...space, ...bounds }, raw, show);
  },
});
