import { around, defineWrapper } from './definition.ts';

/** r ← factor·r */
export const scaleReward = defineWrapper({
  kind: 'scaleReward',
  meaning: 'multiplies rewards by `factor`',
  source: 'Henderson et al. 2018, arXiv 1709.06560 (reward scale); Gymnasium 1.3, TransformReward',
  settings: ['factor'],
  keeps: { bestReturn: true, returnBounds: true },
  changesObservations: false,
  changesRewards: true,
  wrap: ({ environment }, { factor }) =>
    around(environment, {
      step(action, random, observation, transition) {
        environment.step(action, random, observation, transition);
        transition.reward *= factor;
      },
    }),
});
