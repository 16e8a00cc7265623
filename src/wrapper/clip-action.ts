import { around, defineWrapper, Mismatch } from './definition.ts';

/** a ← clip(a, low, high): the bounds of the action space, where they are wider, become these. */
export const clipAction = defineWrapper({
  kind: 'clipAction',
  meaning: 'narrows the bounds of box actions, to which they are clipped, to [`low`, `high`]',
  source: 'Gymnasium 1.3, ClipAction',
  settings: ['low', 'high'],
  keeps: { bestReturn: false, returnBounds: true },
  changesObservations: false,
  wrap({ environment }, { low, high }) {
    const space = environment.actionSpace;
    if (space.kind !== 'box') throw new Mismatch(`needs box actions, those there are ${space.kind}`);
    const narrowed = {
      low: space.low.map((each) => Math.max(each, low)),
      high: space.high.map((each) => Math.min(each, high)),
    };
    const empty = narrowed.low.findIndex((each, a) => each > narrowed.high[a]);
    if (empty >= 0)
      throw new Mismatch(
        `leaves nothing of action ${empty}, which is in [${space.low[empty]}, ${space.high[empty]}]`,
      );
    return around(environment, { actionSpace: { ...space, ...narrowed } });
  },
});
